"""Several processes on one socket and one database: any of them answers any request, in both eras of the protocol."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult

from agent.accounts import tokens, users
from tests.live import free_port


@contextlib.asynccontextmanager
async def _two_workers() -> AsyncGenerator[str, None]:
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-c", "from web.cli import main; main()", "serve", "--port", url.rpartition(":")[2], "--workers", "2", "--no-worker"]
    process = await asyncio.create_subprocess_exec(*command, env=dict(os.environ), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            for _ in range(900):
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get("/health/ready")).status_code == 200:
                        break
                await asyncio.sleep(0.1)
            else:
                raise AssertionError("the workers did not start")
        yield url
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 60)


@pytest.mark.slow
async def test_no_request_depends_on_the_worker_of_the_one_before(database: asyncpg.Pool) -> None:
    """Each request on a connection of its own, dealt out by the system: no session is missed."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    token = (await tokens.create(users.actor_of(profile.id, "USER", profile.email, "api"), "t")).token
    async with _two_workers() as url:
        for mode in ("auto", "legacy"):
            limits = httpx2.Limits(max_keepalive_connections=0)
            async with (
                httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=60, limits=limits) as http,
                Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
            ):
                if mode == "auto":
                    assert not (await client.call_tool("endpoint_create", {"destination_url": "demo"})).is_error
                for _ in range(8):
                    listed: Any = (await client.call_tool("endpoint_list", {})).structured_content
                    assert [item["slug"] for item in listed["items"]] == ["demo-shop"]
                    assert len((await client.list_tools()).tools) > 12
        await _the_user_is_asked(url, token)


async def _the_user_is_asked(url: str, token: str) -> None:
    """In the era that answers a question by a request of its own, which may reach the other worker: each answer is heard, and only a yes does it."""
    answers = [ElicitResult(action="decline"), ElicitResult(action="cancel")]
    limits = httpx2.Limits(max_keepalive_connections=0)

    async def answer(context: Any, params: Any) -> ElicitResult:
        assert '`endpoint_delete` with {"endpoint":"demo-shop"}' in params.message
        return answers.pop()

    async with httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=60, limits=limits) as http:
        async with Client(streamable_http_client(f"{url}/mcp", http_client=http), mode="legacy") as client:
            assert "needs your approval" in str(await client.call_tool("endpoint_delete", {"endpoint": "demo-shop"}))
        async with Client(streamable_http_client(f"{url}/mcp", http_client=http), mode="legacy", elicitation_callback=answer) as client:
            while answers:
                assert "The user refused" in str(await client.call_tool("endpoint_delete", {"endpoint": "demo-shop"}))
            assert len((await client.call_tool("endpoint_list", {})).structured_content["items"]) == 1  # type: ignore[index]
            answers.append(ElicitResult(action="accept", content={"approve": True}))
            assert not (await client.call_tool("endpoint_delete", {"endpoint": "demo-shop"})).is_error
            assert (await client.call_tool("endpoint_list", {})).structured_content["items"] == []  # type: ignore[index]
