"""Who may be reached: public addresses, what the operator allows, and this machine while nobody else can reach the server.

`WIRETALK_ALLOW_HOSTS` holds networks (`10.1.0.0/16`), addresses, names (`db.internal`) and suffixes (`*.corp.example`).
"""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

import psutil

from agent.config import settings
from agent.egress import addresses
from agent.errors import Problem

_LOCAL_SUFFIXES = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "localdomain",
    "home.arpa",
    "onion",
    "svc",
    "cluster.local",
)
_METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "instance-data",
        "instance-data.ec2.internal",
    }
)
CLOSED_PORTS = frozenset(
    (
        1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123,
        135, 137, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995,
        1433, 1719, 1720, 1723, 2049, 2375, 2376, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
        9200, 10080, 11211, 27017,
    )
)  # fmt: skip


def check_address(host: str, address: addresses.Address) -> None:
    """Raises egress_refused for an address that is neither public nor allowed; `host` is what the user wrote."""
    if isinstance(address, IPv6Address) and address.scope_id:
        raise refused(host, "it is an address with a zone")
    if addresses.is_metadata(address):
        raise refused(host, "it leads to a cloud metadata service")
    if allows_name(host) or _allows_address(address):
        return
    if addresses.is_loopback(address) and settings().is_loopback_only:
        return
    if not addresses.is_public(address):
        raise refused(host, "it is a private or special address")
    if address in _own_addresses():
        raise refused(host, "it is this server's own address")


def check_name(host: str) -> None:
    """Raises egress_refused for a name that means this machine or an internal network wherever it is looked up."""
    if host in _METADATA_NAMES:
        raise refused(host, "it is the name of a cloud metadata service")
    if allows_name(host) or (settings().is_loopback_only and (host == "localhost" or host.endswith(".localhost"))):
        return
    if "." not in host or any(host == suffix or host.endswith(f".{suffix}") for suffix in _LOCAL_SUFFIXES):
        raise refused(host, "it is a name of this machine or of an internal network")


def allows_name(host: str) -> bool:
    """Whether the operator named this host."""
    return any(host == name or (name.startswith("*.") and host.endswith(name[1:])) for name in _allowed(settings().allow_hosts).names)


def refused(host: str, why: str) -> Problem:
    """The refusal, naming host and rule."""
    return Problem("egress_refused", f"`{host}` may not be reached: {why}.", host=host)


def forget_own_addresses() -> None:
    """Look at the interfaces again at the next check."""
    _own_addresses.cache_clear()


class _Allowed(NamedTuple):
    networks: tuple[addresses.IPNetwork, ...]
    names: tuple[str, ...]


@lru_cache(8)
def _allowed(setting: str) -> _Allowed:
    networks: list[addresses.IPNetwork] = []
    names: list[str] = []
    for item in filter(None, (part.strip().lower() for part in setting.split(","))):
        try:
            networks.append(ip_network(item, strict=False))
        except ValueError:
            names.append(item)
    return _Allowed(tuple(networks), tuple(names))


def _allows_address(address: addresses.Address) -> bool:
    asked = addresses.plain(address)
    return any(asked.version == network.version and asked in network for network in _allowed(settings().allow_hosts).networks)


@lru_cache(1)
def _own_addresses() -> frozenset[addresses.Address]:
    """The addresses of this machine's interfaces, at the first use."""
    found = (entry.address.partition("%")[0] for entries in psutil.net_if_addrs().values() for entry in entries if entry.family.name in ("AF_INET", "AF_INET6"))
    return frozenset(ip_address(text) for text in found)
