"""Signing in: what an attacker learns is nothing, what a person needs is one step or two."""

import asyncio
import time

import asyncpg
import pytest
from pyotp.totp import TOTP

from agent.accounts import mfa, passwords, sign_in, users
from agent.accounts.audit import Origin
from agent.accounts.users import ProfileChange
from agent.actor import Actor
from agent.errors import Problem

_PASSWORD = "correct horse"
_ORIGIN = Origin("203.0.113.5", "test")


async def _second_factor(actor: Actor) -> str:
    secret = (await mfa.enrol(actor)).secret
    await mfa.confirm(actor, TOTP(secret).generate_otp(int(time.time()) // 30 - 1), _ORIGIN)
    return secret


async def test_password_alone(ada: Actor, database: asyncpg.Pool) -> None:
    """Where there is no second factor; the log says how."""
    actor = await sign_in.with_password("ADA@example.com ", _PASSWORD, _ORIGIN)
    assert actor.user_id == ada.user_id
    assert await database.fetchval("SELECT details ->> 'how' FROM audit_logs WHERE action = 'USER_LOGIN'") == "password"


async def test_unknown_wrong_closed_and_passwordless_look_alike(ada: Actor, admin: Actor, database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words, and one hash each, which is what takes the time."""
    await users.update(admin, ada.user_id, ProfileChange(is_suspended=True))
    await users.sign_up_with("oauth@example.com", "O")
    counted: list[str | None] = []
    real = passwords.matches

    async def counting(password: str, stored: str | None) -> bool:
        counted.append(stored)
        return await real(password, stored)

    monkeypatch.setattr(passwords, "matches", counting)
    found: set[tuple[str, str]] = set()
    for email, password in (("nobody@example.com", "x"), ("root@example.com", "wrong"), ("ada@example.com", _PASSWORD), ("oauth@example.com", "")):
        with pytest.raises(Problem) as caught:
            await sign_in.with_password(email, password, _ORIGIN)
        found.add((caught.value.code, caught.value.detail))
    assert found == {("wrong_credentials", "The e-mail or the password is wrong.")}
    assert len(counted) == 4


async def test_a_second_factor_is_asked_for_only_after_the_password(ada: Actor) -> None:
    """Else it would tell who has one."""
    await _second_factor(ada)
    with pytest.raises(Problem) as caught:
        await sign_in.with_password("ada@example.com", "wrong", _ORIGIN)
    assert caught.value.code == "wrong_credentials"
    with pytest.raises(Problem) as caught:
        await sign_in.with_password("ada@example.com", _PASSWORD, _ORIGIN)
    assert caught.value.code == "code_needed"


async def test_the_second_step_needs_the_first(ada: Actor) -> None:
    """A ticket is for one account, five minutes, and one sign-in; a made-up one is nothing."""
    secret = await _second_factor(ada)
    with pytest.raises(Problem) as caught:
        await sign_in.with_password("ada@example.com", _PASSWORD, _ORIGIN)
    ticket = caught.value.extra["ticket"]
    assert (await sign_in.with_code(ticket, TOTP(secret).now(), _ORIGIN)).user_id == ada.user_id
    for used in (ticket, "made-up", ""):
        with pytest.raises(Problem) as caught:
            await sign_in.with_code(used, TOTP(secret).now(), _ORIGIN)
        assert caught.value.code == "link_used"


async def test_programs_send_both_at_once(ada: Actor) -> None:
    """Password and code in one request."""
    secret = await _second_factor(ada)
    assert (await sign_in.with_password("ada@example.com", _PASSWORD, _ORIGIN, "api", TOTP(secret).now())).via == "api"
    with pytest.raises(Problem) as caught:
        await sign_in.with_password("ada@example.com", _PASSWORD, _ORIGIN, "api", "000000")
    assert caught.value.code == "wrong_code"


async def test_of_a_thousand_guesses_fifty_are_looked_at(ada: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten for an account and fifty for an address, also side by side, before anything is hashed; the owner elsewhere is not locked out."""
    attacker, hashed = Origin("198.51.100.7", "script"), list[str | None]()

    async def counting(password: str, stored: str | None) -> bool:
        hashed.append(stored)
        return False

    async def guess(email: str) -> str:
        with pytest.raises(Problem) as caught:
            await sign_in.with_password(email, "wrong", attacker)
        return caught.value.code

    with monkeypatch.context() as patch:
        patch.setattr(passwords, "matches", counting)
        told = await asyncio.gather(*(guess("ada@example.com") for _ in range(40)))
        assert (len(hashed), told.count("wrong_credentials")) == (10, 10)
        for start in range(0, 960, 40):
            told += await asyncio.gather(*(guess(f"user{start + n}@example.com") for n in range(40)))
    assert (len(hashed), told.count("wrong_credentials"), told.count("rate_limited")) == (50, 50, 950)
    with pytest.raises(Problem) as caught:
        await sign_in.with_password("ada@example.com", _PASSWORD, attacker)
    assert caught.value.code == "rate_limited"
    assert (await sign_in.with_password("ada@example.com", _PASSWORD, _ORIGIN)).user_id == ada.user_id


async def test_confirming_takes_the_password_or_a_code(ada: Actor) -> None:
    """Before something sensitive."""
    await sign_in.confirm(ada, _PASSWORD, _ORIGIN)
    with pytest.raises(Problem) as caught:
        await sign_in.confirm(ada, "wrong", _ORIGIN)
    assert caught.value.code == "wrong_credentials"
    secret = await _second_factor(ada)
    await sign_in.confirm(ada, TOTP(secret).now(), _ORIGIN)


@pytest.mark.parametrize("password", ["x" * 72, "x" * 73, "x" * 1000, "  leading", "emoji 🐎🔋 staple", "nul\0inside", "ünïcödé wörd"])
async def test_a_password_is_taken_whole(database: asyncpg.Pool, password: str) -> None:
    """Nothing is cut, trimmed or refused for its letters; one letter less does not fit."""
    await users.sign_up("grace@example.com", password)
    assert await sign_in.with_password("grace@example.com", password, _ORIGIN)
    with pytest.raises(Problem):
        await sign_in.with_password("grace@example.com", password[:-1], _ORIGIN)
