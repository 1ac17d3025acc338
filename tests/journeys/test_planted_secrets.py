"""Secrets planted at every place that takes one, and those that the server makes, are found nowhere again: not in the database, the data directory, the logs, the documents or the exports."""

import io
import zipfile
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from pyotp.totp import TOTP

from agent.accounts import grants, links, mfa, sessions, users
from agent.accounts.audit import Origin
from tests.live import serving, wiretalk

SECRETS = {
    "password": "Xq7-planted-password-5150",
    "provider key": "sk-ant-planted0123456789abcdefghijklmnop",
    "credential": "planted-credential-8f2b6c1d9e",
    "server token": "planted-server-token-77aa31",
    "header": "planted-header-token-4c0ffee1",
    "cookie": "planted-cookie-value-9d8c7b6a",
    "query": "planted-query-key-1a2b3c4d5e",
    "body": "planted-body-secret-0f9e8d7c",
    "answer": "planted-answer-token-6b5a4f3e",
    "said": "ghp_planted0123456789abcdefghijklmnopqrs",
}


async def _upstream(scope: Any, receive: Any, send: Any) -> None:
    """Signs somebody in: a token in the body and in a cookie."""
    if scope["type"] != "http":
        return
    body = b'{"access_token": "' + SECRETS["answer"].encode() + b'", "user": {"name": "Ada"}}'
    cookie = f"session={SECRETS['cookie']}; HttpOnly".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json"), (b"set-cookie", cookie)]})
    await send({"type": "http.response.body", "body": body})


async def _plant(api: httpx.AsyncClient, upstream: str) -> dict[str, Any]:
    """Every door that takes a secret; gives the endpoint that captured some."""
    await api.post("/api/v1/users", json={"email": "eve@example.com", "password": SECRETS["password"]})
    key = await api.post("/api/v1/provider-keys", json={"provider": "anthropic", "key": SECRETS["provider key"]})
    made = (await api.post("/api/v1/endpoints", json={"destination_url": upstream, "name": "shop"})).json()
    kept = await api.put(f"/api/v1/endpoints/{made['id']}/credentials", json={"headers": {"X-Api-Key": SECRETS["credential"]}})
    server = await api.post(
        "/api/v1/mcp-servers", json={"url": "http://127.0.0.1:8999/mcp", "name": "mine", "auth": "token", "secret": SECRETS["server token"]}
    )
    assert [answer.status_code for answer in (key, kept, server)] == [201, 200, 201], (key.text, kept.text, server.text)
    async with httpx.AsyncClient(trust_env=False) as user:
        for n in range(3):
            answer = await user.post(
                f"{made['proxy_url']}/login/{n}?api_key={SECRETS['query']}",
                headers={"authorization": f"Bearer {SECRETS['header']}", "cookie": f"session={SECRETS['cookie']}"},
                json={"user": "ada", "password": SECRETS["body"]},
            )
            assert SECRETS["answer"] in answer.text
    await api.post("/api/v1/chat", json={"message": f"my key is {SECRETS['said']}, which calls failed?", "provider": "builtin"})
    return made


async def _made(api: httpx.AsyncClient) -> dict[str, str]:
    """What the server itself gives out to be let in again."""
    user = await users.actor_by_email("eve@example.com", "web")
    client = await grants.register({"client_name": "x", "redirect_uris": ["http://127.0.0.1:1/back"]})
    verifier = "v" * 43
    wish = {"response_type": "code", "code_challenge": create_s256_code_challenge(verifier), "code_challenge_method": "S256", "scope": "read"}
    code = await grants.consent(user, grants.check(client, client.redirect_uris[0], wish), ["read"])
    issued = await grants.exchange(code, client.client_id, client.redirect_uris[0], verifier, "")
    secret = (await mfa.enrol(user)).secret
    codes = await mfa.confirm(user, TOTP(secret).now(), Origin())
    return {
        "API token": (await api.post("/api/v1/tokens", json={"name": "t"})).json()["token"],
        "session": await sessions.open_session(user, Origin()),
        "reset link": await links.issue("reset", user.user_id),
        "authorization code": code,
        "access token": issued.access_token,
        "refresh token": issued.refresh_token,
        "second factor": secret,
        "backup code": codes[0],
        "backup code as typed": codes[1].replace("-", ""),
    }


async def _rows(url: str) -> dict[str, str]:
    """Every table as text; bytes as hexadecimal digits."""
    connection = await asyncpg.connect(url)
    try:
        names = [
            row["name"]
            for row in await connection.fetch(
                "SELECT quote_ident(relname) AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
            )
        ]
        return {name: "\n".join(row["t"] or "" for row in await connection.fetch(f"SELECT t::text AS t FROM {name} t")) for name in names}
    finally:
        await connection.close()


async def _exports(api: httpx.AsyncClient, endpoint: dict[str, Any]) -> dict[str, str]:
    """What can be taken away: every document, a call in every form, and all of one's data."""
    documented = (await api.post(f"/api/v1/endpoints/{endpoint['id']}/documentation")).json()
    found = {name: (await api.get(link)).text for name, link in documented["links"].items()}
    call = (await api.get(f"/api/v1/endpoints/{endpoint['id']}/calls")).json()["items"][0]["id"]
    found |= {
        f"call as {form}": (await api.get(f"/api/v1/calls/{call}/copy", params={"format": form})).text
        for form in ("curl", "python", "javascript", "har", "http")
    }
    found["a call"] = (await api.get(f"/api/v1/calls/{call}", params={"masked": True})).text
    archive = zipfile.ZipFile(io.BytesIO((await api.get("/api/v1/users/me/data")).content))
    return found | {f"all of my data: {name}": archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def _leaks(secrets: dict[str, str], places: dict[str, str]) -> list[tuple[str, str]]:
    return [(secret, place) for secret, value in secrets.items() for place, text in places.items() if value in text or value.encode().hex() in text]


async def test_no_planted_secret_is_found_again(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither plain nor as bytes. What a person types into a chat is theirs and stays in their messages, but nowhere else."""
    async with serving(_upstream, http="httptools") as target, wiretalk(monkeypatch) as api:
        made = await _plant(api, target)
        while len((await api.get(f"/api/v1/endpoints/{made['id']}/calls")).json()["items"]) < 3:
            pass
        given_out = await _made(api)
        exports = await _exports(api, made)
        rows = await _rows(database_url)
    told = "\n".join(capfd.readouterr())
    log = "\n".join(line for line in told.splitlines() if " - httpx - " not in line)  # the captured user's own client, which logs into this process
    files = {str(path.relative_to(tmp_path)): path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()}
    assert len(exports) > 12
    assert sum(map(len, rows.values())) > 10_000
    found = _leaks(SECRETS | given_out, rows | files | {"log": log} | exports)
    assert not [leak for leak in found if leak != ("said", "chat_messages") and not leak[1].startswith("all of my data: chats/")], found
