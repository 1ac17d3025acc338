"""Our own doors hold a caller to a number of requests, and say where they stand."""

import asyncio

import httpx
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from agent import config
from agent.accounts import tokens, users
from db import engine
from tests.live import wiretalk


async def test_every_answer_of_the_api_says_where_the_caller_stands(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also a refusal; the count is the user's, by whichever token."""
    monkeypatch.setenv("WIRETALK_REQUESTS_PER_MINUTE", "3000")
    async with wiretalk(monkeypatch) as ada:
        first = await ada.get("/api/v1/users/me")
        missing = await ada.get("/api/v1/calls/00000000-0000-7000-8000-000000000000")
        other = (await ada.post("/api/v1/tokens", json={"name": "other"})).json()["token"]
        last = await ada.get("/api/v1/users/me", headers={"authorization": f"Bearer {other}"})
        assert missing.status_code == 404
        assert [int(answer.headers["ratelimit-remaining"]) for answer in (first, missing, last)] == [2999, 2998, 2996]
        assert first.headers["ratelimit-limit"] == "3000"
        assert 1 <= int(first.headers["ratelimit-reset"]) <= 60
        assert "ratelimit-limit" not in (await ada.get("/health")).headers


async def test_of_many_at_once_only_the_allowed_get_in(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is told when to come back; another user is not affected."""
    monkeypatch.setenv("WIRETALK_REQUESTS_PER_MINUTE", "20")
    monkeypatch.setenv("WIRETALK_STRANGER_REQUESTS_PER_MINUTE", "5")
    async with wiretalk(monkeypatch) as ada:
        answers = await asyncio.gather(*(ada.get("/api/v1/users/me") for _ in range(50)))
        refused = [answer for answer in answers if answer.status_code == 429]
        assert len(refused) >= 30 - 20  # the minute may turn once meanwhile
        assert refused[0].json()["code"] == "rate_limited"
        assert refused[0].headers["ratelimit-remaining"] == "0"
        assert 1 <= int(refused[0].headers["retry-after"]) <= 60
        bob = await users.sign_up("bob@example.com", "correct horse")
        token = await tokens.create(users.actor_of(bob.id, "USER", bob.email, "api"), "t")
        assert (await ada.get("/api/v1/users/me", headers={"authorization": f"Bearer {token.token}"})).status_code == 200
        async with httpx.AsyncClient(base_url=ada.base_url, trust_env=False) as stranger:
            codes = [(await stranger.get("/api/v1/users/me")).status_code for _ in range(12)]
        assert codes[0] == 401
        assert 429 in codes


async def test_the_mcp_door_counts_for_the_user_and_says_so(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token's requests are its user's, whose limit they have; a client shows the refusal in words; who guesses tokens is a stranger."""
    monkeypatch.setenv("WIRETALK_REQUESTS_PER_MINUTE", "20")
    monkeypatch.setenv("WIRETALK_STRANGER_REQUESTS_PER_MINUTE", "5")
    async with wiretalk(monkeypatch) as ada:
        async with (
            httpx2.AsyncClient(headers={"authorization": ada.headers["authorization"]}, timeout=60) as http,
            Client(streamable_http_client(f"{ada.base_url}/mcp", http_client=http)) as client,
        ):
            for _ in range(8):
                await client.list_prompts()
            with pytest.raises(MCPError, match=r"more than 20 requests in a minute.*Wait"):
                for _ in range(40):  # the minute may turn once meanwhile
                    await client.list_prompts()
        codes = [(await ada.post("/mcp", headers={"authorization": "Bearer wtk_guess"})).status_code for _ in range(12)]
        assert codes[0] == 401
        assert 429 in codes


async def test_a_write_with_a_key_is_done_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten at once make one thing; later the same answer comes again; another request with the key is refused."""
    async with wiretalk(monkeypatch) as ada:
        body = {"destination_url": f"{config.settings().base_url}/demo", "name": "once"}
        key = {"idempotency-key": "k-1"}
        answers = await asyncio.gather(*(ada.post("/api/v1/endpoints", json=body, headers=key) for _ in range(10)))
        assert {answer.status_code for answer in answers} <= {201, 409}
        again = await ada.post("/api/v1/endpoints", json=body, headers=key)
        assert again.headers["idempotency-replayed"] == "true"
        assert again.json() == next(answer.json() for answer in answers if answer.status_code == 201)
        assert len((await ada.get("/api/v1/endpoints")).json()["items"]) == 1
        other = await ada.post("/api/v1/endpoints", json={**body, "name": "two"}, headers=key)
        assert (other.status_code, other.json()["code"]) == (422, "invalid_arguments")
        assert (await ada.post("/api/v1/endpoints", json=body, headers={"idempotency-key": "k" * 300})).status_code == 422


async def test_what_is_kept_for_a_repeat_is_sealed(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new token is in no row in plain text, and a token with fewer rights is not answered as the first one was."""
    async with wiretalk(monkeypatch) as ada:
        wish, key = {"name": "laptop", "scopes": ["read", "write"]}, {"idempotency-key": "k-4"}
        made, again = [(await ada.post("/api/v1/tokens", json=wish, headers=key)).json() for _ in range(2)]
        assert made == again
        async with engine.connection() as connection:
            row = await connection.fetchrow("SELECT request_hash, response_body FROM idempotency_keys")
        assert row
        assert made["token"].encode() not in row["response_body"]
        less = await ada.post("/api/v1/tokens", json=wish, headers={**key, "authorization": f"Bearer {made['token']}"})
        assert (less.status_code, less.json()["code"]) == (422, "invalid_arguments")


async def test_a_refusal_is_kept_too_and_a_stream_is_not(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client error stays what it was; a stream is read on at its run."""
    async with wiretalk(monkeypatch) as ada:
        for replayed in (None, "true"):
            refused = await ada.post("/api/v1/endpoints", json={"destination_url": "ftp://example.com"}, headers={"idempotency-key": "k-2"})
            assert (refused.status_code, refused.headers.get("idempotency-replayed")) == (422, replayed)
        for _ in range(2):
            streamed = await ada.post("/api/v1/chat", json={"message": "help", "stream": True}, headers={"idempotency-key": "k-3"})
            assert streamed.status_code == 200
            assert "idempotency-replayed" not in streamed.headers
