"""What goes wrong, as people see it: inside the application where they are signed in, always with a way on; programs get the envelope."""

import re
from typing import Any

import pytest
import structlog

from agent.accounts import tokens, users
from agent.billing import ledger
from agent.errors import Problem
from tests.web.pages.conftest import Door
from tests.web.pages.conftest import doors as doors
from web.problems import openai_document

Doors = tuple[Door, Door, Door]
_SHELL = '<nav class="rail"'


async def test_a_page_for_each_status(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not there, not allowed, not so, out of date, too much, broken: each says what and what next, with the navigation of who is signed in."""
    ada, _, stranger = doors
    here = str(ada.http.base_url).rstrip("/")

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    answers = [
        (404, await ada.get("/no/such/page")),
        (404, await ada.get("/apis/none")),
        (403, await ada.get("/admin")),
        (405, await ada.http.put("/apis")),
        (403, await ada.http.post("/settings", data={"csrf": "x"}, headers={"referer": f"{here}/settings?saved=true"})),
        (413, await ada.http.post("/settings", content=b"x" * (61 << 20), headers={"content-type": "application/x-www-form-urlencoded"})),
    ]
    monkeypatch.setattr(ledger, "entries", broken)
    with structlog.testing.capture_logs() as logs:
        answers.append((500, await ada.get("/credits")))
    for status, answer in answers:
        assert (answer.status_code, _SHELL in answer.text) == (status, True), answer.text
        assert "ada@example.com" in answer.text
        assert re.search(r"<h1>[^<]+</h1>", answer.text)
        assert 'class="button" href="/"' in answer.text
    assert '<a class="button primary" href="/settings?saved=true">' in answers[4][1].text
    assert "boom" not in answers[-1][1].text
    said = next(line["request"] for line in logs if line["event"] == "request.failed")
    assert said in answers[-1][1].text
    alone = await stranger.get("/no/such/page")
    assert (alone.status_code, _SHELL in alone.text) == (404, False)
    stale = await stranger.http.post("/login", data={"csrf": "x"}, headers={"referer": f"{here}/login"})
    assert (stale.status_code, 'href="/login?next=%2Flogin"' in stale.text) == (403, True)


async def test_odd_text_breaks_nothing(doors: Doors) -> None:
    """A NUL character where a name or a search stands, and a form's token in other letters, are refused with a sentence."""
    ada, _, stranger = doors
    for door, path in ((stranger, "/docs/%00"), (ada, "/apis/%00"), (ada, "/apis?query=%00"), (ada, "/api/v1/endpoints?query=%00"), (ada, "/search?q=%00")):
        assert (await door.get(path)).status_code in (200, 404, 422), path
    assert (await ada.post("/settings", {"full_name": "\x00"})).status_code == 422
    assert (await ada.http.post("/settings", data={"csrf": "é"})).status_code == 403
    assert (await ada.http.post("/settings", headers={"x-csrftoken": "é".encode()})).status_code == 403


async def test_programs_get_the_envelope(doors: Doors) -> None:
    """Whatever they accept, at the doors for programs; elsewhere a piece of a page is a sentence."""
    ada = doors[0]
    for path in ("/api/v1/none", "/api/v1/endpoints/none", "/v1/none"):
        answer = await ada.get(path)
        assert "json" in answer.headers["content-type"], path
    assert (await ada.http.get("/no/such/page", headers={"accept": "*/*"})).json()["code"] == "not_found"
    piece = await ada.get("/no/such/page", **{"hx-request": "true"})
    assert 'role="alert"' in piece.text
    assert _SHELL not in piece.text


async def test_programs_are_told_what_is_wrong_by_name(doors: Doors) -> None:
    """A body in the caller's own names; a method with those there are, as the standard wants it and the remedy says."""
    bearer = {"authorization": f"Bearer {(await tokens.create(await users.actor_by_email('ada@example.com'), 'test')).token}"}
    post, put = doors[2].http.post, doors[2].http.put
    bodies: list[tuple[dict[str, Any], str, str]] = [
        ({}, "invalid_arguments", "`body`: It is missing"),
        ({"content": b"{"}, "invalid_json", ""),
        ({"content": b"nonsense"}, "invalid_json", ""),
        ({"json": {}}, "invalid_arguments", "`destination_url`: "),
        ({"json": {"destination_url": "https://x.example", "bogus": 1}}, "invalid_arguments", "`bogus`: "),
        ({"json": []}, "invalid_arguments", "`body`: Expected `object`, got `array`"),
    ]
    for sent, code, said in bodies:
        answer = await post("/api/v1/endpoints", headers=bearer, **sent)
        assert (answer.json()["code"], said in answer.json()["detail"]) == (code, True), answer.text
    methods = {
        "/api/v1/endpoints": "GET, OPTIONS, POST",
        "/api/v1/runs/01a1ffdd-2c27-740e-ad0d-12de253b9f5d/stop": "OPTIONS, POST",
        "/v1/models": "GET, OPTIONS",
    }
    for path, allowed in methods.items():
        answer = await put(path, headers=bearer)
        assert (answer.status_code, answer.headers.get("allow")) == (405, allowed), answer.text


async def test_one_of_a_few_values_is_named_with_all_of_them(doors: Doors) -> None:
    """In a path, a query and a body: who was wrong is told what there is."""
    bearer = {"authorization": f"Bearer {(await tokens.create(await users.actor_by_email('ada@example.com'), 'test')).token}"}
    get, post, some = doors[2].http.get, doors[2].http.post, "01a1ffdd-2c27-740e-ad0d-12de253b9f5d"
    answers = [
        ("status", "`ACTIVE`", await get("/api/v1/endpoints?status=BOGUS", headers=bearer)),
        ("kind", "`postman`, `typescript`", await get(f"/api/v1/endpoints/{some}/bogus", headers=bearer)),
        ("decision", "`approve`", await post(f"/api/v1/runs/{some}/approvals/{some}", headers=bearer, json={"decision": "maybe"})),
    ]
    for name, value, answer in answers:
        said = answer.json()
        assert (said["code"], said["errors"][0]["field"]) == ("invalid_arguments", name), answer.text
        assert "It takes " in said["detail"] and value in said["detail"] and value in said["errors"][0]["message"], answer.text


async def test_a_page_stands_alone_where_its_shell_breaks_too(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second failure hides nothing of the first."""

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(ledger, "balance", broken)
    answer = await doors[0].get("/no/such/page")
    assert (answer.status_code, _SHELL in answer.text) == (404, False)
    assert "<h1>Not found</h1>" in answer.text


def test_openais_clients_hear_in_their_own_word_that_a_conversation_is_too_long() -> None:
    """They shorten it where they read that code, and do not send it again as it is."""
    told = openai_document(Problem("context_full", "Too long."))["error"]
    assert (told["code"], told["type"]) == ("context_length_exceeded", "invalid_request_error")
