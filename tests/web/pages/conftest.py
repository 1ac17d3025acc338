"""A signed-in browser without a window: cookies, forms with their token, pages as text."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from agent.accounts import sessions, users
from agent.accounts.audit import Origin
from tests.live import running
from web.auth import session_cookie


class Door:
    """One visitor. `post` sends a form as a browser does: with the token of the page it stands on."""

    def __init__(self, url: str) -> None:
        self.http = httpx.AsyncClient(base_url=url, trust_env=False, headers={"accept": "text/html", "accept-language": "en"}, timeout=60)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.http.get(path, headers=headers)

    async def post(self, path: str, data: dict[str, str | list[str]] | None = None, *, at: str = "/apis", **headers: str) -> httpx.Response:
        page = await self.http.get(at, follow_redirects=True)
        token = re.search(r'name="csrf" value="(\w+)"', page.text)
        return await self.http.post(path, data={"csrf": token[1] if token else "", **(data or {})}, headers=headers)

    async def sign_in(self, email: str) -> None:
        actor = await users.actor_by_email(email, "web")
        self.http.cookies.set(session_cookie(), await sessions.open_session(actor, Origin()))


@pytest.fixture
async def doors(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Door, Door, Door]]:
    """Ada, Bob and a stranger before the same server."""
    async with running(monkeypatch) as url:
        found = Door(url), Door(url), Door(url)
        for door, email in zip(found[:2], ("ada@example.com", "bob@example.com"), strict=True):
            await users.sign_up(email, "correct horse")
            await door.sign_in(email)
        yield found
        for door in found:
            await door.http.aclose()
