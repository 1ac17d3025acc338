"""The table of addresses."""

from ipaddress import ip_address

import pytest

from agent.egress import addresses


@pytest.mark.parametrize(
    ("below", "first", "last", "above"),
    [
        ("9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
        ("100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"),
        ("172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
        ("192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"),
        ("198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"),
        ("126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"),
    ],
)
def test_both_edges_of_a_closed_range(below: str, first: str, last: str, above: str) -> None:
    """A range is closed from its first address to its last, and open beside it."""
    assert [addresses.is_public(ip_address(text)) for text in (below, first, last, above)] == [True, False, False, True]


@pytest.mark.parametrize(
    "text", ["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2001:0:4136:e378::1", "fe80::1", "fec0::1", "ff02::1", "3fff::1", "::8.8.8.8"]
)
def test_addresses_with_another_inside_are_not_public(text: str) -> None:
    """A gateway may carry them anywhere, so even those around a public address are closed."""
    assert not addresses.is_public(ip_address(text))


@pytest.mark.parametrize(
    "text", ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::a9fe:a9fe", "fd00:ec2::254", "100.100.100.200"]
)
def test_metadata_is_found_in_every_form(text: str) -> None:
    """Hiding a metadata address inside another one does not help."""
    assert addresses.is_metadata(ip_address(text))


def test_loopback_means_the_plain_address() -> None:
    """A mapped loopback address is a trick, not a developer's server."""
    assert [addresses.is_loopback(ip_address(text)) for text in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "0.0.0.0", "8.8.8.8")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
