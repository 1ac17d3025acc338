"""Words as the shells make them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.spec.readers import shell_words


@pytest.mark.parametrize(
    ("text", "words", "rest"),
    [
        ("a 'b c'\"d\"\\ e; f", ["a", "b cd e"], "; f"),
        ("a \\\n b\nc", ["a", "b"], "\nc"),
        ("a\n  -b\n\n-c", ["a", "-b"], "\n\n-c"),
        ("a $'\\t\\x41' ''", ["a", "\tA", ""], ""),
        ("a x?b=1&c=2 & d", ["a", "x?b=1&c=2"], "& d"),
        ('a $X "$X/${Y}" \'$X\' "\\$X"', ["a", "1", "1/${Y}", "$X", "$X"], ""),
        ("a(b) c)", ["a(b)", "c"], ")"),
    ],
)
def test_bash(text: str, words: list[str], rest: str) -> None:
    """Quotes, continuations, variables, and where the command ends."""
    found = shell_words.split(text, 0, "bash", {"X": "1"})
    assert (found.words, text[found.end :]) == (words, rest)


def test_each_shell_is_known_by_its_quotes() -> None:
    """And its words are what its program would get."""
    for text, style in (('curl ^"a^"', "cmd"), ("curl a ^\r\n b", "cmd"), ("curl.exe a", "powershell"), ("curl a `\n b", "powershell"), ("curl '^\"'", "bash")):
        assert shell_words.style_of(text, 0) == style, text
    assert shell_words.split('a \'it\'\'s\' "`"b"""', 0, "powershell", {}).words == ["a", "it's", '"b"']
    assert shell_words.without_carets('a ^\n^"b^\n\nc^"') == 'a  "b\nc"'


@given(st.lists(st.text(), min_size=1).map(lambda words: [word.replace("'", "") for word in words]))
def test_what_stands_in_quotes_comes_back(words: list[str]) -> None:
    """Whatever it is."""
    assert shell_words.split(" ".join(f"'{word}'" for word in words), 0, "bash", {}).words == words
