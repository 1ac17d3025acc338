"""Which headers cross the proxy, on values alone: everything, in its order and with its duplicates, except what is named here.

Dropped both ways: hop-by-hop headers and those that `Connection` names. Dropped on the way out: anything of Wiretalk's own, and `Expect`,
which is answered here. Dropped on the way back: what would act on Wiretalk's whole origin instead of on the upstream's.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from web.proxy.asked import Pairs

_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer", b"transfer-encoding",
        b"upgrade", b"http2-settings",
    }
)  # fmt: skip
_OUR_COOKIES = re.compile(rb"=?\s*(?:__Host-)?wiretalk_\w+\s*=")  # one without a name is sent back as it stands: `=wiretalk_session=…`
_OUR_TOKEN = re.compile(rb"(?<![0-9A-Za-z])wt[ko]_[0-9A-Za-z]{38}(?![0-9A-Za-z])")
_ORIGIN_WIDE = frozenset(
    {
        b"clear-site-data", b"service-worker-allowed", b"strict-transport-security", b"public-key-pins", b"public-key-pins-report-only", b"expect-ct",
        b"alt-svc", b"nel", b"report-to", b"reporting-endpoints", b"x-wiretalk-error",
    }
)  # fmt: skip
_PLAIN = (
    b"application/json",
    b"application/octet-stream",
    b"text/plain",
    b"text/event-stream",
    b"text/css",
    b"text/csv",
    b"image/",
    b"audio/",
    b"video/",
    b"font/",
)
_NAMES_NOTHING = frozenset({b"close", b"keep-alive", b"Keep-Alive", b"Close"})
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_NOTED_OUT = _HOP | _FRAMING | {b"host", b"expect"}
_NOTED_IN = _HOP | _FRAMING | _ORIGIN_WIDE | {b"content-type", b"set-cookie"}
_NOT_A_TRAILER = _NOTED_IN | _NOTED_OUT | {
    b"authorization", b"cache-control", b"content-encoding", b"content-range", b"cookie", b"date", b"location", b"retry-after", b"vary", b"www-authenticate",
}  # fmt: skip
_SANDBOX = (b"content-security-policy", b"sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads")


class Outgoing(NamedTuple):
    """What the upstream gets, and how the client framed its body: chunked, or of a length."""

    pairs: Pairs
    length: int
    is_chunked: bool


def outgoing(pairs: Pairs, injected: Sequence[tuple[bytes, bytes]], host: bytes) -> Outgoing:
    """`Host` keeps its place; an injected header replaces the client's. Framing is never droppable by naming it in `Connection`."""
    kept: Pairs = []
    connection: list[bytes] = []
    length, is_chunked = 0, False
    for pair in pairs:
        name, value = pair
        lower = name.lower()
        if lower in _NOTED_OUT:
            if lower == b"host":
                kept.append((name, host))
            elif lower == b"content-length":
                length = int(value)
                kept.append(pair)
            elif lower == b"connection":
                if value not in _NAMES_NOTHING:
                    connection.append(value)
            elif lower == b"transfer-encoding":
                is_chunked = True
        elif b"wtk_" not in value and b"wto_" not in value and b"wiretalk_" not in value:
            kept.append(pair)
        elif (ours := _without_ours(lower, value)) is not None:
            kept.append((name, ours))
    if connection or injected:
        dropped = _named(connection) | ({name.lower() for name, _ in injected} - _FRAMING - {b"host"})
        kept = [pair for pair in kept if pair[0].lower() not in dropped]
    return Outgoing([*kept, *injected] if injected else kept, 0 if is_chunked else length, is_chunked)


def incoming(pairs: Pairs, status: int, upstream_host: str, *, own_origin: bool = False) -> Pairs:
    """What the client gets. On Wiretalk's own origin, what may be a page is sandboxed, so that a script from an upstream is a stranger there."""
    kept: Pairs = []
    connection: list[bytes] = []
    types: list[bytes] = []
    may_have_body = status not in (204, 304)
    is_empty = not may_have_body
    for pair in pairs:
        lower = pair[0].lower()
        if lower not in _NOTED_IN:
            kept.append(pair)
        elif lower == b"content-type":
            types.append(pair[1].lower())
            kept.append(pair)
        elif lower == b"content-length":
            if may_have_body:
                kept.append(pair)
                is_empty = pair[1] == b"0"
        elif lower == b"set-cookie":
            if not (_OUR_COOKIES.match(pair[1]) if own_origin else _is_strange(pair[1], upstream_host)):
                kept.append(pair)
        elif lower == b"connection":
            if pair[1] not in _NAMES_NOTHING:
                connection.append(pair[1])
        elif own_origin and lower in _ORIGIN_WIDE:
            kept.append(pair)
    if connection:
        dropped = _named(connection)
        kept = [pair for pair in kept if pair[0].lower() not in dropped]
        types = [] if b"content-type" in dropped else types
    if not own_origin and not is_empty and not (types and all(map(_is_plain, types))):
        kept.append(_SANDBOX)
    return kept


def trailing(pairs: Pairs) -> Pairs:
    """Trailers that may pass: none that frames, routes, authenticates or says what the body is."""
    return [(name, value) for name, value in pairs if name.lower() not in _NOT_A_TRAILER]


def value_of(pairs: Pairs, name: bytes) -> bytes | None:
    return next((value for key, value in pairs if key.lower() == name), None)


def texts(pairs: Pairs) -> list[tuple[str, str]]:
    """As they are recorded: each byte one character, so that nothing is lost."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]


def _named(connection: list[bytes]) -> frozenset[bytes]:
    """What `Connection` names, but for what says nothing about a header, and the framing."""
    return frozenset(token.strip().lower() for value in connection for token in value.split(b",")) - _HOP - _FRAMING - {b"close", b"host"}


def _without_ours(name: bytes, value: bytes) -> bytes | None:
    """The value without cookies and tokens of Wiretalk's own; None where nothing is left."""
    if name == b"cookie" and b"wiretalk_" in value:
        left = [part for part in value.split(b";") if not _OUR_COOKIES.match(part.strip())]
        return b";".join(left).strip() or None
    if b"wt" in value and _OUR_TOKEN.search(value):
        return None
    return value


def _is_strange(cookie: bytes, upstream_host: str) -> bool:
    """A cookie named like ours, or for a domain that is not the upstream's: browsers would refuse the latter there, but perhaps not here."""
    if _OUR_COOKIES.match(cookie):
        return True
    found = re.search(rb";\s*domain\s*=\s*\.?([^;\s]+)", cookie, re.IGNORECASE)
    if found is None:
        return False
    domain = found[1].decode("latin-1").lower()
    return upstream_host != domain and not upstream_host.endswith("." + domain)


def _is_plain(value: bytes) -> bool:
    """Whether browsers never render this as a page with scripts of its own. Of several types in one header they take the last that they know."""
    if b"," not in value and b"+" not in value:
        return value.startswith(_PLAIN) and not value.startswith(b"image/svg")
    types = [part.partition(b";")[0].strip() for part in value.split(b",")]
    return all(kind.startswith(_PLAIN) and b"+xml" not in kind and not kind.startswith(b"image/svg") for kind in types)
