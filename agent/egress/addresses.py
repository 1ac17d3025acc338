"""Which addresses are ordinary public ones: a table of our own, on values alone.

`ipaddress.is_global` is not the table: on some Python versions it lets multicast, NAT64, 6to4 and others pass.
Sources: the IANA special-purpose registries; the cloud vendors' documentation for their metadata addresses.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

_CLOSED_V4 = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
    )
)  # fmt: skip
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    IPv6Network(net)
    for net in (
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254", "169.254.169.253", "169.254.170.2", "169.254.170.23", "100.100.100.200", "192.0.0.192", "168.63.129.16",
        "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
    )
)  # fmt: skip
_LOOPBACK_V4 = IPv4Network("127.0.0.0/8")
_LOOPBACK_V6 = IPv6Address("::1")
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = (IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96"))


def is_public(address: Address) -> bool:
    """Whether an address is ordinary public unicast."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def is_metadata(address: Address) -> bool:
    """Whether it is a cloud's metadata service, also when hidden inside an IPv6 address. No setting opens these."""
    return any(form in _METADATA for form in forms(address))


def is_loopback(address: Address) -> bool:
    """This machine, written plainly: an IPv4 loopback hidden in IPv6 does not count."""
    return address in _LOOPBACK_V4 if isinstance(address, IPv4Address) else address == _LOOPBACK_V6


def forms(address: Address) -> tuple[Address, ...]:
    """The address itself and each IPv4 address that a gateway or the kernel may read out of it."""
    if isinstance(address, IPv4Address):
        return (address,)
    hidden = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in (*_NAT64, *_COMPATIBLE)):
        hidden.append(IPv4Address(address.packed[-4:]))
    return (address, *(found for found in hidden if found is not None))


def plain(address: Address) -> Address:
    """An IPv4 address for the IPv4-mapped form, which the kernel connects to in the same way."""
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
