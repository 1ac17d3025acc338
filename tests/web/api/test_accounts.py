"""Accounts by REST: what is sensitive asks again, whichever door it comes through."""

import httpx
import pytest

from agent.accounts import sessions, users
from agent.accounts.audit import Origin
from db import engine
from tests.live import wiretalk
from web.auth import csrf_token, session_cookie


async def test_another_address_needs_the_password(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the e-mail can choose a new password: a token alone, or an old session, changes it no more than it makes tokens or ends the account."""
    async with wiretalk(monkeypatch) as ada:
        me = (await ada.get("/api/v1/users/me")).json()["id"]
        change = {"email": "eve@example.com"}
        assert (await ada.put(f"/api/v1/users/{me}", json={"full_name": "Ada"})).status_code == 200
        refused = await ada.put(f"/api/v1/users/{me}", json=change)
        assert (refused.status_code, refused.json()["code"]) == (403, "confirm_needed")
        assert (await ada.put(f"/api/v1/users/{me}", json={**change, "secret": "wrong"})).json()["code"] == "wrong_credentials"
        async with await _session(ada) as browser:
            assert (await browser.post("/api/v1/tokens", json={"name": "t"})).status_code == 201
            async with engine.connection() as connection:
                await connection.execute("UPDATE login_sessions SET confirmed_at = now() - interval '1 hour'")
            for method, path, body in (("PUT", f"users/{me}", change), ("POST", "tokens", {"name": "t"}), ("DELETE", f"users/{me}", None)):
                assert (await browser.request(method, f"/api/v1/{path}", json=body)).json()["code"] == "confirm_needed"
            assert (await browser.post("/api/v1/tokens", json={"name": "t", "secret": "correct horse"})).status_code == 201
        done = await ada.put(f"/api/v1/users/{me}", json={**change, "secret": "correct horse"})
        assert (done.json()["email"], done.json()["is_verified"]) == ("eve@example.com", False)


async def _session(ada: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser of the same person."""
    token = await sessions.open_session(await users.actor_by_email("ada@example.com", "web"), Origin())
    mark = csrf_token(_Visitor({session_cookie(): token}))  # type: ignore[arg-type]  # all that it reads of a connection
    return httpx.AsyncClient(base_url=ada.base_url, cookies={session_cookie(): token}, headers={"x-csrftoken": mark}, trust_env=False, timeout=60)


class _Visitor:
    def __init__(self, cookies: dict[str, str]) -> None:
        self.cookies, self.scope = cookies, dict[str, object]()
