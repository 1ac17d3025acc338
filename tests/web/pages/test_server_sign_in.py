"""A user's sign-in to their own MCP server, through real doors: this server's `/mcp` behind its own authorization server, and hostile ones."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from agent import remote_mcp
from agent.accounts import users
from agent.actor import Actor
from agent.errors import Problem
from agent.remote_mcp import model, oauth, rows, signing_in
from db import engine
from tests.agent.test_remote_mcp import ECHO, Remote
from tests.live import serving
from tests.web.pages.conftest import Door

Doors = tuple[Door, Door, Door]
HOME = "/settings/servers"


async def _connected(door: Door, url: str, name: str = "notes") -> str:
    """A server that asks for a sign-in; gives its id."""
    made = await door.post(HOME, {"url": url, "name": name, "auth": "none"}, at=HOME)
    assert made.status_code == 303, made.text
    return made.headers["location"].partition("#server-")[2]


async def _begun(door: Door, server: str, **headers: str) -> str:
    """The address of the service, as the last page of ours names it."""
    page = await door.post(f"{HOME}/{server}/sign-in", None, at=HOME, **headers)
    assert page.status_code == 200, page.text
    found = re.search(r'class="button primary" href="([^"]+)"', page.text)
    assert found, page.text
    return found[1].replace("&amp;", "&")


async def _consented(door: Door, url: str, decision: str = "allow") -> str:
    """What the service sends the browser back to, after a person there has said yes or no."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    form = {**query, "decision": decision, "scopes": ["read", "write", "call", "spend"]}
    answer = await door.post("/oauth/authorize", form, at=f"/oauth/authorize?{urlencode(query)}")
    assert answer.status_code == 303, answer.text
    base = str(door.http.base_url).rstrip("/")
    assert answer.headers["location"].startswith(f"{base}{HOME}/callback?")
    return answer.headers["location"].removeprefix(base)


async def _ada() -> Actor:
    return await users.actor_by_email("ada@example.com", "web")


async def _value(statement: str, *arguments: Any) -> Any:
    async with engine.connection() as connection:
        return await connection.fetchval(statement, *arguments)


async def _age(server: str, **changes: Any) -> None:
    """Let the keys that are kept be others, or older."""
    row = await rows.one_of(await _ada(), (await remote_mcp.find(await _ada(), server)).id)
    kept = json.loads(model.opened(row.id, row.config.value))
    kept["keys"] |= changes
    config = {"url": row.config.url, "auth": "oauth", "value": model.sealed(row.id, json.dumps(kept).encode())}
    await _value("UPDATE mcp_servers SET connection_config = $1 WHERE id = $2", json.dumps(config), row.id)


async def test_a_user_signs_in_to_their_server_and_stays_signed_in(doors: Doors) -> None:
    """From the refusal by the metadata, registration, another person's consent and the code to listed tools; then new keys for old, unasked."""
    ada, bob, _ = doors
    base = str(ada.http.base_url).rstrip("/")
    server = await _connected(ada, f"{base}/mcp")
    page = (await ada.get(HOME)).text
    assert "Sign-in is needed" in page
    assert "<code>notes</code> asks you to sign in" in page
    url = await _begun(ada, server, referer=f"{base}/chats")
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert (query["code_challenge_method"], query["resource"]) == ("S256", f"{base}/mcp")
    chat = (await ada.post("/", {"message": "list my MCP servers"})).headers["location"]
    async with asyncio.timeout(60):
        while "data-run" in (page := (await ada.get(chat)).text):
            await asyncio.sleep(0.05)
    assert f'action="{HOME}/{server}/sign-in"' in page
    back = await ada.get(await _consented(bob, url))
    assert (back.status_code, back.headers["location"]) == (303, "/chats")
    page = (await ada.get(chat)).text  # the card tells how it stands now, not how it stood when it was asked for
    assert "Connected</span>" in page
    assert f'action="{HOME}/{server}/sign-in"' not in page
    page = (await ada.get(HOME)).text
    assert "Connected" in page
    assert "notes__endpoint_list" in page
    actor = await _ada()
    told = await remote_mcp.call(actor, "notes__endpoint_create", {"destination_url": "demo"})
    assert not told.is_error
    bobs = await users.actor_by_email("bob@example.com", "web")
    assert await _value("SELECT count(*) FROM endpoints WHERE user_id = $1", bobs.user_id) == 1
    config = await _value("SELECT connection_config::text FROM mcp_servers")
    assert "wtd_" not in config
    assert "refresh" not in config

    for changes in ({"expires_at": 1.0}, {"access": "gone"}):
        before = await _value("SELECT connection_config ->> 'value' FROM mcp_servers")
        await _age("notes", **changes)
        assert not (await remote_mcp.call(actor, "notes__endpoint_list", {})).is_error
        assert await _value("SELECT connection_config ->> 'value' FROM mcp_servers") != before
    assert await _value("SELECT connection_config ->> 'lease' FROM mcp_servers") in (None, "0.0")

    clients = (await bob.get("/settings/connect")).text
    grant = clients.split("/settings/clients/")[1].split("/")[0]
    assert "Wiretalk" in clients
    await bob.post(f"/settings/clients/{grant}/revoke", at="/settings/connect")
    with pytest.raises(Problem) as caught:
        await remote_mcp.call(actor, "notes__endpoint_list", {})
    assert caught.value.code == "server_sign_in"
    assert "Sign-in is needed" in (await ada.get(HOME)).text
    assert (await ada.get(await _consented(bob, await _begun(ada, server)))).status_code == 303
    assert not (await remote_mcp.call(actor, "notes__endpoint_list", {})).is_error
    assert await _value("SELECT count(*) FROM audit_logs WHERE action = 'MCP_SERVER_SIGNED_IN' AND resource_type = 'MCP_SERVER'") == 2


async def test_two_workers_renew_the_same_keys_once(doors: Doors) -> None:
    """Twenty calls at once find keys that have ended: one renews them, nineteen wait for it, and the service sees its token once."""
    ada, bob, _ = doors
    server = await _connected(ada, f"{str(ada.http.base_url).rstrip('/')}/mcp")
    await ada.get(await _consented(bob, await _begun(ada, server)))
    await _age("notes", expires_at=1.0)
    actor = await _ada()
    row = await rows.one_of(actor, (await remote_mcp.find(actor, "notes")).id)
    found = await asyncio.gather(*(signing_in.fresh(row) for _ in range(20)))
    assert len({each.config.value for each in found}) == 1
    assert found[0].config.value != row.config.value
    assert await _value("SELECT count(*) FROM oauth_grants WHERE revoked_at IS NULL") == 1


async def test_an_answer_is_for_one_browser_and_one_time(doors: Doors) -> None:
    """Another state, another session, another user, no cookie, a second time, a refusal, another issuer: each a sentence, and no keys."""
    ada, bob, stranger = doors
    base = str(ada.http.base_url).rstrip("/")
    server = await _connected(ada, f"{base}/mcp")
    callback = await _consented(bob, await _begun(ada, server))
    cookie = ada.http.cookies["wiretalk_mcp"]
    bob.http.cookies.set("wiretalk_mcp", cookie)
    assert "begun elsewhere" in (await bob.get(callback)).text
    assert (await stranger.get(callback)).status_code in (303, 401)
    forged = re.sub(r"state=[^&]+", "state=forged", callback)
    assert "belongs to no sign-in" in (await ada.get(forged)).text
    assert "begun elsewhere" in (await ada.get(callback)).text, "the cookie is used up, whatever came of it"

    callback = await _consented(bob, await _begun(ada, server))
    cookie = ada.http.cookies["wiretalk_mcp"]
    assert (await ada.get(callback)).status_code == 303
    ada.http.cookies.set("wiretalk_mcp", cookie)
    assert "belongs to no sign-in" in (await ada.get(callback)).text

    for change, sentence in (
        (lambda url: re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", url), "came from another service"),
        (lambda url: re.sub(r"&?iss=[^&]+", "", url), "came from another service"),
        (lambda url: re.sub(r"code=[^&]+", "code=guessed", url), "gave no token"),
    ):
        page = await ada.get(change(await _consented(bob, await _begun(ada, server))))
        assert page.status_code == 502
        assert sentence in page.text
    refused = await ada.get(await _consented(bob, await _begun(ada, server), "deny"))
    assert "did not let you in (access_denied)" in refused.text
    first, second = await _begun(ada, server), await _begun(ada, server)
    assert first != second
    await ada.sign_in("ada@example.com")
    assert "begun elsewhere" in (await ada.get(await _consented(bob, second))).text, "it is another session now"


class Evil(Remote):
    """An MCP server that asks for a sign-in, with an authorization server of its own; `lie` changes its documents and answers."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.lie: Callable[[str, dict[str, Any]], Any] = lambda path, document: document
        self.keys = "good"
        self.forms: list[dict[str, str]] = []

    def documents(self) -> dict[str, dict[str, Any]]:
        return {
            "/.well-known/oauth-protected-resource/mcp": {"resource": f"{self.base}/mcp", "authorization_servers": [self.base]},
            "/.well-known/oauth-authorization-server": {
                "issuer": self.base,
                "authorization_endpoint": f"{self.base}/authorize",
                "token_endpoint": f"{self.base}/token",
                "registration_endpoint": f"{self.base}/register",
                "code_challenge_methods_supported": ["S256"],
            },
            "/register": {"client_id": "c1", "redirect_uris": [oauth.redirect_uri()]},
            "/token": {"access_token": self.keys, "token_type": "bearer", "refresh_token": "r1", "expires_in": 3600},
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] != "/mcp":
            message = await receive()
            if scope["path"] == "/token":
                self.forms.append({name: values[0] for name, values in parse_qs(message.get("body", b"").decode()).items()})
            document = self.lie(scope["path"], self.documents().get(scope["path"], {}))
            status, document = document if isinstance(document, tuple) else (200 if document else 404, document)
            await self._send(send, status, document if isinstance(document, bytes) else json.dumps(document).encode())
            return
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") != b"Bearer good":
            about = f'Bearer resource_metadata="{self.base}/.well-known/oauth-protected-resource/mcp", scope="files:read"'.encode()
            await self._send(send, 401, b"", b"text/plain", (b"www-authenticate", about))
            return
        await super().__call__(scope, receive, send)


def _with(path: str, **changes: Any) -> Callable[[str, dict[str, Any]], Any]:
    return lambda at, document: {**document, **changes} if at == path else document


def _instead(path: str, answer: Any) -> Callable[[str, dict[str, Any]], Any]:
    return lambda at, document: answer if at == path else document


RESOURCE, SERVICE = "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server"
LIES: dict[str, tuple[Callable[[str, dict[str, Any]], Any], str]] = {
    "its keys come from the metadata service": (_with(SERVICE, token_endpoint="http://169.254.169.254/latest/api/token"), "may not be reached"),
    "the browser is sent to the metadata service": (_with(SERVICE, authorization_endpoint="http://169.254.169.254/"), "may not be reached"),
    "the browser is sent to a script": (_with(SERVICE, authorization_endpoint="javascript:alert(1)"), "does not say how"),
    "registration is a private address": (_with(SERVICE, registration_endpoint="http://10.0.0.1/register"), "may not be reached"),
    "revocation is a closed port": (_with(SERVICE, revocation_endpoint="http://127.0.0.1:22/"), "another protocol"),
    "its service is at the metadata service": (_with(RESOURCE, authorization_servers=["http://169.254.169.254"]), "may not be reached"),
    "its service is another one": (_with(SERVICE, issuer="https://accounts.example.com"), "another service"),
    "it says that it is another server": (_with(RESOURCE, resource="https://bank.example/mcp"), "another server"),
    "it goes without PKCE": (_with(SERVICE, code_challenge_methods_supported=["plain"]), "without PKCE"),
    "it says nothing of PKCE": (_with(SERVICE, code_challenge_methods_supported=None), "without PKCE"),
    "it registers nobody": (_instead("/register", (403, {"error": "no"})), "did not register us"),
    "it registers in another way": (_with("/register", token_endpoint_auth_method="private_key_jwt"), "did not register us"),
    "it wants clients registered by hand": (_with(SERVICE, registration_endpoint=None), "give the client id"),
    "its document is no JSON": (_instead(SERVICE, (200, b"<html>")), "does not say how"),
    "its document never ends": (_instead(SERVICE, (200, b" " * 400_000)), "longer than 256 KiB"),
    "it breaks": (_instead(RESOURCE, (500, b"")), "try again later"),
    "its address is endless": (_with(SERVICE, authorization_endpoint=f"https://example.com/{'a' * 3000}"), "cannot be used"),
    "a name is not what it looks like": (_with(SERVICE, token_endpoint="http://user:pw@127.0.0.1/token"), "user name"),
}


async def test_a_service_that_lies_leads_nowhere(doors: Doors) -> None:
    """One sentence on the page; no browser is sent off, no connection goes to a forbidden address, and the server stays as it was."""
    ada, evil = doors[0], Evil()
    async with serving(evil, http="httptools") as url:
        evil.base = url
        server = await _connected(ada, f"{url}/mcp")
        for name, (lie, sentence) in LIES.items():
            evil.lie = lie
            page = await ada.post(f"{HOME}/{server}/sign-in", at=HOME)
            assert page.status_code >= 400, name
            assert sentence in page.text, (name, re.findall(r"could not[^<]+", page.text))
            assert "Continue to" not in page.text, name
            assert "wiretalk_mcp" not in ada.http.cookies, name
        assert "Sign-in is needed" in (await ada.get(HOME)).text


TOKENS: dict[str, tuple[Any, str]] = {
    "a token with a line break": ({"access_token": "a\r\nx: y", "token_type": "bearer"}, "no header can hold"),
    "an endless token": ({"access_token": "a" * 20_000, "token_type": "bearer"}, "no header can hold"),
    "a token of another type": ({"access_token": "a", "token_type": "mac"}, "cannot be read"),
    "no token": ({"hello": "world"}, "cannot be read"),
    "a refusal": ((400, {"error": "invalid_grant", "error_description": "<b>no</b>"}), "invalid_grant"),
    "a failure": ((503, b""), "try again later"),
}


async def test_a_service_that_gives_nonsense_for_keys(doors: Doors) -> None:
    """What is no token is a sentence and is not kept."""
    ada, evil = doors[0], Evil()
    async with serving(evil, http="httptools") as url:
        evil.base = url
        server = await _connected(ada, f"{url}/mcp")
        for name, (answer, sentence) in TOKENS.items():
            evil.lie = _instead("/token", answer)
            state = parse_qs(urlsplit(await _begun(ada, server)).query)["state"][0]
            page = await ada.get(f"{HOME}/callback?code=c&state={state}")
            assert page.status_code == 502, name
            assert sentence in page.text, name
            assert "<b>no</b>" not in page.text, name
            assert "Sign-in is needed" in page.text, name


async def test_what_the_service_says_is_done_exactly(doors: Doors) -> None:
    """The scope of the refusal, the client that the user brought with its secret, one token that is never renewed, and a renewal that is refused."""
    ada, evil = doors[0], Evil()
    evil.lie = _with(SERVICE, registration_endpoint=None)
    async with serving(evil, http="httptools") as url:
        evil.base = url
        form: dict[str, str | list[str]] = {"url": f"{url}/mcp", "name": "notes", "auth": "oauth", "client_id": "brought", "secret": "canary-secret"}
        await ada.post(HOME, form, at=HOME)
        server = str((await remote_mcp.find(await _ada(), "notes")).id)
        query = parse_qs(urlsplit(await _begun(ada, server)).query)
        assert (query["scope"], query["client_id"]) == (["files:read"], ["brought"])
        assert (await ada.get(f"{HOME}/callback?code=c&state={query['state'][0]}")).status_code == 303
        assert evil.forms[-1]["client_secret"] == "canary-secret"
        assert evil.forms[-1]["resource"] == f"{url}/mcp"
        actor = await _ada()
        assert "canary" not in repr(await remote_mcp.get(actor, (await remote_mcp.find(actor, "notes")).id))
        assert not (await remote_mcp.call(actor, "notes__echo", {})).is_error
        evil.tools = [ECHO]
        await _age("notes", expires_at=1.0)
        evil.lie = _instead("/token", (400, {"error": "invalid_grant"}))
        with pytest.raises(Problem, match="has ended"):
            await remote_mcp.call(actor, "notes__echo", {})
        assert [form["grant_type"] for form in evil.forms] == ["authorization_code", "refresh_token"]
        evil.lie = _instead("/token", (503, b""))
        with pytest.raises(Problem, match="try again later"):
            await remote_mcp.call(actor, "notes__echo", {})
        evil.lie = lambda path, document: document
        assert not (await remote_mcp.call(actor, "notes__echo", {})).is_error, "a service that was down has cost nothing"
        assert evil.forms[-1]["refresh_token"] == "r1"
        await ada.post(f"{HOME}/{server}/delete", at=HOME)


async def test_the_document_about_us(doors: Doors) -> None:
    """Anybody may read it, and its address is what it says is our id."""
    told = (await doors[2].get("/oauth/client.json")).json()
    base = str(doors[2].http.base_url).rstrip("/")
    assert told["client_id"] == f"{base}/oauth/client.json"
    assert told["redirect_uris"] == [f"{base}{HOME}/callback"]
    assert told["token_endpoint_auth_method"] == "none"
