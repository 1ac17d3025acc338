"""Memory: what the tools named is known again, captured text is not."""

from agent.messages import Message, Text, ToolCall, ToolResult
from agent.providers.guide.memory import named, remember, things_of


def test_focus_and_listing(situations: dict[str, tuple[Message, ...]]) -> None:
    """One thing shown becomes the one spoken of, a list becomes what ordinals count."""
    memory = remember(situations["calls"])
    assert memory.focus["endpoint"] == "shop"
    assert [thing.ref for thing in memory.listing["call"]] == ["c1", "c2", "c3"]
    assert memory.last == "call"


def test_names(situations: dict[str, tuple[Message, ...]]) -> None:
    """An endpoint answers to its slug, name, host and its name without "API"."""
    memory = remember(situations["list"])
    for text in ("github-api", "the GitHub API", "api.github.com", "github"):
        found = named(memory, "endpoint", text)
        assert found is not None and found.ref == "github-api"
    assert named(memory, "endpoint", "gith") is None


def test_failed_results_are_forgotten() -> None:
    """An error's document names nothing."""
    result = ToolResult("a", "endpoint_create", "no", {"id": "x", "slug": "x"}, "error")
    assert remember((Message("user", (Text("x"),)), Message("tool", (result,)))).things == ()


def test_a_name_of_nothing_is_not_spoken_of() -> None:
    """Where no API is called so, what is said next is not about it; the one spoken of before still is."""
    for code, wanted in (("endpoint_not_found", "shop"), ("nothing_captured", "owner")):
        result = ToolResult("b", "docs_get", "no", {"code": code}, "error")
        asked = [Message("assistant", (ToolCall(id_, "docs_get", {"endpoint": name}),)) for id_, name in (("a", "shop"), ("b", "owner"))]
        assert remember((*asked, Message("tool", (result,)))).focus["endpoint"] == wanted


def test_unknown_tools_name_nothing() -> None:
    """A result of a tool that is not ours is not read."""
    assert things_of("evil_tool", {"items": [{"id": "1"}]}) == ()


def test_the_endpoint_of_calls() -> None:
    """Calls of one endpoint make it the one spoken of; calls of two do not choose."""
    one = ToolResult("a", "capture_search", "", {"items": [{"id": "c1", "endpoint": "shop"}, {"id": "c2", "endpoint": "shop"}]})
    two = ToolResult("a", "capture_search", "", {"items": [{"id": "c1", "endpoint": "shop"}, {"id": "c2", "endpoint": "stripe"}]})
    assert remember((Message("tool", (one,)),)).focus.get("endpoint") == "shop"
    assert remember((Message("tool", (two,)),)).focus.get("endpoint") is None


def test_the_slowest_are_counted_as_they_are_shown() -> None:
    """After "what is the slowest?" the first one is the slowest, and "it" is that one."""
    found = ToolResult("a", "capture_search", "", {"items": [{"id": "c1", "duration_ms": 5}, {"id": "c2", "duration_ms": 90}]})
    memory = remember((Message("user", (Text("what is the slowest call?"),)), Message("tool", (found,))))
    assert [thing.ref for thing in memory.listing["call"]] == ["c2", "c1"]
    assert memory.focus["call"] == "c2"


def test_an_empty_list_is_still_spoken_of() -> None:
    """After a search that found nothing, "only the POST ones" is about calls."""
    assert remember((Message("tool", (ToolResult("a", "capture_search", "", {"items": []}),)),)).last == "call"
