"""Every sealed value under the newest key, while the server runs: row by row, each only if nobody has changed it meanwhile.

May be broken off and begun again: what is under the newest key already is passed over. The old key may go from the ring when a whole
run has found nothing more to do.
"""

import base64
from collections.abc import Callable
from typing import NamedTuple

import asyncpg
import msgspec
import structlog

from agent.crypto import Unsealable, is_newest, opens, reseal
from db import engine

log = structlog.get_logger()
_BATCH = 200
_NEWEST = 1000


class Place(NamedTuple):
    """Where sealed values stand. `only`: a condition on the rows in which the columns are sealed."""

    table: str
    columns: tuple[str, ...]
    only: str = "true"
    key: tuple[str, ...] = ("id",)


class Rotated(NamedTuple):
    """Values sealed anew, those that were new already, and those that open under no key of the ring."""

    renewed: int
    kept: int
    lost: int


PLACES = (
    Place("provider_keys", ("encrypted_key",)),
    Place("user_mfa", ("secret",)),
    Place("endpoints", ("inject_headers",)),
    Place("action_sequences", ("auth_tokens",)),
    Place("api_calls", ("request_headers", "response_headers", "messages"), key=("id", "timestamp")),
    Place("api_calls", ("request_body", "response_body"), "sealed", ("id", "timestamp")),
)


async def rotate(told: Callable[[str], None] = lambda _: None) -> Rotated:
    """Everything. `told` hears one line for each table."""
    total = Rotated(0, 0, 0)
    for place in PLACES:
        found = await _rotate(place)
        told(f"{place.table} ({', '.join(place.columns)}): {found.renewed:,} renewed, {found.kept:,} were new, {found.lost:,} cannot be opened")
        total = _sum(total, found)
    found = await _rotate_servers()
    told(f"mcp_servers (connection_config): {found.renewed:,} renewed, {found.kept:,} were new, {found.lost:,} cannot be opened")
    return _sum(total, found)


async def is_key_lost() -> bool:
    """Whether there are sealed values and the newest of no kind opens: this data belongs to another key. Looks at a table's newest rows alone, at each start."""
    found: list[bytes] = []
    async with engine.connection() as connection:
        for place in PLACES:
            order = ", ".join(f"{name} DESC" for name in place.key)
            for column in place.columns:
                newest = f"SELECT * FROM {place.table} ORDER BY {order} LIMIT {_NEWEST}"  # noqa: S608  # constants of this module
                statement = f"SELECT {column} FROM ({newest}) n WHERE {column} IS NOT NULL AND {place.only} ORDER BY {order} LIMIT 1"  # noqa: S608  # the same
                found += [value for value in [await connection.fetchval(statement)] if value]
    return bool(found) and not any(opens(value) for value in found)


async def _rotate(place: Place) -> Rotated:
    """The rows that are there now: what comes meanwhile is under the newest key, and may come faster than it could be looked at."""
    key, columns = ", ".join(place.key), ", ".join(place.columns)
    last, after = await _last(place), None
    total = Rotated(0, 0, 0)
    while last and after != last:
        until = ", ".join(f"${number + 1}" for number in range(len(last)))
        since = ", ".join(f"${number + 1 + len(last)}" for number in range(len(last)))
        beyond = f"({key}) <= ({until}) AND {f'({key}) > ({since})' if after else 'true'}"
        statement = f"SELECT {key}, {columns} FROM {place.table} WHERE {beyond} AND {place.only} ORDER BY {key} LIMIT {_BATCH}"  # noqa: S608  # constants of this module
        async with engine.connection() as connection:
            rows = await connection.fetch(statement, *last, *(after or ()))
            for row in rows:
                for column in place.columns:
                    total = _sum(total, await _renew(connection, place, column, row))
        after = tuple(rows[-1][name] for name in place.key) if len(rows) == _BATCH else last
    return total


async def _last(place: Place) -> tuple[object, ...]:
    order = ", ".join(f"{name} DESC" for name in place.key)
    statement = f"SELECT {', '.join(place.key)} FROM {place.table} WHERE {place.only} ORDER BY {order} LIMIT 1"  # noqa: S608  # constants of this module
    async with engine.connection() as connection:
        row = await connection.fetchrow(statement)
    return tuple(row) if row else ()


async def _renew(connection: engine.Connection, place: Place, column: str, row: asyncpg.Record) -> Rotated:
    old = row[column]
    if old is None or is_newest(old):
        return Rotated(0, int(old is not None), 0)
    try:
        new = reseal(old)
    except Unsealable:
        log.warning("rotation.cannot_open", table=place.table, row=str(row[place.key[0]]))
        return Rotated(0, 0, 1)
    same = " AND ".join(f"{name} = ${number + 3}" for number, name in enumerate(place.key))
    statement = f"UPDATE {place.table} SET {column} = $1 WHERE {column} = $2 AND {same}"  # noqa: S608  # constants of this module
    await connection.execute(statement, new, old, *(row[name] for name in place.key))
    return Rotated(1, 0, 0)


async def _rotate_servers() -> Rotated:
    """The secrets of users' MCP servers, which stand in their JSON in base64."""
    total = Rotated(0, 0, 0)
    async with engine.connection() as connection:
        for row in await connection.fetch("SELECT id, connection_config::text AS config FROM mcp_servers"):
            value = msgspec.json.decode(row["config"]).get("value") or ""
            if not value:
                continue
            old = base64.b64decode(value)
            if is_newest(old):
                total = _sum(total, Rotated(0, 1, 0))
                continue
            try:
                new = base64.b64encode(reseal(old)).decode()
            except Unsealable:
                total = _sum(total, Rotated(0, 0, 1))
                continue
            await connection.execute(
                "UPDATE mcp_servers SET connection_config = jsonb_set(connection_config, '{value}', to_jsonb($1::text))"
                " WHERE id = $2 AND connection_config ->> 'value' = $3",
                new, row["id"], value,
            )  # fmt: skip
            total = _sum(total, Rotated(1, 0, 0))
    return total


def _sum(one: Rotated, other: Rotated) -> Rotated:
    return Rotated(one.renewed + other.renewed, one.kept + other.kept, one.lost + other.lost)
