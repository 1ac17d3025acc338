"""Captured calls for programs: whose secrets they see."""

import pytest

from agent import endpoints
from agent.accounts import tokens, users
from agent.calls import captures
from agent.calls.capture_search import Filter
from agent.recorder import Heard
from agent.recorder.at_once import store_heard
from db import engine
from tests.live import wiretalk

_SECRET = "sk-live-0123456789abcdef"


async def test_who_sees_a_captured_secret_is_in_the_log(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's own token, unless it asks for masks; a program that was let in by signing in never does."""
    async with wiretalk(monkeypatch) as api:
        ada = await users.actor_by_email("ada@example.com", "api")
        made = await endpoints.create(ada, "demo")
        await store_heard([Heard(made.id, ada.user_id, "GET", "http://x.example/", status=200, request_headers=[("Authorization", f"Bearer {_SECRET}")])])
        call = (await captures.search(ada, Filter(endpoint_id=made.id))).items[0].id
        let_in = (await tokens.create(ada, "program", ["read"], is_delegated=True)).token
        for path, headers, is_shown in (
            (f"/api/v1/calls/{call}?masked=true", {}, False),
            (f"/api/v1/calls/{call}/copy", {}, False),
            (f"/api/v1/calls/{call}", {"authorization": f"Bearer {let_in}"}, False),
            (f"/api/v1/calls/{call}/copy?masked=false", {"authorization": f"Bearer {let_in}"}, False),
            (f"/api/v1/calls/{call}", {}, True),
            (f"/api/v1/calls/{call}/copy?masked=false", {}, True),
        ):
            answer = await api.get(path, headers=headers)
            assert answer.status_code == 200
            assert (_SECRET in answer.text) == is_shown, path
        async with engine.connection() as connection:
            assert await connection.fetchval("SELECT count(*) FROM audit_logs WHERE action = 'CALL_REVEALED'") == 2
