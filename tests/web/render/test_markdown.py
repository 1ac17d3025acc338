"""Markdown from outside becomes harmless HTML, the same whether it came at once or in pieces."""

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.spec.model import Evidence, Operation, Spec
from agent.spec.writers.markdown import document as written
from web.render.markdown import Stream, document, render, render_blocks

OWN = "http://127.0.0.1:8000"
SAMPLE = """# Title

Some **bold**, `code`, ~~gone~~ and a [page](http://127.0.0.1:8000/apis/x) or [elsewhere](https://evil.example/x).

- one
- two

  still two

1. first
2. second

| a | b |
|---|---|
| 1 | 2 |

```python
def f():

    return 1
```

> quoted
> twice

***

    indented

last
"""
_PIECES = st.sampled_from(
    [
        "\n",
        "\n\n",
        "# ",
        "- ",
        "1. ",
        "> ",
        "```\n",
        "```py\n",
        "| a | b |\n|--|--|\n",
        "| 1 |",
        "**",
        "`",
        "[x](http://h/)",
        "![i](/p)",
        "word ",
        "    ",
        "---",
        "~~",
        "<b>",
        "[a]: http://x\n",
    ]
)


class _Seen(HTMLParser):
    """Every tag and attribute of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


@given(st.lists(_PIECES, max_size=30), st.lists(st.integers(1, 12), max_size=30))
@settings(max_examples=150, deadline=None)
def test_pieces_come_to_the_same_as_the_whole(pieces: list[str], cuts: list[int]) -> None:
    """However a text is cut, closed blocks and the last one are what rendering it at once gives."""
    text = "".join(pieces)
    stream, out, at = Stream(own=OWN), [], 0
    for cut in [*cuts, len(text) + 1]:
        out += stream.feed(text[at : at + cut])
        assert isinstance(stream.tail, str)
        at += cut
    assert "".join([*out, stream.close()]) == render(text, own=OWN)


def test_blocks_that_are_closed_do_not_change() -> None:
    """What was appended to a page stays true while the text goes on."""
    for end in range(0, len(SAMPLE), 7):
        assert render_blocks(SAMPLE, own=OWN)[: max(0, len(render_blocks(SAMPLE[:end], own=OWN)) - 1)] == render_blocks(SAMPLE[:end], own=OWN)[:-1]


def test_only_links_into_this_server_can_be_followed() -> None:
    """A link to another host is shown with its address, and an image is never fetched."""
    shown = render(
        "[in](http://127.0.0.1:8000/apis/x) [here](/c/1) [out](https://evil.example/?d=1) [odd](//evil.example) ![i](https://evil.example/p.png) https://evil.example/bare",
        own=OWN,
    )
    links = [value for name, value in _Seen(shown).attributes if name == "href"]
    assert links == ["http://127.0.0.1:8000/apis/x", "/c/1"]
    assert "https://evil.example/?d=1" in html.unescape(shown)
    assert not _Seen(shown).tags & {"img", "iframe", "script"}


def test_code_is_highlighted_and_can_be_copied() -> None:
    """A fenced block has its language, classes and a button; an open one is plain until it is closed."""
    shown = render("```python\nx = 'a'\n```")
    assert 'class="copy"' in shown
    assert re.search(r'<span class="s\d?">', shown)
    stream = Stream()
    stream.feed("```python\nx = 'a'\n")
    assert "<span class=" not in stream.tail.split("<pre")[1]


def test_what_attackers_write_stays_text(shared_dir: Path) -> None:
    """No payload of the kit leaves a tag, handler, style or attribute that does anything."""
    payloads = [
        json.loads(line.split("\t")[2]) for line in (shared_dir / "kit" / "xss.txt").read_text().splitlines() if line.strip() and not line.startswith("#")
    ]
    assert len(payloads) > 100
    for payload in payloads:
        seen = _Seen(render(payload, own=OWN))
        assert seen.tags <= {
            "p",
            "br",
            "hr",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "ul",
            "ol",
            "li",
            "blockquote",
            "pre",
            "code",
            "em",
            "strong",
            "del",
            "s",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "a",
            "span",
            "div",
            "button",
        }, payload
        for name, value in seen.attributes:
            assert name in {"class", "href", "rel", "type", "tabindex", "start"}, (name, payload)
            assert name != "href" or (value.startswith("/") and not value.startswith("//")), payload


def test_a_link_within_the_text_is_its_words() -> None:
    """Headings have no ids where Markdown of others is shown; the address of one would only be in the way."""
    html = render("see [`/orders`](#get-orders) and [more](#a_b)")
    assert "<code>/orders</code>" in html
    assert "#get-orders" not in html
    assert "more</p>" in html


def test_the_contents_of_a_document_lead_to_its_parts() -> None:
    """Each link has its place, names that come twice and odd ones too, under a prefix; where the page has the list itself, title and list are left out."""
    heard = Evidence(count=2)
    operations = [Operation(f"op{n}", "GET", f"/p{n}", summary=title, evidence=heard) for n, title in enumerate(("Get a_b", "Get a_b", "Größe *x*", "T"))]
    text = written(Spec("T", (), tuple(operations)))
    html = document(text)
    places = re.findall(r'<h\d id="(at-[^"]+)"', html)
    assert len(set(places)) == len(places)
    assert [place for place in re.findall(r'href="#([^"]+)"', html) if place not in places] == []
    assert html.count('href="#at-') == len(operations)
    assert "id=" not in render(text)
    assert "<h1" not in (short := document(text, has_contents=False)) and "What it does" not in short and "at-get-a_b-1" in short


def test_columns_stand_as_they_were_written() -> None:
    """To the right, in the middle or plain, by classes: a `style` would not be let through."""
    html = render("| a | b | c |\n|---|:-:|--:|\n| 1 | 2 | 3 |")
    assert re.findall(r"<(t[hd])(?: class=\"(\w+)\")?>", html) == [("th", ""), ("th", "mid"), ("th", "num"), ("td", ""), ("td", "mid"), ("td", "num")]
    assert "style" not in html
