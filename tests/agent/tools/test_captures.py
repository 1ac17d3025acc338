"""Waiting for calls tells what they added, and a long body can be read on."""

import asyncio

import httpx

from agent.accounts import users
from agent.tools import invoke
from agent.tools.registry import Context
from tests.live import wiretalk


async def test_waiting_tells_what_is_new(database_url: str, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """The first calls bring operations; the same again bring nothing; a new one is named."""
    async with wiretalk(monkeypatch) as api, httpx.AsyncClient(trust_env=False) as client:
        shop = (await api.post("/api/v1/endpoints", json={"destination_url": "demo"})).json()
        context = Context(await users.actor_by_email("ada@example.com", "mcp"))

        async def waited(path: str) -> list[str]:
            waiting = asyncio.ensure_future(invoke.invoke(context, "capture_wait", {"endpoint": "demo-shop", "count": 1, "timeout_s": 20}))
            await asyncio.sleep(0.4)
            await client.get(f"{shop['proxy_url']}{path}")
            answer = await waiting
            assert len(answer.data["items"]) == 1, answer.text
            return answer.data["added"]

        assert any("/products" in line for line in await waited("/products"))
        assert await waited("/products") == []
        assert any("/orders" in line for line in await waited("/orders"))


async def test_a_long_body_is_read_on(database_url: str, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """`offset` begins where the first answer ended, until there is no more."""
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        called = (await api.post("/api/v1/tools/operation_call", json={"operation": "GET /products?".rstrip("?"), "endpoint": "demo-shop"})).json()["data"]
        rest = (await api.post("/api/v1/tools/capture_get", json={"call": called["call"], "offset": 10})).json()
        assert rest["data"]["text"] == called["body"][10:]
        assert rest["data"]["has_more"] is False
