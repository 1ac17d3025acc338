"""What can be said from the text of a URL alone: one parser, one sentence per refusal. No I/O.

The grammar is narrower than any client's: what two libraries could read in two ways is refused. A `Target` holds the parts in
canonical form, and connections are made from these parts, never from the string.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal

import idna
import msgspec

from agent.egress import addresses, rules
from agent.errors import Problem

Purpose = Literal["capture", "replay", "call", "provider", "mcp", "oauth", "webhook"]

_MAX_URL = 16_384
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_BLANKS = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_URL = re.compile(r"(https?|wss?)://([^/?#]*)([^#]*)", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]*\]|[^:\[\]@%]+)(?::([0-9]{1,5}))?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class Target(msgspec.Struct, frozen=True):
    """A URL that was parsed once. `host` is a canonical ASCII name or address without brackets; `path` has the query in it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_secure(self) -> bool:
        return self.scheme in ("https", "wss")

    @property
    def authority(self) -> str:
        """The value of the `Host` header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[bool, str, int]:
        return self.is_secure, self.host, self.port


def parse(url: str, purpose: Purpose = "capture") -> Target:
    """Everything that the text decides. Raises invalid_url, egress_refused, each naming the rule."""
    scheme, authority, path = _split(url)
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise _invalid(url, "its host or port cannot be read")
    host = _host(url, found[1])
    port = int(found[2]) if found[2] else _PORTS[scheme]
    if not 1 <= port <= 65535:
        raise _invalid(url, "its port is not between 1 and 65535")
    if port in rules.CLOSED_PORTS and not rules.allows_name(host):
        raise rules.refused(host, f"port {port} belongs to another protocol than HTTP")
    if (literal := _literal(host)) is not None:
        rules.check_address(host, literal)
    else:
        rules.check_name(host)
    return Target(scheme, host, port, path or "/")


def _split(url: str) -> tuple[str, str, str]:
    if len(url) > _MAX_URL:
        raise _invalid(url, f"it has more than {_MAX_URL:,} characters")
    if _BLANKS.search(url):
        raise _invalid(url, "it has blanks, control characters or backslashes in it")
    if "#" in url:
        raise _invalid(url, "it has a fragment, which servers never see")
    found = _URL.fullmatch(url)
    if found is None:
        raise _invalid(url, "it does not begin with http:// or https://")
    if "@" in found[2]:
        raise _invalid(
            url,
            "it carries a user name or password; put credentials into headers instead",
        )
    return found[1].lower(), found[2], found[3]


def _host(url: str, text: str) -> str:
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1]))
        except ValueError as error:
            raise _invalid(url, "its IPv6 address cannot be read") from error
    name = _ascii(url, text).lower().removesuffix(".")
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise _invalid(url, "its host is not a valid name")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _dotted(url, name)
    return name


def _ascii(url: str, text: str) -> str:
    """The name as it is looked up. A name that only looks like another one after normalisation is refused, not repaired."""
    try:
        name = text if text.isascii() else idna.encode(text.lower(), strict=True).decode()
        for label in name.lower().split("."):
            if label.startswith("xn--"):
                idna.decode(label, strict=True)
    except (idna.IDNAError, UnicodeError) as error:
        raise _invalid(url, "its host is not a valid international name") from error
    return name


def _dotted(url: str, name: str) -> str:
    """A name that ends in a number is an address: resolvers also read 127.1, 0x7f.1 and 0177.0.0.1, so only the usual form passes."""
    try:
        return str(IPv4Address(name))
    except ValueError as error:
        raise _invalid(url, "its address is not written as four decimal numbers") from error


def _literal(host: str) -> addresses.Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _invalid(url: str, why: str) -> Problem:
    return Problem("invalid_url", f"`{url[:120]}` cannot be used: {why}.")
