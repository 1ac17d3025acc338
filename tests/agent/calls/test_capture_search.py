"""Lists of calls: what the filters mean, that pages neither skip nor repeat, that rare things are found behind many."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from agent.accounts import users
from agent.actor import Actor
from agent.calls import capture_search
from agent.calls.capture_search import Filter, search
from agent.errors import Problem
from agent.recorder import Heard, row_of, store
from db.ids import uuid7

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
_MANY = """
INSERT INTO api_calls (id, endpoint_id, user_id, method, url, path, response_status, timestamp, duration)
SELECT new_id(), $1, $2, 'GET', 'https://x.example/v1/products?page=' || n, '/v1/products', 200, $3::timestamptz + n * interval '1 second', 20 FROM generate_series(1, 6000) AS n
"""


class Ground:
    """A user with one API and its calls."""

    def __init__(self, actor: Actor, endpoint: UUID) -> None:
        self.actor, self.endpoint = actor, endpoint

    async def heard(self, method: str, path: str, status: int | None, second: int, **more: object) -> UUID:
        heard = Heard(
            self.endpoint, self.actor.user_id, method, f"https://x.example{path}", status=status, started_at=BEGAN + timedelta(seconds=second), **more
        )  # type: ignore[arg-type]
        row = row_of(heard)
        await store([row])
        return row.id

    async def found(self, **wanted: object) -> list[UUID]:
        return [call.id for call in (await search(self.actor, Filter(endpoint_id=self.endpoint, **wanted))).items]  # type: ignore[arg-type]


@pytest.fixture
async def ground(database: asyncpg.Pool) -> Ground:
    profile = await users.sign_up("ada@example.com", "correct horse")
    endpoint = uuid7()
    await database.execute(
        "INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $2, 'api', 'api', 'https://x.example/v1')", endpoint, profile.id
    )
    return Ground(users.actor_of(profile.id, "USER", profile.email, "api"), endpoint)


@pytest.mark.parametrize("behind_many", [False, True])
async def test_every_filter_finds_its_call(ground: Ground, database: asyncpg.Pool, behind_many: bool) -> None:
    """Alone and together, among few calls and behind thousands of newer ones that do not match."""
    order = await ground.heard("POST", "/v1/orders?source=shop", 201, 1, duration_ms=1500)
    refund = await ground.heard("DELETE", "/v1/orders/ord_4711/refunds", 404, 2)
    broken = await ground.heard("GET", "/v1/customers/17", 503, 3)
    cut = await ground.heard("GET", "/v1/customers", None, 4, error="the upstream cut the connection")
    replayed = await ground.heard("GET", "/v1/customers/18", 200, 5, source="replay")
    if behind_many:
        await database.execute(_MANY, ground.endpoint, ground.actor.user_id, BEGAN + timedelta(hours=1))
    assert await ground.found(method="post") == [order]
    assert await ground.found(status="404") == [refund]
    assert await ground.found(status="5xx") == [broken]
    assert await ground.found(status="404, 5xx") == [broken, refund]
    assert await ground.found(status="error") == [cut, broken, refund]
    assert await ground.found(path="orders") == [refund, order]
    assert await ground.found(query="ord_47") == [refund]
    assert await ground.found(query="source=shop") == [order]
    assert await ground.found(query="nowhere") == []
    assert await ground.found(pattern="/customers/{id}") == [replayed, broken]
    assert await ground.found(pattern="/v1/customers/{id}") == [replayed, broken]
    assert await ground.found(pattern="/orders/{orderId}/refunds") == [refund]
    assert await ground.found(pattern="/{+rest}/refunds") == [refund] == await ground.found(pattern="/orders/{+path}")
    assert await ground.found(min_duration_ms=1000) == [order]
    assert await ground.found(source="replay") == [replayed]
    assert await ground.found(method="GET", status="error", path="customers") == [cut, broken]
    assert await ground.found(until=(BEGAN + timedelta(seconds=2)).isoformat()) == [refund, order]
    everywhere = await search(ground.actor, Filter(query="customers"))
    assert [call.id for call in everywhere.items] == [replayed, cut, broken]


async def test_pages_neither_skip_nor_repeat(ground: Ground, database: asyncpg.Pool) -> None:
    """Also where many calls share a moment, and where the walk hands over to the index."""
    await database.execute(_MANY, ground.endpoint, ground.actor.user_id, BEGAN)
    await database.execute("UPDATE api_calls SET timestamp = date_trunc('minute', timestamp), method = CASE WHEN url LIKE '%7' THEN 'PUT' ELSE 'GET' END")
    seen, cursor = list[UUID](), None
    for _ in range(20):
        page = await search(ground.actor, Filter(endpoint_id=ground.endpoint, method="PUT"), limit=47, cursor=cursor)
        seen += [call.id for call in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 600


@pytest.mark.parametrize("behind_many", [False, True])
async def test_pages_go_back_to_newer_calls(ground: Ground, database: asyncpg.Pool, behind_many: bool) -> None:
    """From the last page to the first: each call once, newest first within a page; rare ones come from the index."""
    ids = [await ground.heard("PUT", f"/v1/things/{number}", 200, number // 3) for number in range(23)]
    if behind_many:
        await database.execute(_MANY, ground.endpoint, ground.actor.user_id, BEGAN + timedelta(hours=-2))
        ids += [await ground.heard("PUT", f"/v1/things/{number}", 200, 20_000 + number) for number in range(3)]
    everything = await ground.found(method="PUT")
    assert sorted(everything) == sorted(ids)
    wanted = Filter(endpoint_id=ground.endpoint, method="PUT")
    last = (await search(ground.actor, wanted, limit=200)).items[-1]
    seen, cursor = [last.id], capture_search.cursor_of(last)
    while cursor:
        page = await capture_search.search_newer(ground.actor, wanted, cursor, limit=5)
        seen, cursor = [*(call.id for call in page.items), *seen], page.next
    assert seen == everything
    assert (await capture_search.search_newer(ground.actor, wanted, capture_search.cursor_of((await search(ground.actor, wanted)).items[0]))).items == []


async def test_a_program_walks_both_ways_and_follows_what_comes(ground: Ground) -> None:
    """`next` leads to the oldest call, `previous` back to the newest and on to those that come later, each once."""
    ids = [await ground.heard("GET", f"/v1/things/{number}", 200, number) for number in range(7)]
    wanted = Filter(endpoint_id=ground.endpoint)
    pages = [await capture_search.listed(ground.actor, wanted, limit=3)]
    while pages[-1].next:
        pages.append(await capture_search.listed(ground.actor, wanted, limit=3, cursor=pages[-1].next))
    assert [call.id for page in pages for call in page.items] == ids[::-1]
    back = await capture_search.listed(ground.actor, wanted, limit=3, cursor=pages[-1].previous)
    assert [call.id for call in back.items] == ids[3:0:-1]
    assert [call.id for call in (await capture_search.listed(ground.actor, wanted, cursor=back.next)).items] == ids[:1]
    ids += [await ground.heard("GET", f"/v1/things/{number}", 200, number) for number in range(7, 9)]
    seen, cursor = list[UUID](), pages[0].previous
    for _ in range(3):
        page = await capture_search.listed(ground.actor, wanted, limit=1, cursor=cursor)
        seen, cursor = [*seen, *(call.id for call in page.items)], page.previous
    assert seen == ids[7:]
    with pytest.raises(Problem, match="is not a cursor"):
        await capture_search.listed(ground.actor, wanted, cursor="newer-x")


async def test_what_is_common_far_behind_is_found(ground: Ground, database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """More calls have the words than are sorted: the walk goes on to them, also where words alone say too much, and back again."""
    monkeypatch.setattr(capture_search, "_MOST_SORTED", 10)
    puts = [await ground.heard("PUT", f"/v1/things/{number}?of=shop", 200, number) for number in range(30)]
    await database.execute(_MANY, ground.endpoint, ground.actor.user_id, BEGAN + timedelta(hours=1))
    assert await ground.found(method="PUT") == puts[::-1]
    assert await ground.found(query="shop things") == puts[::-1]
    assert await ground.found(query="hop put") == await ground.found(query="things/shop") == []
    assert await ground.found(pattern="/things/{id}/parts") == []
    assert await ground.found(query="v1/things/29") == puts[29:]
    assert await ground.found(path="shop") == []
    wanted = Filter(endpoint_id=ground.endpoint, method="PUT")
    last = (await search(ground.actor, wanted)).items[-1]
    newer = await capture_search.search_newer(ground.actor, wanted, capture_search.cursor_of(last))
    assert [call.id for call in newer.items] == puts[:0:-1]


async def test_nobody_finds_anothers_calls(ground: Ground) -> None:
    """By the endpoint's id, by text, or without any filter."""
    await ground.heard("GET", "/v1/orders", 200, 1)
    other = await users.sign_up("bob@example.com", "correct horse")
    bob = users.actor_of(other.id, "USER", other.email, "api")
    for wanted in (Filter(), Filter(endpoint_id=ground.endpoint), Filter(query="orders"), Filter(endpoint_id=ground.endpoint, status="200")):
        assert (await search(bob, wanted)).items == []


@pytest.mark.parametrize("text", ["'", "\\", "%", "_", "a'b & c | !d:*", "\0", "(", "<->", "日本", "x" * 3000, "/", "?"])
async def test_any_text_is_only_text(ground: Ground, text: str) -> None:
    """Nothing that is typed changes the question."""
    call = await ground.heard("GET", "/v1/plain", 200, 1)
    for field in ("query", "path", "pattern", "method", "source"):
        assert await ground.found(**{field: text}) in ([], [call])


async def test_a_wrong_status_is_told(ground: Ground) -> None:
    """With what would be right."""
    with pytest.raises(Problem, match="is no status"):
        await ground.found(status="fine")


async def test_rare_calls_come_from_the_index(ground: Ground, database: asyncpg.Pool) -> None:
    """The plan of the second step names the index of words."""
    await database.execute(_MANY, ground.endpoint, ground.actor.user_id, BEGAN)
    await database.execute("VACUUM ANALYZE api_calls")
    statement = capture_search.statements(ground.actor, Filter(endpoint_id=ground.endpoint, status="404", query="needle"))[2]
    plan = "\n".join(row[0] for row in await database.fetch(f"EXPLAIN {statement.sql}", *statement.values))
    assert "call_words_idx" in plan
