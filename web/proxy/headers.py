"""Which headers cross the proxy, on values alone: everything, in its order and with its duplicates, except what is named here.

Dropped both ways: hop-by-hop headers and those that `Connection` names. Dropped on the way out: anything of Wiretalk's own, and `Expect`,
which is answered here. Dropped on the way back: what would act on Wiretalk's whole origin instead of on the upstream's.
"""

import re
from collections.abc import Iterable
from urllib.parse import urljoin

from agent.egress import Target
from web.proxy.asked import Pairs

_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te", b"trailer", b"transfer-encoding",
        b"upgrade", b"http2-settings",
    }
)  # fmt: skip
_OUR_COOKIES = re.compile(rb"(?:__Host-)?wiretalk_(?:session|csrf)\s*=")
_OUR_TOKEN = re.compile(rb"(?:^|[\s:=\"'])wt[ko]_")
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
_SANDBOX = (b"content-security-policy", b"sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads")


def outgoing(pairs: Pairs, injected: Iterable[tuple[bytes, bytes]], host: bytes) -> Pairs:
    """What the upstream gets. `Host` keeps its place; an injected header replaces the client's."""
    dropped = _HOP | _named_by_connection(pairs) | {b"expect"}
    extra = list(injected)
    dropped |= {name.lower() for name, _ in extra}
    kept: Pairs = []
    for name, value in pairs:
        lower = name.lower()
        if lower == b"host":
            kept.append((name, host))
        elif lower in (b"content-length",):
            kept.append((name, value))  # framing is never droppable by naming it in `Connection`
        elif lower not in dropped and (ours := _without_ours(lower, value)) is not None:
            kept.append((name, ours))
    return kept + extra


def incoming(pairs: Pairs, status: int, upstream_host: str, *, own_origin: bool = False) -> Pairs:
    """What the client gets. On Wiretalk's own origin, pages are sandboxed, so that a script from an upstream is a stranger there."""
    dropped = _HOP | _named_by_connection(pairs)
    if status in (204, 304):
        dropped |= {b"content-length"}
    if not own_origin:
        dropped |= _ORIGIN_WIDE
    kept = [(name, value) for name, value in pairs if name.lower() not in dropped and not (name.lower() == b"set-cookie" and _is_strange(value, upstream_host))]
    if not own_origin and not _is_plain(pairs):
        kept.append(_SANDBOX)
    return kept


def rewritten(pairs: Pairs, target: Target, prefix: str) -> Pairs:
    """`Location` and cookie paths as seen through the proxy, for endpoints that ask for it."""
    return [_rewrite(name, value, target, prefix) for name, value in pairs]


def value_of(pairs: Pairs, name: bytes) -> bytes | None:
    return next((value for key, value in pairs if key.lower() == name), None)


def texts(pairs: Pairs) -> list[tuple[str, str]]:
    """As they are recorded: each byte one character, so that nothing is lost."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]


def _named_by_connection(pairs: Pairs) -> frozenset[bytes]:
    return frozenset(token.strip().lower() for name, value in pairs if name.lower() == b"connection" for token in value.split(b","))


def _without_ours(name: bytes, value: bytes) -> bytes | None:
    """The value without cookies and tokens of Wiretalk's own; None where nothing is left."""
    if name == b"cookie" and b"wiretalk_" in value:
        left = [part for part in value.split(b";") if not _OUR_COOKIES.match(part.strip())]
        return b";".join(left).strip() or None
    if b"wt" in value and _OUR_TOKEN.search(value):
        return None
    return value


def _is_strange(cookie: bytes, upstream_host: str) -> bool:
    """A cookie named like ours, or for a domain that is not the upstream's: every client would refuse the latter."""
    if _OUR_COOKIES.match(cookie):
        return True
    found = re.search(rb";\s*domain\s*=\s*\.?([^;\s]+)", cookie, re.IGNORECASE)
    if found is None:
        return False
    domain = found[1].decode("latin-1").lower()
    return upstream_host != domain and not upstream_host.endswith("." + domain)


def _is_plain(pairs: Pairs) -> bool:
    """Whether browsers never render this type as a page with scripts of its own."""
    media_type = (value_of(pairs, b"content-type") or b"").lower()
    return media_type.startswith(_PLAIN) and not media_type.startswith(b"image/svg")


def _rewrite(name: bytes, value: bytes, target: Target, prefix: str) -> tuple[bytes, bytes]:
    lower = name.lower()
    if lower in (b"location", b"content-location"):
        root = f"{target.scheme}://{target.authority}{target.path.partition('?')[0].rstrip('/')}"
        there = urljoin(root + "/", value.decode("latin-1"))
        if there == root or there.startswith((root + "/", root + "?")):
            return name, (prefix + there.removeprefix(root)).encode("latin-1")
    if lower == b"set-cookie":
        scoped = re.sub(rb";\s*domain\s*=[^;]*", b"", value, flags=re.IGNORECASE)
        return name, re.sub(rb";\s*path\s*=\s*/", b"; Path=" + prefix.encode() + b"/", scoped, flags=re.IGNORECASE)
    return name, value
