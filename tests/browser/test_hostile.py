"""Hostile text in every field that a page shows: titles, names, tags, headers, paths, queries and bodies of calls, documents made of them. All of it is only text."""

import asyncio
import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from playwright.async_api import Dialog, expect

from agent import approvals, endpoints
from agent.accounts import users
from agent.actor import Actor
from agent.calls import imports
from agent.conversation import chats
from agent.documents import docs
from agent.events import Hub
from agent.runs import loop
from tests.browser.conftest import Site
from tests.live import serving

pytestmark = pytest.mark.asyncio(loop_scope="session")
TABS = ("", "?tab=endpoints", "?tab=docs", "?tab=changes", "?tab=connect", "?tab=settings")


def _payloads(shared_dir: Path) -> list[str]:
    """The kit's list without what runs inside generated applications."""
    lines = [line.split("\t") for line in (shared_dir / "kit" / "xss.txt").read_text().splitlines() if line.strip() and not line.startswith("#")]
    return [json.loads(parts[2]) for parts in lines if parts[0] != "app"]


def _har(payloads: list[str]) -> bytes:
    """A call for each payload that has it in the path, the query, both sides' headers and bodies; as JSON names and values, as HTML and as SVG."""
    entries: list[dict[str, Any]] = []
    for n, payload in enumerate(payloads):
        text, kind = [
            (json.dumps({payload: payload, "id": n, "nested": [{"html": payload}]}), "application/json"),
            (payload, "text/html"),
            (f"<svg xmlns='http://www.w3.org/2000/svg'>{payload}</svg>", "image/svg+xml"),
        ][n % 3]
        one_line = payload.replace("\r", " ").replace("\n", " ").replace("\0", "")
        entries.append(
            {
                "startedDateTime": "2026-11-01T10:00:00.000Z", "time": 12, "cache": {}, "timings": {"send": 1, "wait": 10, "receive": 1},
                "request": {
                    "method": "POST", "url": "http://127.0.0.1:8999/items/" + one_line.replace(" ", "%20").replace("#", "%23"), "httpVersion": "HTTP/1.1",
                    "headers": [{"name": "X-Hostile", "value": one_line}], "queryString": [{"name": one_line, "value": one_line}], "cookies": [],
                    "headersSize": -1, "bodySize": -1, "postData": {"mimeType": "application/json", "text": json.dumps({payload: payload})},
                },
                "response": {
                    "status": 200, "statusText": one_line, "httpVersion": "HTTP/1.1", "headers": [{"name": "Content-Type", "value": kind}, {"name": "X-Hostile", "value": one_line}],
                    "cookies": [], "redirectURL": one_line, "headersSize": -1, "bodySize": -1,
                    "content": {"size": len(text), "mimeType": kind, "encoding": "base64", "text": base64.b64encode(text.encode("utf-8", "replace")).decode()},
                },
            }
        )  # fmt: skip
    return msgspec.json.encode({"log": {"version": "1.2", "creator": {"name": payloads[0], "version": "1"}, "entries": entries}})


async def _chats(actor: Actor, payloads: list[str]) -> list[UUID]:
    """Each payload as a message and as a title; the guide repeats some of what it is told."""
    made: list[UUID] = []
    for payload in payloads:
        started = await loop.send(Hub(), actor, payload.strip().replace("\0", "") or "x")
        made.append(started.chat_session_id)
    for chat_id, payload in zip(made, payloads, strict=True):
        while (await chats.get(actor, chat_id)).title is None:
            await asyncio.sleep(0.05)
        await chats.rename(actor, chat_id, payload.strip().replace("\0", "")[:200] or "x")
    return made


_THIEF = """<!doctype html><title>.</title><button id="go">Go</button><iframe id="frame" src="/needs-you"></iframe>
<form id="form" method="post" action="/approvals/{approval}" target="_blank"><input name="decision" value="approve"><input name="csrf" value="x"></form>
<script>
  const tell = (word) => {{ document.title += word + " "; }};
  const attempt = (name, deed) => {{ try {{ tell(deed() ? name.toUpperCase() : name + "-closed"); }} catch {{ tell(name + "-closed"); }} }};
  document.getElementById("go").onclick = () => {{
    fetch("/needs-you", {{ credentials: "include" }}).then((r) => r.text()).then((t) => tell(t.includes("approval-") ? "FETCH" : "fetch-closed"), () => tell("fetch-closed"));
    attempt("cookie", () => document.cookie);
    attempt("storage", () => localStorage);
    attempt("frame", () => document.getElementById("frame").contentDocument.querySelector("[value=approve]").click() ?? true);
    const opened = window.open("/needs-you");
    setTimeout(() => attempt("window", () => opened.document.querySelector("[value=approve]").click() ?? true), 700);
    document.getElementById("form").submit();
  }};
</script>"""


async def test_a_captured_page_answers_no_approval(site: Site, say: Callable[..., Any]) -> None:
    """An upstream's page on this origin tries by frame, window, fetch, cookie and form: it reads nothing, and the card waits on."""
    site.allowed = ["CSP", "Blocked", "blocked", "sandbox", "status of 4", "net::ERR", "Refused", "Framing"]
    actor = await users.actor_by_email("ada@example.com", "web")
    kept = await endpoints.create(actor, "demo")
    page = await site.page()
    await page.goto("/")
    await say(page, f"delete {kept.slug}", wait=False, model="scripted")
    await page.locator(".approval").wait_for()
    [asked] = await approvals.pending(actor)

    async def thief(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": _THIEF.format(approval=asked.id).encode()})

    async with serving(thief, http="httptools") as url:
        evil = await endpoints.create(actor, url, name="Evil")
        other = await site.page(page.context)
        await other.goto(evil.proxy_url + "/")
        await other.click("#go")
        for word in ("fetch", "cookie", "storage", "frame", "window"):
            await expect(other).to_have_title(re.compile(f"{word}-closed"))
        await other.wait_for_timeout(300)  # what was sent all the same would arrive now
        assert [one.id for one in await approvals.pending(actor)] == [asked.id]
        await other.close()


async def test_hostile_text_is_only_text(site: Site, shared_dir: Path) -> None:
    """Every payload in every field, each page opened: no script runs, no dialog opens, nothing is asked of another host, nothing is sent that nobody clicked."""
    site.allowed = ["status of 404", "status of 422"]
    actor = await users.actor_by_email("ada@example.com", "web")
    payloads = _payloads(shared_dir)
    name = "".join(payload for payload in payloads if len(payload) < 60)[:100]
    made = await endpoints.create(actor, "http://127.0.0.1:8999", name=name, description="\n".join(payloads)[:1900])
    await endpoints.update(actor, made.id, endpoints.EndpointChange(tags=[payload[:40] for payload in payloads[:8]], is_public=True))
    report = await imports.import_file(actor, made.id, _har(payloads))
    assert report.imported > len(payloads) * 0.9
    await docs.generate(actor, made.id)
    talks = await _chats(actor, payloads[::24])
    page = await site.page()
    fired: list[str] = []
    await page.expose_function("XSS_CANARY", lambda *_: fired.append("canary"))

    async def dismissed(dialog: Dialog) -> None:
        fired.append("dialog")
        await dialog.dismiss()

    page.on("dialog", dismissed)
    page.on("request", lambda request: fired.append(request.url) if not request.url.startswith((site.url, "data:")) or request.method != "GET" else None)
    await page.goto(f"/apis/{made.slug}")
    await page.wait_for_selector(".calls tbody a")
    calls = await page.eval_on_selector_all(".calls tbody a", "(links) => links.map((a) => a.getAttribute('href'))")
    paths = [f"/apis/{made.slug}{tab}" for tab in TABS] + [f"/docs/{made.slug}", "/chats", "/apis", "/search?q=XSS_CANARY", f"/?panel=calls:{made.slug}"]
    paths += [f"/c/{talk}" for talk in talks] + sorted({call for call in calls if call and "?" not in call})[:8]
    paths += [f"/search?q={payloads[0]}", f"/login?next={payloads[-1]}", f"/?panel=call:{payloads[0]}"]
    for path in paths:
        await page.goto(path, wait_until="load")
        if await page.locator("#clickme").count():
            fired.append(f"an element of a payload is on {path}")
        assert not fired, (path, fired)
