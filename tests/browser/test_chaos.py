"""A short ordeal. The long one, with servers that are killed, is `python -m tests.bench.chaos`."""

import asyncio
from typing import Any

import httpx
import pytest

from agent.accounts import tokens, users
from agent.providers import catalogue, scripted
from tests.browser import chaos
from tests.browser.conftest import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_tab_ends_with_what_was_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six answers at once, each reloaded, cut off and looked at from a second tab at random moments."""
    site.allowed = ["net::ERR", "Failed to fetch", "status of 404"]
    monkeypatch.setitem(catalogue.WIRES, "scripted", scripted.stream)
    told = "".join(f"Piece {n} of it. " for n in range(60))
    scripted.play("story", [[part for n in range(60) for part in ({"text": f"Piece {n} of it. "}, {"delay": 0.03})]])
    token = (await tokens.create(await users.actor_by_email("ada@example.com", "api"), "t")).token

    async def one() -> list[str]:
        async with httpx.AsyncClient(base_url=site.url, headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=60) as api:
            body: dict[str, Any] = {"message": "go", "provider": "scripted", "model": "story", "stream": True}
            async with api.stream("POST", "/api/v1/chat", json=body) as answer:
                chat = answer.headers["x-chat-session-id"]
        return await chaos.ordeal(await site.context(), f"{site.url}/c/{chat}", told, 2.0)

    assert await asyncio.gather(*(one() for _ in range(6))) == [[]] * 6
