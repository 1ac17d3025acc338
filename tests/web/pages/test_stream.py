"""A reader who comes in at any moment ends with the same page as one who was there from the beginning."""

import random
import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from agent.conversation.chats import StoredMessage
from agent.runlog import Event
from web.pages.blocks import ToolView
from web.pages.engine import environment
from web.pages.stream import Answer, news, replayed

RUN, CHAT = uuid4(), uuid4()
MESSAGE = StoredMessage(
    id=uuid4(), parent_id=None, role="assistant", content=[], provider="builtin", model="guide", metadata={}, timestamp=datetime(2026, 11, 21, tzinfo=UTC)
)
TEXT = "# Head\n\nA paragraph\nof two lines.\n\n- one\n- two\n\n```python\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | <b> |\n\nThe end."
MACROS = environment().get_template("parts/blocks.html").make_module({"request": None})


def _draw(macro: str, *values: object) -> str:
    return str(getattr(MACROS, macro)(*values))


def _answer() -> Answer:
    return Answer(MESSAGE, RUN, CHAT, own="http://127.0.0.1:8000", copy="Copy", approvals=[])


def _events(seed: int) -> list[Event]:
    """A run of thought, text, a tool call with its result and more text, its deltas cut at random; every other one changes its worker in the middle of the text."""
    chance = random.Random(seed)
    cut = chance.randint(1, len(TEXT) - 1)
    told: list[tuple[str, dict[str, object]]] = [("run.start", {}), ("step.start", {"step": 1})]

    def part(key: str, kind: str, text: str) -> None:
        told.append(("part.start", {"part": key, "kind": kind}))
        at = 0
        while at < len(text):
            size = chance.randint(1, 15)
            told.append(("part.delta", {"part": key, "kind": kind, "text": text[at : at + size]}))
            at += size
        told.append(("part.end", {"part": key, "kind": kind}))

    part("1.0", "reasoning", "Let me <i>think</i>.")
    if seed % 2:
        part("1.1", "text", TEXT[:cut])
        told[-1] = ("run.resumed", {"part": "1.1", "dropped": []})
        told += [("part.end", {"part": "1.1", "kind": "text"}), ("step.start", {"step": 2})]
        part("2.0", "text", TEXT[cut:])
    else:
        part("1.1", "text", TEXT)
    told.append(("part.start", {"part": "1.2", "kind": "tool_call", "call_id": "call_1_2", "name": "credit_check"}))
    told.append(("part.end", {"part": "1.2", "kind": "tool_call", "call_id": "call_1_2", "name": "credit_check", "input": {}}))
    told.append(("tool.output", {"call_id": "call_1_2", "name": "credit_check", "state": "ok", "text": "You have 75.", "data": {"balance": 75, "held": 0}}))
    part("3.0", "text", "Done **well**.")
    told.append(("run.end", {"status": "completed", "usage": {}}))
    return [Event(seq, name, data) for seq, (name, data) in enumerate(told, 1)]


class _Page:
    """A page that swaps pieces as the browser does, on the text of its elements."""

    def __init__(self, html: str) -> None:
        self.html = html

    def take(self, message: str) -> None:
        for target, swap, piece in re.findall(r'<hx-partial hx-target="#([^"]+)" hx-swap="(\w+)">(.*?)</hx-partial>', message, re.DOTALL):
            if target == "run-note":  # beside the message box, not in the message
                continue
            start, inner, end, after = _element(self.html, target)
            match swap:
                case "beforeend":
                    self.html = self.html[:end] + piece + self.html[end:]
                case "innerHTML":
                    self.html = self.html[:inner] + piece + self.html[end:]
                case "beforebegin":
                    self.html = self.html[:start] + piece + self.html[start:]
                case _:
                    self.html = self.html[:start] + piece.strip() + self.html[after:]


def _element(html: str, id: str) -> tuple[int, int, int, int]:
    """Where an element begins, its inside begins and ends, and what is behind it begins."""
    found = re.search(rf'<(\w+)[^>]*\bid="{re.escape(id)}"[^>]*>', html)
    assert found, f"there is no #{id} to swap"
    tag, depth = found[1], 1
    for close in re.finditer(rf"<(/?){tag}\b[^>]*>", html[found.end() :]):
        depth += -1 if close[1] else 1
        if not depth:
            return found.start(), found.end(), found.end() + close.start(), found.end() + close.end()
    raise AssertionError(f"#{id} is not closed")


def _plain(html: str) -> str:
    """Without blanks between tags, and without the mark that a live answer carries."""
    return re.sub(r"\s+", " ", re.sub(r">\s+<", "><", re.sub(rf' data-run="{RUN}"|<data hidden id="seq-{RUN}" value="\d+"></data>', "", html))).strip()


@pytest.mark.parametrize("seed", range(12))
def test_a_page_loaded_at_any_moment_ends_the_same(seed: int) -> None:
    """Load after some events, take the rest in batches of any size: nothing is repeated and nothing is missing."""
    events, chance = _events(seed), random.Random(seed)
    whole = _plain(_draw("message", replayed(_answer(), events).view))
    assert whole == _plain(_draw("message", replayed(_answer(), _events(0)).view))
    for _ in range(6):
        at = chance.randint(0, len(events))
        answer = replayed(_answer(), events[:at])
        page = _Page(_draw("message", answer.view))
        while at < len(events):
            size = chance.randint(1, 9)
            page.take(news(answer, events[at : at + size], _draw))
            at += size
        assert _plain(page.html) == whole


def test_the_page_says_how_far_it_has_come() -> None:
    """Each message moves the mark from which a new connection goes on, in the same swap."""
    events = _events(1)
    answer = replayed(_answer(), events[:5])
    assert f'id="seq-{RUN}" value="5"' in _draw("message", answer.view)
    assert f'id="seq-{RUN}" value="9"' in news(answer, events[5:9], _draw)


def test_an_answer_that_was_stopped_keeps_what_was_said() -> None:
    """The open tail stays, a tool call that was under way is marked, and the foot says so."""
    events = _events(2)[:20]
    answer = replayed(_answer(), events)
    told = news(answer, [Event(21, "run.end", {"status": "stopped"})], _draw)
    assert answer.has_ended
    assert answer.said == "stopped"
    assert f'hx-target="#foot-{MESSAGE.id}"' in told


@pytest.mark.parametrize(("answer", "said"), [("refused", "Refused"), ("expired", "Expired")])
def test_a_line_tells_a_refusal_from_an_approval_that_nobody_gave_in_time(answer: str, said: str) -> None:
    """Both were not done; only one of them was somebody's decision."""
    found = _answer()
    for event in (
        Event(1, "part.start", {"part": "1.0", "kind": "tool_call", "call_id": "c1", "name": "endpoint_delete"}),
        Event(2, "tool.output", {"call_id": "c1", "state": "denied", "text": "It was not done.", "data": {"approval": answer}}),
    ):
        found.feed(event)
    state = re.search(r'class="state denied">.*?</svg>(\w+)</span>', _draw("message", found.view), re.S)
    assert state
    assert state[1] == said


def test_what_a_model_says_cannot_swap_the_page() -> None:
    """Words that look like a piece for htmx are shown, not obeyed."""
    evil = '</hx-partial><hx-partial hx-target="body">x</hx-partial><div hx-get="/logout" data-hx-post="/x" hx-trigger="load">'
    answer = _answer()
    told = news(answer, [Event(1, "part.start", {"part": "1.0", "kind": "text"}), Event(2, "part.delta", {"part": "1.0", "kind": "text", "text": evil})], _draw)
    assert '<hx-partial hx-target="body"' not in told
    assert not re.search(r"<[^>]*\b(data-)?hx-(get|post)", told)
    thought = news(
        answer,
        [Event(3, "part.start", {"part": "1.1", "kind": "reasoning"}), Event(4, "part.delta", {"part": "1.1", "kind": "reasoning", "text": evil})],
        _draw,
    )
    assert '<hx-partial hx-target="body"' not in thought


def test_ids_of_two_answers_do_not_meet() -> None:
    """Two runs number their parts alike; the page must not."""
    other = Answer(
        StoredMessage(**{name: getattr(MESSAGE, name) for name in MESSAGE.__struct_fields__} | {"id": UUID(int=7)}),
        UUID(int=8),
        CHAT,
        own="",
        copy="Copy",
        approvals=[],
    )
    ids = [set(re.findall(r'\bid="([^"]+)"', _draw("message", replayed(answer, _events(3)).view))) for answer in (_answer(), other)]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_a_line_about_a_call_names_it_as_people_do() -> None:
    """By method and path once the result has told them; until then by its id."""
    call_id = str(uuid4())
    view = ToolView("d", "capture_explain", {"call": call_id})
    assert view.object == call_id
    view.data = {"call": {"id": call_id, "method": "POST", "path": "/orders"}}
    assert view.object == "POST /orders"


def test_a_summary_is_shown_as_it_is_made() -> None:
    """Above the messages, with its words as text and the way to undo it, once."""
    answer = replayed(_answer(), _events(1)[:2])
    told = news(answer, [Event(3, "context.compacted", {"text": "What was said before:\n- <b>", "covers": 4})], _draw)
    assert 'hx-target="#chat-summary"' in told
    assert "the first 4 messages" in told
    assert "&lt;b&gt;" in told
    assert f'action="/c/{CHAT}/summary/undo"' in told
    assert "chat-summary" not in news(answer, [Event(4, "step.start", {"step": 2})], _draw)
