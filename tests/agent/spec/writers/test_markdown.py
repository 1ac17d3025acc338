"""The page for people, and what captured text can do to it: nothing."""

import re
from collections import Counter
from collections.abc import Callable
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agent.spec.model import Evidence, Operation, Response, SecurityScheme, Spec
from agent.spec.writers import markdown

PARSER = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")


def kinds(text: str) -> set[str]:
    """Every kind of token that a parser finds, inline ones too."""
    tokens = PARSER.parse(text)
    return {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}


def test_the_page_is_as_agreed(shop: Spec, golden: Callable[[str, str], None]) -> None:
    """Compared as a whole with the golden file."""
    golden("shop.md", markdown.document(shop))


def test_hostile_text_makes_no_markup(hostile: Spec) -> None:
    """No HTML but our own line break, no link but within the page, no image; fences close where we close them."""
    page = markdown.document(hostile)
    tokens = [child for token in PARSER.parse(page) for child in (token, *(token.children or ()))]
    assert not {"image", "html_block"} & {token.type for token in tokens}
    assert all(re.fullmatch(r"#[\w%-]*", str(token.attrs["href"])) for token in tokens if token.type == "link_open")
    assert not [token.content for token in tokens if token.type == "html_inline"]
    assert markdown.escape("www.evil.test a@b.c ftp://x") == "www\\.evil.test a\\@b.c ftp\\://x"


def test_a_refused_operation_is_not_said_to_be_open() -> None:
    """Where nobody was let in, the page says that credentials were asked for; where somebody was without any, that none are needed."""
    refused, met = Response("401", evidence=Evidence(1)), Response("200", evidence=Evidence(3))
    for responses, said in (((refused,), "asked for (401)"), ((met, refused), "not needed"), ((met,), "not needed")):
        assert f"Sign-in: {said}" in markdown.document(Spec("shop", operations=(Operation("o", "GET", "/orders", responses=responses),)))


def test_the_table_leads_to_every_operation() -> None:
    """Also where headings have the same words, as a tag or another operation may, or none but signs."""
    names = ("List a", "List a", "pets", "Was ist „das“?", "Authentication", "???", "")
    operations = tuple(Operation(f"o{at}", "GET", f"/p{at}", summary=name, tags=("pets",)) for at, name in enumerate(names))
    tokens = PARSER.parse(
        markdown.document(Spec("pets", operations=operations, cors={"allow_origin": "*"}, security_schemes=(SecurityScheme("b", "http", "bearer"),)))
    )
    headings, links, seen = dict[str, str](), list[str](), Counter[str]()
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            text = "".join(child.content for child in tokens[at + 1].children or ())
            slug = quote(re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-"))
            headings[f"#{slug}-{seen[slug]}" if seen[slug] else f"#{slug}"] = tokens[at + 4].content.split(" · ")[0]
            seen[slug] += 1
        links += [str(child.attrs["href"]) for child in token.children or () if child.type == "link_open"]
    assert [headings[link] for link in links] == [f"`GET /p{at}`" for at in range(len(names))]


@settings(max_examples=200, deadline=None)
@given(
    st.text()
    | st.sampled_from(
        [
            "- a",
            "1. a",
            "# a",
            "> a",
            "---",
            "===",
            "a | b",
            "<b>",
            "&amp;",
            "![a](b)",
            "[a]: b",
            "```",
            "~~~",
            "http://a.b",
            "a@b.c",
            "<http://a>",
            "\tcode",
            "* * *",
            "$x$",
        ]
    )
)
def test_escaped_text_is_text(text: str) -> None:
    """A parser finds a paragraph with nothing but text in it."""
    assert kinds(markdown.escape(text)) <= {"paragraph_open", "inline", "paragraph_close", "text", "text_special"}


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="`a \n|\\~<", max_size=20), st.sampled_from(["code", "fenced"]))
def test_code_stays_within_its_marks(text: str, form: str) -> None:
    """Whatever back ticks it has."""
    if form == "code":
        assert kinds(f"a {markdown.code(text)} b") <= {"paragraph_open", "inline", "paragraph_close", "text", "code_inline"}
        return
    tokens = PARSER.parse(markdown.fenced(text, "js") + "\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"] and tokens[0].content.rstrip() == text.rstrip()


def test_a_bar_in_code_does_not_split_a_row() -> None:
    """Tables are split before code spans are found."""
    tokens = PARSER.parse(f"| a | b |\n|---|---|\n| {markdown.code('x|y')} | z |")
    assert sum(token.type == "td_open" for token in tokens) == 2
