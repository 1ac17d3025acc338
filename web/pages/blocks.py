"""A conversation as the page shows it: an answer's blocks, or a run's events so far, as a list of parts.

An answer is built in one of two ways that come to the same HTML: from its stored blocks, or event by event while it is written.
"""

from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
from markupsafe import Markup

from agent.ai_providers import GUIDE
from agent.approvals import Approval
from agent.arrivals import Arrival
from agent.conversation.chats import StoredMessage
from agent.messages import Attachment, Block, Mention, Reasoning, Refusal, Text, ToolCall, ToolResult, text_of
from agent.tools.invoke import BY_NAME
from web.render import markdown

VERBS: dict[str, str] = {
    "endpoint_create": "Capture an API",
    "endpoint_list": "List the APIs",
    "endpoint_update": "Change an API",
    "endpoint_delete": "Delete an API",
    "capture_search": "Search the calls",
    "capture_get": "Look into a call",
    "capture_explain": "Explain a failing call",
    "capture_import": "Import calls",
    "capture_wait": "Wait for calls",
    "docs_generate": "Document an API",
    "docs_get": "Read the documentation",
    "docs_review": "Review the path templates",
    "docs_decide": "Decide about a path template",
    "docs_why": "Find the evidence",
    "change_list": "See what changed",
    "operation_search": "Find operations",
    "operation_describe": "Describe an operation",
    "operation_call": "Call an operation",
    "mcp_connect": "Connect an MCP server",
    "mcp_list": "List the MCP servers",
    "mcp_disconnect": "Disconnect an MCP server",
    "mcp_address": "Find the address of an MCP server",
    "mcp_call": "Call a tool of an MCP server",
    "credit_check": "Check the credits",
    "usage_get": "Show the usage",
    "result_read": "Read on in a result",
    "key_list": "List the keys",
    "key_add": "Ask for a key",
    "key_update": "Change a key",
    "key_delete": "Delete a key",
    "prompt_list": "List the prompts",
    "prompt_save": "Save a prompt",
    "prompt_use": "Use a prompt",
    "prompt_delete": "Delete a prompt",
}
_OBJECTS = ("destination_url", "operation", "tool", "server", "endpoint", "call", "key", "provider", "query", "path", "field", "name")
_OF_A_CALL = ("capture_get", "capture_explain")
ToolState = Literal["running", "waiting", "ok", "error", "denied", "stopped"]


class TextView(msgspec.Struct):
    """Prose: `blocks` are closed for good, `tail` is the one still being written."""

    dom: str
    blocks: list[Markup]
    tail: Markup = Markup("")
    kind: str = "text"


class ReasoningView(msgspec.Struct):
    dom: str
    text: str
    kind: str = "reasoning"


class ToolView(msgspec.Struct):
    """One tool call: its line, its card, the approval it waits for, and the first call of the endpoint that it made.

    `is_retold`: the answer says in the same words why it failed, as the guide's do; a model may say anything.
    """

    dom: str
    name: str
    arguments: dict[str, Any]
    state: ToolState = "running"
    text: str = ""
    data: Any = None
    approval: Approval | None = None
    arrival: Arrival | None = None
    is_retold: bool = False
    kind: str = "tool"

    @property
    def made(self) -> str:
        """The id of the endpoint that the call has made; its first call is told under the card."""
        return str(self.data["id"]) if self.name == "endpoint_create" and self.state == "ok" and isinstance(self.data, dict) and "id" in self.data else ""

    @property
    def verb(self) -> str:
        return self.verb_of(self.name)

    @staticmethod
    def verb_of(name: str) -> str:
        """What a tool does, in words."""
        return VERBS.get(name, name.replace("_", " "))

    @property
    def object(self) -> str:
        """What it is about: a call by its method and path as soon as they are known, nobody knows it by its id."""
        told = self.data.get("call", self.data) if self.name in _OF_A_CALL and isinstance(self.data, dict) else None
        if isinstance(told, dict) and "method" in told and "path" in told:
            return f"{told['method']} {told['path']}"
        return next((str(self.arguments[name]) for name in _OBJECTS if self.arguments.get(name)), "")

    @property
    def price(self) -> int:
        """What it cost; what was there already was not charged."""
        tool = BY_NAME.get(self.name)
        was_there = isinstance(self.data, dict) and self.data.get("is_there_already")
        return tool.price if tool and not was_there else 0


PartView = TextView | ReasoningView | ToolView


class Brought(msgspec.Struct, frozen=True):
    """A file, or a thing that was mentioned, with where it is found."""

    kind: str
    title: str
    href: str


class MessageView(msgspec.Struct):
    """A message of the page. `seq` says up to which event of its run it was built, `versions` what stands in its place, itself included."""

    id: UUID
    chat_id: UUID
    role: str
    text: str = ""
    parts: list[PartView] = []
    run_id: UUID | None = None
    seq: int = 0
    is_live: bool = False
    is_last: bool = False
    status: str | None = None
    error: dict[str, Any] | None = None
    note: str = ""
    note_text: str = ""
    since: datetime | None = None
    model_label: str = ""
    suggestions: list[str] = []
    versions: list[UUID] = []
    verdict: str = ""
    verdict_note: str = ""
    may_go_on: bool = False
    used: dict[str, Any] = {}
    key_name: str = ""
    brought: list[Brought] = []

    @property
    def version(self) -> int:
        """Its place among its versions, from 0."""
        return self.versions.index(self.id) if self.id in self.versions else 0


def message(stored: StoredMessage, chat_id: UUID, *, own: str, copy: str) -> MessageView:
    """A message as it is stored."""
    if stored.role == "user":
        return MessageView(stored.id, chat_id, "user", text=text_of(stored.content), versions=stored.versions, brought=_brought(stored.content))
    return MessageView(
        stored.id,
        chat_id,
        "assistant",
        parts=parts_of(stored.id, stored.content, own=own, copy=copy, is_guide=stored.provider == GUIDE),
        versions=stored.versions,
        verdict=stored.metadata.get("rating", {}).get("verdict", ""),
        verdict_note=stored.metadata.get("rating", {}).get("note", ""),
        run_id=stored.run_id,
        status=stored.run_status or stored.metadata.get("status"),
        error=stored.metadata.get("error"),
        may_go_on=bool(stored.run_id and stored.content) and may_go_on(stored.run_status, stored.metadata.get("error")),
        since=stored.timestamp,
        model_label=label(stored.provider, stored.model),
        suggestions=stored.metadata.get("suggestions", []),
        used=stored.metadata.get("usage", {}),
        key_name=stored.metadata.get("key", {}).get("name", ""),
    )


def parts_of(answer_id: UUID, content: list[Block], *, own: str, copy: str, is_guide: bool) -> list[PartView]:
    """Stored blocks, each tool call joined with its result."""
    parts: list[PartView] = []
    calls: dict[str, ToolView] = {}
    for index, block in enumerate(content):
        match block:
            case Text(text=text) | Refusal(text=text):
                parts.append(TextView(f"p-{answer_id}-{index}", [safe(html) for html in markdown.render_blocks(text, own=own, copy=copy)]))
            case Reasoning(text=text) if text:
                parts.append(ReasoningView(f"p-{answer_id}-{index}", text))
            case ToolCall():
                calls[block.id] = ToolView(tool_dom(answer_id, block.id), block.name, block.arguments, "stopped", is_retold=is_guide)
                parts.append(calls[block.id])
            case ToolResult() if block.call_id in calls:
                settle(calls[block.call_id], block.state, block.text, block.data)
            case _:
                continue
    return parts


def _brought(content: list[Block]) -> list[Brought]:
    """What stands beside a message's words."""
    places = {"api": "/apis/{}", "docs": "/apis/{}?tab=docs", "call": "/calls/{}"}
    files = [Brought("file", one.file_name, f"/attachments/{one.id}") for one in content if isinstance(one, Attachment)]
    return files + [Brought(one.kind, one.title, places[one.kind].format(quote(one.ref))) for one in content if isinstance(one, Mention) and one.kind in places]


def may_go_on(status: str | None, error: dict[str, Any] | None) -> bool:
    """Whether an answer that says something can be written on: it was stopped, failed or cut off, and not for having taken too many steps."""
    return status in ("stopped", "failed", "completed") and (status != "completed" or error is not None) and (error or {}).get("code") != "quota_exceeded"


def settle(view: ToolView, state: str, text: str, data: Any) -> None:
    view.state, view.text, view.data, view.approval = msgspec.convert(state, ToolState), text, data, None


def tool_dom(answer_id: UUID | str, call_id: str) -> str:
    return f"tool-{answer_id}-{call_id}"


def label(provider: str | None, model: str | None) -> str:
    """What the foot of an answer says it came from."""
    return "" if not provider else "guide" if provider == GUIDE else f"{provider} · {model}" if model else provider


def safe(html: str) -> Markup:
    """HTML of the Markdown renderer, which cleans it."""
    return Markup(html)  # noqa: S704  # cleaned by nh3 in web.render.markdown
