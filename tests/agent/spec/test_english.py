"""One and many, articles and acronyms, in words that APIs have."""

import pytest

from agent.spec import english


@pytest.mark.parametrize(
    ("one", "many"),
    [("pet", "pets"), ("category", "categories"), ("box", "boxes"), ("status", "status"), ("child", "children"), ("series", "series"), ("news", "news")],
)
def test_one_and_many(one: str, many: str) -> None:
    """The singular of a plural, and of itself; what has no plural by a safe rule stays as it is."""
    assert english.singular(many) == english.singular(one) == one
    assert english.plural(many) == many


@pytest.mark.parametrize(
    ("word", "article"), [("pet", "a"), ("issue", "an"), ("user", "a"), ("upload", "an"), ("sms", "an"), ("url", "a"), ("unit", "a"), ("hook", "a")]
)
def test_articles_go_by_how_a_word_is_spoken(word: str, article: str) -> None:
    """Letters of an acronym are spoken one by one."""
    assert english.indefinite_article(word) == article


def test_acronyms_are_in_capitals() -> None:
    """In the plural too, and never within a word."""
    assert english.spelled("List urls of an api in a pip") == "List URLs of an API in a pip"
