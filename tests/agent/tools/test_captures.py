"""Waiting for calls tells what they added, and a long body can be read on."""

import asyncio
import json
from typing import Any

import httpx

from agent import endpoints
from agent.accounts import users
from agent.recorder import Heard, store_heard
from agent.tools import invoke
from agent.tools.registry import Answer, Context
from tests.live import wiretalk


async def test_waiting_tells_what_is_new(database_url: str, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """The first calls bring operations; the same again bring none, though more calls may tell more of a field; a new one is named."""
    async with wiretalk(monkeypatch) as api, httpx.AsyncClient(trust_env=False) as client:
        shop = (await api.post("/api/v1/endpoints", json={"destination_url": "demo"})).json()
        context = Context(await users.actor_by_email("ada@example.com", "mcp"))

        async def waited(path: str) -> list[str]:
            waiting = asyncio.ensure_future(invoke.invoke(context, "capture_wait", {"endpoint": "demo-shop", "count": 1, "timeout_s": 60}))
            while not waiting.done():
                await client.get(f"{shop['proxy_url']}{path}")
                await asyncio.sleep(0.2)
            answer = await waiting
            assert answer.data["items"], answer.text
            return answer.data["added"]

        assert "`GET /products` is new." in await waited("/products")
        assert not any("is new" in line for line in await waited("/products"))
        assert "`GET /orders` is new." in await waited("/orders")


async def test_calls_sent_before_waiting_are_found_by_their_time(database_url: str, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """A program that runs its code first and asks then: told of `since`, it gets the calls and what was new in them, whoever looked meanwhile."""
    async with wiretalk(monkeypatch) as api, httpx.AsyncClient(trust_env=False) as client:
        shop = (await api.post("/api/v1/endpoints", json={"destination_url": "demo"})).json()
        for path in ("/products", "/products", "/orders"):
            await client.get(f"{shop['proxy_url']}{path}")
        context = Context(await users.actor_by_email("ada@example.com", "mcp"))

        async def waited(**arguments: object) -> Answer:
            return await invoke.invoke(context, "capture_wait", {"endpoint": "demo-shop", **arguments})

        found = await waited(since="5m", count=3, timeout_s=60)
        assert [item.path.rpartition("/")[2] for item in found.data["items"]] == ["products", "products", "orders"]
        assert "`since` finds it" in (await waited(timeout_s=0)).text
        again = await waited(since="5m", count=3, timeout_s=0)
        assert again.data["added"] == found.data["added"] != []


async def test_a_long_body_is_read_on(database_url: str, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """`offset` begins where the first answer ended, until there is no more."""
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        called = (await api.post("/api/v1/tools/operation_call", json={"operation": "GET /products?".rstrip("?"), "endpoint": "demo-shop"})).json()["data"]
        rest = (await api.post("/api/v1/tools/capture_get", json={"call": called["call"], "offset": 10})).json()
        assert rest["data"]["text"] == called["body"][10:]
        assert rest["data"]["has_more"] is False


async def test_what_is_cut_off_is_told_by_its_shape(database_url: str, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """A long JSON answer is shown from its beginning, with the shape of the whole and the offset that reads on."""
    body = json.dumps([{"sku": f"sku-{n}", "amount": n} for n in range(2_000)] + [{"sku": "last", "amount": 0, "late": True}])
    content = {"mimeType": "application/json", "text": body, "size": len(body)}
    request = {"method": "GET", "url": "http://demo.invalid/rows", "headers": [], "queryString": [], "httpVersion": "HTTP/1.1"}
    response = {"status": 200, "statusText": "OK", "headers": [], "content": content, "httpVersion": "HTTP/1.1"}
    entry = {"startedDateTime": "2026-01-05T10:00:00Z", "time": 5, "request": request, "response": response}
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        har = {"log": {"version": "1.2", "creator": {"name": "a", "version": "1"}, "entries": [entry]}}
        await api.post("/api/v1/tools/capture_import", json={"endpoint": "demo-shop", "har": har})
        call = (await api.post("/api/v1/tools/capture_search", json={"path": "/rows"})).json()["data"]["items"][0]
        shown = (await api.post("/api/v1/tools/capture_get", json={"call": call["id"]})).json()
    assert set(shown["data"]["response_body"]["shape"]["items"]["properties"]) == {"sku", "amount", "late"}
    assert '"late":{"type":"boolean"}' in shown["text"]
    assert "offset 8000 reads on" in shown["text"]
    assert len(shown["text"]) < 12_000


async def test_calls_are_summed_up(database_url: str, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """All that match are counted, and the slowest is found however many came after it; a stream and a socket last long without being slow."""
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        actor = await users.actor_by_email("ada@example.com", "mcp")
        endpoint = (await endpoints.list_(actor)).items[0]

        def heard(path: str, duration_ms: float, status: int | None = 200, **more: Any) -> Heard:
            return Heard(endpoint.id, actor.user_id, "GET", f"{endpoint.destination_url}{path}", status=status, duration_ms=duration_ms, **more)

        events = {"response_headers": [("Content-Type", "text/event-stream")]}
        long = [heard("/report", 2400.0), heard("/events", 90_000.0, **events), heard("/socket", 80_000.0, None, protocol="ws")]
        await store_heard([*long, *(heard(f"/users/{n}", 10.0, 500 if n < 5 else 200) for n in range(250))])
        found = (await invoke.invoke(Context(actor), "capture_search", {"endpoint": "demo-shop", "totals": True, "limit": 2})).data
        assert (found["calls"], found["failed"], found["median_ms"], found["is_all"]) == (253, 5, 10.0, True)
        assert [call.duration_ms for call in found["items"]] == [2400.0, 10.0]
        errors = await invoke.invoke(Context(actor), "capture_search", {"totals": True, "status": "error", "path": "/users"})
        assert errors.text.startswith("5 calls, 5 failed, median 10 ms.")
