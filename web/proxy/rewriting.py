"""Turns where an answer points towards the proxy, for endpoints that ask for it: `Location`, and the scope of cookies.

What names the part of the upstream that the endpoint is for names the same part of the proxy afterwards, as a path, so that it holds
under every name the proxy is reached by. What names anything else goes on naming that, in full. What is recorded is what the upstream said.
"""

from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from agent.config import settings
from agent.egress import Target
from web.proxy.asked import PREFIX, Asked, Pairs
from web.proxy.lookup import Route

_LOCATIONS = frozenset({b"location", b"content-location"})
_NEEDS_TLS = (b"__host-", b"__secure-")
_PORTS = {"http": 80, "https": 443}


class Door(NamedTuple):
    """The proxy as this client sees it: the path before the upstream's, the part of the upstream behind it, and the path that was asked for."""

    prefix: str
    target: Target
    asked: str
    is_secure: bool

    @property
    def base(self) -> str:
        """The destination's own path, without a slash at its end."""
        return self.target.path.partition("?")[0].rstrip("/")


def towards_proxy(pairs: Pairs, asked: Asked, route: Route, target: Target) -> Pairs:
    """The headers of an answer as the endpoint wants them: as they are, if it does not say otherwise."""
    if not route.rewrite_location:
        return pairs
    return rewritten(pairs, Door(f"{PREFIX.decode()}{route.endpoint_id}", target, asked.path, settings().proxy_base_url.startswith("https:")))


def rewritten(pairs: Pairs, door: Door) -> Pairs:
    """Every `Location`, `Content-Location` and `Set-Cookie`; the rest byte for byte."""
    return [_rewrite(name, value, door) for name, value in pairs]


def _rewrite(name: bytes, value: bytes, door: Door) -> tuple[bytes, bytes]:
    lower = name.lower()
    if lower in _LOCATIONS:
        return name, _location(value.decode("latin-1"), door).encode("latin-1")
    return (name, _cookie(value, door)) if lower == b"set-cookie" else (name, value)


def _location(value: str, door: Door) -> str:
    """Read as the upstream meant it: relative to the address that was asked of it. What cannot be read stays."""
    origin = f"{door.target.scheme}://{door.target.authority}"
    try:
        there = urljoin(origin + door.base + (door.asked or "/"), value)
        parts = urlsplit(there)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return value
    if not value or "\\" in value:
        return value
    is_upstream = "@" not in parts.netloc and (parts.scheme == "https", parts.hostname, port) == door.target.origin
    rest = there.partition("://")[2][len(parts.netloc) :]
    if is_upstream and _is_under(rest, door.base):
        return door.prefix + rest[len(door.base) :]
    return value if urlsplit(value).scheme else there


def _is_under(path: str, base: str) -> bool:
    """Whether a path, with its query, lies in this part, and does not lead out of it."""
    if not path.startswith(base) or path[len(base) : len(base) + 1] not in ("", "/", "?", "#"):
        return False
    segments = path.partition("?")[0].partition("#")[0].lower().replace("%2e", ".").split("/")
    return "." not in segments and ".." not in segments


def _cookie(value: bytes, door: Door) -> bytes:
    """For the proxy's host, for the paths of this endpoint, and without TLS where the proxy has none.

    Names that browsers take only from TLS, or only for a whole host, keep what their name promises.
    """
    first, *attributes = value.split(b";")
    name = first.partition(b"=")[0].strip().lower()
    kept, has_path = [first], False
    for attribute in attributes:
        key, _, said = attribute.partition(b"=")
        match key.strip().lower():
            case b"domain":
                continue
            case b"path" if said.strip().startswith(b"/") and not name.startswith(b"__host-"):
                kept, has_path = [*kept, b" Path=" + _path(said.strip().decode("latin-1"), door).encode("latin-1")], True
            case b"secure" | b"partitioned" if not (door.is_secure or name.startswith(_NEEDS_TLS)):
                continue
            case b"samesite" if said.strip().lower() == b"none" and not (door.is_secure or name.startswith(_NEEDS_TLS)):
                continue
            case _:
                kept.append(attribute)
    if not has_path and not door.asked.startswith("/") and not name.startswith(b"__host-"):
        kept.append(b" Path=" + door.prefix.encode())  # else it would be for `/proxy`, and so for every endpoint
    return b";".join(kept)


def _path(path: str, door: Door) -> str:
    """Of a cookie. One for more than this part of the upstream is for all of the part; one for another part stays."""
    base = door.base
    if path == base or path.startswith(base + "/"):
        rest = path[len(base) :]
        return door.prefix + ("" if rest == "/" else rest)
    return door.prefix if base.startswith(path.rstrip("/") + "/") else path
