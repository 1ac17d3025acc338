"""The security settings as forms, and signing in with a code, a link or another service."""

import re
import time
from urllib.parse import quote

import pytest
from pyotp.totp import TOTP

from agent import config
from agent.accounts import recovery, users
from db import engine
from tests.web.pages.conftest import Door
from web.auth import session_cookie

Doors = tuple[Door, Door, Door]
_HOME = "/settings/security"


def _secret(page: str) -> str:
    found = re.search(r">([A-Z2-7]{32})<", page)
    assert found
    return found[1]


def _code(secret: str, steps: int = 0) -> str:
    return TOTP(secret).generate_otp(int(time.time()) // 30 + steps)


async def _turn_on(door: Door) -> tuple[str, str]:
    """The secret, and one backup code."""
    secret = _secret((await door.post("/settings/mfa", at=_HOME)).text)
    on = await door.post("/settings/mfa/confirm", {"code": _code(secret, -1)}, at=_HOME)
    codes = re.findall(r"\b(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}\b", on.text)
    assert len(codes) == 10
    return secret, codes[0]


async def test_a_second_factor_from_set_up_to_sign_in(doors: Doors) -> None:
    """The password leads to the code, a wrong one stays there, the right one leads in; a used one does not."""
    ada, _, stranger = doors
    secret, _ = await _turn_on(ada)
    step = await stranger.post("/login", {"email": "ada@example.com", "password": "correct horse", "next": "/apis"}, at="/login")
    assert step.status_code == 200
    assert session_cookie() not in stranger.http.cookies
    ticket = re.search(r'name="ticket" value="([^"]+)"', step.text)
    assert ticket
    form = {"ticket": ticket[1], "next": "/apis"}
    wrong = await stranger.post("/login/code", {**form, "code": "000000"}, at="/login")
    assert (wrong.status_code, ticket[1] in wrong.text) == (401, True)
    code = _code(secret)
    right = await stranger.post("/login/code", {**form, "code": code}, at="/login")
    assert (right.status_code, right.headers["location"]) == (303, "/apis")
    stranger.http.cookies.clear()
    again = await stranger.post("/login/code", {**form, "code": code}, at="/login")
    assert 'name="password"' in again.text


async def test_turning_it_on_ends_the_other_sessions(doors: Doors) -> None:
    """Whoever was in by the password alone is out."""
    ada, _, other = doors
    await other.sign_in("ada@example.com")
    await _turn_on(ada)
    assert (await other.get("/apis")).headers["location"].startswith("/login")
    assert (await ada.get("/apis")).status_code == 200


@pytest.mark.parametrize(
    ("path", "form"),
    [("/settings/tokens", {"name": "t"}), ("/settings/password", {"password": "another horse"}), ("/settings/mfa", {}), ("/settings/mfa/codes", {}),
     ("/settings/mfa/disable", {}), ("/settings/services/google/unlink", {}), ("/settings/delete-account", {"email": "ada@example.com"})],
)  # fmt: skip
async def test_what_is_sensitive_asks_again(doors: Doors, path: str, form: dict[str, str]) -> None:
    """A session that nobody confirmed for ten minutes is led to the confirmation, and nothing happens."""
    ada = doors[0]
    await _age()
    answer = await ada.post(path, form, at=_HOME)
    assert (answer.status_code, answer.headers["location"][:8]) == (303, "/confirm")
    assert (await ada.get("/apis")).status_code == 200


async def test_confirming_opens_for_a_while(doors: Doors) -> None:
    """The password does it; a wrong one does not; then the token can be made."""
    ada = doors[0]
    await _age()
    wrong = await ada.post("/confirm", {"secret": "x", "next": _HOME}, at="/confirm")
    assert wrong.status_code == 401
    right = await ada.post("/confirm", {"secret": "correct horse", "next": _HOME}, at="/confirm")
    assert right.headers["location"] == _HOME
    assert "wtk_" in (await ada.post("/settings/tokens", {"name": "t", "scopes": ["read"]}, at=_HOME)).text
    away = await ada.post("/confirm", {"secret": "correct horse", "next": "https://evil.example"}, at="/confirm")
    assert away.headers["location"] == "/"


async def test_a_forgotten_password(doors: Doors) -> None:
    """The page says the same for everybody; the link's page sets the password, and opening it changes nothing."""
    stranger = doors[2]
    pages = {(await stranger.post("/forgot", {"email": email}, at="/forgot")).text for email in ("ada@example.com", "nobody@example.com")}
    assert len({re.sub(r'value="\w+"', "", page) for page in pages}) == 1
    root = await users.sign_up("root@example.com", "correct horse", role="ADMIN")
    ada = await users.actor_by_email("ada@example.com")
    url = await recovery.reset_link(users.actor_of(root.id, "ADMIN", root.email, "web"), ada.user_id)
    path = url[url.index("/reset") :]
    assert (await stranger.get(path)).status_code == 200
    weak = await stranger.post("/reset", {"token": path.partition("=")[2], "password": "short"}, at=path)
    assert weak.status_code == 422
    done = await stranger.post("/reset", {"token": path.partition("=")[2], "password": "another horse"}, at=path)
    assert done.status_code == 200 and "Your password is set" in done.text  # nobody had confirmed the address, so the page says what went
    used = await stranger.post("/reset", {"token": path.partition("=")[2], "password": "third horse"}, at=path)
    assert used.status_code == 410
    assert 'name="password"' not in used.text


async def test_a_service_that_is_not_offered_leads_nowhere(doors: Doors) -> None:
    """Neither there nor back; and the way back without a beginning is refused."""
    stranger = doors[2]
    for path in ("/oauth/google/start", f"/oauth/{quote('../x', safe='')}/start"):
        assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get("/oauth/google/callback?code=c&state=s")).status_code == 401
    assert session_cookie() not in stranger.http.cookies


async def _age() -> None:
    async with engine.connection() as connection:
        await connection.execute("UPDATE login_sessions SET confirmed_at = now() - interval '1 hour'")


async def test_over_https_cookies_are_of_this_host_alone(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """`__Host-`, Secure, out of reach of scripts, for no other host."""
    monkeypatch.setenv("WIRETALK_PUBLIC_URL", "https://wiretalk.example")
    config.settings.cache_clear()
    answer = await doors[2].http.post("/api/v1/auth/login", json={"email": "ada@example.com", "password": "correct horse"})
    assert answer.status_code in (200, 201), answer.text
    set_cookies = answer.headers.get_list("set-cookie")
    session = next(one for one in set_cookies if one.startswith("__Host-wiretalk_session="))
    assert {part.strip().lower() for part in session.split(";")[1:]} >= {"secure", "httponly", "path=/", "samesite=lax"}
    assert not any("domain=" in one.lower() for one in set_cookies)
