"""Search, prompts, files, links, exports and one's own data by REST."""

import io
import json
import zipfile

import httpx
import pytest

from tests.live import wiretalk

OPENAPI = b"openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths:\n  /items:\n    get:\n      summary: List the items\n      responses: {'200': {description: ok}}\n"


async def test_a_chat_by_prompt_and_file(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt's text with its variables is what is said, a missing one is named; an attached description is taken by saying so, and then found."""
    async with wiretalk(monkeypatch) as ada:
        await ada.post("/api/v1/prompts", json={"name": "go", "text": "capture {{what}} please"})
        missing = await ada.post("/api/v1/chat", json={"prompt": "/go", "provider": "builtin"})
        assert (missing.status_code, missing.json()["missing"]) == (422, ["what"])
        made = (await ada.post("/api/v1/chat", json={"prompt": "go", "variables": {"what": "the demo api"}, "provider": "builtin"})).json()
        assert made["tool_calls"][0]["name"] == "endpoint_create"
        file = (await ada.post("/api/v1/attachments", files={"file": ("api.yaml", OPENAPI)})).json()
        assert file["kind"] == "openapi"
        said = {"message": "import this file into @demo-shop", "attachments": [file["id"]], "provider": "builtin"}
        answer = (await ada.post("/api/v1/chat", json=said)).json()
        assert "is described by the document" in answer["text"] + json.dumps(answer["tool_calls"]), answer
        found = (await ada.get("/api/v1/search", params={"q": "items in:docs"})).json()["items"]
        assert found[0]["kind"] == "doc"
        first, last = found[0]["marks"][0]
        assert found[0]["snippet"][first:last].lower().startswith("item")
        assert (await ada.get("/api/v1/mentions", params={"q": "@demo"})).json()["items"][0]["insert"] == "@demo-shop"
        listed = (await ada.post("/api/v1/tools/prompt_use", json={"name": "go", "variables": {"what": "x"}})).json()
        assert "capture x please" in json.dumps(listed)


async def test_chats_and_data_by_rest(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out, in, by link, all at once, and gone; deleting asks for the password."""
    async with wiretalk(monkeypatch) as ada:
        chat = (await ada.post("/api/v1/chat", json={"message": "how many credits do I have?", "provider": "builtin"})).json()["chat_session_id"]
        exported = await ada.get(f"/api/v1/chats/{chat}/export")
        assert exported.json()["format"] == "wiretalk.chats"
        assert (await ada.get(f"/api/v1/chats/{chat}/export", params={"format": "markdown"})).text.startswith("# ")
        assert (await ada.post("/api/v1/chats/import", content=exported.content)).json()["imported"] == 1
        assert (await ada.post("/api/v1/chats/import", content=b"x")).json()["code"] == "unreadable_chats"
        share = (await ada.post(f"/api/v1/chats/{chat}/shares", json={"days": 1})).json()
        async with httpx.AsyncClient(trust_env=False) as stranger:
            assert (await stranger.get(share["url"])).status_code == 200
            assert (await ada.delete(f"/api/v1/shares/{share['id']}")).status_code == 204
            assert (await stranger.get(share["url"])).status_code == 404
        archive = zipfile.ZipFile(io.BytesIO((await ada.get("/api/v1/users/me/data")).content))
        assert len([name for name in archive.namelist() if name.startswith("chats/") and name.endswith(".json")]) == 2
        wish = {"secret": "wrong", "confirm": "delete all my data"}
        assert (await ada.post("/api/v1/users/me/data/delete", json=wish)).status_code == 401
        gone = await ada.post("/api/v1/users/me/data/delete", json={**wish, "secret": "correct horse"})
        assert gone.json()["rows"]["chat_sessions"] == 2
        assert (await ada.get("/api/v1/chats")).json()["items"] == []
        assert (await ada.get("/api/v1/users/me")).json()["credits"] == 100
