"""One call sent again: to its own API only, with what was captured, and never twice by accident."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from agent import egress, endpoints
from agent.accounts import users
from agent.actor import Actor
from agent.calls import captures, resending
from agent.calls.resending import Edits
from agent.errors import Problem
from agent.recorder import Heard, body_of, row_of, store


class Api:
    """A small upstream that remembers what it saw."""

    def __init__(self) -> None:
        self.port, self.seen = 0, list[bytes]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        self.seen.append(head + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()


@pytest.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    made = Api()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await egress.close()


@pytest.fixture
async def captured(api: Api, database: asyncpg.Pool) -> tuple[Actor, UUID]:
    """Somebody and a POST of theirs with a secret in its query."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "api")
    endpoint = await endpoints.create(actor, f"http://127.0.0.1:{api.port}")
    heard = Heard(
        endpoint.id, actor.user_id, "POST", f"http://127.0.0.1:{api.port}/orders?api_key=sk_live_0123456789abcdef", protocol="http", status=201,
        request_headers=[("Authorization", "Bearer abcdefghijklmnop"), ("Content-Type", "application/json"), ("Host", "old"), ("Content-Length", "7")],
        request=body_of(b'{"a":1}', 100),
    )  # fmt: skip
    row = row_of(heard)
    await store([row])
    return actor, row.id


async def test_it_goes_as_it_was_captured(captured: tuple[Actor, UUID], api: Api) -> None:
    """Secrets, body and query whole; the new capture has the source replay."""
    actor, call = captured
    sent = await resending.send(actor, call, Edits(confirm=True))
    assert sent.status == 200
    assert api.seen[0].startswith(b"POST /orders?api_key=sk_live_0123456789abcdef HTTP/1.1")
    assert b"Bearer abcdefghijklmnop" in api.seen[0] and api.seen[0].endswith(b'{"a":1}') and b"old" not in api.seen[0]
    made = await captures.get(actor, sent.id)
    assert (made.summary.source, made.summary.method, made.response_body.text) == ("replay", "POST", "{}")


async def test_edits_count(captured: tuple[Actor, UUID], api: Api) -> None:
    """Method, path, headers and body; what only reads needs no confirmation."""
    actor, call = captured
    await resending.send(actor, call, Edits(method="get", url="/things?x=1", headers=[("X-New", "yes")], body=""))
    assert api.seen[0].startswith(b"GET /things?x=1 HTTP/1.1")
    assert b"yes" in api.seen[0] and b"Bearer" not in api.seen[0]


async def test_what_may_change_something_has_to_be_confirmed(captured: tuple[Actor, UUID], api: Api) -> None:
    """Nothing is sent before."""
    with pytest.raises(Problem) as refused:
        await resending.send(*captured, Edits())
    assert refused.value.code == "approval_needed"
    assert api.seen == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "https://other.example/x", "http://user@other.example/", "ftp://x/", "http://127.0.0.1:65536/"])
async def test_nothing_goes_elsewhere(captured: tuple[Actor, UUID], api: Api, url: str) -> None:
    """Credentials of one API never reach another address."""
    with pytest.raises(Problem) as refused:
        await resending.send(*captured, Edits(url=url, confirm=True))
    assert refused.value.code in ("invalid_url", "egress_refused")
    assert api.seen == []


@pytest.mark.parametrize("header", [("X\r\nY", "1"), ("X", "1\r\nY: 2"), ("X", "日本"), ("", "x"), ("a b", "x")])
async def test_headers_cannot_break_the_framing(captured: tuple[Actor, UUID], api: Api, header: tuple[str, str]) -> None:
    """Told by name."""
    with pytest.raises(Problem) as refused:
        await resending.send(*captured, Edits(headers=[header], confirm=True))
    assert refused.value.code == "invalid_arguments"


async def test_the_owners_policy_holds_for_replays_too(captured: tuple[Actor, UUID], api: Api, database: asyncpg.Pool) -> None:
    """What may not be kept of a captured call is not kept of one that was sent again."""
    actor, call = captured
    await database.execute("""UPDATE endpoints SET secrets_policy = '{"headers": "drop", "query": "drop"}'""")
    await asyncio.sleep(1.1)
    sent = await resending.send(actor, call, Edits(confirm=True))
    assert b"Bearer abcdefghijklmnop" in api.seen[0]
    made = await captures.get(actor, sent.id)
    assert "authorization" not in {name.lower() for name, _ in made.request_headers}
    assert "sk_live" not in made.target


async def test_a_failure_is_a_capture_too(captured: tuple[Actor, UUID], database: asyncpg.Pool) -> None:
    """With its error."""
    actor, call = captured
    await database.execute("UPDATE endpoints SET destination_url = 'http://127.0.0.1:8998'")
    sent = await resending.send(actor, call, Edits(url="/x", method="GET"))
    assert (sent.status, bool(sent.error)) == (None, True)
