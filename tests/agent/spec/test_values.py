"""What single values look like."""

import pytest

from agent.spec.values import fold, format_of, kind_of, split_affixes


@pytest.mark.parametrize(
    ("segment", "kind"),
    [
        ("42", "int"),
        ("true", "boolean"),
        ("truth", "word"),
        ("08f343c5-7295-4018-9474-ae343f6c4e11", "uuid"),
        ("507f1f77bcf86cd799439011", "hex"),
        ("AeUhTPGfgQfwckRA7TPH4s", "token"),
        ("kTNWWJCgNdGKABSNDdCGRR", "token"),
        ("cart_01HV8Z3N4Q9B7RZK2M5T6W8Y0X", "prefixed"),
        ("web-7d4b9cx2x1-z2kfp", "prefixed"),
        ("L_646829496481105433", "prefixed"),
        ("INV0012345", "prefixed"),
        ("order-08f343c5-7295-4018-9474-ae343f6c4e11-46", "prefixed"),
        ("2024-05-01", "date"),
        ("a.b@c.example", "email"),
        ("10.0.0.1", "ip"),
        ("v3.8.4", "version"),
        ("v1", "version"),
        ("de-DE", "locale"),
        ("EUR", "code"),
        ("team%2Fimage".replace("%2F", "/"), "free"),
        ("available-genre-seeds", "word"),
        ("addWorkspaceForUser", "word"),
        ("destroy_with_associated_resources", "word"),
        ("barbara7", "mixed"),
        ("rfc6749", "mixed"),
        ("recently-visited-v1", "word"),
        ("NewsByPlayerID", "word"),
        ("CollectionToJSON", "word"),
        ("BoxScoresDeltaV3", "mixed"),
        ("authorise3ds2", "mixed"),
        ("retrieve3ds2Result", "mixed"),
        ("v1p1beta1", "version"),
    ],
)
def test_kinds_of_segments(segment: str, kind: str) -> None:
    """Ids, dates and versions are told from words by their characters."""
    assert kind_of(segment) == kind


def test_affixes_are_split() -> None:
    """A file suffix, a custom verb and a leading sign are not part of the value; the end of a domain is."""
    assert split_affixes("12.json") == ("", "12", ".json")
    assert split_affixes("12:cancel") == ("", "12", ":cancel")
    assert split_affixes("notes.md:") == ("", "notes.md", ":")
    assert split_affixes("@anna") == ("@", "anna", "")
    assert split_affixes("example.com") == ("", "example.com", "")


def test_only_evident_ids_are_folded() -> None:
    """Small numbers, years and words stay, since they may be versions or literals."""
    assert fold("123456.json") == "<int>.json"
    assert (fold("3"), fold("2024"), fold("users"), fold("v2")) == ("3", "2024", "users", "v2")


def test_formats_of_texts() -> None:
    """Formats are exact: an almost-date is none."""
    texts = {
        "2024-02-30T10:00:00Z": "date-time",
        "2024-13-01": "",
        "a@b.example": "email",
        "https://x.example/a": "uri",
        "1.2.3.4": "ipv4",
        "1.2.3.999": "",
        "hello": "",
    }
    assert {text: format_of(text) for text in texts} == texts
