"""Requests leave with our headers and no others: seen by an upstream that records them."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent.providers import catalogue, clients, failures
from agent.providers.base import Connection, Failure, Wire
from tests import replay
from tests.agent.providers.answers import HELLO, collect

OPERATOR = "OPERATORS-OWN-VALUE"
VARIABLES = {
    **dict.fromkeys(
        (
            "OPENAI_API_KEY",
            "OPENAI_ADMIN_KEY",
            "OPENAI_ORG_ID",
            "OPENAI_PROJECT_ID",
            "OPENAI_WEBHOOK_SECRET",
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_AUTH_TOKEN",
            "ANTHROPIC_WEBHOOK_SIGNING_KEY",
        ),
        OPERATOR,
    ),
    **dict.fromkeys(("ANTHROPIC_IDENTITY_TOKEN", "ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_ORGANIZATION_ID"), OPERATOR),
    "OPENAI_CUSTOM_HEADERS": f"X-Operator: {OPERATOR}\nAuthorization: Bearer {OPERATOR}\nUser-Agent: {OPERATOR}",
    "ANTHROPIC_CUSTOM_HEADERS": f"X-Operator: {OPERATOR}\nAuthorization: Bearer {OPERATOR}\nX-Api-Key: {OPERATOR}\nCookie: {OPERATOR}",
    "OPENAI_BASE_URL": f"http://127.0.0.1:9/{OPERATOR}",
    "ANTHROPIC_BASE_URL": f"http://127.0.0.1:9/{OPERATOR}",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
}
WIRES: tuple[Wire, ...] = ("anthropic", "openai", "openai-compatible")
EXPECTED = {"host", "accept", "accept-encoding", "connection", "content-length", "content-type", "user-agent", "authorization"}


def _connect(wire: Wire, upstream: replay.Upstream, key: str = "the-users-own-key", auth_header: str = "") -> Connection:
    return Connection(wire, upstream.anthropic if wire == "anthropic" else upstream.openai, key, auth_header)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("key", ["the-users-own-key", ""])
async def test_nothing_of_the_operators_reaches_a_users_server(wire: Wire, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every operator variable set, neither a question nor a list of models carries any of it, with a user's key and without one."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    with replay.serve([{"text": "OK"}]) as upstream:
        connection = _connect(wire, upstream, key)
        answer = await collect(catalogue.WIRES[wire](connection, HELLO))
        assert await catalogue.list_models(connection) == ("small", "large")
    assert answer.text == "OK"
    assert len(upstream.requests) == len(upstream.others) == 1
    for request in (*upstream.requests, *upstream.others):
        assert OPERATOR not in repr(request)
        assert request.headers.get("authorization") == (f"Bearer {key}" if key else None)
        assert request.headers.keys() <= EXPECTED | ({"anthropic-version", "x-api-key"} if wire == "anthropic" else set())


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("auth_header", "sent"),
    [
        ("X-Api-Key", {"x-api-key": "k-123456"}),
        ("Authorization", {"authorization": "Bearer k-123456"}),
        ("Authorization: Token", {"authorization": "Token k-123456"}),
        ("api-key", {"api-key": "k-123456"}),
    ],
)
async def test_the_key_goes_where_the_connection_says(wire: Wire, auth_header: str, sent: dict[str, str]) -> None:
    """Into the named header and no other."""
    with replay.serve([{"text": "OK"}]) as upstream:
        await collect(catalogue.WIRES[wire](_connect(wire, upstream, "k-123456", auth_header), HELLO))
    headers = upstream.requests[0].headers
    assert {name: value for name, value in headers.items() if "k-123456" in value} == sent


@pytest.mark.parametrize("auth_header", ["Host", "Content-Length", "X Y: Z: W", "Bad\nHeader", "cookie"])
@pytest.mark.parametrize("wire", WIRES)
async def test_a_header_that_cannot_hold_a_key_is_refused(wire: Wire, auth_header: str) -> None:
    """Nothing is sent then."""
    with replay.serve([{"text": "OK"}]) as upstream:
        failure = (await collect(catalogue.WIRES[wire](_connect(wire, upstream, "k-123456", auth_header), HELLO))).failure
    assert failure.code == "provider_auth"
    assert "k-123456" not in failure.message
    assert not upstream.requests


async def test_a_key_that_is_no_text_for_a_header_is_refused() -> None:
    """A key with characters beyond ASCII gets a sentence."""
    with replay.serve([{"text": "OK"}]) as upstream:
        failure = (await collect(catalogue.WIRES["openai"](_connect("openai", upstream, "schlüssel-ключ"), HELLO))).failure
    assert (failure.code, failure.message) == ("provider_auth", "The key has characters in it that no key has.")


async def test_anthropics_base_url_may_end_in_v1() -> None:
    """People paste it either way."""
    with replay.serve([{"text": "OK"}], [{"text": "OK"}]) as upstream:
        for url in (upstream.url, f"{upstream.url}/v1/"):
            await collect(catalogue.WIRES["anthropic"](Connection("anthropic", url, "k"), HELLO))
    assert [request.path for request in upstream.requests] == ["/v1/messages", "/v1/messages"]


def test_names_the_host_alone() -> None:
    """A sentence shows neither path nor query of a base URL."""
    assert clients.host_of(Connection("openai", "https://api.example.com/secret/v1?x=1")) == "api.example.com"


@pytest.mark.parametrize("wire", WIRES)
async def test_no_answer_fills_the_memory(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed small or without an end, refused or let in: what a server of a user's own choice says is read up to a limit."""
    monkeypatch.setattr(clients, "_MOST_BYTES", 100_000)
    packed = gzip.compress(b" " * 1_000_000)
    kind = "Content-Type: application/json\r\nConnection: close\r\n"
    for head, body in (
        (f"400 Bad Request\r\n{kind}", b" " * 1_000_000),
        (f"200 OK\r\n{kind}", b" " * 1_000_000),
        (f"400 Bad Request\r\n{kind}Content-Encoding: gzip\r\n", packed),
        (f"200 OK\r\n{kind}Content-Encoding: gzip\r\n", packed),
        ("200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n", b": \n" * 300_000),
    ):
        async with _saying(f"HTTP/1.1 {head}\r\n".encode() + body) as url:
            connection = Connection(wire, url, "key")
            failure = (await collect(catalogue.WIRES[wire](connection, HELLO))).ends[0]
            assert isinstance(failure, Failure)
            assert failure.code == "upstream_invalid", failure
            with pytest.raises(Exception) as caught:  # the SDKs wrap it, each in its own
                await clients.get(connection, "/models")
            assert failures.from_error(caught.value, connection, "").code == "upstream_invalid"


@asynccontextmanager
async def _saying(answer: bytes) -> AsyncIterator[str]:
    """A server that says the same to everybody."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
