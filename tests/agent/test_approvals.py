"""Approvals through the chat API: what asks, what an answer covers, who may give one."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from agent import approvals
from agent.accounts import tokens, users
from agent.approvals import WHY
from agent.documents import docs
from agent.providers import scripted
from agent.tools.menu import TOOLS
from agent.tools.registry import Tool
from tests.live import wiretalk

Call = tuple[str, dict[str, Any]]
_DESCRIBED = b"""{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {"/products/{id}": {"get": {
"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"200": {"description": "One."}}}}}}"""
_READ: Call = ("operation_call", {"operation": "GET /products/prod_1001", "endpoint": "demo-shop"})


@pytest.mark.parametrize(
    ("effect", "more", "reason"),
    [
        ("read", {"tainted": True}, None),
        ("write", {}, None),
        ("write", {"tainted": True}, "tainted"),
        ("write", {"tainted": True, "recomputes": True}, None),
        ("write", {"spends": WHY["spends"]}, "spends"),
        ("write", {"asks_for": WHY["lends"]}, "lends"),
        ("outward", {}, "reaches"),
        ("destructive", {}, "deletes"),
        ("destructive", {"asks_for": WHY["deletes an API"]}, "deletes an API"),
    ],
)
def test_the_policy(effect: str, more: dict[str, Any], reason: str | None) -> None:
    """Reading is free; writing is free until text from outside was read; deleting, reaching out, publishing, lending and spending ask."""
    assert approvals.needed(effect, **{"recomputes": False, "asks_for": None, "tainted": False, **more}) == (WHY[reason] if reason else None)


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool.effect == "destructive"], ids=lambda tool: tool.name)
def test_what_deletes_says_what(tool: Tool) -> None:
    """A card never asks about "something"."""
    assert tool.asks_for is not None
    assert tool.asks_for({}) in set(WHY.values()) - {WHY["deletes"]}


async def _asked(api: httpx.AsyncClient, *steps: list[Call]) -> dict[str, Any]:
    """A run of a model that makes these calls, as it stands once it waits or has ended."""
    scripted.play("t", [*([{"call": name, "arguments": arguments} for name, arguments in step] for step in steps), [{"text": "Done."}]])
    return (await api.post("/api/v1/chat", json={"message": "go", "provider": "scripted", "model": "t"})).json()


async def _answer(api: httpx.AsyncClient, run: dict[str, Any], which: int = 0, **decision: Any) -> dict[str, Any]:
    """Answer one and wait until the run waits again or has ended."""
    approval = run["approvals"][which]["id"]
    answer = await api.post(f"/api/v1/runs/{run['run_id']}/approvals/{approval}", json={"decision": "approve", **decision})
    assert answer.status_code == 200, answer.text
    for _ in range(3000):
        now = (await api.get(f"/api/v1/runs/{run['run_id']}")).json()
        asked = [one["id"] for one in now["approvals"]]  # none, and yet waiting: nobody has taken it up again
        if now["status"] not in ("queued", "running", "waiting_approval") or (asked and approval not in asked):
            return now
        await asyncio.sleep(0.02)
    raise AssertionError(now)


async def _sent(api: httpx.AsyncClient) -> list[str]:
    """What the agent has sent to the demo API, oldest first."""
    calls = (await api.post("/api/v1/tools/capture_search", json={"endpoint": "demo-shop"})).json()["data"]["items"]
    return [f"{call['method']} {call['path'].removeprefix('/demo')}" for call in reversed(calls) if call["source"] == "agent"]


async def test_a_card_says_where_it_goes(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Host, operation and the exact arguments; the same in the list of what needs one."""
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        body = {"email": "a@b.example", "items": [{"product_id": "prod_1001", "quantity": 1}]}
        run = await _asked(api, [("operation_call", {"operation": "POST /orders", "endpoint": "demo-shop", "body": body})])
        asked = run["approvals"][0]
        assert (asked["host"], asked["operation"], asked["reason"]) == (api.base_url.netloc.decode(), "POST /orders", WHY["POST"])
        assert asked["arguments"]["body"] == body
        listed = (await api.get("/api/v1/approvals")).json()["items"]
        assert [(one["id"], one["host"], one["operation"], one["scope"]) for one in listed] == [(asked["id"], asked["host"], "POST /orders", "once")]
        assert await _sent(api) == []


async def test_an_operation_is_approved_for_the_run_and_no_further(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once read, every call asks; approved for the run, those that wait and those that come go ahead, other operations and other runs ask again."""
    reading = [("operation_call", {"operation": f"GET /products/prod_100{n}", "endpoint": "demo-shop"}) for n in range(1, 4)]
    async with wiretalk(monkeypatch) as api:
        made = (await api.post("/api/v1/endpoints", json={"destination_url": "demo"})).json()
        await docs.give(await users.actor_by_email("ada@example.com", "api"), UUID(made["id"]), _DESCRIBED)
        run = await _asked(api, [("endpoint_list", {})], reading[:2], reading[2:], [("operation_call", {"operation": "GET /orders", "endpoint": "demo-shop"})])
        assert [(asked["operation"], asked["reason"]) for asked in run["approvals"]] == [("GET /products/{id}", WHY["tainted"])] * 2
        wide = await _answer(api, run, scope="run")
        assert await _sent(api) == [call[1]["operation"] for call in reading]
        assert [asked["operation"] for asked in wide["approvals"]] == ["GET /orders"]
        ended = await _answer(api, wide, decision="refuse", reason="Not the orders.")
        assert ended["status"] == "completed"
        assert "GET /orders" not in await _sent(api)
        again = await _asked(api, [("endpoint_list", {})], reading[:1])
        assert len(again["approvals"]) == 1


async def test_an_edited_call_is_what_happens(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The arguments of the one who approves replace the model's, also for where it goes; ones that do not fit are refused and nothing is spent."""
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        run = await _asked(api, [("operation_call", {"operation": "DELETE /orders/1", "endpoint": "demo-shop"})])
        at = f"/api/v1/runs/{run['run_id']}/approvals/{run['approvals'][0]['id']}"
        for wrong in ({"operation": "GET /products", "nonsense": 1}, {"operation": "GET /products", "endpoint": "nowhere"}):
            assert (await api.post(at, json={"decision": "approve", "arguments": wrong})).status_code in (404, 422)
        ended = await _answer(api, run, arguments=_READ[1], scope="run")
        assert ended["status"] == "completed"
        assert await _sent(api) == ["GET /products/prod_1001"]
        assert (await api.post(at, json={"decision": "approve"})).status_code == 404


async def test_no_credential_of_the_agent_answers(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token without the scope may start what asks and not answer it, and makes no token that could; one of a signed-in program acts only where its user is asked."""
    async with wiretalk(monkeypatch) as api:
        shop = (await api.post("/api/v1/endpoints", json={"destination_url": "demo"})).json()["id"]
        ada = await users.actor_by_email("ada@example.com", "api")
        mine = await tokens.create(ada, "mine", ["read", "write", "call"])
        lent = await tokens.create(ada, "lent", ["read", "write", "call"], is_delegated=True)
        trusted = await tokens.create(ada, "trusted", ["read", "write", "call", "approve"], is_delegated=True)
        for token in (mine, lent):
            async with httpx.AsyncClient(base_url=api.base_url, headers={"authorization": f"Bearer {token.token}"}, timeout=60, trust_env=False) as agent:
                run = await _asked(agent, [("endpoint_delete", {"endpoint": "demo-shop"})])
                refused = await agent.post(f"/api/v1/runs/{run['run_id']}/approvals/{run['approvals'][0]['id']}", json={"decision": "approve"})
                assert refused.status_code in (403, 409), refused.text
                assert (await agent.post("/api/v1/tokens", json={"name": "more", "scopes": ["approve"]})).status_code in (403, 409)
                page = await agent.post(f"/approvals/{run['approvals'][0]['id']}", data={"decision": "approve"})
                assert page.json()["code"] == "forbidden"
        async with httpx.AsyncClient(base_url=api.base_url, headers={"authorization": f"Bearer {lent.token}"}, timeout=60, trust_env=False) as agent:
            assert (await agent.delete(f"/api/v1/endpoints/{shop}")).json()["code"] == "approval_needed"
            assert (await agent.post("/api/v1/tools/endpoint_delete", json={"endpoint": "demo-shop"})).json()["code"] == "approval_needed"
            assert (await agent.post("/api/v1/tools/endpoint_list", json={})).status_code == 200
        assert len((await api.get("/api/v1/endpoints")).json()["items"]) == 1
        async with httpx.AsyncClient(base_url=api.base_url, headers={"authorization": f"Bearer {trusted.token}"}, timeout=60, trust_env=False) as agent:
            ended = await _answer(agent, run)
            assert ended["status"] == "completed"
        assert (await api.get("/api/v1/endpoints")).json()["items"] == []


async def test_spending_above_the_set_amount_asks(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one answer spends adds up; the user's own next answer begins anew."""
    monkeypatch.setenv("WIRETALK_ASK_ABOVE_CREDITS", "50")
    async with wiretalk(monkeypatch) as api:
        run = await _asked(api, [("endpoint_create", {"destination_url": "demo", "name": f"shop {n}"}) for n in range(3)])
        assert [call["state"] for call in run["tool_calls"]] == ["ok", "ok", "pending"]
        assert run["approvals"][0]["reason"] == WHY["spends"]
        assert run["approvals"][0]["operation"] is None
        assert (await api.get("/api/v1/credits")).json()["credits"] == 50
        assert (await _answer(api, run, scope="run"))["status"] == "completed"
        assert (await api.get("/api/v1/credits")).json()["credits"] == 25


async def test_an_answer_is_taken_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty at the same time, from several tabs: one is heard, and the tool runs once."""
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        run = await _asked(api, [("operation_call", {"operation": "POST /orders", "endpoint": "demo-shop", "body": {}})])
        at = f"/api/v1/runs/{run['run_id']}/approvals/{run['approvals'][0]['id']}"
        answers = await asyncio.gather(*(api.post(at, json={"decision": decision}) for decision in ("approve", "refuse") * 10))
        heard = [answer for answer in answers if answer.status_code == 200]
        assert len(heard) == 1
        for _ in range(3000):
            if (await api.get(f"/api/v1/runs/{run['run_id']}")).json()["status"] == "completed":
                break
            await asyncio.sleep(0.02)
        assert len(await _sent(api)) == (1 if heard[0].json()["status"] in ("approved", "used") else 0)


async def test_what_nobody_answers_in_time_is_not_done(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on by itself, and its result says that nobody answered, not that somebody refused."""
    monkeypatch.setattr(approvals, "LIFETIME", timedelta(0))
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        run = await _asked(api, [("endpoint_delete", {"endpoint": "demo-shop"})])
        for _ in range(3000):
            if (now := (await api.get(f"/api/v1/runs/{run['run_id']}")).json())["status"] == "completed":
                break
            await asyncio.sleep(0.02)
        assert now["status"] == "completed"
        told = (await api.get(f"/api/v1/chats/{run['chat_session_id']}/messages")).json()["items"][-1]
        [result] = [block for block in told["content"] if block["type"] == "tool_result"]
        assert (result["state"], result["data"]) == ("denied", {"approval": "expired"})
        assert result["text"].startswith("Nobody approved this in time.")
        assert len((await api.get("/api/v1/endpoints")).json()["items"]) == 1
