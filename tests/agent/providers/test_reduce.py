"""The parts of an answer, and tool calls' arguments."""

import pytest

from agent.providers import reduce
from agent.providers.base import PartDelta, PartEnd, PartStart


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("", {}), (" ", {}), ("null", {}), ("{}", {}), ('{"a": 1}', {"a": 1}), ('"{\\"a\\": 1}"', {"a": 1}), ('{}{"a": 1}', {"a": 1})],
)
def test_reads_arguments_however_they_are_sent(raw: str, expected: dict[str, int]) -> None:
    """Nothing, null, an object, an object in a string, a placeholder before the object."""
    assert reduce.arguments(raw) == (expected, None)


@pytest.mark.parametrize("raw", ['{"a": ', "[" * 100_000, "{}" * 100_000, "[1]", "7", "{'a': 1}", '{"unit": celsius}'])
def test_says_why_there_are_no_arguments(raw: str) -> None:
    """What is no JSON object gives a reason instead of arguments."""
    found = reduce.arguments(raw)
    assert found.input is None
    assert found.problem
    assert found.problem.startswith("the arguments are not")


def test_parts_have_their_own_numbers_and_names() -> None:
    """A tool's own name comes back, its text is gathered, and a part that is not open takes nothing."""
    parts = reduce.Parts({"a_b_1": "a.b"})
    assert parts.start("k", "tool_call", "call_1", "a_b_1") == PartStart(0, "tool_call", "call_1", "a.b")
    assert list(parts.add("k", '{"x":')) == [PartDelta(0, '{"x":')]
    assert list(parts.add("k", "")) == []
    assert list(parts.add("other", "text")) == []
    assert list(parts.add("k", "1}")) == [PartDelta(0, "1}")]
    assert list(parts.end("k", {"m": 1})) == [PartEnd(0, {"x": 1}, '{"x":1}', None, {"m": 1})]
    assert list(parts.end("k")) == []


def test_a_reason_fits_what_was_called() -> None:
    """Calls make a stop a call for results; without calls there is nothing to wait for."""
    silent, calling = reduce.Parts({}), reduce.Parts({})
    calling.start("k", "tool_call", "c", "t")
    assert [reduce.closing(reason, silent).reason for reason in ("stop", "tool_calls", "length")] == ["stop", "stop", "length"]
    assert [reduce.closing(reason, calling).reason for reason in ("stop", "tool_calls", "length")] == ["tool_calls", "tool_calls", "length"]


def test_text_can_be_stored() -> None:
    """NUL and half characters, which neither PostgreSQL nor UTF-8 takes, do not get through."""
    assert reduce.storable("a\x00b\ud83dc") == "ab\ufffdc"
