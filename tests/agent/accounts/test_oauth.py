"""Sign-in by another service, against an OpenID Connect provider in a process of its own, and a GitHub of our own making."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from litestar import Litestar, Request, get, post

from agent import config, egress
from agent.accounts import identity_providers, oauth, users
from agent.accounts.identity_providers import Identity
from agent.actor import Actor
from agent.errors import Problem
from tests.live import serving
from tests.oidc import offer, provider, visit

_PEOPLE = (
    {"sub": "ada", "email": "ada@example.com", "email_verified": True, "name": "Ada"},
    {"sub": "eve", "email": "eve@example.com", "email_verified": False, "name": "Eve"},
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The provider's address."""
    with provider(*_PEOPLE) as url:
        yield url


@pytest.fixture
async def oidc(issuer: str, database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> str:
    """The settings that an operator gives."""
    offer(issuer, monkeypatch)
    return issuer


async def _identity(person: str) -> Identity:
    begun = await oauth.begin("oidc")
    back = await visit(begun.url, person)
    return (await oauth.finish("oidc", begun.pending, back["state"], back["code"])).identity


async def test_a_new_person_gets_an_account(oidc: str, database: asyncpg.Pool) -> None:
    """With a proven address and its credits; the second time it is the same account."""
    identity = await _identity("ada")
    assert identity == Identity("oidc", "ada", "ada@example.com", True, "Ada")
    user_id = await oauth.account_for(identity)
    assert await oauth.account_for(await _identity("ada")) == user_id
    row = await database.fetchrow("SELECT is_verified, credits, password_hash FROM users WHERE id = $1", user_id)
    assert row is not None
    assert tuple(row) == (True, 100, None)


async def test_what_is_offered_is_what_is_set_up(oidc: str) -> None:
    """Anything else is not there."""
    assert [offer.key for offer in identity_providers.offers()] == ["oidc"]
    for other in ("google", "github", "../x"):
        with pytest.raises(Problem) as caught:
            await oauth.begin(other)
        assert caught.value.code == "not_found"


async def test_an_unproven_address_opens_nothing(oidc: str, ada: Actor) -> None:
    """Neither one that the service has not proven, nor an account here whose address nobody proved."""
    with pytest.raises(Problem) as caught:
        await oauth.account_for(await _identity("eve"))
    assert caught.value.code == "oauth_failed"
    with pytest.raises(Problem) as caught:
        await oauth.account_for(await _identity("ada"))
    assert caught.value.code == "email_taken"


async def test_two_proofs_of_one_address_are_one_person(oidc: str, ada: Actor, database: asyncpg.Pool) -> None:
    """Then the account is joined."""
    await database.execute("UPDATE users SET is_verified = true")
    assert await oauth.account_for(await _identity("ada")) == ada.user_id
    assert [service.provider for service in await oauth.linked(ada)] == ["oidc"]


async def test_a_callback_fits_only_the_browser_that_began(oidc: str) -> None:
    """Missing, foreign and used states are refused; so is what another provider began."""
    mine, other = await oauth.begin("oidc"), await oauth.begin("oidc")
    back = await visit(mine.url, "ada")
    for service, pending, state in (
        ("oidc", "", back["state"]), ("oidc", other.pending, back["state"]), ("oidc", mine.pending, ""), ("github", mine.pending, back["state"]), ("oidc", "é", "x"),
    ):  # fmt: skip
        with pytest.raises(Problem, match="begun elsewhere"):
            await oauth.finish(service, pending, state, back["code"])
    await oauth.finish("oidc", mine.pending, back["state"], back["code"])
    with pytest.raises(Problem, match="finished before"):
        await oauth.finish("oidc", mine.pending, back["state"], back["code"])


async def test_a_stolen_code_is_worth_nothing(oidc: str) -> None:
    """Another sign-in's verifier and nonce do not fit it."""
    victim, thief = await oauth.begin("oidc"), await oauth.begin("oidc")
    stolen = (await visit(victim.url, "ada"))["code"]
    state = parse_qs(urlsplit(thief.url).query)["state"][0]
    with pytest.raises(Problem) as caught:
        await oauth.finish("oidc", thief.pending, state, stolen)
    assert caught.value.code == "oauth_failed"


async def test_a_nonce_is_of_one_sign_in(oidc: str) -> None:
    """A proof that was made for another sign-in is refused, even with the right code and verifier."""
    begun = await oauth.begin("oidc")
    back = await visit(begun.url, "ada")
    pending = oauth._opened(begun.pending)  # what the cookie holds, sealed
    assert pending
    with pytest.raises(Problem, match="does not hold"):
        await identity_providers.identify(await identity_providers.service("oidc"), back["code"], pending.verifier, "another nonce", oauth.redirect_uri("oidc"))


_KEY = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"})


@asynccontextmanager
async def _issuing(wrong: dict[str, Any], header: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A provider of our own making whose proofs differ from right ones in the given claims; None leaves one out."""
    base: list[str] = []

    @get("/.well-known/openid-configuration")
    async def description() -> dict[str, str]:
        return {"issuer": base[0]} | {name: f"{base[0]}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}

    @get("/jwks_uri")
    async def keys() -> dict[str, Any]:
        return {"keys": [_KEY.as_dict(private=False)]}

    @post("/token_endpoint", status_code=200)
    async def token() -> dict[str, str]:
        right = {"iss": base[0], "aud": "wiretalk", "exp": int(time.time()) + 60, "iat": int(time.time()), "sub": "ada", "nonce": "n1"}
        claims = {name: value for name, value in (right | wrong).items() if value is not None}
        made = {"alg": "ES256", "kid": "k1"} | header
        if made["alg"] == "ES256":
            return {"id_token": jwt.encode(made, claims, ECKey.generate_key("P-256") if made["kid"] == "other" else _KEY)}
        parts = (base64.urlsafe_b64encode(msgspec.json.encode(part)).decode().rstrip("=") for part in (made, claims))
        return {"id_token": ".".join(parts) + "."}

    async with serving(Litestar([description, keys, token])) as url:
        base.append(url)
        offer(url, monkeypatch)
        yield url


@pytest.mark.parametrize(
    ("wrong", "header"),
    [({}, {"alg": "none"}), ({}, {"kid": "other"}), ({"iss": "https://evil.example"}, {}), ({"aud": "somebody"}, {}), ({"aud": ["wiretalk", "x"], "azp": "x"}, {}),
     ({"exp": 1}, {}), ({"exp": None}, {}), ({"nonce": "n0"}, {}), ({"nonce": None}, {}), ({"sub": None}, {})],
)  # fmt: skip
async def test_a_proof_that_is_not_for_us_is_refused(
    database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], header: dict[str, Any]
) -> None:
    """Unsigned, signed by another key, of another issuer, for another audience, too old, of another sign-in, about nobody. The right one is taken."""
    async with _issuing(wrong, header, monkeypatch):
        service = await identity_providers.service("oidc")
        with pytest.raises(Problem) as caught:
            await identity_providers.identify(service, "c", "v", "n1", "http://x/")
        assert caught.value.code == "oauth_failed"
        wrong.clear()
        header.clear()
        assert (await identity_providers.identify(service, "c", "v", "n1", "http://x/")).subject == "ada"


async def test_a_service_that_never_finishes_is_left(database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its whole answer has a few seconds: a byte now and then keeps nobody waiting."""

    async def dripping(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
            while True:
                await send({"type": "http.response.body", "body": b" ", "more_body": True})
                await asyncio.sleep(0.02)

    monkeypatch.setattr(identity_providers, "_SECONDS", 0.3)
    async with serving(dripping, http="httptools") as url:
        offer(url, monkeypatch)
        async with asyncio.timeout(30):
            with pytest.raises(Problem, match="could not be reached"):
                await oauth.begin("oidc")
        await egress.close()


async def test_an_answer_of_another_issuer_is_refused(oidc: str) -> None:
    """The mix-up attack of RFC 9207; and a person who said no."""
    begun = await oauth.begin("oidc")
    back = await visit(begun.url, "ada")
    with pytest.raises(Problem, match="another service"):
        await oauth.finish("oidc", begun.pending, back["state"], back["code"], "https://evil.example")
    begun = await oauth.begin("oidc")
    with pytest.raises(Problem, match="did not let you in"):
        await oauth.finish("oidc", begun.pending, parse_qs(urlsplit(begun.url).query)["state"][0], "")


async def test_joining_and_unlinking(oidc: str, ada: Actor, admin: Actor) -> None:
    """One identity belongs to one account; the last way in stays."""
    begun = await oauth.begin("oidc", ada)
    back = await visit(begun.url, "ada")
    found = await oauth.finish("oidc", begun.pending, back["state"], back["code"])
    assert found.linking == ada.user_id
    await oauth.link(ada, found.identity)
    with pytest.raises(Problem) as caught:
        await oauth.link(admin, found.identity)
    assert caught.value.code == "conflict"
    await oauth.unlink(ada, "oidc")
    assert await oauth.linked(ada) == []
    only = await oauth.account_for(msgspec.structs.replace(found.identity, email="new@example.com"))
    with pytest.raises(Problem, match="Nothing else"):
        await oauth.unlink(users.actor_of(only, "USER", "new@example.com", "web"), "oidc")


@pytest.fixture
async def github(database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, Any]]:
    """A GitHub with one person, whose answers a test can change."""
    person: dict[str, Any] = {
        "id": 583231,
        "emails": [{"email": "old@example.com", "primary": False, "verified": True}, {"email": "octo@example.com", "primary": True, "verified": True}],
    }

    @post("/login/oauth/access_token", status_code=200)
    async def token(request: Request[Any, Any, Any]) -> dict[str, str]:
        form = await request.form()
        assert (form["client_secret"], form["code"]) == ("secret-2", "code-1")
        return {"access_token": "gho_1", "token_type": "bearer"}

    @get("/api/v3/user")
    async def user(request: Request[Any, Any, Any]) -> dict[str, Any]:
        assert request.headers["authorization"] == "Bearer gho_1"
        return {"id": person["id"], "name": "Octo"}

    @get("/api/v3/user/emails")
    async def emails() -> list[dict[str, Any]]:
        return person["emails"]

    async with serving(Litestar([token, user, emails])) as url:
        monkeypatch.setenv("WIRETALK_GITHUB_URL", url)
        monkeypatch.setenv("WIRETALK_GITHUB_CLIENT_ID", "wiretalk")
        monkeypatch.setenv("WIRETALK_GITHUB_CLIENT_SECRET", "secret-2")
        config.settings.cache_clear()
        yield person


async def _at_github() -> Identity:
    begun = await oauth.begin("github")
    query = parse_qs(urlsplit(begun.url).query)
    assert query["code_challenge_method"] == ["S256"]
    return (await oauth.finish("github", begun.pending, query["state"][0], "code-1")).identity


async def test_github_is_asked_for_the_primary_address(github: dict[str, Any]) -> None:
    """And counts as proven only where GitHub says so."""
    assert await _at_github() == Identity("github", "583231", "octo@example.com", True, "Octo")
    github["emails"][1]["verified"] = False
    assert not (await _at_github()).is_email_verified


async def test_a_number_at_one_service_is_nobody_at_another(github: dict[str, Any], database: asyncpg.Pool) -> None:
    """A subject of one provider equal to an id of GitHub's is another person."""
    first = await oauth.account_for(Identity("google", "583231", "somebody@example.com", True, ""))
    assert await oauth.account_for(await _at_github()) != first
