"""A run's events as changes of the page: closed blocks are appended once, the open tail is replaced, a tool call is one element.

`Answer` is fed every event of a run from the first. What it has built is the page's HTML at a load; what `changes` gives are the pieces for
a page that is at some later point. So a reader who comes back gets exactly what is missing.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from markupsafe import Markup, escape

from agent import runlog
from agent.ai_providers import GUIDE
from agent.approvals import Approval
from agent.conversation.chats import StoredMessage
from agent.messages import Block, Text
from agent.runlog import Event
from web.pages.blocks import MessageView, PartView, ReasoningView, TextView, ToolView, label, may_go_on, parts_of, safe, settle, tool_dom
from web.render import markdown

Draw = Callable[..., str]
_SEAM = "seam"


class Piece(msgspec.Struct, frozen=True):
    """Something to append inside the part `dom`."""

    dom: str
    html: str


class _Writing(msgspec.Struct):
    """A part of text that is open: its view and the renderer that knows the open block."""

    view: TextView
    stream: markdown.Stream


class Answer:
    """One answer while its run writes it."""

    def __init__(self, message: StoredMessage, run_id: UUID, chat_id: UUID, *, own: str, copy: str, approvals: list[Approval]) -> None:
        self.view = MessageView(
            message.id,
            chat_id,
            "assistant",
            versions=message.versions,
            run_id=run_id,
            is_live=True,
            is_last=True,
            since=message.timestamp,
            model_label=label(message.provider, message.model),
            parts=[],
        )
        self.run_id, self._own, self._copy, self._is_guide = run_id, own, copy, message.provider == GUIDE
        self._approvals = {str(approval.id): approval for approval in approvals}
        self._writing: dict[str, _Writing] = {}
        self._thoughts: dict[str, ReasoningView] = {}
        self._calls: dict[str, ToolView] = {}
        self._dirty: set[str] = set()
        self._new: list[PartView] = []
        self._summary: dict[str, Any] | None = None
        self.said = ""
        if message.run_status == "queued":
            self._carry_on(message.content)

    @property
    def has_ended(self) -> bool:
        return not self.view.is_live

    @property
    def mark(self) -> str:
        """How far it has come, as the id of a piece of the tab's stream."""
        return f"{self.run_id}:{self.view.seq}"

    def know(self, approvals: list[Approval]) -> None:
        """Approvals that were asked for since."""
        self._approvals |= {str(approval.id): approval for approval in approvals}

    def feed(self, event: Event) -> list[Piece]:
        """Take in an event; the pieces that only ever are appended. New parts and what is replaced are kept for `changes`."""
        self.view.seq = event.seq
        data = event.data
        match event.event:
            case "run.start":
                if not self.view.parts:
                    self._carry_on(msgspec.convert(data.get("before", []), list[Block]))
            case "run.resumed":
                self._resume(data)
            case "part.start":
                return self._start(data)
            case "part.delta":
                return self._delta(data)
            case "part.end":
                return self._end_part(data)
            case "tool.approval_requested":
                self._ask(data)
            case "tool.approval_resolved":
                self._resolve(data)
            case "tool.output":
                self._output(data)
            case "retrying":
                self._note("retrying", str(data["reason"]))
            case "step.start":
                self._note("")
            case "context.compacted":
                self._summary = data
            case "chat.suggestions":
                self.view.suggestions = data["items"]
            case "run.waiting":
                self._note("waiting")
            case runlog.END:
                self._end(data)
            case _:
                pass
        return []

    def changes(self, pieces: list[Piece], draw: Draw) -> list[str]:
        """The pieces of parts that the page has, new parts whole, and what was replaced. `draw(macro, value)` renders one.

        All places of one message are looked up before any is filled, so nothing may depend on a part that is new in it.
        """
        fresh = {part.dom for part in self._new}
        found = [piece.html for piece in pieces if piece.dom not in fresh]
        found += [partial(f"#body-{self.view.id}", "beforeend", draw("item", part)) for part in self._new]
        for key in sorted(self._dirty):
            if key == "foot":
                found += self.state(draw)
            elif key in self._calls and self._calls[key].dom not in fresh:
                found.append(partial(f"#{self._calls[key].dom}", "outerHTML", draw("tool", self._calls[key])))
            elif key in self._writing and (view := self._writing[key].view).dom not in fresh:
                found.append(partial(f"#{view.dom}-tail", "innerHTML", view.tail))
        if self._summary:
            found.append(partial("#chat-summary", "innerHTML", draw("summary", self.view.chat_id, self._summary["covers"], self._summary["text"])))
        self.forget_changes()
        return found

    def state(self, draw: Draw) -> list[str]:
        """What it is doing, beside the message box; once it has ended, the foot."""
        note = partial("#run-note", "innerHTML", draw("note", self.view))
        return [note] if self.view.is_live else [note, partial(f"#foot-{self.view.id}", "innerHTML", draw("foot", self.view))]

    def forget_changes(self) -> None:
        """The page has everything up to here."""
        self._dirty.clear()
        self._new.clear()
        self._summary = None

    def _carry_on(self, before: list[Block]) -> None:
        """What an answer that goes on has said already; a text that was cut off is open again."""
        self.view.parts = parts_of(self.view.id, before, own=self._own, copy=self._copy, is_guide=self._is_guide)
        self._new += self.view.parts
        last = self.view.parts[-1] if self.view.parts else None
        if isinstance(last, TextView) and isinstance(before[-1], Text):
            self._writing[_SEAM] = _Writing(last, markdown.Stream(own=self._own, copy=self._copy))
            last.blocks = []
            self._delta({"part": _SEAM, "text": before[-1].text})

    def _resume(self, data: dict[str, Any]) -> None:
        """Another worker goes on: the text that was being written is carried on, a tool call that never came whole is not run."""
        if data["part"] in self._writing:
            self._writing[_SEAM] = self._writing.pop(data["part"])
            self._dirty.add(_SEAM)
        for call_id in data["dropped"]:
            self._calls[call_id].state = "stopped"
            self._dirty.add(call_id)

    def _start(self, data: dict[str, Any]) -> list[Piece]:
        key, dom = data["part"], f"p-{self.view.id}-{data['part'].replace('.', '-')}"
        if _SEAM in self._writing:
            if data["kind"] == "text":
                self._writing[key] = self._writing.pop(_SEAM)
                self._dirty.add(key)
                return []
            if data["kind"] != "reasoning":
                self._writing["closed"] = self._writing.pop(_SEAM)
                return [*self._end_part({"part": "closed", "kind": "text"}), *self._start_after(data, key, dom)]
        return self._start_after(data, key, dom)

    def _start_after(self, data: dict[str, Any], key: str, dom: str) -> list[Piece]:
        match data["kind"]:
            case "tool_call":
                tool = ToolView(tool_dom(self.view.id, data["call_id"]), data["name"], {}, is_retold=self._is_guide)
                self._calls[data["call_id"]] = tool
                self._append(tool)
            case "reasoning":
                self._thoughts[key] = ReasoningView(dom, "")
                self._append(self._thoughts[key])
            case _:
                view = TextView(dom, [])
                self._writing[key] = _Writing(view, markdown.Stream(own=self._own, copy=self._copy))
                self._append(view)
        return []

    def _append(self, part: PartView) -> None:
        self.view.parts.append(part)
        self._new.append(part)

    def _delta(self, data: dict[str, Any]) -> list[Piece]:
        key = data["part"]
        if key in self._thoughts:
            self._thoughts[key].text += data["text"]
            dom = self._thoughts[key].dom
            return [Piece(dom, partial(f"#{dom}", "beforeend", escape(data["text"])))]
        if key not in self._writing:
            return []
        writing = self._writing[key]
        closed = [safe(html) for html in writing.stream.feed(data["text"])]
        writing.view.blocks += closed
        writing.view.tail = safe(writing.stream.tail)
        self._dirty.add(key)
        return [_before_tail(writing.view, Markup("").join(closed))] if closed else []

    def _end_part(self, data: dict[str, Any]) -> list[Piece]:
        key = data["part"]
        if data["kind"] == "tool_call" and data["call_id"] in self._calls:
            self._calls[data["call_id"]].arguments = data.get("input") or {}
            self._dirty.add(data["call_id"])
        if key not in self._writing:
            return []
        writing = self._writing[key]
        last = safe(writing.stream.close())
        writing.view.tail = Markup("")
        if not last:
            return []
        writing.view.blocks.append(last)
        self._dirty.add(key)
        return [_before_tail(writing.view, last)]

    def _ask(self, data: dict[str, Any]) -> None:
        if data["call_id"] in self._calls:
            view = self._calls[data["call_id"]]
            view.state, view.approval = "waiting", self._approvals.get(data["approval_id"])
            self._dirty.add(data["call_id"])
        self._note("waiting")
        self.said = "approval"

    def _resolve(self, data: dict[str, Any]) -> None:
        if data["call_id"] in self._calls:
            view = self._calls[data["call_id"]]
            view.state, view.approval = "running", None
            self._dirty.add(data["call_id"])
        self._note("")
        self.said = "working"

    def _output(self, data: dict[str, Any]) -> None:
        if data["call_id"] in self._calls:
            settle(self._calls[data["call_id"]], data.get("state", "ok"), data["text"], data.get("data"))
            self._dirty.add(data["call_id"])

    def _note(self, note: str, text: str = "") -> None:
        if (self.view.note, self.view.note_text) != (note, text):
            self.view.note, self.view.note_text = note, text
            self._dirty.add("foot")

    def _end(self, data: dict[str, Any]) -> None:
        self.view.is_live, self.view.status, self.view.error = False, data["status"], data.get("error")
        self.view.may_go_on = bool(self.view.parts) and may_go_on(data["status"], data.get("error"))
        for call_id, view in self._calls.items():
            if view.state in ("running", "waiting"):
                view.state, view.approval = "stopped", None
                self._dirty.add(call_id)
        for key, writing in self._writing.items():
            if last := writing.stream.close() if writing.view.tail else "":
                writing.view.tail = safe(last)
                self._dirty.add(key)
        self._dirty.add("foot")
        self.said = {"completed": "done", "stopped": "stopped"}.get(data["status"], "failed")


def replayed(answer: Answer, events: list[Event]) -> Answer:
    """The answer after these events, as a page that is loaded now shows it."""
    for event in events:
        answer.feed(event)
    answer.forget_changes()
    return answer


def news(answer: Answer, events: list[Event], draw: Draw) -> str:
    """The HTML of one message for these events, ending in how far the page has come."""
    pieces = [piece for event in events for piece in answer.feed(event)]
    place = partial(f"#seq-{answer.view.run_id}", "outerHTML", draw("cursor", answer.view.run_id, answer.view.seq))
    return "".join([*answer.changes(pieces, draw), place])


def partial(target: str, swap: str, html: str | Markup) -> str:
    """A piece for a place of the page, in the form that htmx swaps."""
    return f'<hx-partial hx-target="{target}" hx-swap="{swap}">{html}</hx-partial>'


def _before_tail(view: TextView, html: Markup) -> Piece:
    return Piece(view.dom, partial(f"#{view.dom}-tail", "beforebegin", html))
