"""What an answer used: told exactly, or estimated from what was asked and heard, or nothing where it never began."""

from agent.messages import Message, Picture, Text, ToolCall, ToolResult
from agent.providers import metering
from agent.providers.base import Failure, Finish, ModelRequest, ToolSpec, Usage

_SPOKEN = (
    Message("user", (Text("word " * 700), Picture("image/png", b"x" * 10_000))),
    Message("assistant", (ToolCall("a", "t", {"q": "x" * 100}),)),
    Message("tool", (ToolResult("a", "t", "y" * 350),)),
)
ASKED = ModelRequest("m", "Be short.", _SPOKEN, (ToolSpec("t", "A tool.", {}),))


def test_what_is_told_stands() -> None:
    """A report of the end is exact, also of an answer that then failed; one of the beginning is completed by what was heard."""
    told = Usage(input=100, output=7, cache_read=50)
    assert metering.used(told, ASKED, 3_500, Finish("stop")) == told
    assert metering.used(told, ASKED, 0, Failure("provider_overloaded", "")) == told
    assert metering.used(told, ASKED, 3_500, None) == Usage(input=100, output=1000, cache_read=50, estimated=993)


def test_what_nobody_told_is_estimated() -> None:
    """An answer that is left, cut off, or whole without a report counts for what was asked and said; an image costs what images mostly cost."""
    for ending in (None, Failure("provider_cut", ""), Finish("stop")):
        used = metering.used(Usage(), ASKED, 350, ending)
        assert 1000 + 1600 + 100 < used.input < 1000 + 1600 + 250
        assert (used.output, used.estimated) == (100, used.input + 100)


def test_what_never_began_used_nothing() -> None:
    """Neither a refusal nor a server that never answered is counted."""
    assert metering.used(None, ASKED, 0, None) == Usage()
    assert metering.used(None, ASKED, 0, Failure("provider_rate_limited", "")) == Usage()
    assert metering.used(Usage(), ASKED, 0, Failure("provider_overloaded", "")) == Usage()
