"""What a client asked of the proxy: the ASGI scope, read once, at the door."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from litestar.types import Scope

Pairs = list[tuple[bytes, bytes]]
PREFIX = b"/proxy/"


class Asked(NamedTuple):
    """`path` is the raw rest after the endpoint's id, with the query; `headers` have their capitals where the front kept them."""

    endpoint_id: str
    method: str
    path: str
    headers: Pairs
    server: tuple[str, int | None] | None
    subprotocols: tuple[str, ...]
    abort: Callable[[], None] | None


def is_for_proxy(scope: Scope) -> bool:
    got = cast(dict[str, Any], scope)
    return got["type"] != "lifespan" and _raw_path(got).startswith(PREFIX)


def read(scope: Scope) -> Asked:
    """Of a scope that is for the proxy."""
    got = cast(dict[str, Any], scope)
    endpoint_id, mark, rest = _cut(_target(got).removeprefix(PREFIX))
    headers = got.get("wiretalk.headers")
    return Asked(
        endpoint_id=endpoint_id.decode("latin-1"),
        method=got.get("method", "GET"),
        path=(mark + rest).decode("latin-1"),
        headers=list(got["headers"]) if headers is None else headers,
        server=got.get("server"),
        subprotocols=tuple(got.get("subprotocols") or ()),
        abort=got.get("wiretalk.abort"),
    )


def _raw_path(scope: dict[str, Any]) -> bytes:
    """The path as it was sent: the decoded one would merge `//` and read `%2F`. A WebSocket scope may have its query in it."""
    raw: bytes | None = scope.get("raw_path")
    return raw.split(b"?")[0] if raw else scope["path"].encode("latin-1", "replace")


def _target(scope: dict[str, Any]) -> bytes:
    """Path and query as they were sent; without the front's help an empty query is lost."""
    sent: bytes | None = scope.get("wiretalk.target")
    if sent is not None and sent.startswith(PREFIX):
        return sent.partition(b"#")[0]
    query: bytes = scope["query_string"]
    return _raw_path(scope) + (b"?" + query if query else b"")


def _cut(target: bytes) -> tuple[bytes, bytes, bytes]:
    """The id, what ended it (`/`, `?` or nothing), and the rest."""
    found = re.search(rb"[/?]", target)
    return (target, b"", b"") if found is None else (target[: found.start()], found[0], target[found.end() :])
