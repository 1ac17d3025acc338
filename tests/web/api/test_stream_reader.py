"""The AI SDK's own reader on our chat stream: text, tools, an approval, an error and a stop, as an application in TypeScript would see them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.providers import scripted
from tests.live import wiretalk

NODE = Path(__file__).resolve().parents[2] / "node"


async def _read(api: httpx.AsyncClient, body: dict[str, Any], abort_at: str = "") -> dict[str, Any]:
    if not (NODE / "node_modules" / "ai").exists():
        pytest.skip("needs the tools of tests/node: run make setup-test with a network")
    token = api.headers["authorization"].removeprefix("Bearer ")
    command = ["node", str(NODE / "reader.mjs"), f"{api.base_url}/api/v1/chat", token, json.dumps({**body, "stream": True}), abort_at]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, err = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, err.decode()
    return json.loads(out)


def _tool(message: dict[str, Any]) -> dict[str, Any]:
    return next(part for part in message["parts"] if part["type"] == "dynamic-tool")


async def test_a_run_with_reasoning_text_and_a_tool(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message that the reader builds has the reasoning, the tool with its output, and the text, in order; it finishes."""
    scripted.play("whole", [[{"reasoning": "Hm."}, {"text": "Looking. "}, {"call": "endpoint_list", "arguments": {}}], [{"text": "None yet."}]])
    async with wiretalk(monkeypatch) as api:
        heard = await _read(api, {"message": "list", "provider": "scripted", "model": "whole"})
        assert heard["errors"] == []
        assert heard["chunks"][0] == "start"
        assert heard["chunks"][-1] == "finish"
        kinds = [part["type"] for part in heard["message"]["parts"] if part["type"] != "step-start"]
        assert kinds == ["reasoning", "text", "dynamic-tool", "text"]
        assert (_tool(heard["message"])["toolName"], _tool(heard["message"])["state"]) == ("endpoint_list", "output-available")
        assert heard["message"]["metadata"]["run_id"]


async def test_an_approval_is_requested(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tool waits in the state that applications draw buttons for; once it is refused the reader sees the denial."""
    scripted.play("risky", [[{"call": "endpoint_delete", "arguments": {"endpoint": "demo-shop"}}], [{"text": "All right."}]])
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        reading = asyncio.create_task(_read(api, {"message": "go", "provider": "scripted", "model": "risky"}))
        for _ in range(1200):
            if waiting := (await api.get("/api/v1/approvals")).json()["items"]:
                break
            await asyncio.sleep(0.05)
        await api.post(f"/api/v1/runs/{waiting[0]['run_id']}/approvals/{waiting[0]['id']}", json={"decision": "refuse"})
        heard = await reading
        assert heard["errors"] == []
        assert "tool-approval-request" in heard["chunks"]
        assert "tool-output-denied" in heard["chunks"]
        assert _tool(heard["message"])["state"] == "output-denied"


async def test_an_error_and_an_abort(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing provider is an error that the reader reports; a reader that leaves does not end the run."""
    scripted.play("broken", [[{"text": "Well, "}, {"failure": "provider_failed", "message": "It broke."}]])
    scripted.play("slow", [[{"text": "One. "}, {"delay": 0.5}, {"text": "Two."}]])
    async with wiretalk(monkeypatch) as api:
        broken = await _read(api, {"message": "go", "provider": "scripted", "model": "broken"})
        assert broken["chunks"][-1] == "error"
        assert any("It broke" in error for error in broken["errors"])
        left = await _read(api, {"message": "go", "provider": "scripted", "model": "slow"}, "text-delta")
        assert "finish" not in left["chunks"]
        chat = (await api.get("/api/v1/chats")).json()["items"][0]["id"]
        for _ in range(1200):
            said = (await api.get(f"/api/v1/chats/{chat}/messages")).json()["items"][-1]
            if said["run_status"] == "completed":
                break
            await asyncio.sleep(0.05)
        assert "Two." in json.dumps(said["content"])


async def test_a_stop_ends_in_abort(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is stopped elsewhere ends with `abort`, which the reader takes without an error."""
    scripted.play("long", [[{"text": "One. "}, {"delay": 200}, {"text": "Two."}]])
    async with wiretalk(monkeypatch) as api:
        reading = asyncio.create_task(_read(api, {"message": "go", "provider": "scripted", "model": "long"}))
        stopped = False
        for _ in range(1200):
            for chat in (await api.get("/api/v1/chats")).json()["items"]:
                for last in (await api.get(f"/api/v1/chats/{chat['id']}/messages")).json()["items"][-1:]:
                    if last["run_id"] and last["run_status"] == "running":
                        await api.post(f"/api/v1/runs/{last['run_id']}/stop")
                        stopped = True
            if stopped:
                break
            await asyncio.sleep(0.05)
        heard = await reading
        assert heard["chunks"][-1] == "abort"
        assert heard["errors"] == []


async def test_the_first_call_is_told_in_the_runs_stream(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint made by the run hears a call while the run goes on: told once, and pieces of the answer cost no comments."""
    done = asyncio.Event()
    scripted.play("making", [[{"call": "endpoint_create", "arguments": {"destination_url": "demo"}}], [{"text": "One. "}, {"after": done}, {"text": "Two."}]])
    async with wiretalk(monkeypatch) as api:
        lines: list[str] = []
        async with api.stream("POST", "/api/v1/chat", json={"message": "go", "provider": "scripted", "model": "making", "stream": True}, timeout=60) as heard:
            async for line in heard.aiter_lines():
                lines.append(line)
                if '"One' in line:
                    made = (await api.get("/api/v1/endpoints")).json()["items"][0]
                    assert (await api.get(f"{made['proxy_url']}/products")).status_code == 200
                if "data-first-call" in line:
                    done.set()
        assert sum("data-first-call" in line for line in lines) == 1
        assert "data: [DONE]" in lines
        assert sum(line == ": still here" for line in lines) <= 3
