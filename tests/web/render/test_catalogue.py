"""No sentence of the product is missing in a language it ships in."""

import re
from pathlib import Path

import pytest

from agent.approvals import WHY
from agent.errors import CATALOGUE
from web.pages.blocks import VERBS
from web.pages.search import PAGES
from web.render import catalogue

WEB = Path(__file__).resolve().parents[3] / "web"
_SAID = re.compile(r"""(?<!\w)_\(\s*"((?:[^"\\]|\\.)*)"|catalogue\.say\(\s*[\w.()]+,\s*"((?:[^"\\]|\\.)*)\"""")
_COUNTED = re.compile(r"""(?<!\w)_n\(\s*"((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)\"""")
_HEALTH = re.compile(r'Fact\(\s*"([^"]+)"|(?<!")"([A-Z][^"\n]*[.?])"(?!")')
_ELSEWHERE = {
    "Today",
    "Yesterday",
    "Last 7 days",
    "Last 30 days",
    "Older",
    "API",
    "Chat",
    "Call",
    "Page",
    "Proxy",
    "Imported",
    "The agent",
    "Replay",
    "Command",
    "Credits at sign-up",
    "Nobody approved this in time. It was not done.",
    "The user refused this. It was not done.",
}


def _sentences() -> set[str]:
    texts = [path.read_text() for path in [*(WEB / "templates").rglob("*.html"), *(WEB / "pages").rglob("*.py")]]
    said = {one or two for text in texts for one, two in _SAID.findall(text)}
    counted = {one for text in texts for one, _ in _COUNTED.findall(text)}
    return (
        said
        | counted
        | _ELSEWHERE
        | set(VERBS.values())
        | {title for _, title, _ in PAGES}
        | set(WHY.values())
        | {name or advice for name, advice in _HEALTH.findall((WEB.parent / "agent" / "health.py").read_text())}
        | {text for entry in CATALOGUE.values() for text in (entry.title, entry.remedy)}
    )


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_every_sentence_is_there(language: str) -> None:
    """What templates and pages say is in the catalogue, with a text."""
    assert len(_sentences()) > 200
    missing = {sentence.replace('\\"', '"') for sentence in _sentences()} - set(catalogue.known(language))
    assert not missing


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_nothing_is_left_over(language: str) -> None:
    """A sentence that nobody says any more is taken out."""
    assert not set(catalogue.known(language)) - {sentence.replace('\\"', '"') for sentence in _sentences()}


@pytest.mark.parametrize("language", catalogue.LANGUAGES)
def test_translations_keep_their_names(language: str) -> None:
    """`{price}` and its like survive translation, so that filling them in cannot fail."""
    for sentence in catalogue.known(language):
        names = set(re.findall(r"{(\w+)}", sentence))
        if names and names != {"n"}:
            assert set(re.findall(r"{(\w+)}", catalogue.say(language, sentence))) == names


def test_numbers_take_their_form() -> None:
    """One call, two calls, and one form in Chinese."""
    assert catalogue.count("en", "{n} call", "{n} calls", 1) == "1 call"
    assert catalogue.count("en", "{n} call", "{n} calls", 1200) == "1,200 calls"
    assert catalogue.count("zh", "{n} call", "{n} calls", 2) == "2 次调用"


@pytest.mark.parametrize(("header", "language"), [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("de-DE,de", "en"), ("", "en"), ("en-GB", "en"), ("fr, zh;q=0.5", "zh")])
def test_the_browser_says_its_language(header: str, language: str) -> None:
    """The first language that ships wins, else English."""
    assert catalogue.chosen(header) == language
