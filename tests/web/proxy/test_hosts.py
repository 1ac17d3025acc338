"""Host names: the proxy's own, the application's, and a stranger's."""

from typing import Any

import pytest

from agent.config import Settings
from web.proxy.hosts import hosts_of


def _refused(config: Settings, host: str, *, is_for_proxy: bool) -> bool:
    scope: Any = {"type": "http", "headers": [(b"host", host.encode())]}
    hosts = hosts_of(config)
    return hosts.is_checking and hosts.refusal(scope, is_for_proxy=is_for_proxy) is not None


@pytest.mark.parametrize(
    ("host", "is_for_proxy", "refused"),
    [
        ("app.example", False, False),
        ("app.example:443", False, False),
        ("app.example", True, True),
        ("Proxy.example", True, False),
        ("proxy.example", False, True),
    ],
)
def test_a_proxy_with_an_address_of_its_own(host: str, is_for_proxy: bool, refused: bool) -> None:
    """Each is served at its own name only, so that nothing of an upstream touches the application's origin."""
    config = Settings(public_url="https://app.example", proxy_url="https://proxy.example")  # type: ignore[call-arg]
    assert _refused(config, host, is_for_proxy=is_for_proxy) is refused


@pytest.mark.parametrize(
    ("host", "refused"), [("127.0.0.1:8000", False), ("localhost:8000", False), ("[::1]:8000", False), ("evil.example", True), ("10.0.0.1", True)]
)
def test_a_server_for_this_machine_answers_to_its_names_only(host: str, refused: bool) -> None:
    """A stranger's name that was made to lead here opens no page; a client of the proxy may call this machine what it likes."""
    assert _refused(Settings(host="127.0.0.1"), host, is_for_proxy=False) is refused  # type: ignore[call-arg]
    assert not _refused(Settings(host="127.0.0.1"), host, is_for_proxy=True)  # type: ignore[call-arg]


def test_a_public_server_answers_to_any_name() -> None:
    """Which names lead to it is the operator's affair."""
    assert not _refused(Settings(host="0.0.0.0"), "whatever.example", is_for_proxy=False)  # type: ignore[call-arg]


async def test_upstreams_on_their_own_origin_keep_their_headers(monkeypatch: pytest.MonkeyPatch, upstream: Any, proxy_at: Any) -> None:
    """Cookies, policies and service workers of an upstream pass; the wrong name is told which one is right."""
    monkeypatch.setenv("WIRETALK_PROXY_URL", "http://proxy.test")
    upstream.answer = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nClear-Site-Data: "*"\r\nService-Worker-Allowed: /\r\nContent-Length: 2\r\n\r\nhi'
    async with proxy_at() as proxy:
        answer = await proxy.get()
        assert b"Clear-Site-Data" in answer and b"Service-Worker-Allowed" in answer and b"content-security-policy" not in answer
        wrong = await proxy.send(f"GET {proxy.path}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        assert wrong.startswith(b"HTTP/1.1 421 ") and b"`proxy.test`" in wrong
