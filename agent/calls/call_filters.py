"""The language of the filter box: `method:post status:5xx took:>500ms since:1h path:/orders any words`. Text in, a Filter out; and saved ones.

A word alone is a method (in capitals), a status (`404`, `5xx`, `error`, `ok`), or text to be found in the address. Quotes keep blanks together.
"""

import difflib
import re
import shlex
from uuid import UUID

import asyncpg
import msgspec

from agent.actor import Actor
from agent.calls.capture_search import Filter
from agent.errors import Problem
from agent.relative_time import moment
from db import engine
from db.ids import uuid7

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_KEYS = {
    "method": "method", "m": "method", "status": "status", "s": "status", "path": "path", "pattern": "pattern", "operation": "pattern", "source": "source",
    "since": "since", "after": "since", "from": "since", "until": "until", "before": "until", "to": "until", "text": "query", "url": "query",
}  # fmt: skip
_TOOK_KEYS = ("took", "duration", "slower", "faster")
_TIMES = frozenset({"since", "after", "from", "until", "before", "to"})
_SOURCES = ("proxy", "import", "agent", "replay")
_TOOK = re.compile(r"(>=?|<=?)?\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min)?", re.IGNORECASE)
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "": 1}
_STATUS = re.compile(r"[1-5]\d\d|[1-5]xx|errors?|failed|ok", re.IGNORECASE)
MOST_SAVED = 50


class SavedFilter(msgspec.Struct, frozen=True):
    """A search with a name; `endpoint_id` is None for one that fits every API."""

    id: UUID
    name: str
    query: str
    endpoint_id: UUID | None


def parse(text: str) -> Filter:
    """Raises invalid_arguments with the word that cannot be read. A word with a colon that no key resembles is text."""
    found: dict[str, str] = {}
    words: list[str] = []
    limits: dict[str, int] = {}
    for word in _split(text):
        key, colon, value = word.partition(":")
        name = key.lower()
        if colon and value and name in _TOOK_KEYS:
            limits |= _duration(name, value)
        elif colon and value and name in _KEYS:
            found[_KEYS[name]] = _checked(name, _KEYS[name], value)
        elif colon and not word.startswith(f"{key}://"):
            _check_key(name, value)
            words.append(word)
        elif word in METHODS:
            found["method"] = word
        elif _STATUS.fullmatch(word):
            found["status"] = word.lower()
        else:
            words.append(word)
    if words:
        found["query"] = " ".join(words) if "query" not in found else found["query"]
    return msgspec.convert({**found, "min_duration_ms": limits.get("min"), "max_duration_ms": limits.get("max")}, Filter)


async def saved(actor: Actor, endpoint_id: UUID) -> list[SavedFilter]:
    """Those of this API and those for every API, by name."""
    async with engine.connection() as connection:
        rows = await connection.fetch(
            "SELECT id, name, query, endpoint_id FROM saved_filters WHERE user_id = $1 AND (endpoint_id = $2 OR endpoint_id IS NULL) ORDER BY name LIMIT $3",
            actor.user_id, endpoint_id, MOST_SAVED,
        )  # fmt: skip
    return [SavedFilter(row["id"], row["name"], row["query"], row["endpoint_id"]) for row in rows]


async def save(actor: Actor, name: str, query: str, endpoint_id: UUID | None = None) -> SavedFilter:
    """Give a search a name; the same name again replaces it. The caller has checked the endpoint. Raises invalid_arguments."""
    title, text = " ".join(name.split())[:60], query.strip()[:500]
    if not title or not text:
        raise Problem("invalid_arguments", "A saved filter needs a name and something to filter by.", field="name")
    parse(text)
    async with engine.connection() as connection:
        try:
            row = await connection.fetchrow(_SAVE, uuid7(), actor.user_id, endpoint_id, title, text)
        except asyncpg.CharacterNotInRepertoireError as error:
            raise Problem("invalid_arguments", "The text has a NUL character in it.", field="query") from error
    assert row is not None  # noqa: S101  # RETURNING of an upsert gives a row
    return SavedFilter(row["id"], row["name"], row["query"], row["endpoint_id"])


async def forget(actor: Actor, filter_id: UUID) -> None:
    """Raises not_found."""
    async with engine.connection() as connection:
        done = await connection.execute("DELETE FROM saved_filters WHERE id = $1 AND user_id = $2", filter_id, actor.user_id)
    if done.endswith(" 0"):
        raise Problem("not_found", "There is no such filter.")


def _split(text: str) -> list[str]:
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=False)
        lexer.whitespace_split, lexer.commenters, lexer.escape, lexer.quotes = True, "", "", '"'
        return list(lexer)
    except ValueError:  # a quote that was not closed
        return text.replace('"', "").split()


def _checked(name: str, field: str, value: str) -> str:
    """Raises invalid_arguments for a value that the key cannot have; times and statuses are read where they are used."""
    if field == "method" and not re.fullmatch(r"[A-Za-z-]{1,20}", value):
        raise Problem("invalid_arguments", f"`{value[:40]}` is no method.", remedy="Write method:POST.", field="method")
    if field == "source" and value.lower() not in _SOURCES:
        raise Problem("invalid_arguments", f"`{value[:40]}` is no source.", remedy=f"There are {', '.join(_SOURCES)}.", field="source")
    if name in _TIMES:
        moment(value)
    return value


def _check_key(name: str, value: str) -> None:
    """Raises invalid_arguments for a key without a value, and for what is probably a slip."""
    known = [*_KEYS, *_TOOK_KEYS]
    if name in known and not value:
        raise Problem("invalid_arguments", f"`{name}:` needs a value.", remedy="Write it without a blank, such as status:5xx or took:>500ms.", field=name)
    if alike := difflib.get_close_matches(name, known, 1, 0.75):
        raise Problem(
            "invalid_arguments", f"`{name[:40]}:` is no filter.", remedy=f"Did you mean `{alike[0]}:`? For text with a colon write text:…", field=name
        )


def _duration(name: str, value: str) -> dict[str, int]:
    match = _TOOK.fullmatch(value)
    if match is None:
        raise Problem("invalid_arguments", f"`{value[:40]}` is no duration.", remedy="Write took:>500ms, took:<2s or took:>1m.", field="took")
    amount = round(float(match[2]) * _UNITS[(match[3] or "").lower()])
    return {"max" if name == "faster" or (match[1] or "").startswith("<") else "min": amount}


_SAVE = """INSERT INTO saved_filters (id, user_id, endpoint_id, name, query) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (user_id, name) DO UPDATE SET query = excluded.query, endpoint_id = excluded.endpoint_id RETURNING id, name, query, endpoint_id"""
