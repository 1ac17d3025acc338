"""A worker that is killed: what was finished and what was acknowledged is there afterwards, and what was under way says so."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import httpx
import pytest

from agent import config
from agent.accounts import tokens, users
from db import engine
from tests.journeys.test_chat_api import _upstream
from tests.live import free_port, serving
from tests.outage import ready


@contextlib.asynccontextmanager
async def _process(port: int) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    """A real `wiretalk serve`, on the database and data directory of the environment."""
    command = [sys.executable, "-W", "ignore", "-c", "from web.cli import main; main()", "serve", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, "PORT": str(port)}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await ready(port)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _token(port: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PORT", str(port))
    config.settings.cache_clear()
    async with engine.pool():
        profile = await users.sign_up("ada@example.com", "correct horse")
        return (await tokens.create(users.actor_of(profile.id, "USER", profile.email, "api"), "test")).token


async def test_kill_9_while_answering_and_capturing(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Finished messages and acknowledged calls survive; the next server goes on with the answer where it was cut off, and it can be given again."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps([[{"text": "The first words of it."}, {"delay": 60}, {"text": "never"}], [{"text": " All of it."}]]))
    port = free_port()
    async with serving(_upstream, http="httptools") as target:
        async with _process(port) as process:
            token = await _token(port, monkeypatch)
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=60
            ) as client:
                made = (await client.post("/api/v1/chat", json={"message": f"capture {target}", "provider": "builtin"})).json()
                endpoint = made["tool_calls"][0]["output"]
                answered = asyncio.create_task(_use_until_gone(endpoint["proxy_url"]))
                async with client.stream(
                    "POST", "/api/v1/chat", json={"message": "talk", "provider": "scripted", "model": str(script), "stream": True}
                ) as stream:
                    run = stream.headers["x-run-id"]
                    async for line in stream.aiter_lines():
                        if "text-end" in line:
                            break
                    process.send_signal(signal.SIGKILL)
                    await process.wait()
                acknowledged = await answered
        assert acknowledged > 0
        async with _process(port), _client(port, token) as client:
            messages = (await client.get(f"/api/v1/chats/{made['chat_session_id']}/messages")).json()["items"]
            assert [message["role"] for message in messages] == ["user", "assistant"]
            assert await _calls(database_url, acknowledged) >= acknowledged
            state = await _until_ended(client, run)
            assert state["status"] == "completed"
            assert state["text"] == "The first words of it. All of it."
            assert state["usage"]["output"] == 7, "what was said before is billed, 3.5 bytes a token; the script counts nothing itself"
            assert state["usage"]["estimated"] == state["usage"]["input"] + 7
            again = await client.post(f"/api/v1/runs/{run}/retry", json={})
            assert again.status_code == 202, again.text


async def test_sigterm_ends_open_streams_and_exits(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With an answer streaming the server is gone within five seconds; the text is kept, and whoever comes next may go on."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps([[{"text": "Some words."}, {"delay": 60}]]))
    port = free_port()
    async with _process(port) as process:
        token = await _token(port, monkeypatch)
        async with _client(port, token) as client:  # noqa: SIM117  # the client outlives the stream
            async with client.stream("POST", "/api/v1/chat", json={"message": "talk", "provider": "scripted", "model": str(script), "stream": True}) as stream:
                async for line in stream.aiter_lines():
                    if "text-end" in line:
                        process.send_signal(signal.SIGTERM)
                        break
                await asyncio.wait_for(process.wait(), 60)
    connection = await asyncpg.connect(database_url)
    try:
        status, owner, text = await connection.fetchrow(
            "SELECT r.status, r.owner, m.content::text FROM runs r JOIN chat_messages m ON m.id = r.answer_message_id"
        )
    finally:
        await connection.close()
    assert (status, owner) == ("running", None)
    assert "Some words." in text


def _client(port: int, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=60)


async def _use_until_gone(proxy: str) -> int:
    """How many whole answers came before the server went away."""
    count = 0
    async with httpx.AsyncClient(trust_env=False, timeout=60) as user:
        with contextlib.suppress(httpx.HTTPError):
            while count < 5000:
                response = await user.get(f"{proxy}/items/{count}")
                count += response.status_code == 200
    return count


async def _calls(url: str, wanted: int) -> int:
    connection = await asyncpg.connect(url)
    try:
        for _ in range(900):
            count = await connection.fetchval("SELECT count(*) FROM api_calls")
            if count >= wanted:
                return count
            await asyncio.sleep(0.1)
        return count
    finally:
        await connection.close()


async def _until_ended(client: httpx.AsyncClient, run: str) -> dict[str, object]:
    for _ in range(400):
        state = (await client.get(f"/api/v1/runs/{run}")).json()
        if state["status"] in ("completed", "failed"):
            return state
        await asyncio.sleep(0.5)
    raise AssertionError("the run did not end within 200 s")
