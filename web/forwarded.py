"""Who asked, where a reverse proxy stands in front: its word is taken for it, and nobody else's.

The operator names the proxies. From one of them `X-Forwarded-For` is read from its end, over every trusted address, to the first that is not;
what stands before that the client could have written itself; several such headers are one list, of which uvicorn's own reader takes one.
`X-Forwarded-Host` is believed of nobody: Wiretalk's address is a setting.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, cast

from litestar.types import ASGIApp, Receive, Scope, Send

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]
_SCHEMES = {"http": {"http": "http", "websocket": "ws"}, "https": {"http": "https", "websocket": "wss"}}


def behind(app: ASGIApp, trusted: Networks) -> ASGIApp:
    """The application, told the client's own address and scheme where a trusted proxy reports them."""
    if not trusted:
        return app

    async def told(scope: Scope, receive: Receive, send: Send) -> None:
        asked = cast(dict[str, Any], scope)
        if asked["type"] in ("http", "websocket"):
            _tell(asked, trusted)
        await app(scope, receive, send)

    return told


def _tell(scope: dict[str, Any], trusted: Networks) -> None:
    peer = _address(scope["client"][0]) if scope.get("client") else None
    if peer is None or not _is_in(peer, trusted):
        return
    scope["client"] = (str(_nearest(peer, _said(scope, b"x-forwarded-for"), trusted)), 0)
    schemes = _said(scope, b"x-forwarded-proto")
    if schemes and schemes[-1] in _SCHEMES:
        scope["scheme"] = _SCHEMES[schemes[-1]][scope["type"]]


def _said(scope: dict[str, Any], wanted: bytes) -> list[str]:
    return [entry.strip().lower() for name, value in scope["headers"] if name == wanted for entry in value.decode("latin-1").split(",")]


def _nearest(peer: Address, reported: list[str], trusted: Networks) -> Address:
    """The nearest address that is not a trusted proxy's; an entry that is no address ends the search at the proxy that wrote it."""
    found = peer
    for entry in reversed(reported):
        before = _address(entry)
        if before is None:
            break
        found = before
        if not _is_in(found, trusted):
            break
    return found


def _address(text: str) -> Address | None:
    """As some proxies write it: with a port, in brackets, or as IPv4 inside IPv6."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0] if text.count(":") == 1 else text
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_in(address: Address, trusted: Networks) -> bool:
    return any(address in network for network in trusted)
