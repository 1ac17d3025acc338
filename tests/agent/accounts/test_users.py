"""Accounts: made with their credits, changed by whom they belong to, gone with what they had."""

import asyncpg
import pytest

from agent import ai_providers, endpoints, keys, remote_mcp
from agent.accounts import sessions, users
from agent.accounts.audit import Origin
from agent.accounts.users import ProfileChange
from agent.actor import Actor
from agent.billing import ledger
from agent.endpoints import EndpointChange
from agent.errors import Problem
from agent.tools import invoke
from agent.tools.registry import Context
from web.proxy import lookup

_ORIGIN = Origin("203.0.113.5", "test")


async def test_sign_up_gives_credits(database: asyncpg.Pool) -> None:
    """A hundred, through the ledger."""
    profile = await users.sign_up("  Grace@Example.com ", "correct horse")
    assert (profile.email, profile.credits, profile.role, profile.is_verified) == ("Grace@Example.com", 100, "USER", False)
    assert await database.fetchval("SELECT sum(amount) FROM credit_transactions WHERE user_id = $1", profile.id) == 100


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@example.com", "a b@example.com", "ada@localhost", "ada@example..com", "a" * 250 + "@b.co"])
async def test_what_is_no_address_is_refused(database: asyncpg.Pool, email: str) -> None:
    """With a sentence, and no account is made."""
    with pytest.raises(Problem) as caught:
        await users.sign_up(email, "correct horse")
    assert (caught.value.code, caught.value.extra["field"]) == ("invalid_arguments", "email")
    assert await database.fetchval("SELECT count(*) FROM users") == 0


async def test_an_address_is_taken_in_any_case(ada: Actor) -> None:
    """The same mailbox is the same person."""
    with pytest.raises(Problem) as caught:
        await users.sign_up("ADA@example.COM", "correct horse")
    assert caught.value.code == "email_taken"


async def test_another_address_is_unproven(ada: Actor, database: asyncpg.Pool) -> None:
    """A proof is for one address; a name change keeps it."""
    await database.execute("UPDATE users SET is_verified = true")
    assert (await users.update(ada, ada.user_id, ProfileChange(full_name="Ada L."))).is_verified
    changed = await users.update(ada, ada.user_id, ProfileChange(email="lovelace@example.com"))
    assert (changed.email, changed.is_verified) == ("lovelace@example.com", False)


@pytest.mark.parametrize(
    ("change", "field"),
    [(ProfileChange(username="a"), "username"), (ProfileChange(email="nope"), "email"), (ProfileChange(phone_number="0155"), "phone_number"),
     (ProfileChange(preferences={"theme": "pink"}), "preferences")],
)  # fmt: skip
async def test_a_change_that_cannot_be_names_its_field(ada: Actor, change: ProfileChange, field: str) -> None:
    """So that a form can show it where it belongs."""
    with pytest.raises(Problem) as caught:
        await users.update(ada, ada.user_id, change)
    assert (caught.value.code, caught.value.extra["field"]) == ("invalid_arguments", field)


async def test_phone_and_name_can_be_taken(ada: Actor, admin: Actor) -> None:
    """One of each in the whole server; the sentence says which."""
    await users.update(ada, ada.user_id, ProfileChange(username="ada", phone_number="+14155550123"))
    for change, field in ((ProfileChange(username="ADA"), "username"), (ProfileChange(phone_number="+14155550123"), "phone_number")):
        with pytest.raises(Problem) as caught:
            await users.update(admin, admin.user_id, change)
        assert (caught.value.code, caught.value.extra["field"]) == ("conflict", field)


async def test_nobody_promotes_themselves(ada: Actor) -> None:
    """Role and suspension are an administrator's."""
    for change in (ProfileChange(role="ADMIN"), ProfileChange(is_suspended=False)):
        with pytest.raises(Problem, match="administrator"):
            await users.update(ada, ada.user_id, change)


async def test_a_suspension_ends_every_session(ada: Actor, admin: Actor) -> None:
    """At once, not when the cookie ends."""
    token = await sessions.open_session(ada, _ORIGIN)
    await users.update(admin, ada.user_id, ProfileChange(is_suspended=True))
    assert await sessions.actor_of(token) is None


async def test_a_stranger_is_nobody(ada: Actor, admin: Actor) -> None:
    """Another user's id is as unknown as one that was never given."""
    for work in (users.get(ada, admin.user_id), users.update(ada, admin.user_id, ProfileChange(full_name="x")), users.delete(ada, admin.user_id)):
        with pytest.raises(Problem) as caught:
            await work
        assert caught.value.code == "not_found"


async def test_a_deleted_account_leaves_only_the_log(ada: Actor, database: asyncpg.Pool) -> None:
    """The log keeps the address, without the user."""
    await users.delete(ada, ada.user_id)
    assert await database.fetchval("SELECT count(*) FROM users") == 0
    row = await database.fetchrow("SELECT user_id, user_email FROM audit_logs WHERE action = 'USER_DELETED'")
    assert row is not None
    assert dict(row) == {"user_id": None, "user_email": "ada@example.com"}


async def test_a_demo_account_cannot_be_taken_over(database: asyncpg.Pool) -> None:
    """Its password is public: whoever signs in must not lock the others out."""
    user_id = await users.ensure_demo("demo1@example.com", "demo1", "demo123")
    demo = users.actor_of(user_id, "DEMO", "demo1@example.com", "web")
    for work in (users.update(demo, user_id, ProfileChange(email="mine@example.com")), users.delete(demo, user_id)):
        with pytest.raises(Problem, match="shared"):
            await work


async def test_the_list_is_for_administrators(ada: Actor, admin: Actor) -> None:
    """Page by page, newest first."""
    with pytest.raises(Problem, match="administrator"):
        await users.list_(ada)
    first = await users.list_(admin, limit=1)
    second = await users.list_(admin, limit=1, cursor=first.next)
    assert [profile.email for profile in (*first.items, *second.items)] == ["root@example.com", "ada@example.com"]


async def test_a_demo_account_stays_in_the_demo(database: asyncpg.Pool) -> None:
    """It captures the demo API only, publishes nothing, pays nothing, keeps no keys or servers, and its other endpoints stand still at every door."""
    user_id = await users.ensure_demo("demo1@example.com", "demo1", "demo123")
    await ai_providers.ensure_built_in()
    demo = users.actor_of(user_id, "DEMO", "demo1@example.com", "web")
    with pytest.raises(Problem, match="demo API only"):
        await endpoints.create(demo, "http://127.0.0.1:9999")
    made = await endpoints.create(demo, "demo")
    with pytest.raises(Problem, match="publishes nothing"):
        await endpoints.update(demo, made.id, EndpointChange(is_public=True))
    assert not (await endpoints.get(demo, made.id)).is_public
    await invoke.invoke(Context(demo), "endpoint_create", {"destination_url": "demo"})
    assert (await ledger.balance(demo)).credits == users.SIGN_UP_CREDITS
    other = await endpoints.insert_known(demo, "http://127.0.0.1:9999", "Other")
    for work in (
        remote_mcp.connect(demo, "http://127.0.0.1:9999/mcp"),
        ai_providers.add(demo, "mine", ["http://127.0.0.1:9999"]),
        keys.add(demo, "anthropic", "sk-0123456789"),
        keys.choose(demo, "anthropic", None),
    ):
        with pytest.raises(Problem, match="demo API only"):
            await work
    routes = [await lookup.find(str(id_)) for id_ in (made.id, other)]
    assert [route.status for route in routes if route] == ["ACTIVE", "INACTIVE"]


async def test_a_suspended_users_endpoints_stand_still(ada: Actor, admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of the proxy needs no sign-in, so it must not outlive its owner's standing."""
    monkeypatch.setattr(lookup, "_SECONDS", 0.0)
    made = await endpoints.create(ada, "demo")
    for is_suspended, status in ((False, "ACTIVE"), (True, "INACTIVE"), (False, "ACTIVE")):
        await users.update(admin, ada.user_id, ProfileChange(is_suspended=is_suspended))
        route = await lookup.find(str(made.id))
        assert route is not None
        assert route.status == status


async def test_sign_up_tells_of_ten_addresses_and_then_no_more(ada: Actor) -> None:
    """That an address is taken has to be said; whoever asks for the eleventh is told nothing, and may not sign up; others may."""
    here, elsewhere = Origin("198.51.100.7"), Origin("203.0.113.5")
    told: list[str] = []
    for email in ["ada@example.com"] * 12 + ["new@example.com"]:
        with pytest.raises(Problem) as caught:
            await users.sign_up(email, "correct horse", origin=here)
        told.append(caught.value.code)
    assert told == ["email_taken"] * 10 + ["rate_limited"] * 3
    assert await users.sign_up("new@example.com", "correct horse", origin=elsewhere)


@pytest.mark.parametrize("password", ["short", "Password123", "1QAZ2wsx", "grace.hopper", "Grace.Hopper@example.com"])
async def test_a_password_that_is_guessed_first_is_refused(database: asyncpg.Pool, password: str) -> None:
    """Too short, one of the best known in any case, or one's own address."""
    with pytest.raises(Problem) as caught:
        await users.sign_up("grace.hopper@example.com", password)
    assert caught.value.code == "weak_password"
