"""Programs that are let in by signing in with a browser: the official MCP client all the way, and everything that must not work."""

import asyncio
import base64
import hashlib
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata

from tests.live import free_port
from tests.web.mcp.test_conformance import SUITE, _node
from tests.web.pages.conftest import Door
from tests.web.pages.conftest import doors as doors

Doors = tuple[Door, Door, Door]
BACK = "http://127.0.0.1:43210/callback"


class _Memory:
    """Where the SDK keeps tokens."""

    def __init__(self) -> None:
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info


def _pair() -> tuple[str, str]:
    verifier = secrets.token_urlsafe(48)
    return verifier, base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


async def _registered(door: Door, **more: Any) -> str:
    answer = await door.http.post("/oauth/register", json={"client_name": "Test client", "redirect_uris": [BACK], **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["client_id"]


def _query(client_id: str, challenge: str, **more: str) -> dict[str, str]:
    base = {"client_id": client_id, "redirect_uri": BACK, "response_type": "code", "code_challenge": challenge, "code_challenge_method": "S256"}
    return {**base, "scope": "read call", "state": "s1", **more}


async def _answer(door: Door, query: dict[str, str], decision: str = "allow", scopes: tuple[str, ...] = ("read", "write", "call", "spend")) -> dict[str, str]:
    """What the browser is sent back with, after the form of the consent page."""
    at = f"/oauth/authorize?{urlencode(query)}"
    answer = await door.post("/oauth/authorize", {**query, "decision": decision, "scopes": list(scopes)}, at=at)
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"].startswith(f"{BACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def _token(door: Door, **form: str) -> httpx.Response:
    return await door.http.post("/oauth/token", data=form)


async def test_the_official_client_signs_in_by_itself(doors: Doors) -> None:
    """From 401 by the metadata, registration, consent and code to a listed menu; then by its refresh token without a browser."""
    ada = doors[0]
    base = str(ada.http.base_url).rstrip("/")
    seen: dict[str, Any] = {}

    async def redirect(url: str) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        page = await ada.get(url.removeprefix(base))
        assert "Test client" in page.text
        assert "127.0.0.1:43210" in page.text
        assert "form-action 'self' http://127.0.0.1:43210" in page.headers["content-security-policy"]
        seen.update(await _answer(ada, query))

    async def callback() -> Any:
        from mcp.client.auth import AuthorizationCodeResult

        return AuthorizationCodeResult(code=seen["code"], state=seen.get("state"), iss=seen.get("iss"))

    memory = _Memory()
    metadata = OAuthClientMetadata.model_validate({"client_name": "Test client", "redirect_uris": [BACK], "token_endpoint_auth_method": "none"})
    auth = OAuthClientProvider(f"{base}/mcp", metadata, memory, redirect, callback)
    async with httpx2.AsyncClient(auth=auth, timeout=60) as http, Client(streamable_http_client(f"{base}/mcp", http_client=http)) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert "endpoint_list" in names
        auth.context.token_expiry_time = 1.0
        before = memory.tokens.access_token
        await client.list_tools()
        assert memory.tokens.access_token != before
    assert seen["iss"] == base
    page = (await ada.get("/settings/connect")).text
    assert "Test client" in page
    grant = page.split("/settings/clients/")[1].split("/")[0]
    await ada.post(f"/settings/clients/{grant}/revoke", at="/settings/connect")
    gone = await ada.http.post("/mcp", headers={"authorization": f"Bearer {memory.tokens.access_token}"}, json={})
    assert gone.status_code == 401
    assert "Test client" not in (await ada.get("/settings/connect")).text


async def test_a_token_has_the_scopes_that_were_granted(doors: Doors) -> None:
    """What was not ticked is not there, at any door; the metadata documents say what the server does."""
    ada = doors[0]
    client_id = await _registered(ada)
    verifier, challenge = _pair()
    back = await _answer(ada, _query(client_id, challenge, scope="read write call"), scopes=("read",))
    told = (await _token(ada, grant_type="authorization_code", code=back["code"], client_id=client_id, redirect_uri=BACK, code_verifier=verifier)).json()
    assert told["scope"] == "read"
    assert told["token_type"] == "Bearer"
    header = {"authorization": f"Bearer {told['access_token']}"}
    async with httpx.AsyncClient(base_url=ada.http.base_url, headers=header, trust_env=False) as api:
        assert (await api.get("/api/v1/endpoints")).status_code == 200
        assert (await api.post("/api/v1/endpoints", json={"destination_url": "demo"})).status_code == 403
        assert (await api.post("/v1/chat/completions", json={"model": "wiretalk", "messages": []})).status_code == 403
    server = (await ada.http.get("/.well-known/oauth-authorization-server")).json()
    assert server["code_challenge_methods_supported"] == ["S256"]
    assert server["client_id_metadata_document_supported"] is True
    for path in ("/mcp", "/mcp/apis/shop"):
        refused = await ada.http.post(path, json={}, headers={"cookie": ""})
        address = re.search(r'resource_metadata="([^"]+)"', refused.headers["www-authenticate"])
        assert address
        assert (await ada.http.get(address[1])).json()["resource"].endswith(path)


async def test_what_goes_further_is_ticked_by_hand(doors: Doors) -> None:
    """Whatever a program asks for, the page ticks reading and changing alone, and says of each scope what it means; so does the list of programs."""
    ada = doors[0]
    client_id = await _registered(ada)
    verifier, challenge = _pair()
    query = _query(client_id, challenge, scope="read write call spend approve")
    page = (await ada.get(f"/oauth/authorize?{urlencode(query)}")).text
    boxes = re.findall(r'name="scopes" value="(\w+)"( checked)?', page)
    assert boxes == [("read", " checked"), ("write", " checked"), ("call", ""), ("spend", ""), ("approve", "")]
    assert "spend credits" in page
    back = await _answer(ada, query, scopes=("read", "spend"))
    assert (await _token(ada, grant_type="authorization_code", code=back["code"], client_id=client_id, redirect_uri=BACK, code_verifier=verifier)).is_success
    listed = (await ada.get("/settings/connect")).text
    assert "spend credits <code>spend</code>" in listed
    assert "<code>call</code>" not in listed


async def test_codes_and_refresh_tokens_are_good_once(doors: Doors) -> None:
    """A code that comes twice, a stolen refresh token, another client, another verifier: refused, and what they had is taken back."""
    ada = doors[0]
    client_id, other = await _registered(ada), await _registered(ada)
    verifier, challenge = _pair()

    async def fresh() -> dict[str, str]:
        return {"grant_type": "authorization_code", "client_id": client_id, "redirect_uri": BACK, "code_verifier": verifier} | {
            "code": (await _answer(ada, _query(client_id, challenge)))["code"]
        }

    for wrong in (
        {"code_verifier": "x" * 60},
        {"client_id": other},
        {"redirect_uri": "http://127.0.0.1:1/callback"},
        {"code": "nonsense"},
        {"resource": "https://evil.example"},
    ):
        refused = await _token(ada, **{**await fresh(), **wrong})
        assert refused.status_code == 400, wrong
        assert refused.json()["error"] in ("invalid_grant", "invalid_target")
    form = await fresh()
    first = (await _token(ada, **form)).json()
    assert (await _token(ada, **form)).json()["error"] == "invalid_grant"
    header = {"authorization": f"Bearer {first['access_token']}"}
    async with httpx.AsyncClient(base_url=ada.http.base_url, trust_env=False) as api:
        assert (await api.get("/api/v1/endpoints", headers=header)).status_code == 401
        again = (await _token(ada, **await fresh())).json()
        refreshed = (await _token(ada, grant_type="refresh_token", refresh_token=again["refresh_token"], client_id=client_id)).json()
        assert refreshed["refresh_token"] != again["refresh_token"]
        assert (await api.get("/api/v1/endpoints", headers={"authorization": f"Bearer {refreshed['access_token']}"})).status_code == 200
        stolen = await _token(ada, grant_type="refresh_token", refresh_token=refreshed["refresh_token"], client_id=other)
        assert stolen.json()["error"] == "invalid_grant"
        more = await _token(ada, grant_type="refresh_token", refresh_token=refreshed["refresh_token"], client_id=client_id, scope="read spend")
        assert more.json()["error"] == "invalid_scope"
        await ada.http.post("/oauth/revoke", data={"token": refreshed["refresh_token"], "client_id": client_id})
        assert (await api.get("/api/v1/endpoints", headers={"authorization": f"Bearer {refreshed['access_token']}"})).status_code == 401


async def test_nobody_is_sent_to_an_address_that_was_not_registered(doors: Doors) -> None:
    """Open redirects, missing PKCE, a refusal, a stranger, a forged form."""
    ada, _, stranger = doors
    client_id = await _registered(ada)
    _, challenge = _pair()
    for bad in ("https://evil.example/", "http://127.0.0.1:9/other", "javascript:alert(1)", "http://127.0.0.1.evil.example/callback", f"{BACK}#x"):
        page = await ada.get(f"/oauth/authorize?{urlencode(_query(client_id, challenge, redirect_uri=bad))}")
        assert page.status_code == 400, bad
        assert "location" not in page.headers
    other_port = await ada.get(f"/oauth/authorize?{urlencode(_query(client_id, challenge, redirect_uri='http://127.0.0.1:5/callback'))}")
    assert other_port.status_code == 200
    plain = await ada.get(f"/oauth/authorize?{urlencode(_query(client_id, challenge, code_challenge_method='plain'))}")
    assert "error=invalid_request" in plain.headers["location"]
    assert (await _answer(ada, _query(client_id, challenge), "deny"))["error"] == "access_denied"
    assert (
        (await stranger.get(f"/oauth/authorize?{urlencode(_query(client_id, challenge))}")).headers["location"].startswith("/login?next=%2Foauth%2Fauthorize")
    )
    forged = await ada.http.post("/oauth/authorize", data={**_query(client_id, challenge), "decision": "allow", "scopes": "read"})
    assert forged.status_code == 403
    for uris in (["javascript:alert(1)"], ["http://example.com/cb"], [], ["https://a.example/\r\nx"], "https://a.example"):
        refused = await ada.http.post("/oauth/register", json={"redirect_uris": uris})
        assert refused.json()["error"] == "invalid_redirect_uri"
    assert (await ada.http.post("/oauth/register", content=b"{")).json()["error"] == "invalid_request"
    unknown = await ada.get(f"/oauth/authorize?{urlencode(_query('https://169.254.169.254/client.json', challenge))}")
    assert unknown.status_code == 400


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202eevil", "x" * 500])
async def test_a_clients_name_is_only_text(doors: Doors, name: str) -> None:
    """Whatever a client calls itself, the page shows it as text and says where the answer goes."""
    ada = doors[0]
    client_id = await _registered(ada, client_name=name)
    page = (await ada.get(f"/oauth/authorize?{urlencode(_query(client_id, _pair()[1]))}")).text
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "127.0.0.1:43210" in page


@pytest.mark.slow
async def test_the_suite_for_authorization_servers(doors: Doors, tmp_path: Path) -> None:
    """The protocol's own conformance suite: the metadata document and the whole code grant, with a browser's consent in between."""
    if not SUITE.exists():
        pytest.skip("needs the tools of tests/node: run make setup-test with a network")
    ada, node, port = doors[0], await _node(), free_port()
    base = str(ada.http.base_url).rstrip("/")
    back = f"http://127.0.0.1:{port}/callback"
    client_id = (await ada.http.post("/oauth/register", json={"client_name": "Suite", "redirect_uris": [back]})).json()["client_id"]
    command = [node, str(SUITE), "authorization", "--url", base, "--client-id", client_id, "--resource", f"{base}/mcp", "-p", str(port), "-o", str(tmp_path)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    assert process.stdout
    said = ""
    while line := (await asyncio.wait_for(process.stdout.readline(), 60)).decode():
        said += line
        if found := re.search(re.escape(base) + r"/oauth/authorize\?\S+", line):
            query = {name: values[0] for name, values in parse_qs(urlsplit(found[0]).query).items()}
            answer = await ada.post("/oauth/authorize", {**query, "decision": "allow", "scopes": ["read", "write", "call"]}, at=found[0].removeprefix(base))
            async with httpx.AsyncClient(trust_env=False) as browser:
                await browser.get(answer.headers["location"])
    assert await process.wait() == 0, said
    assert len(re.findall(r"^✓ ", said, re.MULTILINE)) == 2, said
    assert "✗" not in said
