"""Capture files as captures, and the report on them."""

import base64
import gzip
import json
from typing import Any

import asyncpg
import pytest

from agent import controls, endpoints
from agent.accounts import users
from agent.actor import Actor
from agent.calls import captures, imports
from agent.calls.capture_search import Filter
from agent.controls import ControlsChange
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.recorder import PathFilter
from tests.agent.spec.bad_files import BAD


def _entry(url: str, status: int = 200, **more: Any) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-11-20T10:00:00.000Z",
        "time": 12,
        "request": {"method": "GET", "url": url, "headers": [{"name": "Authorization", "value": "Bearer abcdefghijklmnop"}], "httpVersion": "HTTP/1.1"},
        "response": {"status": status, "headers": [], "content": {"mimeType": "application/json", "text": '{"id": 1}', "size": 9}},
        **more,
    }


def _har(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}}).encode()


@pytest.fixture
async def mine(database: asyncpg.Pool) -> tuple[Actor, Endpoint]:
    profile = await users.sign_up("ada@example.com", "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "api")
    return actor, await endpoints.create(actor, "http://127.0.0.1:8999")


async def test_the_report_says_what_became_of_the_file(mine: tuple[Actor, Endpoint]) -> None:
    """Imported, of which hosts, and what could not be read; the calls are there at once, at their own times."""
    actor, endpoint = mine
    data = _har(_entry("http://127.0.0.1:8999/a"), _entry("http://127.0.0.1:8999/b", 404), _entry("https://cdn.example/x.js"), {"request": {}})
    progress: list[int] = []
    report = await imports.import_file(actor, endpoint.id, gzip.compress(data), progress.append)
    assert (report.imported, report.left_out, report.elsewhere) == (3, 1, 1)
    assert report.hosts == {"127.0.0.1": 2, "cdn.example": 1}
    assert report.skipped and progress == [3]
    found = await captures.search(actor, Filter(endpoint_id=endpoint.id, source="import"))
    assert len(found.items) == 3
    assert found.items[0].started_at.isoformat().startswith("2026-11-20T10:00")
    assert (await endpoints.get(actor, endpoint.id)).calls == 3


async def test_a_file_that_is_given_again_is_stored_once(mine: tuple[Actor, Endpoint]) -> None:
    """As where its import was cut off: calls that are alike are as many as in the file; those without a time are all new."""
    actor, endpoint = mine
    alike = [_entry(f"http://127.0.0.1:8999/a?token=abcdefgh{n}") for n in (1, 1, 2)]
    timeless = _entry("http://127.0.0.1:8999/b", startedDateTime="")
    for data, expected in ((_har(*alike[:2], timeless), (3, 0)), (_har(*alike, alike[0], timeless), (3, 2)), (_har(*alike), (0, 3))):
        report = await imports.import_file(actor, endpoint.id, data)
        assert (report.imported, report.known, report.unwanted) == (*expected, 0)
    assert imports.told(report, endpoint)[1] == "3 were there already."
    assert (await endpoints.get(actor, endpoint.id)).calls == 6


async def test_a_recording_begins_an_api(mine: tuple[Actor, Endpoint]) -> None:
    """The host that most data came from, though its name is known to nobody here; what is no recording makes nothing."""
    actor, _ = mine
    page = {"headers": [{"name": "content-type", "value": "text/html"}], "status": 200, "content": {"mimeType": "text/html", "text": "<p>", "size": 3}}
    data = {**page, "headers": [{"name": "Content-Type", "value": "application/json; charset=utf-8"}]}
    entries = [_entry(f"https://www.nowhere.invalid/{n}.html", response=page) for n in range(5)]
    begun = await imports.begin(actor, _har(*entries, _entry("https://api.nowhere.invalid:8443/v1/things", response=data)))
    assert (begun.endpoint.destination_url, begun.endpoint.calls) == ("https://api.nowhere.invalid:8443", 6)
    assert (begun.report.imported, begun.report.elsewhere) == (6, 5)
    for wrong in (b"", b"no recording", _har()):
        with pytest.raises(Problem) as caught:
            await imports.begin(actor, wrong)
        assert caught.value.code == "unreadable_capture"
    with pytest.raises(Problem):
        await imports.begin(actor, _har(_entry("http://169.254.169.254/latest/meta-data", response=data)))
    assert len((await endpoints.list_(actor)).items) == 2


async def test_paths_that_are_not_wanted_are_left_out(mine: tuple[Actor, Endpoint]) -> None:
    """And counted."""
    actor, endpoint = mine
    await controls.update(actor, endpoint.id, ControlsChange(paths=PathFilter(exclude=("/health*",))))
    report = await imports.import_file(actor, endpoint.id, _har(_entry("http://127.0.0.1:8999/health"), _entry("http://127.0.0.1:8999/a")))
    assert (report.imported, report.unwanted) == (1, 1)


@pytest.mark.parametrize("data", [b"", b"{}", b"\0\1\2", b'{"log": {"entries": []}}', b"[1, 2"])
async def test_what_is_no_recording_is_told(mine: tuple[Actor, Endpoint], data: bytes) -> None:
    """In one sentence, and nothing is stored."""
    with pytest.raises(Problem) as refused:
        await imports.import_file(mine[0], mine[1].id, data)
    assert refused.value.code == "unreadable_capture"


async def test_a_bad_file_is_stored_as_far_as_it_is_whole_or_refused_in_a_sentence(mine: tuple[Actor, Endpoint]) -> None:
    """Whatever was uploaded."""
    for name, bad in BAD.items():
        try:
            report = await imports.import_file(mine[0], mine[1].id, bad.data)
            found = report.imported + report.known
        except Problem as refused:
            assert refused.code == "unreadable_capture" and str(refused).endswith("."), (name, refused)
            found = None
        assert found == bad.calls, name


async def test_a_large_recording_is_stored_in_batches(mine: tuple[Actor, Endpoint]) -> None:
    """Whoever watches sees how far it has come."""
    actor, endpoint = mine
    progress: list[int] = []
    await imports.import_file(actor, endpoint.id, _har(*[_entry(f"http://127.0.0.1:8999/{n}") for n in range(450)]), progress.append)
    assert progress == [200, 400, 450]


async def test_packed_bodies_do_not_gather_in_memory(mine: tuple[Actor, Endpoint], monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch ends where its bodies, unpacked, are long, however short they are in the file."""
    monkeypatch.setattr(imports, "_BATCH_BYTES", 1_000_000)
    packed = {"mimeType": "text/plain", "encoding": "base64", "text": base64.b64encode(gzip.compress(b" " * 600_000)).decode()}
    entry = _entry("http://127.0.0.1:8999/a")
    entry["response"] |= {"headers": [{"name": "Content-Encoding", "value": "gzip"}], "content": packed}
    told: list[int] = []
    report = await imports.import_file(mine[0], mine[1].id, _har(*[entry | {"time": n} for n in range(5)]), told.append)
    assert (report.imported, told) == (5, [2, 4, 5])
