"""Summaries of old turns: when they are due, what they say, how they stand in, how they are undone."""

import msgspec

from agent.messages import Block, History, Text, ToolCall
from agent.runs import compaction
from agent.runs.compaction import Summary


def _history() -> History:
    found: History = []
    for n in range(10):
        answer: list[Block] = [ToolCall(f"c{n}", "capture_search", {"endpoint": "shop"}), Text(f"Answer {n}. " + "more " * 100)]
        found += [("user", [Text(f"Question {n}?")]), ("assistant", answer)]
    return found


HISTORY = _history()
SIZES = [100] * len(HISTORY)


def test_it_comes_only_when_the_window_fills() -> None:
    """With room there is none; without, the oldest turns are covered until well under half is left, and the newest turns never."""
    assert compaction.needed(HISTORY, SIZES, 10_000, None) is None
    made = compaction.needed(HISTORY, SIZES, 2_000, None)
    assert made is not None
    assert made.covers == 12
    assert "- The user: Question 0?" in made.text
    assert "`capture_search`(endpoint=shop)" in made.text
    assert "Question 6?" not in made.text


def test_it_stands_in_for_what_it_covers() -> None:
    """The conversation goes on after it with the turns it left."""
    made = Summary("What was said before: much.", 12)
    built = compaction.applied(HISTORY, made)
    assert [role for role, _ in built[:3]] == ["user", "assistant", "user"]
    assert built[2:] == HISTORY[12:]


def test_a_second_one_builds_on_the_first() -> None:
    """It keeps what the first one said and covers more."""
    first = Summary("The first.", 4)
    made = compaction.needed(HISTORY, [0] * 4 + [300] * 16, 3_000, first)
    assert made is not None
    assert made.text.startswith("The first.\n- The user: Question 2?")
    assert made.covers > 4


def test_undone_it_is_gone_and_stays_away() -> None:
    """Its reader took it back: the whole conversation is there again, and no other is made."""
    undone = Summary("The first.", 4, is_undone=True)
    assert compaction.applied(HISTORY, undone) == HISTORY
    assert compaction.needed(HISTORY, SIZES, 100, undone) is None


def test_it_is_found_again() -> None:
    """The newest of a branch counts, as it was stored."""
    stored = [{}, {"summary": msgspec.to_builtins(Summary("old", 2))}, {}, {"summary": msgspec.to_builtins(Summary("new", 6))}, {}]
    assert compaction.standing(stored) == Summary("new", 6)
    assert compaction.standing([{}, {}]) is None
