"""What a client asked of the proxy: the ASGI scope, read once, at the door."""

from typing import Any, NamedTuple, cast

from litestar.types import Scope

from web.passage import Passage

Pairs = list[tuple[bytes, bytes]]
PREFIX = b"/proxy/"


class Asked(NamedTuple):
    """`path` is the raw rest after the endpoint's id, with the query; `headers` have their capitals. A WebSocket has no passage.

    `has_own_origin`: whether the proxy's address is not the application's.
    """

    endpoint_id: str
    method: str
    path: str
    headers: Pairs
    server: tuple[str, int | None] | None
    subprotocols: tuple[str, ...]
    passage: Passage | None
    has_own_origin: bool = False


def is_for_proxy(scope: Scope) -> bool:
    got = cast(dict[str, Any], scope)
    return "wiretalk.passage" in got or (got["type"] == "websocket" and _raw_path(got).startswith(PREFIX))


def read(scope: Scope, *, has_own_origin: bool = False) -> Asked:
    """Of a scope that is for the proxy. The front keeps what ASGI would lose; a WebSocket's scope does not have it."""
    got = cast(dict[str, Any], scope)
    passage: Passage | None = got.get("wiretalk.passage")
    if passage is None:
        endpoint_id, path = _cut(_raw_path(got) + (b"?" + got["query_string"] if got["query_string"] else b""))
        return Asked(
            endpoint_id, got.get("method", "GET"), path, list(got["headers"]), got["server"], tuple(got.get("subprotocols") or ()), None, has_own_origin
        )
    endpoint_id, path = _cut(got["wiretalk.target"].partition(b"#")[0])
    return Asked(endpoint_id, got["method"], path, got["wiretalk.headers"], got["server"], (), passage, has_own_origin)


def _raw_path(scope: dict[str, Any]) -> bytes:
    """The path as it was sent: the decoded one would merge `//` and read `%2F`. A WebSocket scope may have its query in it."""
    raw: bytes | None = scope.get("raw_path")
    return raw.partition(b"?")[0] if raw else scope["path"].encode("latin-1", "replace")


def _cut(target: bytes) -> tuple[str, str]:
    """The id, and the rest with the `/` or `?` that ended it."""
    rest = target[len(PREFIX) :].decode("latin-1")
    endpoint_id, slash, _ = rest.partition("/")
    if "?" in endpoint_id or not slash:
        endpoint_id = endpoint_id.partition("?")[0]
    return endpoint_id, rest[len(endpoint_id) :]
