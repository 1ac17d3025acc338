"""What the operator opens, and what stays closed."""

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from types import SimpleNamespace

import psutil
import pytest

from agent.egress import parse, rules
from agent.errors import Problem


@pytest.mark.usefixtures("allowing_server")
@pytest.mark.parametrize("url", ["http://10.1.2.3/", "http://db.internal/", "http://x.corp.example:5432/", "http://[::ffff:10.1.2.3]/"])
def test_what_the_operator_names_is_open(url: str) -> None:
    """Networks, names and suffixes, the last two with any port."""
    assert parse(url)


@pytest.mark.usefixtures("allowing_server")
@pytest.mark.parametrize("url", ["http://10.2.0.1/", "http://other.internal/", "http://127.0.0.1/", "http://169.254.169.254/", "http://[64:ff9b::a9fe:a9fe]/"])
def test_everything_else_stays_closed(url: str) -> None:
    """Metadata addresses stay closed even inside an opened network."""
    with pytest.raises(Problem) as refused:
        parse(url)
    assert refused.value.code == "egress_refused"


@pytest.mark.usefixtures("loopback_server")
@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("http://127.0.0.1:9000/", True),
        ("http://localhost:9000/", True),
        ("http://[::1]/", True),
        ("http://api.localhost/", True),
        ("http://10.0.0.1/", False),
        ("http://0.0.0.0/", False),
        ("http://127.0.0.1:22/", False),
    ],
)
def test_a_server_for_this_machine_only_reaches_this_machine(url: str, is_open: bool) -> None:
    """Loopback targets are open while nobody else can reach the server; other private addresses and foreign ports are not."""
    try:
        parse(url)
    except Problem:
        assert not is_open
    else:
        assert is_open


@pytest.fixture
def with_public_interface(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A machine that has a public address on an interface."""
    entry = SimpleNamespace(address="93.184.215.99", family=socket.AF_INET)
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: {"eth0": [entry]})
    rules.forget_own_addresses()
    yield "93.184.215.99"
    rules.forget_own_addresses()


@pytest.mark.usefixtures("public_server")
def test_our_own_public_address_is_closed(with_public_interface: str) -> None:
    """Otherwise a capture could come back in through the front door with the rights of this machine."""
    with pytest.raises(Problem, match="own address"):
        rules.check_address("self.test", ip_address(with_public_interface))
