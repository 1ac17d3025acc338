"""The page for people, and what captured text can do to it: nothing."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agent.spec import markdown
from agent.spec.model import Spec

PARSER = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")


def kinds(text: str) -> set[str]:
    """Every kind of token that a parser finds, inline ones too."""
    tokens = PARSER.parse(text)
    return {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}


def test_the_page_is_as_agreed(shop: Spec, golden: Callable[[str, str], None]) -> None:
    """Compared as a whole with the golden file."""
    golden("shop.md", markdown.document(shop))


def test_hostile_text_makes_no_markup(hostile: Spec) -> None:
    """No HTML but our own line break, no link, no image; fences close where we close them."""
    page = markdown.document(hostile)
    tokens = [child for token in PARSER.parse(page) for child in (token, *(token.children or ()))]
    assert not {"link_open", "image", "html_block"} & {token.type for token in tokens}
    assert {token.content for token in tokens if token.type == "html_inline"} <= {"<br>"}
    assert markdown.escape("www.evil.test a@b.c ftp://x") == "www\\.evil.test a\\@b.c ftp\\://x"


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
