"""Files in a conversation: uploaded first, brought along by a message, shown to the model as data.

What a file is, is told by its bytes. A recording or an API description becomes a short account of itself with the id that imports it;
other text is shown as far as it fits, secrets masked; an image goes to models that take images. Nothing else is taken.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from agent.actor import Actor
from agent.billing import usage
from agent.errors import Problem
from agent.messages import Attachment, Block, History, Mention, Picture
from agent.providers import models
from agent.spec.readers import given, inputs
from agent.spec.readers.reading import Unreadable
from agent.spec.secrets import redact
from db.ids import uuid7
from db.tables import Attachment as Row

Kind = Literal["recording", "openapi", "image", "text"]
MAX_BYTES = 20 * 1024 * 1024
MAX_IMAGE_BYTES = 5 * 1024 * 1024
MOST = 10
_SHOWN = 20_000
_LINES = 40
_PICTURES: dict[bytes, str] = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
_RECORDINGS = {"har": "HAR recording", "flows": "mitmproxy recording", "saved": "saved calls", "postman": "Postman collection", "insomnia": "Insomnia export"}


class Stored(msgspec.Struct, frozen=True):
    """A file as its owner sees it. `is_sent`: it belongs to a message."""

    id: UUID
    file_name: str
    media_type: str
    size: int
    kind: Kind
    is_sent: bool
    created_at: datetime


async def store(actor: Actor, file_name: str, data: bytes) -> Stored:
    """Keep a file for a message to come. Raises too_large, unsupported_file, invalid_arguments, quota_exceeded."""
    name = _name(file_name)
    _fits(name, data)
    media_type = await asyncio.to_thread(_media_type, name, data)
    async with usage.upload(actor):
        digest = hashlib.sha256(data).digest()
        row = Row(id=uuid7(), user_id=actor.user_id, file_name=name, media_type=media_type, size=len(data), sha256=digest, data=data)
        await Row.insert(row)
    return await get(actor, row.id)


async def get(actor: Actor, attachment_id: UUID) -> Stored:
    """Raises not_found."""
    rows = await Row.raw(f"{_SELECT} WHERE id = {{}} AND user_id = {{}}", attachment_id, actor.user_id)
    if not rows:
        raise Problem("not_found", "There is no such file.", remedy="Attach it again: a file that is not sent is kept for a week.")
    return _stored(rows[0])


async def content(actor: Actor, attachment_id: UUID) -> bytes:
    """The bytes as they came. Raises not_found."""
    rows = await Row.raw("SELECT data FROM attachments WHERE id = {} AND user_id = {}", attachment_id, actor.user_id)
    if not rows:
        raise Problem("not_found", "There is no such file.")
    return bytes(rows[0]["data"])


async def delete(actor: Actor, attachment_id: UUID) -> None:
    """Take back a file that was not sent. Raises not_found, conflict."""
    found = await get(actor, attachment_id)
    if found.is_sent:
        raise Problem("conflict", "This file belongs to a message.", remedy="Delete the chat to delete it.")
    await Row.delete().where((Row.id == attachment_id) & (Row.user_id == actor.user_id))


async def blocks(actor: Actor, ids: Sequence[UUID]) -> list[Block]:
    """What a message says of the files it brings along. Raises not_found, invalid_arguments for too many."""
    chosen = list(dict.fromkeys(ids))
    if len(chosen) > MOST:
        raise Problem("invalid_arguments", f"A message takes {MOST} files; these are {len(chosen)}.", remedy="Send some of them with the next message.")
    found = [await get(actor, one) for one in chosen]
    return [Attachment(one.id, one.file_name, one.media_type, one.size) for one in found]


async def unfolded(actor: Actor, history: History, model: str) -> History:
    """The same history with what is in its files: texts for every model, images for those that see. A file that is gone is only named."""
    return [(role, await _unfolded(actor, content, model) if role == "user" else content) for role, content in history]


async def _unfolded(actor: Actor, content: list[Block], model: str) -> list[Block]:
    if not any(isinstance(block, Attachment) for block in content):
        return content
    made: list[Block] = []
    for block in content:
        made.append(block)
        if isinstance(block, Attachment):
            made += await _inside(actor, block, model)
    return made


async def _inside(actor: Actor, file: Attachment, model: str) -> list[Block]:
    rows = await Row.raw("SELECT data, media_type FROM attachments WHERE id = {} AND user_id = {}", file.id, actor.user_id)
    if not rows:
        return []
    data, media_type = bytes(rows[0]["data"]), str(rows[0]["media_type"])
    if media_type.startswith("image/"):
        return [Picture(media_type, data)] if models.sees(model) else []
    text = await asyncio.to_thread(account, str(file.id), media_type, data)
    return [Mention("file", str(file.id), f"The attached file {file.file_name} ({media_type}, {file.size:,} bytes)", text)]


def account(ref: str, media_type: str, data: bytes) -> str:
    """What a model reads of a file: its text, or what a recording or a description has in it. Secrets are masked."""
    try:
        if media_type == "application/har+json":
            return _recording(ref, data)
        if media_type == "application/vnd.oai.openapi":
            return _description(ref, data)
    except (Unreadable, RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        return f"It could not be read: {str(error)[:300]}\n{_start(data)}"
    return _start(data)


def is_description(data: bytes) -> bool:
    """Whether it is an OpenAPI document."""
    try:
        return inputs.identify(data).kind == "openapi"
    except Unreadable:
        return False


def kind_of(media_type: str) -> Kind:
    kinds: dict[str, Kind] = {"application/har+json": "recording", "application/vnd.oai.openapi": "openapi"}
    return "image" if media_type.startswith("image/") else kinds.get(media_type, "text")


def _recording(ref: str, data: bytes) -> str:
    hosts, lines, calls = Counter[str](), list[str](), 0
    reading = inputs.read(data)
    for exchange in islice(reading, 20_000):
        calls += 1
        hosts[urlsplit(exchange.url).hostname or "?"] += 1
        if len(lines) < _LINES:
            lines.append(f"{exchange.method} {redact.mask_url(exchange.url)[:300]} → {exchange.status or exchange.error or 'no answer'}")
    told = ", ".join(f"{host} ({count})" for host, count in hosts.most_common(10))
    more = f"\n… {calls - len(lines):,} more" if calls > len(lines) else ""
    return f"A recording of {calls:,} calls to {told}. `capture_import` with har `{ref}` takes it into an endpoint.\n" + "\n".join(lines) + more


def _description(ref: str, data: bytes) -> str:
    spec = given.read(data)
    lines = [f"{operation.method} {operation.template} {operation.summary}".strip()[:200] for operation in spec.operations[: _LINES * 3]]
    more = f"\n… {len(spec.operations) - len(lines):,} more" if len(spec.operations) > len(lines) else ""
    servers = ", ".join(spec.servers) or "no server named"
    head = f"An OpenAPI document of {len(spec.operations):,} operations ({servers}). `capture_import` with har `{ref}` describes an endpoint by it.\n"
    return redact.mask_text(head + "\n".join(lines) + more)


def _start(data: bytes) -> str:
    text = redact.mask_text(data[: _SHOWN * 4].decode("utf-8-sig", "replace"))
    return text if len(data) <= _SHOWN else f"{text[:_SHOWN]}\n… the file goes on; this is its beginning."


def _fits(name: str, data: bytes) -> None:
    if not data:
        raise Problem("invalid_arguments", f"`{name}` is empty.", remedy="Choose a file with something in it.")
    if len(data) > MAX_BYTES:
        raise Problem(
            "too_large",
            f"`{name}` has {len(data) / 1_048_576:.1f} MB; {MAX_BYTES // 1_048_576} MB are the limit.",
            remedy="Import a large recording on the API's page: it takes 50 MB.",
        )


def _media_type(name: str, data: bytes) -> str:
    """By the bytes; the name decides only what a text is called. Raises unsupported_file, too_large for an image."""
    if image := next(
        (kind for mark, kind in _PICTURES.items() if data.startswith(mark)), "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""
    ):
        if len(data) > MAX_IMAGE_BYTES:
            raise Problem("too_large", f"`{name}` has {len(data) / 1_048_576:.1f} MB; images may have {MAX_IMAGE_BYTES // 1_048_576} MB.")
        return image
    if is_description(data):
        return "application/vnd.oai.openapi"
    try:
        found = inputs.identify(data).kind
    except Unreadable:
        found = "unknown"
    if found in _RECORDINGS and (found != "har" or _is_har(data)):
        return "application/har+json"
    if not _is_text(data):
        raise Problem("unsupported_file", f"`{name}` is no text, no recording and no image that can be shown.")
    ending = name.rsplit(".", 1)[-1].lower()
    return {"json": "application/json", "md": "text/markdown", "csv": "text/csv", "yaml": "application/yaml", "yml": "application/yaml"}.get(
        ending, "text/plain"
    )


def _is_har(data: bytes) -> bool:
    """Any JSON object might be one: it is when a call can be read from it."""
    try:
        return next(iter(inputs.read(data)), None) is not None
    except (Unreadable, RecursionError, ValueError):
        return False


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return "\0" not in text


def _name(file_name: str) -> str:
    """The last part of a path, in one line."""
    plain = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in plain.encode("utf-8", "replace").decode() if c.isprintable()).strip()[:120] or "file"


def _stored(row: dict[str, object]) -> Stored:
    return msgspec.convert({**row, "kind": kind_of(str(row["media_type"]))}, Stored)


_SELECT = "SELECT id, file_name, media_type, size, chat_message_id IS NOT NULL AS is_sent, created_at FROM attachments"
