"""Pages of search, prompts, shared links, files and one's own data, as a browser without scripts sees them."""

import io
import json
import re
import zipfile
from pathlib import Path

import asyncpg
import httpx

from agent.accounts import users
from agent.conversation import chats, prompts
from agent.messages import Text
from tests.web.pages.conftest import Door

Doors = tuple[Door, Door, Door]
SECRET = "sk-ant-api03-" + "Zq7rT2mX9vB4" * 6


async def _chat(text: str = "hello", answer: str = "Hi.", title: str = "Greeting", email: str = "ada@example.com") -> str:
    actor = await users.actor_by_email(email, "web")
    started = await chats.post(actor, text, provider="builtin", model="guide")
    await chats.save_answer(started.answer_id, [Text(answer)])
    await chats.set_title(started.chat_session_id, title)
    return str(started.chat_session_id)


async def _upload(door: Door, name: str, data: bytes) -> httpx.Response:
    page = await door.get("/prompts")
    token = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert token
    return await door.http.post("/attachments", files={"file": (name, data)}, headers={"x-csrftoken": token[1], "accept": "application/json"})


async def test_a_link_is_previewed_public_and_revoked(doors: Doors) -> None:
    """The preview is what a stranger then sees; the link's page is kept from robots; after the click it is gone."""
    ada, bob, stranger = doors
    chat = await _chat(f"use {SECRET}", "**Bold** <script>x</script>", "<b>Title</b>")
    preview = (await ada.get(f"/c/{chat}/share")).text
    assert "1 secret was masked" in preview
    assert (await bob.get(f"/c/{chat}/share")).status_code == 404
    await ada.post(f"/c/{chat}/share", {"days": "7"})
    listed = (await ada.get("/shares")).text
    link = re.search(r"/s/[\w-]+", listed)
    assert link
    page = await stranger.get(link[0])
    assert page.status_code == 200
    assert "<strong>Bold</strong>" in page.text
    assert "noindex" in page.text
    assert "noindex" in page.headers["x-robots-tag"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "connect-src 'none'" in page.headers["content-security-policy"]
    for text in (SECRET, "<script>x", "<b>Title", "ada@example.com"):
        assert text not in page.text
        assert text not in preview.replace("ada@example.com", "")
    share = re.search(r"/shares/([\w-]+)/revoke", listed)
    assert share
    assert (await bob.post(f"/shares/{share[1]}/revoke")).status_code == 404
    assert (await stranger.get(link[0])).status_code == 200
    await ada.post(f"/shares/{share[1]}/revoke")
    gone = await stranger.get(link[0])
    assert gone.status_code == 404
    assert "Bold" not in gone.text
    assert (await stranger.get(f"/s/{chat}")).status_code == 404
    assert "Disallow: /s/" in (await stranger.get("/robots.txt")).text


async def test_prompts_are_written_filled_and_taken_up_again(doors: Doors) -> None:
    """By forms alone: save, change, an earlier version, fill, send."""
    ada, bob, _ = doors
    made = await ada.post("/prompts", {"name": "/Report", "text": "Report on {{api}} since {{since|today}}"})
    page = made.headers["location"].partition("?")[0]
    await ada.post(page, {"name": "report", "text": "Second"})
    assert "version 2" in (await ada.get(page)).text
    await ada.post(f"{page}/restore", {"version": "1"})
    filled = (await ada.post(f"{page}/use", {"var-api": "<i>shop</i>"})).text
    assert "Report on &lt;i&gt;shop&lt;/i&gt; since today" in filled
    assert (await bob.get(page)).status_code == 404
    assert 'role="alert"' in (await ada.post("/prompts", {"name": "two words", "text": "x"})).text
    assert (await ada.get("/offers?q=/rep")).json()["prompts"][0]["variables"] == [{"name": "api", "default": ""}, {"name": "since", "default": "today"}]
    assert (await bob.get("/offers?q=/rep")).json()["prompts"] == []
    offered = (await bob.get("/offers?q=/")).json()["commands"]  # what can be said, for who has no prompts yet
    assert len(offered) == 8
    assert {"title": "Search the calls", "text": "which calls failed today?"} in (await bob.get("/offers?q=/sea")).json()["commands"]
    await ada.post(f"{page}/delete")
    assert (await ada.get(page)).status_code == 404


async def test_files_are_taken_shown_to_their_owner_and_given_back_as_files(doors: Doors) -> None:
    """A page in a file stays a file; what is no file of ours is refused with a sentence; another user finds nothing."""
    ada, bob, _ = doors
    stored = (await _upload(ada, "../evil.html", b"<script>alert(1)</script>")).json()
    assert stored["file_name"] == "evil.html"
    got = await ada.get(f"/attachments/{stored['id']}")
    assert got.headers["content-type"].startswith("text/plain")
    assert got.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in got.headers["content-security-policy"]
    assert (await bob.get(f"/attachments/{stored['id']}")).status_code == 404
    refused = await _upload(ada, "program.exe", b"MZ\x00\x01\x02")
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_file")
    sent = await ada.post("/", {"message": "look at this", "attachment": stored["id"]})
    assert "evil.html" in (await ada.get(sent.headers["location"])).text
    foreign = await bob.post("/", {"message": "look at this", "attachment": stored["id"]})
    assert "evil.html" not in foreign.text


async def test_search_marks_and_escapes(doors: Doors) -> None:
    """A hit is marked, markup in titles and words is text, and the list for the palette has it too."""
    ada, bob, _ = doors
    await _chat("<img src=x onerror=alert(1)> needle <b>", title="<u>haystack</u>")
    for headers in ({}, {"hx-request": "true"}):
        page = (await ada.get("/search?q=needle", **headers)).text
        assert "<mark>needle</mark>" in page
        assert "<img src=x" not in page
        assert "<u>haystack" not in page
    assert "needle" not in (await bob.get("/search?q=needle")).text.partition("</form>")[2].partition("<main")[2].replace('value="needle"', "").replace(
        "q=needle", ""
    )
    assert 'role="alert"' in (await ada.get("/search?q=in:space")).text
    assert "/?draft=" in (await ada.get("/search?q=capture", **{"hx-request": "true"})).text


async def test_hostile_texts_stay_texts(doors: Doors, shared_dir: Path) -> None:
    """Every line of the corpus as a prompt, a title, a question and a file name: no page has a tag of its making."""
    ada = doors[0]
    actor = await users.actor_by_email("ada@example.com", "web")
    corpus = [line.split("\t") for line in (shared_dir / "kit" / "xss.txt").read_text().splitlines() if line.count("\t") >= 2 and not line.startswith("#")]
    lines = [json.loads(fields[2]) if fields[2].startswith('"') else fields[2] for fields in corpus]
    lines = [line.replace("\0", "") for line in lines]
    assert len(lines) > 20
    for number, line in enumerate(lines):
        await prompts.save(actor, f"p{number}", line)
    chat = await _chat("\n".join(lines), "\n\n".join(lines), title=lines[0][:100])
    for path in ("/prompts", f"/c/{chat}/share", f"/c/{chat}", "/search?q=script", "/search?q=onerror", "/offers?q=/p"):
        page = await ada.get(path)
        assert page.status_code == 200
        if not page.headers["content-type"].startswith("application/json"):
            body = page.text
            assert not re.search(r"<(?:img|iframe|object|embed|math|video|style|base|link rel=\"import)[^>]*\bon\w+\s*=", body, re.IGNORECASE), path
            assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)", body), path
            assert not re.search(r"<a[^>]*href=[\"']?\s*(?:javascript|data|vbscript):", body, re.IGNORECASE), path


async def test_ones_data_leaves_comes_and_goes(doors: Doors, database_url: str) -> None:
    """Download, import of another product's file, and deletion only with the e-mail and fresh proof."""
    ada = doors[0]
    chat = await _chat(f"key {SECRET}")
    for format in ("markdown", "json"):
        made = await ada.get(f"/c/{chat}/export/{format}")
        assert made.headers["content-disposition"].startswith("attachment")
        assert SECRET not in made.text
    archive = zipfile.ZipFile(io.BytesIO((await ada.get("/settings/data/download")).content))
    assert archive.testzip() is None
    page = await ada.get("/settings/data")
    token = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert token
    known = {"m": {"id": "m", "parentId": None, "role": "user", "content": "from elsewhere"}}
    other = json.dumps([{"id": "1", "title": "Old", "chat": {"history": {"messages": known, "currentId": "m"}}}])
    done = await ada.http.post("/settings/data/import", files={"chats": ("x.json", other.encode())}, data={"csrf": token[1]})
    assert "1 chat was imported" in done.text
    refused = await ada.post("/settings/data/delete", {"email": "bob@example.com"}, at="/settings/data")
    assert 'role="alert"' in refused.text
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE login_sessions SET confirmed_at = now() - interval '1 hour'")
    stale = await ada.post("/settings/data/delete", {"email": "ada@example.com"}, at="/settings/data")
    assert stale.headers["location"].startswith("/confirm")
    assert (await ada.get("/settings/data/download")).headers["location"].startswith("/confirm")
    await connection.execute("UPDATE login_sessions SET confirmed_at = now()")
    await connection.close()
    assert "Your data is deleted" in (await ada.post("/settings/data/delete", {"email": "Ada@example.com"}, at="/settings/data")).text
    assert (await ada.get(f"/c/{chat}")).status_code == 404
