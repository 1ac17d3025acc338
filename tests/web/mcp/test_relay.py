"""A question of the handshake era where several workers serve: who may answer, what counts as a yes, and what a lost bell does."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from agent import events
from agent.accounts import tokens, users
from db import engine
from tests.live import wiretalk

DELETE = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "endpoint_delete", "arguments": {"endpoint": "demo-shop"}}}
YES = {"action": "accept", "content": {"approve": True}}
OPENING = {"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}, "clientInfo": {"name": "t", "version": "1"}}
WIRE = {"accept": "application/json, text/event-stream"}


@contextlib.asynccontextmanager
async def _door(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[httpx.AsyncClient]:
    """The door as each of several workers has it. Every answer goes through the database, whichever worker gets it."""
    monkeypatch.setenv("WIRETALK_WORKERS", "2")
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        yield api


async def _opened(api: httpx.AsyncClient, capabilities: dict[str, Any] | None = None) -> str | None:
    params = OPENING if capabilities is None else {**OPENING, "capabilities": capabilities}
    opened = await api.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}, headers=WIRE)
    assert opened.status_code == 200
    return opened.headers.get("mcp-session-id")


@contextlib.asynccontextmanager
async def _calling(api: httpx.AsyncClient, session: str) -> AsyncGenerator[AsyncGenerator[dict[str, Any]]]:
    """The messages on the stream of a call that must be approved."""
    async with api.stream("POST", "/mcp", json=DELETE, headers={**WIRE, "mcp-session-id": session}) as response:

        async def messages() -> AsyncGenerator[dict[str, Any]]:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    yield msgspec.json.decode(line[6:])

        yield messages()


async def _answer(api: httpx.AsyncClient, question: str, session: str, result: dict[str, Any], **headers: str) -> None:
    sent = await api.post("/mcp", json={"jsonrpc": "2.0", "id": question, "result": result}, headers={**WIRE, "mcp-session-id": session, **headers})
    assert sent.status_code == 202


async def _text(messages: AsyncIterator[dict[str, Any]]) -> str:
    return (await asyncio.wait_for(anext(messages), 60))["result"]["content"][0]["text"]


async def test_an_answer_in_a_request_of_its_own_is_heard(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the one who was asked only: a yes of another user, session or question, or one that says less than yes, does nothing."""
    async with _door(monkeypatch) as api:
        session = await _opened(api)
        assert session
        assert await _opened(api, {}) is None
        bob = await users.sign_up("bob@example.com", "correct horse")
        theirs = (await tokens.create(users.actor_of(bob.id, "USER", bob.email, "api"), "t")).token
        for vague in ({"action": "accept"}, {"action": "accept", "content": {"approve": "true"}}, {"action": "cancel", "content": {"approve": True}}):
            async with _calling(api, session) as messages:
                await _answer(api, (await anext(messages))["id"], session, vague)
                assert "The user refused" in await _text(messages)
        async with _calling(api, session) as messages:
            asked = await anext(messages)
            assert asked["method"] == "elicitation/create"
            assert '`endpoint_delete` with {"endpoint":"demo-shop"}' in asked["params"]["message"]
            await _answer(api, asked["id"], session, YES, authorization=f"Bearer {theirs}")
            await _answer(api, asked["id"], session[:-1] + ("0" if session[-1] != "0" else "1"), YES)
            await _answer(api, asked["id"], str(await _opened(api)), YES)
            await _answer(api, "0" * 32, session, YES)
            assert len((await api.get("/api/v1/endpoints")).json()["items"]) == 1
            await _answer(api, asked["id"], session, YES)
            assert "are deleted" in await _text(messages)
        assert (await api.get("/api/v1/endpoints")).json()["items"] == []


async def test_a_bell_that_may_have_been_lost_approves_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the connection to the database came back, every bell rings: that is no yes, and the client is told to call again."""
    async with _door(monkeypatch) as api:
        session = await _opened(api)
        assert session
        async with _calling(api, session) as messages:
            await anext(messages)
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()"
            async with engine.connection() as connection:
                await connection.execute(ended, events.WORKER)
            assert "Call it again" in await _text(messages)
        assert len((await api.get("/api/v1/endpoints")).json()["items"]) == 1
