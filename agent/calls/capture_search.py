"""Lists of captured calls: filtered, newest first, a page at a time, over millions.

Three steps. First the newest calls are walked through by time, which ends early for whatever is common. What is too rare for that is asked of
the inverted index of words (see `db.call_index`). Where the index knows of too many to sort them, the walk goes on: what is that common is met
soon, unless all of it lies far behind. So text is found anywhere in the address among the newest five thousand calls of an endpoint, and
among older ones at the beginning of a word, or anywhere where it is common.
"""

import base64
import re
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from agent.actor import Actor
from agent.errors import Problem
from agent.paging import Page, bounded
from agent.relative_time import moment
from db import engine, like


class CallSummary(msgspec.Struct, frozen=True):
    """A line of the calls table. The secrets of the URL's query are masked."""

    id: UUID
    endpoint_id: UUID
    endpoint: str
    method: str
    url: str
    path: str
    status: int | None
    error: str | None
    duration_ms: float
    request_length: int
    response_length: int
    response_media_type: str | None
    protocol: str
    source: str
    truncated: bool
    started_at: datetime


class Filter(msgspec.Struct, frozen=True):
    """`status` is a code, a class such as 5xx, `error` or `ok`, or several of them with commas; times are RFC 3339 or relative; `pattern` is a path template, in which `{+path}` stands for several segments."""

    endpoint_id: UUID | None = None
    method: str | None = None
    status: str | None = None
    path: str | None = None
    query: str | None = None
    since: str | None = None
    until: str | None = None
    min_duration_ms: int | None = None
    max_duration_ms: int | None = None
    pattern: str | None = None
    source: str | None = None


class CallPage(msgspec.Struct, frozen=True):
    """Newest first. Both are for `?cursor=`: `next` gives older calls, None where there are none; `previous` newer ones, also those that are yet to come."""

    items: list[CallSummary]
    next: str | None = None
    previous: str | None = None


class Statement(NamedTuple):
    """SQL and its values."""

    sql: str
    values: list[Any]


class Statements(NamedTuple):
    """The walk; whether there is more than was walked through; the question to the index; the walk without an end. Where the first is all, the rest are empty."""

    walk: Statement
    edge: Statement = Statement("", [])
    words: Statement = Statement("", [])
    whole: Statement = Statement("", [])


async def search(actor: Actor, wanted: Filter, *, limit: int | None = None, cursor: str | None = None) -> Page[CallSummary]:
    """Newest first. Raises invalid_arguments for a status or time that cannot be read."""
    size = bounded(limit)
    rows = await _found(statements(actor, wanted, size=size, cursor=cursor), size)
    items = [summary(row) for row in rows[:size]]
    return Page(items, cursor_of(items[-1]) if len(rows) > size else None)


async def listed(actor: Actor, wanted: Filter, *, limit: int | None = None, cursor: str | None = None) -> CallPage:
    """A page on either side of a cursor. Raises as `search`."""
    if cursor and cursor.startswith(_NEWER):
        found = await search_newer(actor, wanted, cursor.removeprefix(_NEWER), limit=limit)
        return CallPage(found.items, cursor_of(found.items[-1]) if found.items else None, _NEWER + cursor_of(found.items[0]) if found.items else cursor)
    found = await search(actor, wanted, limit=limit, cursor=cursor)
    return CallPage(found.items, found.next, _NEWER + cursor_of(found.items[0]) if found.items else None)


async def search_newer(actor: Actor, wanted: Filter, than: str, *, limit: int | None = None) -> Page[CallSummary]:
    """The page before: the calls that follow the cursor in time, newest first; `next` is the cursor of what is newer still. Raises as `search`."""
    size = bounded(limit)
    turned = (Statement(one.sql.replace(" DESC", " ASC"), one.values) for one in statements(actor, wanted, size=size, cursor=than, is_newer=True))
    rows = await _found(Statements(*turned), size)
    items = [summary(row) for row in rows[:size]][::-1]
    return Page(items, cursor_of(items[0]) if len(rows) > size else None)


async def _found(asked: Statements, size: int) -> list[asyncpg.Record]:
    async with engine.connection() as connection:
        rows = await connection.fetch(*_call(asked.walk))
        if len(rows) <= size and asked.edge.sql and await connection.fetchval(*_call(asked.edge)):
            async with connection.transaction():
                await connection.execute(f"SET LOCAL work_mem = '{_INDEX_MEMORY}'")
                rows = await connection.fetch(*_call(asked.words))
            if rows[0]["known"] > _MOST_SORTED:
                return await connection.fetch(*_call(asked.whole))
            rows = [row for row in rows if row["id"] is not None]
    return rows


def statements(actor: Actor, wanted: Filter, *, size: int = 50, cursor: str | None = None, is_newer: bool = False) -> Statements:
    """What `search` asks, in its order."""
    wanted = _clean(wanted)
    bounds, tests, marks = _Where(), _Where(), _Marks()
    _bound(bounds, wanted, cursor, is_newer=is_newer)
    _test(tests, marks, wanted)
    values = [wanted.endpoint_id or actor.user_id, actor.user_id, *bounds.values]
    if not marks.terms:
        return Statements(_walk(wanted, bounds, tests, values, size, _ALL))
    window = _WINDOW if wanted.endpoint_id else _SMALL_WINDOW
    return Statements(
        _walk(wanted, bounds, tests, values, size, window),
        _edge(wanted, bounds, values, window),
        _asked_of_the_index(wanted, bounds, tests, marks, values, size),
        _walk(wanted, bounds, tests, values, size, _ALL),
    )


def _walk(wanted: Filter, bounds: "_Where", tests: "_Where", values: list[Any], size: int, window: int) -> Statement:
    """Through the newest calls of each endpoint, as many as the window has."""
    newest = f"SELECT {_INNER} FROM api_calls c WHERE c.endpoint_id = e.id{bounds.sql(2)} ORDER BY c.timestamp DESC LIMIT {window}"
    walk = f"SELECT {_INNER} FROM ({newest}) c WHERE true{tests.sql(len(values))} {_ORDER} LIMIT {size + 1}"
    if wanted.endpoint_id:
        walk = walk.replace("e.id", "$1").replace("WHERE true", f"WHERE EXISTS (SELECT 1 {_MINE_ONE})")
    else:
        walk = f"SELECT {_INNER} FROM endpoints e CROSS JOIN LATERAL ({walk}) c WHERE {_MINE} {_ORDER} LIMIT {size + 1}"
    return Statement(f"SELECT {FIELDS} FROM ({walk}) c {_ORDER}", [*values, *tests.values])


def _edge(wanted: Filter, bounds: "_Where", values: list[Any], window: int) -> Statement:
    """Whether an endpoint has more calls than the window."""
    some = f"SELECT 1 FROM api_calls c WHERE c.endpoint_id = e.id{bounds.sql(2)} ORDER BY c.timestamp DESC OFFSET {window} LIMIT 1"
    if wanted.endpoint_id:
        return Statement(f"SELECT ({some.replace('e.id', '$1')}) WHERE $2::uuid IS NOT NULL", values)
    return Statement(f"SELECT 1 FROM endpoints e CROSS JOIN LATERAL ({some}) c WHERE {_MINE} LIMIT 1", values)


def _asked_of_the_index(wanted: Filter, bounds: "_Where", tests: "_Where", marks: "_Marks", values: list[Any], size: int) -> Statement:
    """The endpoint is a word too, so that no other index is thought of. `known`: how many calls have the words; above the limit some are missing. One row at least."""
    mine = _MINE_ONE if wanted.endpoint_id else f"FROM endpoints e WHERE {_MINE}"
    endpoints = f"coalesce((SELECT string_agg('''e:' || e.id || '''', ' | ') {mine}), '''e:''')"
    query = f"(SELECT '(' || {endpoints} || ') & ' || ${len(values) + 1}::text)::tsquery"
    known = f"SELECT {_INNER} FROM api_calls c WHERE call_words({_ARGUMENTS}) @@ {query} LIMIT {_MOST_SORTED + 1}"
    chosen = f"SELECT {FIELDS} FROM c WHERE true{bounds.sql(2)}{tests.sql(len(values) + 1)} {_ORDER} LIMIT {size + 1}"
    counted = f"SELECT n.known, c.* FROM (SELECT count(*) AS known FROM c) n LEFT JOIN ({chosen}) c ON true {_ORDER}"
    return Statement(f"WITH c AS MATERIALIZED ({known}) {counted}", [*values, " & ".join(marks.terms), *tests.values])


def summary(row: asyncpg.Record) -> CallSummary:
    """A line from a row that has `FIELDS`. A WebSocket that was opened has no status in the table: it is that of every handshake."""
    is_opened = row["protocol"] in ("ws", "wss") and not row["error"]
    return CallSummary(
        id=row["id"], endpoint_id=row["endpoint_id"], endpoint=row["slug"], method=row["method"], url=row["url"], path=row["path"], status=row["response_status"] or (101 if is_opened else None),
        error=error_of(row), duration_ms=round(row["duration"] or 0.0, 1), request_length=row["request_length"], response_length=row["response_length"],
        response_media_type=row["response_media_type"], protocol=row["protocol"], source=row["source"], truncated=row["truncated"], started_at=row["timestamp"],
    )  # fmt: skip


def error_of(row: asyncpg.Record) -> str | None:
    return msgspec.json.decode(row["error"]).get("message") if row["error"] else None


class _Where:
    """Conditions on `c`, each with at most one value."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._conditions: list[str] = []

    def add(self, condition: str, *values: Any) -> None:
        self._conditions.append(condition)
        self.values += values

    def sql(self, before: int) -> str:
        """With the numbers of its values following those of `before` others; `{}` stands for a value."""
        text = "".join(f" AND {condition}" for condition in self._conditions)
        for number in range(before + 1, before + len(self.values) + 1):
            text = text.replace("{}", f"${number}", 1)
        return text


class _Marks:
    """Terms for the index of words."""

    def __init__(self) -> None:
        self.terms: list[str] = []

    def mark(self, *words: str) -> None:
        """One of these."""
        self.terms.append("(" + " | ".join(f"'{word}'" for word in words) + ")")

    def words(self, text: str) -> None:
        """The words of a text, of which the last may go on."""
        spaced = _PUNCTUATION.sub(" ", text.lower())
        words = [f"'{word}'" for word in spaced.split()]
        self.terms += words if spaced.endswith(" ") or not words else [*words[:-1], words[-1] + ":*"]


def _bound(where: _Where, wanted: Filter, cursor: str | None, *, is_newer: bool) -> None:
    if wanted.since:
        where.add("c.timestamp >= {}", moment(wanted.since))
    if wanted.until:
        where.add("c.timestamp <= {}", moment(wanted.until))
    if cursor:
        at, id_ = _open_cursor(cursor)
        where.add(f"(c.timestamp, c.id) {'>' if is_newer else '<'} ({{}}, {{}})", at, id_)


def _test(where: _Where, marks: _Marks, wanted: Filter) -> None:
    """Words apart from each other are each to be found, in any order."""
    if wanted.method:
        where.add("c.method = {}", wanted.method.upper())
        marks.mark(f"m:{_PUNCTUATION.sub(' ', wanted.method.lower())}")
    if wanted.status:
        _status(where, marks, wanted.status)
    if wanted.source:
        where.add("c.source = {}", wanted.source.lower())
        marks.mark(f"o:{_PUNCTUATION.sub(' ', wanted.source.lower())}")
    for column, text in (("path", wanted.path), ("url", wanted.query)):
        if text:
            for part in text.split():
                marks.words(part)
                where.add(f'c.{column} COLLATE "C" ILIKE {{}}', f"%{like.escaped(part)}%")
    if wanted.pattern:
        marks.words(_PARAMETER.sub("/", wanted.pattern) + "/")
        where.add(
            f"c.path ~ ('^(' || {_BASE.replace('c.endpoint_id', '$1') if wanted.endpoint_id else _BASE} || ')?' || {{}}::text || '/?$')", _regex(wanted.pattern)
        )
    if wanted.min_duration_ms:
        where.add("c.duration >= {}", float(wanted.min_duration_ms))
        if step := max((step for step in (100, 1000, 10000) if step <= wanted.min_duration_ms), default=0):
            marks.mark(f"d:{step}")
    if wanted.max_duration_ms is not None:
        where.add("c.duration <= {}", float(wanted.max_duration_ms))


def _clean(wanted: Filter) -> Filter:
    """Texts that PostgreSQL takes."""
    texts = {
        name: value.replace("\0", "").encode("utf-8", "replace").decode() for name, value in msgspec.structs.asdict(wanted).items() if isinstance(value, str)
    }
    return msgspec.structs.replace(wanted, **texts)


def _status(where: _Where, marks: _Marks, status: str) -> None:
    found = [_one_status(word, status) for word in status.lower().replace(" ", "").split(",")]
    where.add(f"({' OR '.join(test for test, _ in found)})")
    marks.mark(*(mark for _, several in found for mark in several))


def _one_status(word: str, status: str) -> tuple[str, tuple[str, ...]]:
    """The test, and the marks of which a call that passes has one."""
    if word in {"error", "errors", "failed"}:
        return "c.response_status >= 400 OR c.error IS NOT NULL", ("f:1",)
    if word in {"ok", "success"}:
        return "c.response_status < 400 AND c.error IS NULL", ("c:1", "c:2", "c:3")
    if len(word) == 3 and word[0] in "12345" and word[1:] == "xx":
        return f"c.response_status BETWEEN {word[0]}00 AND {word[0]}99", (f"c:{word[0]}",)
    if word.isascii() and word.isdigit() and len(word) == 3:
        return f"c.response_status = {int(word)}", (f"s:{int(word)}",)
    raise Problem(
        "invalid_arguments",
        f"`{status[:40]}` is no status.",
        remedy="Use a code such as 404, a class such as 5xx, `error` or `ok`, or several with commas.",
        field="status",
    )


def _regex(pattern: str) -> str:
    """A path template as a regular expression: what stands in braces is one segment, `{+path}` several."""
    text = "/" + pattern.strip().strip("/")
    literals = [re.sub(r"([^\w/~%@:-])", r"\\\1", part, flags=re.ASCII) for part in _PARAMETER.split(text)]
    return literals[0] + "".join((".+" if "+" in hole else "[^/]+") + after for hole, after in zip(_PARAMETER.findall(text), literals[1:], strict=True))


def _call(statement: Statement) -> list[Any]:
    return [statement.sql, *statement.values]


def cursor_of(call: CallSummary) -> str:
    """Where a page ends with this call, or one of newer calls begins."""
    return base64.urlsafe_b64encode(f"{call.started_at.isoformat()}|{call.id}".encode()).decode()


def _open_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, _, id_ = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return datetime.fromisoformat(at), UUID(id_)
    except ValueError as error:
        raise Problem("bad_request", f"`{cursor[:60]}` is not a cursor.", remedy="Use the `next` of the page before, or none.") from error


_NEWER = "newer-"
_WINDOW, _SMALL_WINDOW, _ALL = 5_000, 500, 2_000_000_000
_MOST_SORTED = 10_000
_INDEX_MEMORY = "32MB"  # for a bitmap of every call of a month with a common word; with less, each call's words would be made anew
_PUNCTUATION = re.compile(r"""[-/_.?&=%:,+~@!;()\[\]{}'"*$#|<>\\^`\s\0]+""")
_PARAMETER = re.compile(r"\{[^{}/]*\}")
_COLUMNS = (
    "id endpoint_id method url path response_status error duration request_length response_length response_media_type protocol source truncated timestamp"
)
_INNER = ", ".join(f"c.{column}" for column in _COLUMNS.split())
_ARGUMENTS = "c.endpoint_id, c.source, c.method, c.url, c.path, c.response_status, c.error, c.duration"
_BASE = r"(SELECT coalesce(regexp_replace(substring(destination_url from '://[^/?#]*([^?#]*)'), '/$', ''), '') FROM endpoints b WHERE b.id = c.endpoint_id)"
_ORDER = "ORDER BY c.timestamp DESC, c.id DESC"
_MINE = "e.user_id = $1 AND e.user_id = $2"
_MINE_ONE = "FROM endpoints e WHERE e.id = $1 AND e.user_id = $2"
FIELDS = f"{_INNER}, (SELECT slug FROM endpoints e WHERE e.id = c.endpoint_id) AS slug"
