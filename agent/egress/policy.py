"""What may be reached, decided on values alone: one URL parser, one table of addresses, one sentence per refusal.

`ipaddress.is_global` is not the table: it lets multicast, NAT64, 6to4 and others pass. Sources: the IANA special-purpose registries.
"""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal
from urllib.parse import urlsplit

import idna
import msgspec

from agent.config import settings
from agent.errors import Problem

Purpose = Literal["capture", "replay", "call", "provider", "mcp", "oauth", "webhook"]
Address = IPv4Address | IPv6Address
_MAX_URL = 2048
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

_CLOSED_V4 = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
_METADATA = frozenset(map(ip_address, ("169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")))
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa", "localdomain", "onion", "test.localhost")
_METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "instance-data.ec2.internal", "instance-data"})
_CLOSED_PORTS = frozenset((1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139,
    143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 2375, 2376, 3306, 3659, 4045,
    4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 9200, 10080, 11211, 27017))  # fmt: skip


class Target(msgspec.Struct, frozen=True):
    """A URL that was parsed once. `host` is a canonical ASCII name or address, without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_secure(self) -> bool:
        return self.scheme in ("https", "wss")


class Pinned(msgspec.Struct, frozen=True):
    """A target with the addresses that were checked; connect to one of these and nothing else."""

    target: Target
    addresses: tuple[str, ...]


def parse(url: str, purpose: Purpose = "capture") -> Target:
    """Everything that can be said from the text. Raises invalid_url, egress_refused, each naming the rule."""
    if len(url) > _MAX_URL:
        raise _invalid(url, f"it has more than {_MAX_URL} characters")
    if any(ord(c) <= 0x20 or 0x7F <= ord(c) <= 0x9F for c in url) or "\\" in url:
        raise _invalid(url, "it has blanks, control characters or backslashes in it")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _invalid(url, "its host or port cannot be read") from error
    if parts.scheme.lower() not in _PORTS or not re.match(r"[a-zA-Z]+://[^/]", url):
        raise _invalid(url, "it does not begin with http:// or https://")
    if "@" in parts.netloc:
        raise _invalid(url, "it carries a user name or password; put credentials into headers instead")
    if parts.fragment or "#" in url:
        raise _invalid(url, "it has a fragment")
    raw = parts.netloc
    if raw.endswith(":") or port == 0:
        raise _invalid(url, "its port is missing or zero")
    scheme = parts.scheme.lower()
    host = _host(url, raw)
    if port in _CLOSED_PORTS and not _is_allowed_name(host):
        raise _refused(host, f"port {port} belongs to another protocol than HTTP")
    target = Target(scheme, host, port or _PORTS[scheme], parts.path + (f"?{parts.query}" if parts.query else ""))
    if (literal := _literal(host)) is not None:
        check_address(target, literal)
    else:
        _check_name(host)
    return target


def check_address(target: Target, address: Address) -> None:
    """Raises egress_refused for an address that is neither public nor allowed."""
    if isinstance(address, IPv6Address) and address.scope_id:
        raise _refused(target.host, "it is an address with a zone")
    plain = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
    if plain in _METADATA or address in _METADATA:
        raise _refused(target.host, "it is a cloud metadata address")
    if is_public(address) or _is_allowed_name(target.host) or any(_contains(network, plain) for network in _allowed_networks()):
        return
    if plain.is_loopback and settings().is_loopback_only and plain == address:
        return
    raise _refused(target.host, "it is a private or special address")


def is_public(address: Address) -> bool:
    """Whether an address is ordinary public unicast."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def _host(url: str, netloc: str) -> str:
    if netloc.startswith("["):
        inner = netloc[1:].partition("]")[0]
        try:
            return str(IPv6Address(inner))
        except ValueError as error:
            raise _invalid(url, "its IPv6 address cannot be read") from error
    name = netloc.partition(":")[0]
    if "%" in name or "[" in netloc or "]" in netloc:
        raise _invalid(url, "its host has characters that hosts do not have")
    if not name.isascii():
        try:
            name = idna.encode(name.lower(), strict=True).decode()
        except (idna.IDNAError, UnicodeError) as error:
            raise _invalid(url, "its host is not a valid international name") from error
    name = name.lower().removesuffix(".")
    if not name or len(name) > 253 or not all(re.fullmatch(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", label) for label in name.split(".")):
        raise _invalid(url, "its host is not a valid name")
    return _checked_numbers(url, _checked_punycode(url, name))


def _checked_numbers(url: str, name: str) -> str:
    """A name that ends in a number is an address and must be written the usual way, for resolvers read 127.1 and 0x7f.1 too."""
    last = name.rpartition(".")[2]
    if not (last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last)):
        return name
    try:
        return str(IPv4Address(name))
    except ValueError as error:
        raise _invalid(url, "its address is not written as four decimal numbers") from error


def _checked_punycode(url: str, name: str) -> str:
    for label in name.split("."):
        if label.startswith("xn--"):
            try:
                idna.decode(label, strict=True)
            except (idna.IDNAError, UnicodeError) as error:
                raise _invalid(url, "its host is not a valid international name") from error
    return name


def _check_name(host: str) -> None:
    if host in _METADATA_NAMES:
        raise _refused(host, "it is a cloud metadata name")
    if _is_allowed_name(host) or (settings().is_loopback_only and (host == "localhost" or host.endswith(".localhost"))):
        return
    if "." not in host or any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES):
        raise _refused(host, "it is a name of this machine or of an internal network")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_allowed_name(host: str) -> bool:
    return any(host == name or (name.startswith("*.") and host.endswith(name[1:])) for name in _allowed_names())


def _contains(network: IPv4Network | IPv6Network, address: Address) -> bool:
    return address.version == network.version and address in network


@lru_cache(8)
def _parsed(allow_hosts: str) -> tuple[tuple[IPv4Network | IPv6Network, ...], tuple[str, ...]]:
    networks: list[IPv4Network | IPv6Network] = []
    names: list[str] = []
    for item in filter(None, (part.strip().lower() for part in allow_hosts.split(","))):
        try:
            networks.append(ip_network(item, strict=False))
        except ValueError:
            names.append(item)
    return tuple(networks), tuple(names)


def _allowed_networks() -> tuple[IPv4Network | IPv6Network, ...]:
    return _parsed(settings().allow_hosts)[0]


def _allowed_names() -> tuple[str, ...]:
    return _parsed(settings().allow_hosts)[1]


def _invalid(url: str, why: str) -> Problem:
    return Problem("invalid_url", f"`{url[:120]}` cannot be used: {why}.")


def _refused(host: str, why: str) -> Problem:
    return Problem("egress_refused", f"`{host}` may not be reached: {why}.", host=host)
