"""One of each thing that a user can have, made through the API: for tests of who may see it. Each holds the word `canary`, or is the demo shop."""

from typing import Any
from uuid import uuid4

import httpx

NOBODYS = "00000000-0000-7000-8000-000000000000"


async def belongings(client: httpx.AsyncClient) -> dict[str, str]:
    """What is needed to ask for each, by the name of the path's parameter."""

    async def made(path: str, **body: Any) -> dict[str, Any]:
        answer = await client.post(f"/api/v1/{path}", json=body)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    mark = uuid4().hex[:8]
    captured = await made("chat", message="capture the demo api", provider="builtin")
    chat, endpoint = captured["chat_session_id"], captured["tool_calls"][0]["output"]
    asked = await made("chat", message=f"delete the endpoint {endpoint['slug']}", provider="builtin", chat_session_id=chat)
    waits = await made("chat", message="how many credits?", provider="builtin", chat_session_id=chat, queue=True)
    said = (await client.get(f"/api/v1/chats/{chat}/messages")).json()["items"]
    share = await made(f"chats/{chat}/shares")
    prompt = await made("prompts", name=f"mine-{mark}", text="canary {{x}}")
    provider = await made("providers", name=f"mine-{mark}", base_url="http://127.0.0.1:8999", requires_auth=False)
    return {
        "user_id": (await client.get("/api/v1/users/me")).json()["id"],
        "token_id": (await client.get("/api/v1/tokens")).json()["items"][0]["id"],
        "chat_id": chat,
        "message_id": said[-1]["id"],
        "run_id": asked["run_id"],
        "approval_id": asked["approvals"][0]["id"],
        "queued_id": waits["queued"]["id"],
        "share_id": share["id"],
        "token": share["url"].rsplit("/", 1)[-1],
        "prompt_id": prompt["id"],
        "version": "1",
        "attachment_id": (await client.post("/api/v1/attachments?name=a.txt", content=b"canary")).json()["id"],
        "endpoint_id": endpoint["id"],
        "slug": endpoint["slug"],
        "call_id": await _call(client, endpoint),
        "filter_id": (await made(f"endpoints/{endpoint['id']}/filters", name="canary", query="5xx"))["id"],
        "provider_id": provider["id"],
        "key_id": (await made("provider-keys", provider=provider["name"], key="sk-canary-0123456789", name=f"mine-{mark}"))["id"],
        "server_id": (await made("mcp-servers", url="http://127.0.0.1:8999/mcp", name=f"mine-{mark}"))["id"],
        "session_id": NOBODYS,
        "tool": "echo",
        "kind": "markdown",
        "name": "endpoint_list",
        "provider": "oidc",
    }


async def _call(client: httpx.AsyncClient, endpoint: dict[str, Any]) -> str:
    """One call of the demo API that was captured, and the document of it."""
    await client.get(f"{endpoint['proxy_url']}/products/prod_1001", headers={"x-note": "canary"})
    for _ in range(1000):
        if calls := (await client.get(f"/api/v1/endpoints/{endpoint['id']}/calls")).json()["items"]:
            documented = await client.post(f"/api/v1/endpoints/{endpoint['id']}/documentation")
            assert documented.status_code == 200, documented.text
            return calls[0]["id"]
    raise AssertionError("the call was not stored")
