"""Each control of an endpoint as its owner uses it: set over REST or by the agent's tool, obeyed at the proxy, seen in the captures."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx
import pytest

from agent.accounts import users
from agent.tools import invoke
from agent.tools.registry import Context
from tests.live import serving, wiretalk

_SECRETS = {"headers": "Bearer abcdefghijklmnop", "cookies": "0123456789abcdef0123", "query": "sk_live_0123456789abcdef", "body": "correct horse"}


class User(NamedTuple):
    """The owner's two doors, the API of theirs, and what it was asked."""

    rest: httpx.AsyncClient
    upstream: str
    app: Any
    asked: list[dict[str, str]]

    async def endpoint(self, *, by: str = "rest", destination: str = "", **controls: Any) -> dict[str, Any]:
        """One with these controls, set through one door and read through the other."""
        made = (await self.rest.post("/api/v1/endpoints", json={"destination_url": destination or self.upstream})).raise_for_status().json()
        if by == "tool":
            await invoke.invoke(Context(await users.actor_by_email("ada@example.com", "chat")), "endpoint_update", {"endpoint": made["slug"], **controls})
        elif controls:
            (await self.rest.patch(f"/api/v1/endpoints/{made['id']}/controls", json=controls)).raise_for_status()
        return made

    async def calls(self, made: dict[str, Any], count: int) -> list[dict[str, Any]]:
        """The whole captures, oldest first, once there are so many; with one more nobody is content."""
        async with asyncio.timeout(60):
            while len(found := (await self.rest.get(f"/api/v1/endpoints/{made['id']}/calls")).json()["items"]) < count:
                await asyncio.sleep(0.05)
        assert len(found) == count
        return [(await self.rest.get(f"/api/v1/calls/{one['id']}")).json() for one in reversed(found)]


@pytest.fixture
async def user(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[User]:
    async with _world(monkeypatch) as made:
        yield made


@asynccontextmanager
async def _world(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[User, None]:
    asked: list[dict[str, str]] = []

    async def upstream(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        asked.append({name.decode(): value.decode() for name, value in scope["headers"]})
        if scope["path"] == "/slow":
            await asyncio.sleep(30)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"14"), (b"location", b"/there"), (b"set-cookie", b"sid=%b; Path=/" % _COOKIE)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"name":"Ada"}'})

    async with serving(upstream, http="httptools") as target, wiretalk(monkeypatch) as rest:
        yield User(rest, target, upstream, asked)


_COOKIE = _SECRETS["cookies"].encode()


async def test_what_is_forwarded(user: User) -> None:
    """Keys are added, methods and rates refused, time ends, redirects turn, stops are told, and an owner's mistake changes nothing."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        made = await user.endpoint(inject_headers=[{"name": "X-Api-Key", "value": "sk_up_0123456789abcdef"}])
        assert (await client.get(made["proxy_url"], headers={"x-api-key": "the client's"})).status_code == 200
        assert user.asked[-1]["x-api-key"] == "sk_up_0123456789abcdef"

        made = await user.endpoint(by="tool", allowed_methods=["GET"], rate_limit=2)
        refused = await client.post(made["proxy_url"])
        assert (refused.status_code, refused.headers["x-wiretalk-error"]) == (405, "method_not_allowed")
        assert [(await client.get(made["proxy_url"])).status_code for _ in range(3)] == [200, 200, 429]

        made = await user.endpoint(by="tool", timeout_s=0.2, rewrite_location=True)
        assert (await client.get(made["proxy_url"] + "/slow")).status_code == 504
        at = made["proxy_url"].removeprefix(str(user.rest.base_url))
        answer = await client.get(made["proxy_url"])
        assert (answer.headers["location"], answer.headers["set-cookie"]) == (f"{at}/there", f"sid={_SECRETS['cookies']}; Path={at}")
        assert (await user.rest.get(f"/api/v1/endpoints/{made['id']}/controls")).json()["rewrite_location"] is True

        made = await user.endpoint(by="tool", status="INACTIVE")
        stopped = await client.get(made["proxy_url"])
        assert (stopped.status_code, stopped.json()["detail"]) == (409, "This endpoint is INACTIVE and does not forward.")

        wrong = await user.rest.patch(f"/api/v1/endpoints/{made['id']}/controls", json={"sampling": 2})
        assert wrong.status_code == 422


async def test_what_is_recorded(user: User) -> None:
    """A pause, a sample, paths and the length of bodies decide what there is to read afterwards; every call is forwarded."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        paused, sampled = await user.endpoint(by="tool", status="REVIEW"), await user.endpoint(sampling=0)
        chosen = await user.endpoint(by="tool", paths={"include": ["/v1/*"], "exclude": ["/v1/health*"]})
        short = await user.endpoint(by="tool", body_limit=5)
        for made in (paused, sampled):
            assert (await client.get(made["proxy_url"])).status_code == 200
        for path in ("/v1/health", "/v2/users", "/v1/users"):
            assert (await client.get(chosen["proxy_url"] + path)).status_code == 200
        assert (await client.post(short["proxy_url"], content=b"123456789")).text == '{"name":"Ada"}'
        (call,) = await user.calls(chosen, 1)
        assert call["summary"]["path"] == "/v1/users"
        (call,) = await user.calls(short, 1)
        assert (call["request_body"]["text"], call["request_body"]["length"], call["request_body"]["truncated"]) == ("12345", 9, True)
        assert (await user.calls(paused, 0), await user.calls(sampled, 0)) == ([], [])


async def test_what_becomes_of_secrets(user: User) -> None:
    """In headers, cookies, the query and bodies: sealed and shown to the owner, or masked, or gone. The upstream gets them all."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        for policy, by in (("encrypt", "rest"), ("mask", "tool"), ("drop", "tool")):
            made = await user.endpoint(by=by, secrets=dict.fromkeys(_SECRETS, policy))
            answer = await client.post(
                made["proxy_url"], params={"api_key": _SECRETS["query"], "page": 2}, json={"name": "Ada", "password": _SECRETS["body"]},
                headers={"authorization": _SECRETS["headers"], "cookie": f"sid={_SECRETS['cookies']}; theme=dark"},
            )  # fmt: skip
            assert answer.status_code == 200
            assert (user.asked[-1]["authorization"], user.asked[-1]["cookie"]) == (_SECRETS["headers"], f"sid={_SECRETS['cookies']}; theme=dark")
            (call,) = await user.calls(made, 1)
            seen = str(call)
            assert [secret for secret in _SECRETS.values() if (secret in seen) != (policy == "encrypt")] == [], policy
            assert ("'password'" in seen or '"password"' in seen, "authorization" in seen.lower()) == ((True, True) if policy != "drop" else (False, False)), (
                policy
            )
            assert "page=2" in seen
            listed = (await user.rest.get(f"/api/v1/endpoints/{made['id']}/calls")).text
            assert not any(secret in listed for secret in _SECRETS.values()), "lists never show a secret"


async def test_a_capture_stands_in_for_an_api_that_is_down(user: User) -> None:
    """Only where its owner said so, and marked."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        async with serving(user.app, http="httptools") as target:
            made, plain = await user.endpoint(by="tool", destination=target, mock_when_down=True), await user.endpoint(destination=target)
            for one in (made, plain):
                assert (await client.get(one["proxy_url"] + "/users/1")).status_code == 200
        (call,) = await user.calls(made, 1)
        answer = await client.get(made["proxy_url"] + "/users/1")
        assert (answer.status_code, answer.text, answer.headers["x-wiretalk-mock"]) == (200, '{"name":"Ada"}', call["summary"]["id"])
        assert (await client.get(plain["proxy_url"] + "/users/1")).status_code == 502
