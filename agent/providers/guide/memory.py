"""What has been spoken of: the things that earlier tool calls and results named, so that "it" and "the second one" mean something.

Only ids, names and states are kept, and only from the members where our own tools put them; captured text is never read.
"""

import re
from typing import Any, Literal, cast

import msgspec

from agent.messages import Message, ToolCall, ToolResult, text_of

Kind = Literal["endpoint", "call", "key", "prompt", "app", "server", "operation"]


class Thing(msgspec.Struct, frozen=True):
    """`ref` is how a tool is told of it; `names` (lower case) are how people do."""

    kind: Kind
    ref: str
    names: frozenset[str]
    about: dict[str, Any]


class Memory(msgspec.Struct, frozen=True):
    """`focus` is the last one spoken of for each kind, `listing` what the last list of a kind showed, `last` the newest kind."""

    things: tuple[Thing, ...] = ()
    focus: dict[str, str] = {}
    listing: dict[str, tuple[Thing, ...]] = {}
    last: Kind | None = None

    def names(self) -> frozenset[str]:
        return frozenset(word for thing in self.things for name in thing.names for word in name.split())


def remember(messages: tuple[Message, ...]) -> Memory:
    """Walk the conversation once, oldest first."""
    memory, slowest_first, before = Memory(), False, dict[str, Memory]()
    for message in messages:
        if message.role == "user" and (said := text_of(message.content)):
            slowest_first = bool(_SLOW.search(said))
        for block in message.content:
            if isinstance(block, ToolCall):
                before[block.id] = memory
                memory = _told(memory, block)
            elif isinstance(block, ToolResult) and block.state == "ok":
                memory = _shown(memory, block, slowest_first)
            elif isinstance(block, ToolResult) and isinstance(block.data, dict) and cast("dict[str, Any]", block.data).get("code") == "endpoint_not_found":
                memory = before.get(block.call_id, memory)  # a name of nothing is not spoken of
    return memory


def named(memory: Memory, kind: Kind, text: str) -> Thing | None:
    """The newest thing of the kind whose name, slug or host is said in the text; longer names first."""
    spoken = re.sub(r"[^\w.:/-]+|[.:](?!\w)", " ", text.lower())
    lowered = f" {' '.join(spoken.split())} "
    hits = [(len(name), n, thing) for n, thing in enumerate(memory.things) if thing.kind == kind for name in thing.names if f" {name} " in lowered]
    return max(hits, key=lambda hit: hit[:2])[2] if hits else None


def all_named(memory: Memory, kind: Kind, text: str) -> tuple[Thing, ...]:
    """Every thing of the kind that is named, in the order in which they are said."""
    found, whole = dict[str, Thing](), text.lower()
    while (one := named(memory, kind, text)) and one.ref not in found:
        found[one.ref] = one
        for name in sorted(one.names, key=len, reverse=True):
            text = re.sub(rf"(?<![\w.:/-]){re.escape(name)}(?![\w:/-]|\.\w)", "⟦", text, flags=re.IGNORECASE)
    return tuple(sorted(found.values(), key=lambda thing: min(at for name in thing.names if (at := whole.find(name)) >= 0)))


def things_of(name: str, data: Any) -> tuple[Thing, ...]:
    """The things a tool's result shows, in its order."""
    kind = KINDS.get(name)
    if kind is None or not isinstance(data, dict):
        return ()
    found = cast("dict[str, Any]", data)
    rows = found.get("items") if isinstance(found.get("items"), list) else [found.get(kind) or found]
    return tuple(_thing(kind, row) for row in cast("list[Any]", rows) if isinstance(row, dict) and _ref(kind, cast("dict[str, Any]", row)))


KINDS: dict[str, Kind] = {
    "endpoint_create": "endpoint", "endpoint_list": "endpoint", "endpoint_update": "endpoint",
    "capture_search": "call", "capture_get": "call", "capture_explain": "call", "capture_wait": "call",
    "key_list": "key", "key_add": "key", "key_update": "key", "prompt_list": "prompt", "prompt_save": "prompt", "app_list": "app", "app_create": "app",
    "mcp_list": "server", "mcp_connect": "server", "operation_search": "operation", "operation_describe": "operation",
}  # fmt: skip
_REFS: dict[Kind, tuple[str, ...]] = {
    "endpoint": ("slug", "id", "name"), "call": ("id",), "key": ("id", "name"), "prompt": ("name", "id"), "app": ("slug", "name", "id"), "server": ("name", "id"), "operation": ("id", "operation_id", "operation"),
}  # fmt: skip
_SLOW = re.compile(r"slow|longest|latenc|慢", re.IGNORECASE)  # such a list is shown with the slowest first
_NAMES = ("id", "slug", "name", "provider", "last4", "destination_url", "url")


def _told(memory: Memory, call: ToolCall) -> Memory:
    """An argument that names an endpoint makes it the one spoken of."""
    if isinstance(operation := call.arguments.get("operation"), str):
        memory = msgspec.structs.replace(memory, focus={**memory.focus, "operation": operation})
    if isinstance(exchange := call.arguments.get("call"), str):
        memory = msgspec.structs.replace(memory, focus={**memory.focus, "call": exchange}, last="call")
    endpoint = call.arguments.get("endpoint")
    if not isinstance(endpoint, str) or call.name == "endpoint_delete":
        return memory
    known = named(memory, "endpoint", endpoint)
    thing = known or Thing("endpoint", endpoint, frozenset({endpoint.lower()}), {})
    return msgspec.structs.replace(
        memory, things=memory.things if known else (*memory.things, thing), focus={**memory.focus, "endpoint": thing.ref}, last="endpoint"
    )


def _shown(memory: Memory, result: ToolResult, slowest_first: bool = False) -> Memory:
    if result.name == "endpoint_delete":
        return msgspec.structs.replace(memory, focus={k: v for k, v in memory.focus.items() if k != "endpoint"}, last=None)
    shown = things_of(result.name, result.data)
    if not shown and result.name == "capture_search":
        return msgspec.structs.replace(memory, listing={**memory.listing, "call": ()}, last="call")  # "only the POST ones" goes on from nothing, too
    if not shown:
        return memory
    if result.name == "capture_search" and slowest_first:
        shown = tuple(sorted(shown, key=lambda thing: -float(thing.about.get("duration_ms") or 0)))
    kind, listed = shown[0].kind, isinstance(cast("dict[str, Any]", result.data).get("items"), list)
    focus = {k: v for k, v in memory.focus.items() if k != kind} if listed and kind != "endpoint" else dict(memory.focus)
    if len(shown) == 1 or (result.name == "capture_search" and slowest_first):
        focus[kind] = shown[0].ref
    listing = {**memory.listing, kind: shown} if listed else memory.listing
    owners = _endpoints_of(shown)
    if len(owners) == 1 and "endpoint" not in focus:
        focus["endpoint"] = owners[0].ref
    return Memory((*memory.things, *owners, *shown), focus, listing, kind)


def _endpoints_of(shown: tuple[Thing, ...]) -> tuple[Thing, ...]:
    """The endpoints that calls or operations belong to, each once, as our own table names them."""
    slugs = dict.fromkeys(
        str(thing.about["endpoint"]) for thing in shown if thing.kind in ("call", "operation") and isinstance(thing.about.get("endpoint"), str)
    )
    return tuple(Thing("endpoint", slug, frozenset({slug.lower()}), {}) for slug in slugs)


def _thing(kind: Kind, row: dict[str, Any]) -> Thing:
    names = {str(row[field]).lower() for field in _NAMES if row.get(field)}
    if kind == "endpoint":
        names |= {_host(str(row.get("destination_url") or "")), *(re.sub(r"[\s_-]*api$", "", name) for name in names)}
    return Thing(kind, _ref(kind, row), frozenset(name for name in names if name), row)


def _ref(kind: Kind, row: dict[str, Any]) -> str:
    if kind == "operation" and not any(row.get(field) for field in _REFS[kind]) and row.get("path"):
        return f"{row.get('method', 'GET')} {row['path']}"
    return str(next((row[field] for field in _REFS[kind] if row.get(field)), ""))


def _host(url: str) -> str:
    return re.sub(r"^\w+://([^/]+).*$", r"\1", url).lower() if "://" in url else ""
