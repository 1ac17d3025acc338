"""What is most like a clause: shares for each verb, what is meant without being said, and no text that holds it up."""

from time import process_time

from agent.providers.guide.nearest import leanings, usual


def test_what_nobody_wrote_a_pattern_for_leans_to_its_verb() -> None:
    """Slang and misspellings share words and letters with what others say."""
    said = leanings("keep lookin for the next reqest to come in")
    assert max(said, key=lambda key: said[key]) == "capture_wait"
    assert sum(said.values()) <= 1.0001


def test_words_that_nobody_says_lean_nowhere() -> None:
    """Nothing in common, no opinion."""
    assert sum(leanings("zzqx wvvk").values()) < 0.2


def test_a_name_is_a_name_whichever_it_is() -> None:
    """Two APIs' names make no difference."""
    one, other = leanings("any clue why acme broke", frozenset({"acme"})), leanings("any clue why plombir broke", frozenset({"plombir"}))
    assert one == other


def test_what_is_meant_without_being_said() -> None:
    """Most who say it like this pause; who says next to nothing means nothing in particular."""
    assert usual("endpoint_update", "quit recording for a while") == {"status": "REVIEW"}
    assert usual("endpoint_update", "change") == {}


def test_a_very_long_clause_is_heard_in_part() -> None:
    """A hundred thousand letters cost what a long sentence does."""
    leanings("warm up")
    began = process_time()
    leanings("show the calls that failed " * 4000)
    assert process_time() - began < 0.1
