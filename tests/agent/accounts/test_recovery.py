"""Forgotten passwords and unproven addresses, with a real mail server in between."""

import asyncio
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any

import asyncpg
import pytest
from aiosmtpd.controller import Controller
from pyotp.totp import TOTP

from agent import ai_providers, config, my_data
from agent.accounts import links, mfa, oauth, recovery, sessions, sign_in, tokens, users
from agent.accounts.audit import Origin
from agent.accounts.identity_providers import Identity
from agent.actor import Actor
from agent.errors import Problem
from agent.remote_mcp import publishing, servers
from tests.live import free_port

_ORIGIN = Origin("203.0.113.5", "test")


class _Mailbox:
    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def mailbox(database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Mailbox]:
    """A mail server that the settings name, and what it received."""
    box = _Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    monkeypatch.setenv("WIRETALK_SMTP_URL", f"smtp://127.0.0.1:{controller.port}")
    config.settings.cache_clear()
    yield box
    controller.stop()


async def _link(mailbox: _Mailbox, to: str) -> str:
    for _ in range(3000):
        if mailbox.messages:
            break
        await asyncio.sleep(0.02)
    message = mailbox.messages.pop()
    assert message["To"] == to
    found = re.search(r"token=(\S+)", message.get_content())
    assert found
    return found[1]


async def _reset(token: str, password: str) -> bool:
    return await recovery.reset(token, password, _ORIGIN, cut_off=my_data.cut_off)


async def test_a_forgotten_password(ada: Actor, mailbox: _Mailbox, database: asyncpg.Pool) -> None:
    """A link by mail, good once; every session ends, and the address is proven by the way."""
    session = await sessions.open_session(ada, _ORIGIN)
    await recovery.ask_reset("ADA@example.com", _ORIGIN)
    token = await _link(mailbox, "ada@example.com")
    with pytest.raises(Problem) as caught:
        await _reset(token, "short")
    assert caught.value.code == "weak_password"
    assert await _reset(token, "another horse")
    assert await sessions.actor_of(session) is None
    assert await sign_in.with_password("ada@example.com", "another horse", _ORIGIN)
    with pytest.raises(Problem) as caught:
        await _reset(token, "third horse")
    assert caught.value.code == "link_used"
    assert await database.fetchval("SELECT is_verified FROM users")


async def test_nobody_learns_who_has_an_account(ada: Actor, mailbox: _Mailbox) -> None:
    """The same silence for an unknown address, and no mail."""
    await recovery.ask_reset("nobody@example.com", _ORIGIN)
    await asyncio.sleep(0.2)
    assert mailbox.messages == []


async def test_a_proven_address(ada: Actor, mailbox: _Mailbox) -> None:
    """The link of another address does not prove this one."""
    await recovery.ask_verification(ada)
    token = await _link(mailbox, "ada@example.com")
    await users.update(ada, ada.user_id, users.ProfileChange(email="new@example.com"))
    with pytest.raises(Problem) as caught:
        await recovery.verify(token)
    assert caught.value.code == "link_used"
    assert await recovery.verify(await links.issue("verify", ada.user_id)) == ada.user_id
    assert (await users.get(ada, ada.user_id)).is_verified


async def test_a_link_is_for_one_thing(ada: Actor, mailbox: _Mailbox) -> None:
    """A verification link sets no password; a changed or cut one is none; one in the past is over."""
    token = await links.issue("verify", ada.user_id)
    for wrong in (token, token[:-4], "x" * 40, "", "é"):
        with pytest.raises(Problem) as caught:
            await _reset(wrong, "another horse")
        assert caught.value.code == "link_used"


async def test_who_signed_up_with_anothers_address_is_out(ada: Actor, database: asyncpg.Pool) -> None:
    """The first who proves an unproven address by a new password owns the account: tokens, programs, services, a second factor, keys and MCP servers are gone; a proven one keeps them."""
    for is_verified in (False, True):
        await database.execute("UPDATE users SET is_verified = $1", is_verified)
        await oauth.link(ada, Identity("oidc", "mallory", "", False, ""))
        token = (await tokens.create(ada, "planted")).token
        await mfa.confirm(ada, TOTP((await mfa.enrol(ada)).secret).now(), _ORIGIN)
        published = await publishing.publish(ada, "planted")
        await ai_providers.add(ada, "planted", [f"http://127.0.0.1:{free_port()}/v1"], requires_auth=False)
        await servers.connect(ada, f"http://127.0.0.1:{free_port()}/mcp", "tools")
        assert await _reset(await links.issue("reset", ada.user_id), "another horse") != is_verified
        assert bool(await tokens.actor_of(token)) == is_verified
        assert bool(await oauth.linked(ada)) == is_verified
        assert (await mfa.state(ada.user_id)).is_enabled == is_verified
        assert bool(await publishing.guest(published.server.id, published.secret, "")) == is_verified
        assert any(one.name == "planted" for one in await ai_providers.list_(ada)) == is_verified
        assert bool(await servers.list_(ada)) == is_verified


async def test_a_link_ends(ada: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """When its time is over."""
    monkeypatch.setitem(links.LIFETIME_SECONDS, "reset", -1)
    with pytest.raises(Problem) as caught:
        await links.holder("reset", await links.issue("reset", ada.user_id))
    assert caught.value.code == "link_used"


async def test_a_changed_password_ends_the_other_sessions(ada: Actor) -> None:
    """And links that were made for the old one."""
    here, there = await sessions.open_session(ada, _ORIGIN), await sessions.open_session(ada, _ORIGIN)
    token = await links.issue("reset", ada.user_id)
    await recovery.change_password(ada, "another horse", keep=here)
    assert await sessions.actor_of(here)
    assert await sessions.actor_of(there) is None
    with pytest.raises(Problem):
        await links.holder("reset", token)


async def test_without_a_mail_server_the_administrator_hands_links_over(ada: Actor, admin: Actor) -> None:
    """The person is told so; only an administrator can make one, and the log says who did."""
    with pytest.raises(Problem, match="sends no mail"):
        await recovery.ask_verification(ada)
    with pytest.raises(Problem, match="administrator"):
        await recovery.reset_link(ada, admin.user_id)
    url = await recovery.reset_link(admin, ada.user_id)
    assert await links.holder("reset", url.partition("token=")[2]) == ada.user_id
