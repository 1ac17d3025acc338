"""Signing in with another service through the pages, against a provider in a process of its own: with a second factor, once, for the browser that began."""

import re
import time
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from pyotp.totp import TOTP

from agent.accounts import mfa, users
from agent.accounts.audit import Origin
from db import engine
from tests.oidc import offer, provider, visit
from tests.web.pages.conftest import Door
from web.auth import session_cookie

Doors = tuple[Door, Door, Door]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """Knows Ada, whose address it has proven."""
    with provider({"sub": "ada", "email": "ada@example.com", "email_verified": True, "name": "Ada"}) as url:
        yield url


@pytest.fixture
async def stranger(doors: Doors, issuer: str, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Before a server that offers the service; Ada has proven her address here too."""
    monkeypatch.setenv("PORT", str(urlsplit(str(doors[2].http.base_url)).port))
    offer(issuer, monkeypatch)
    async with engine.connection() as connection:
        await connection.execute("UPDATE users SET is_verified = true WHERE email = 'ada@example.com'")
    return doors[2]


async def _back(door: Door, *, then: str = "/apis", link: bool = False) -> str:
    """The path by which the browser comes back from the service."""
    began = await door.get(f"/oauth/oidc/start?{urlencode({'next': then, 'link': link})}")
    return f"/oauth/oidc/callback?{urlencode(await visit(began.headers['location'], 'ada'))}"


def _in(answer: httpx.Response) -> bool:
    return any(one.startswith(f"{session_cookie()}=") for one in answer.headers.get_list("set-cookie"))


async def test_in_once_and_where_one_wanted(stranger: Door) -> None:
    """The way back leads in and on; a second time it leads nowhere, and neither does it in another browser."""
    assert 'href="/oauth/oidc/start?next=%2Fapis"' in (await stranger.get("/login?next=/apis")).text.replace("next=/apis", "next=%2Fapis")
    path = await _back(stranger)
    async with httpx.AsyncClient(base_url=stranger.http.base_url, trust_env=False) as other:
        assert not _in(await other.get(path))
    answer = await stranger.get(path)
    assert (answer.status_code, answer.headers["location"], _in(answer)) == (303, "/apis", True)
    assert "ada@example.com" in (await stranger.get("/apis")).text
    again = await stranger.get(path)
    assert (again.status_code, _in(again)) == (401, False)


async def test_it_leads_nowhere_else(stranger: Door) -> None:
    """Where to go on to is a path of ours."""
    for then in ("https://evil.example", "//evil.example", "/\\evil.example"):
        answer = await stranger.get(await _back(stranger, then=then))
        assert (answer.headers["location"], _in(answer)) == ("/", True)
        stranger.http.cookies.clear()


async def test_a_second_factor_of_ours_is_asked_for_all_the_same(stranger: Door) -> None:
    """The service alone opens no session; its proof and a code do, once."""
    ada = await users.actor_by_email("ada@example.com", "web")
    secret = (await mfa.enrol(ada)).secret
    code = [TOTP(secret).generate_otp(int(time.time()) // 30 + step) for step in (-1, 0)]
    await mfa.confirm(ada, code[0], Origin())
    step = await stranger.get(await _back(stranger))
    assert (step.status_code, _in(step)) == (200, False)
    ticket = re.search(r'name="ticket" value="([^"]+)"', step.text)
    assert ticket
    form = {"ticket": ticket[1], "next": "/apis", "code": code[1]}
    answer = await stranger.post("/login/code", form, at="/login")
    assert (answer.headers["location"], _in(answer)) == ("/apis", True)
    stranger.http.cookies.clear()
    assert not _in(await stranger.post("/login/code", form, at="/login"))


@pytest.mark.usefixtures("stranger")
async def test_joining_is_for_the_one_who_began(doors: Doors) -> None:
    """Who signed in as somebody else meanwhile joins nothing; a session that was planted in a browser ends."""
    ada, bob, _ = doors
    path = await _back(ada, link=True)
    mine = ada.http.cookies[session_cookie()]
    ada.http.cookies.set(session_cookie(), bob.http.cookies[session_cookie()])
    assert (await ada.get(path)).status_code == 401
    ada.http.cookies.set(session_cookie(), mine)
    joined = await ada.get(await _back(ada, link=True))
    assert joined.headers["location"] == "/settings/security?saved=true"
    planted = bob.http.cookies[session_cookie()]
    assert _in(await bob.get(await _back(bob)))
    bob.http.cookies.clear()
    bob.http.cookies.set(session_cookie(), planted)
    assert (await bob.get("/apis")).headers["location"].startswith("/login")
