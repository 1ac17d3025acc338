"""Reading: protected pieces, cutting, spelling, negation, moods, Chinese."""

import pytest

from agent.providers.guide.reading import clause, mask, pieces, unmask


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ('say "a, b and c" now', "quote", "a, b and c"),
        ("see https://a.example.com/x?y=1.", "url", "https://a.example.com/x?y=1"),
        ("call GET /orders/{id}?", "operation", "GET /orders/{id}"),
        ('with {"a": {"b": 1}} please', "json", '{"a": {"b": 1}}'),
        ("try api.acme.io, ok", "host", "api.acme.io"),
        ("key sk-proj-abcdefghijklmnop here", "secret", "sk-proj-abcdefghijklmnop"),
        ("at localhost:3000/api now", "host", "localhost:3000/api"),
        ("failed in 127-0-0-1-8888?", "host", "127-0-0-1-8888"),
    ],
)
def test_mask(text: str, kind: str, value: str) -> None:
    """What must stay whole is one piece, and comes back as it was."""
    masked = mask(text)
    assert [(span.kind, span.value) for span in masked.spans] == [(kind, value)]
    assert value in unmask(masked.text, masked.spans)


def test_pieces() -> None:
    """A sentence is cut between requests, not inside quotes."""
    masked = mask('list "a and b", then check credits. Thanks!')
    assert [unmask(piece, masked.spans) for piece in pieces(masked)] == ["list  a and b", "check credits", "Thanks"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("don't delete it", ""), ("list apis without deleting any", "list apis"), ("please do not capture x", ""), ("show the calls", "show the calls")],
)
def test_negation(text: str, kept: str) -> None:
    """What is negated is cut off; what stands before it stays."""
    assert clause(text, ()).text == kept


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("captrue", "capture"), ("docuemnt", "document"), ("reqests", "requests"), ("stripe", "stripe"), ("weather", "weather"), ("shwo", "show")],
)
def test_spelling(wrong: str, right: str) -> None:
    """Misspelled words of ours are corrected, other people's names are not."""
    assert clause(f"x {wrong} z", ()).text == f"x {right} z"


@pytest.mark.parametrize("word", ["delate", "deletion", "remover", "removal", "dropped"])
def test_destructive_words_are_not_guessed(word: str) -> None:
    """Nothing near "delete" becomes "delete" but the listed slips."""
    assert "delete" not in clause(f"{word} stripe", ()).concepts


def test_moods() -> None:
    """A question about a deed is not the order to do it."""
    assert clause("how do I delete an api", ()).mood == "how"
    assert clause("should I delete it", ()).mood == "doubting"
    assert clause("I deleted it", ()).mood == "telling"
    assert clause("can you delete it", ()).mood == "request"
