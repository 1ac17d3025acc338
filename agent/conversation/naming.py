"""A chat's title and what to say next, worded by the model that gave its first answer: one short question without tools, after that answer has ended.

Nobody waits for it: until it is there, and wherever it fails, the guide's own words stand. Secrets are masked before anything is asked, and what
the model says is taken as text of one line, never as an instruction.
"""

import ipaddress
import secrets
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import structlog

from agent import asking, instructions, keys
from agent.actor import Actor
from agent.billing import usage
from agent.config import settings
from agent.conversation import chats
from agent.errors import Problem
from agent.keys import Choice
from agent.messages import Message, Text, text_of
from agent.providers import guide
from agent.providers.base import ModelRequest
from agent.spec.secrets import redact

log = structlog.get_logger()
_SECONDS, _TOKENS, _SHOWN = 30.0, 300, 2_000
_LONGEST_TITLE, _LONGEST_SUGGESTION, _MOST = 60, 80, 3


class Worded(msgspec.Struct, frozen=True):
    """As the model answers; anything else in its answer is ignored."""

    title: str = ""
    suggestions: list[str] = []


def is_wanted(choice: Choice) -> bool:
    """Whether this model is to be asked: by default only a remote one, since a local one would be kept from the next message."""
    wish = settings().titles_by_model
    if wish == "off" or choice.connection.wire in ("builtin", "scripted"):
        return False
    return wish == "on" or not any(_is_near(connection.base_url) for connection in choice.connections)


async def improve(actor: Actor, chat_id: UUID, answer_id: UUID, choice: Choice, stands: str) -> None:
    """Put the model's title in the place of the one that stands, unless somebody else has renamed the chat, and its suggestions beside the answer."""
    try:
        await usage.require(actor)
        taken = await keys.take(actor, choice.provider, choice.model)
        fence = secrets.token_hex(6)
        said = f"<conversation {fence}>\n{await _conversation(chat_id, answer_id)}\n</conversation {fence}>"
        request = ModelRequest(
            model=taken.model, system=instructions.render("title", fence=fence).text, messages=(Message("user", (Text(said),)),), max_tokens=_TOKENS
        )
        worded = read(await asking.answer(actor, taken, request, _SECONDS))
    except Problem as problem:
        log.info("naming.failed", chat=str(chat_id), code=problem.code)
        return
    if worded.suggestions:
        await chats.note(answer_id, suggestions=worded.suggestions)
    if worded.title:
        await chats.retitle(chat_id, stands, worded.title)


def read(answer: str) -> Worded:
    """The JSON object in a model's answer, its texts each one short line without secrets; what does not fit is left out."""
    begin, end = answer.find("{"), answer.rfind("}")
    try:
        found = msgspec.json.decode(answer[begin : end + 1].encode(), type=Worded)
    except msgspec.DecodeError:
        return Worded()
    title = _line(found.title)
    offered = [line for line in map(_line, found.suggestions) if line and len(line) <= _LONGEST_SUGGESTION and guide.is_harmless(line)]
    return Worded(title if len(title) <= _LONGEST_TITLE else "", list(dict.fromkeys(offered))[:_MOST])


async def _conversation(chat_id: UUID, answer_id: UUID) -> str:
    line = await chats.branch(chat_id, answer_id)
    said = [(message.role, text_of(message.content)) for message in line]
    return "\n\n".join(f"{role}: {redact.mask_text(text)[:_SHOWN]}" for role, text in said if text)


def _line(text: str) -> str:
    flat = " ".join(redact.mask_text(text).split()).strip(" \"'“”`*#.")
    return flat if flat.isprintable() else ""


def _is_near(url: str) -> bool:
    """Whether an address is this machine's or its network's."""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal", ".lan"))
