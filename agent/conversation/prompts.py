"""The library of prompts: texts with `{{variables}}`, used by `/name`, kept in versions, shared with the other users of this server.

A shared prompt can be used and copied by others, and changed by its owner alone. One's own goes before another's of the same name.
"""

import re
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from agent.actor import Actor
from agent.errors import Problem
from agent.paging import Page, after, bounded, page
from db import engine
from db.ids import uuid7

MOST, LONGEST, MOST_VERSIONS = 500, 20_000, 100
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_ -]{0,39}?)\s*(?:\|\s*([^{}|]{0,200}?)\s*)?\}\}")


class Variable(msgspec.Struct, frozen=True):
    """`{{name}}`, or `{{name|what it is by default}}`."""

    name: str
    default: str = ""


class Prompt(msgspec.Struct, frozen=True):
    """`owner` names whose it is where it is another's."""

    id: UUID
    name: str
    text: str
    variables: list[Variable]
    version: int
    is_shared: bool
    is_own: bool
    owner: str | None
    created_at: datetime
    updated_at: datetime


class Version(msgspec.Struct, frozen=True):
    version: int
    text: str
    created_at: datetime


class Filled(msgspec.Struct, frozen=True):
    """A prompt's text with its variables put in, and those that nobody gave."""

    name: str
    text: str
    missing: list[str]


async def list_(actor: Actor, *, query: str = "", limit: int | None = None, cursor: str | None = None) -> Page[Prompt]:
    """One's own and those that others share, newest first."""
    size = bounded(limit, 200)
    async with engine.connection() as connection:
        rows = await connection.fetch(
            f"{_SELECT} AND p.id < $2 AND strpos(p.name, lower($3)) > 0 ORDER BY p.id DESC LIMIT $4", actor.user_id, after(cursor), _text(query), size + 1
        )
    return page([_prompt(row, actor) for row in rows], size)


async def get(actor: Actor, prompt_id: UUID) -> Prompt:
    """Raises prompt_not_found."""
    async with engine.connection() as connection:
        row = await connection.fetchrow(f"{_SELECT} AND p.id = $2", actor.user_id, prompt_id)
    if row is None:
        raise Problem("prompt_not_found", "There is no such prompt.")
    return _prompt(row, actor)


async def find(actor: Actor, name: str) -> Prompt:
    """By name, with or without its slash, or by id. Raises prompt_not_found with the names that are near."""
    word = _text(name).strip().lstrip("/").lower()
    async with engine.connection() as connection:
        row = await connection.fetchrow(f"{_SELECT} AND (p.name = $2 OR p.id::text = $2) ORDER BY p.user_id = $1 DESC, p.id LIMIT 1", actor.user_id, word)
    if row is None:
        known = [one.name for one in (await list_(actor, limit=10)).items]
        remedy = f"There are {', '.join(f'`{one}`' for one in known)}." if known else "Save one first."
        raise Problem("prompt_not_found", f"There is no prompt `{word[:60]}`.", remedy=remedy)
    return _prompt(row, actor)


async def save(actor: Actor, name: str, text: str, *, is_shared: bool | None = None) -> Prompt:
    """A new prompt, or a new version of one's own with this name. Raises invalid_arguments, forbidden for a demo account that would share."""
    word = _text(name).strip().lstrip("/").lower()
    if not _NAME.fullmatch(word):
        raise Problem("invalid_arguments", "A prompt's name has 1 to 60 small letters, digits, `_` or `-`.", remedy="Such as `weekly-report`.", field="name")
    body = _body(text)
    _may_share(actor, is_shared)
    prompt_id = uuid7()
    async with engine.transaction(), engine.connection() as connection:
        if await connection.fetchval("SELECT count(*) >= $3 FROM prompts WHERE user_id = $1 AND name <> $2", actor.user_id, word, MOST):
            raise Problem("invalid_arguments", f"You have {MOST} prompts already.", remedy="Delete one first.", field="name")
        prompt_id = await connection.fetchval(_SAVE, prompt_id, actor.user_id, word, body, is_shared, actor.via) or prompt_id
        await _keep_version(prompt_id, body)
    return await get(actor, prompt_id)


async def update(actor: Actor, prompt_id: UUID, *, name: str | None = None, text: str | None = None, is_shared: bool | None = None) -> Prompt:
    """Rename, write anew, share or take back. Raises prompt_not_found, forbidden for another's, invalid_arguments, conflict."""
    found = await _own(actor, prompt_id)
    word = found.name if name is None else _text(name).strip().lstrip("/").lower()
    if not _NAME.fullmatch(word):
        raise Problem("invalid_arguments", "A prompt's name has 1 to 60 small letters, digits, `_` or `-`.", remedy="Such as `weekly-report`.", field="name")
    body = found.text if text is None else _body(text)
    _may_share(actor, is_shared)
    try:
        async with engine.transaction(), engine.connection() as connection:
            await connection.execute(
                "UPDATE prompts SET name = $3, text = $4, is_shared = coalesce($5, is_shared) WHERE id = $1 AND user_id = $2",
                prompt_id,
                actor.user_id,
                word,
                body,
                is_shared,
            )
            await _keep_version(prompt_id, body)
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", f"You have another prompt `{word}`.", remedy="Choose another name.", field="name") from error
    return await get(actor, prompt_id)


async def versions(actor: Actor, prompt_id: UUID) -> list[Version]:
    """Newest first; the history is its owner's. Raises prompt_not_found, forbidden."""
    await _own(actor, prompt_id)
    async with engine.connection() as connection:
        rows = await connection.fetch("SELECT version, text, created_at FROM prompt_versions WHERE prompt_id = $1 ORDER BY version DESC", prompt_id)
    return [Version(row["version"], row["text"], row["created_at"]) for row in rows]


async def restore(actor: Actor, prompt_id: UUID, version: int) -> Prompt:
    """An earlier text becomes the newest version. Raises prompt_not_found, not_found, forbidden."""
    text = next((one.text for one in await versions(actor, prompt_id) if one.version == version), None)
    if text is None:
        raise Problem("not_found", f"There is no version {version}.")
    return await update(actor, prompt_id, text=text)


async def delete(actor: Actor, prompt_id: UUID) -> None:
    """With its history. Raises prompt_not_found, forbidden for another's."""
    await _own(actor, prompt_id)
    async with engine.connection() as connection:
        await connection.execute("DELETE FROM prompts WHERE id = $1 AND user_id = $2", prompt_id, actor.user_id)


def variables(text: str) -> list[Variable]:
    """What a text asks for, each once, in its order."""
    found: dict[str, Variable] = {}
    for name, default in _VARIABLE.findall(text):
        found.setdefault(name.strip(), Variable(name.strip(), default))
    return list(found.values())


def fill(prompt: Prompt, values: dict[str, str]) -> Filled:
    """The text with values and defaults put in, once: a value that looks like a variable stays as it is."""
    missing = [one.name for one in prompt.variables if not values.get(one.name) and not one.default]

    def value(match: re.Match[str]) -> str:
        return values.get(match[1].strip()) or match[2] or match[0]

    return Filled(prompt.name, _VARIABLE.sub(value, prompt.text), missing)


async def _own(actor: Actor, prompt_id: UUID) -> Prompt:
    found = await get(actor, prompt_id)
    if not found.is_own:
        raise Problem("forbidden", f"`{found.name}` belongs to somebody else.", remedy="Save it under a name of your own to change it.")
    return found


async def _keep_version(prompt_id: UUID, text: str) -> None:
    """A text that is the same as the newest is no new version; of very many the oldest go."""
    async with engine.connection() as connection:
        await connection.execute(_VERSION, uuid7(), prompt_id, text)
        await connection.execute(_FORGET, prompt_id, MOST_VERSIONS)


def _may_share(actor: Actor, is_shared: bool | None) -> None:
    if is_shared and actor.role == "DEMO":
        raise Problem("forbidden", "A demo account shares nothing.", remedy="Sign up for an account of your own: it is free.")


def _body(text: str) -> str:
    body = _text(text).strip()
    if not body:
        raise Problem("invalid_arguments", "The prompt is empty.", field="text")
    if len(body) > LONGEST:
        raise Problem("invalid_arguments", f"The prompt has {len(body):,} characters; {LONGEST:,} are the limit.", field="text")
    return body


def _text(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _prompt(row: asyncpg.Record, actor: Actor) -> Prompt:
    is_own = row["user_id"] == actor.user_id
    return Prompt(
        row["id"], row["name"], row["text"], variables(row["text"]), row["version"], row["is_shared"], is_own, None if is_own else row["owner"],
        row["created_at"], row["updated_at"],
    )  # fmt: skip


_SELECT = """
SELECT p.id, p.user_id, p.name, p.text, p.is_shared, p.created_at, p.updated_at, coalesce(u.username, u.full_name, split_part(u.email, '@', 1)) AS owner,
  coalesce((SELECT max(version) FROM prompt_versions v WHERE v.prompt_id = p.id), 1) AS version
FROM prompts p JOIN users u ON u.id = p.user_id WHERE (p.user_id = $1 OR p.is_shared)
"""
_SAVE = """
INSERT INTO prompts AS p (id, user_id, name, text, is_shared, created_via) VALUES ($1, $2, $3, $4, coalesce($5, false), $6)
ON CONFLICT (user_id, name) DO UPDATE SET text = excluded.text, is_shared = coalesce($5, p.is_shared) RETURNING id
"""
_VERSION = """
INSERT INTO prompt_versions (id, prompt_id, version, text)
SELECT $1, $2, coalesce(max(version), 0) + 1, $3 FROM prompt_versions WHERE prompt_id = $2
HAVING (SELECT text FROM prompt_versions WHERE prompt_id = $2 ORDER BY version DESC LIMIT 1) IS DISTINCT FROM $3
"""
_FORGET = "DELETE FROM prompt_versions WHERE prompt_id = $1 AND version <= (SELECT max(version) FROM prompt_versions WHERE prompt_id = $1) - $2"
