"""The page of one call: secrets hidden until asked, sent again, compared, its picture and bytes safe."""

import asyncio
import html
import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from agent import endpoints
from agent.accounts import users
from agent.calls import captures
from agent.calls.capture_search import Filter
from agent.documents import docs
from agent.recorder import Heard, body_of, store_heard
from db import engine
from tests.pace import timed

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SECRET = "sk_live_0123456789abcdef"


async def _call(owner: str = "ada@example.com", **more: Any) -> UUID:
    actor = await users.actor_by_email(owner, "web")
    endpoint = await endpoints.create(actor, "http://127.0.0.1:8999")
    values: dict[str, Any] = {
        "request_headers": [("Authorization", f"Bearer {SECRET}"), ("Content-Type", "application/json")],
        "request": body_of(b'{"a": 1}', 100),
        "response_headers": [("Content-Type", "application/json")],
        "response": body_of(b'{"b": "<script>alert(1)</script>"}', 100),
        "status": 200,
        **more,
    }
    heard = Heard(endpoint.id, actor.user_id, "POST", f"http://127.0.0.1:8999/orders?api_key={SECRET}", **values)
    await store_heard([heard])
    return (await captures.search(actor, Filter(endpoint_id=endpoint.id))).items[0].id


async def test_secrets_are_hidden_until_asked(doors: Any) -> None:
    """Nowhere on the page, its forms and its copies; after a click they are shown, and the audit log knows."""
    ada = doors[0]
    call = await _call()
    page = await ada.get(f"/calls/{call}")
    assert page.status_code == 200
    assert SECRET not in page.text and "<script>alert" not in page.text
    shown = await ada.post(f"/calls/{call}/reveal", at=f"/calls/{call}")
    assert SECRET in shown.text
    async with engine.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM audit_logs WHERE action = 'CALL_REVEALED'") == 1
    panel = await ada.get(f"/panel?show=call:{call}")
    assert SECRET not in panel.text


async def test_sending_again_needs_a_yes(doors: Any) -> None:
    """A POST without the tick is refused with a sentence, and the draft stays; a failed exchange is a call of its own."""
    ada = doors[0]
    call = await _call()
    form = {"method": "POST", "url": "", "headers": "X-New: mine", "body": "{}"}
    refused = await ada.post(f"/calls/{call}/resend", form, at=f"/calls/{call}")
    assert refused.status_code == 409
    assert "may change something" in refused.text and "X-New: mine" in refused.text
    sent = await ada.post(f"/calls/{call}/resend", {**form, "confirm": "yes"}, at=f"/calls/{call}")
    assert sent.status_code == 303
    followed = await ada.get(sent.headers["location"])
    assert "Sent again" in followed.text
    assert (await ada.get(f"{sent.headers['location'].partition('?')[0]}/compare?other={call}")).status_code == 200


async def test_pictures_and_bytes_cannot_act(doors: Any) -> None:
    """A picture is served as nothing else, SVG not at all, and bytes only as a download."""
    ada = doors[0]
    picture = await _call(response_headers=[("Content-Type", "image/png")], response=body_of(PNG, 100))
    answer = await ada.get(f"/calls/{picture}/image/response")
    assert (answer.content, answer.headers["content-type"], answer.headers["x-content-type-options"]) == (PNG, "image/png", "nosniff")
    assert "sandbox" in answer.headers["content-security-policy"]
    drawing = await _call(response_headers=[("Content-Type", "image/svg+xml")], response=body_of(b"<svg onload='alert(1)'/>", 100))
    assert (await ada.get(f"/calls/{drawing}/image/response")).status_code == 404
    data = await ada.get(f"/calls/{drawing}/body/response")
    assert data.headers["content-type"].startswith("application/octet-stream") and "attachment" in data.headers["content-disposition"]


@pytest.mark.parametrize("path", ["", "/compare?other={id}", "/image/response", "/body/request"])
async def test_a_stranger_sees_nothing(doors: Any, path: str) -> None:
    """Not even that it exists."""
    call = await _call()
    assert (await doors[1].get(f"/calls/{call}{path.format(id=call)}")).status_code == 404


async def test_the_live_view_moves_within_a_second(doors: Any) -> None:
    """From the end of a call through the proxy to its line in an open page."""
    ada = doors[0]
    actor = await users.actor_by_email("ada@example.com", "web")
    made = await endpoints.create(actor, "demo")
    async with ada.http.stream("GET", f"/stream?live=page:{made.slug}", headers={"accept": "text/event-stream"}) as stream:
        lines = stream.aiter_lines()
        while "Nothing heard yet" not in await anext(lines):
            pass
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get(f"{made.proxy_url}/products/prod_1001")

        async def seen() -> None:
            while "/products/prod_1001" not in await anext(lines):
                pass

        async with asyncio.timeout(60):
            assert (await timed(seen())).seconds < 1


async def test_how_a_call_ended_is_seen_in_its_line(doors: Any) -> None:
    """A WebSocket that was opened did not fail; an answer that broke off is no success, whatever its status."""
    socket, broken = await _call(protocol="ws", status=None), await _call(error="the client left before the answer was complete")
    for call, words in (
        (socket, '<span class="status s1">101</span>'),
        (broken, '<span class="status s0" title="the client left before the answer was complete">200 incomplete'),
    ):
        assert words in (await doors[0].get(f"/calls/{call}")).text


async def test_graphql_and_sockets_have_their_views(doors: Any) -> None:
    """The operation's name and query; each message with its direction."""
    ada = doors[0]
    asked = await _call(request=body_of(b'{"operationName": "Things", "query": "query Things { things { id } }", "variables": {"n": 3}}', 1000))
    page = await ada.get(f"/calls/{asked}")
    assert "GraphQL" in page.text and "Things" in page.text
    socket = await _call(protocol="ws", status=101, messages=[("sent", 1.0, True, b"hello there"), ("received", 2.0, True, b'{"x": 1}')])
    assert "hello there" in (await ada.get(f"/calls/{socket}")).text


async def test_an_operation_leads_to_its_calls(doors: Any) -> None:
    """Each line of the Endpoints tab links to exactly the calls that it counts."""
    ada = doors[0]
    actor = await users.actor_by_email("ada@example.com", "web")
    endpoint = await endpoints.create(actor, "http://127.0.0.1:8999/v1")
    paths = [*(f"/orders/{number}" for number in range(1001, 1006)), "/orders", "/customers/17/orders", "/customers/18/orders"]
    await store_heard(
        [
            Heard(
                endpoint.id,
                actor.user_id,
                "GET",
                f"http://127.0.0.1:8999/v1{path}",
                status=200,
                response=body_of(b'{"id": 1}', 100),
                response_headers=[("Content-Type", "application/json")],
            )
            for path in paths
        ]
    )
    await docs.generate(actor, endpoint.id)
    page = await ada.get(f"/apis/{endpoint.slug}?tab=endpoints")
    links = re.findall(r'href="(/apis/[^"?]+\?q=pattern[^"]+)"[^>]*>(\d+) call', page.text)
    assert sum(int(count) for _, count in links) == len(paths)
    for link, count in links:
        listed = await ada.get(html.unescape(link))
        assert listed.text.count('<tr id="call-') == int(count), link


async def test_what_is_left_hidden_goes_as_it_was_captured(doors: Any) -> None:
    """A parameter, a header and a field of the body that still read as hidden are sent whole beside what was edited."""
    ada = doors[0]
    call = await _call(request=body_of(b'{"a": 1, "auth": {"password": "hunter2-hunter2"}, "list": [{"token": "tok_abcdef123456"}]}', 1000))
    page = html.unescape((await ada.get(f"/calls/{call}")).text)
    form = {name: re.search(rf'name="{name}"[^>]*?(?:value="([^"]*)"|>([^<]*)</textarea>)', page) for name in ("url", "headers", "body")}
    shown = {name: next(text for text in found.groups() if text is not None) for name, found in form.items() if found}
    assert "hunter2" not in shown["body"] and SECRET not in shown["url"]
    edits = {**shown, "method": "POST", "confirm": "yes", "url": shown["url"] + "&more=1", "body": shown["body"].replace('"a":1', '"a":2')}
    sent = await ada.post(f"/calls/{call}/resend", edits, at=f"/calls/{call}")
    assert sent.status_code == 303, sent.text
    resent = await captures.get(await users.actor_by_email("ada@example.com", "web"), sent.headers["location"].partition("?")[0].rpartition("/")[2])
    assert resent.request_body.text == '{"a":2,"auth":{"password":"hunter2-hunter2"},"list":[{"token":"tok_abcdef123456"}]}'
    assert resent.target.endswith(f"/orders?api_key={SECRET}&more=1")
