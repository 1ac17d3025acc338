"""The next step of the guide: a tool call, one short question, or an answer. A pure function of the conversation.

The plan is made from the user's words alone. Results of its own calls may fill in an id ("document it" after a capture)
but never add a step.
"""

import re
from typing import Any, cast

import msgspec

from agent.messages import Attachment, Message, ToolResult, text_of
from agent.providers.base import ToolSpec
from agent.providers.guide import chinese, words
from agent.providers.guide.carving import Found, Said
from agent.providers.guide.intents import Intent, alike, intents, is_command
from agent.providers.guide.memory import Memory, remember, things_of
from agent.providers.guide.nearest import usual
from agent.providers.guide.reading import clause, mask
from agent.providers.guide.slots import find
from agent.providers.guide.verbs import ALSO_NEEDS, ASKS, INSTEAD, VERBS, key_of


class Step(msgspec.Struct, frozen=True):
    """One call. `view` is how its result was asked for; `topic` the words it is about."""

    tool: str
    arguments: dict[str, Any]
    view: str = ""
    topic: str = ""


class Done(msgspec.Struct, frozen=True):
    step: Step
    result: ToolResult


class Ask(msgspec.Struct, frozen=True):
    """What is missing of which intent; `rest` waits until it is known."""

    slot: str
    intent: Intent
    rest: tuple[Intent, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """`done` are this turn's finished steps. With neither `step` nor `ask` the turn is over; `missing` names a tool that is not offered."""

    done: tuple[Done, ...] = ()
    step: Step | None = None
    ask: Ask | None = None
    missing: str = ""
    understood: bool = True
    text: str = ""


def plan(messages: tuple[Message, ...], tools: tuple[ToolSpec, ...]) -> Plan:
    """What comes next after these messages."""
    at = max((n for n, message in enumerate(messages) if _is_said(message)), default=-1)
    if at < 0:
        return Plan(understood=False)
    wanted = _wanted(messages, at, tools)
    done = _walk(wanted, messages, at, tools)
    return msgspec.structs.replace(done, understood=bool(wanted), text=text_of(messages[at].content))


def _is_said(message: Message) -> bool:
    return message.role == "user" and any(not isinstance(block, ToolResult) for block in message.content)


def _wanted(messages: tuple[Message, ...], at: int, tools: tuple[ToolSpec, ...]) -> tuple[Intent, ...]:
    """The message's own intents, or those of the earlier one that it answers the question of."""
    text, files = text_of(messages[at].content), _files(messages[: at + 1])
    plain = re.sub(r"[^\w\s\u4e00-\u9fff]", "", text.lower()).strip()
    if plain in words.REFUSALS:
        return ()
    own = intents(text, remember(messages[:at]), files if _files((messages[at],)) or _OF_A_FILE.search(text) else ())
    if is_command(text) or not (asked := _asked(messages, at, tools)):
        return own
    answered = _answered(asked, text, messages, at, files)
    is_order = bool(own) and bool(own[0].clause.head) and asked.slot not in {"text", "name", "url", "html"}
    return own if answered is None or is_order else answered


def _asked(messages: tuple[Message, ...], at: int, tools: tuple[ToolSpec, ...]) -> Ask | None:
    """The question with which the turn before ended; the guide's own words must stand there."""
    heard = next((text_of(message.content) for message in reversed(messages[:at]) if message.role == "assistant"), "")
    if not any(_stands(question, heard) for question in ASKS.values()):
        return None
    said = [n for n in range(at) if _is_said(messages[n])]
    asked = plan(messages[said[-_TURNS] if len(said) >= _TURNS else 0 : at], tools).ask
    return asked if asked and _stands(ASKS[asked.slot], heard) else None


def _stands(question: str, heard: str) -> bool:
    return question in heard or (chinese.is_said(heard) and chinese.said(question) in heard)


def _answered(asked: Ask, text: str, messages: tuple[Message, ...], at: int, files: tuple[str, ...]) -> tuple[Intent, ...] | None:
    masked = mask(chinese.heard(text))
    memory = remember(messages[:at])
    heard = clause(masked.text, masked.spans, memory.names())
    kind = asked.intent.verb.slots.get(asked.slot, asked.slot)
    found = find(kind, Said(heard.text, heard, memory, files)) if kind not in _FREE else None
    if found is None and kind in _FREE:
        found = Found((text.strip().strip("\"'“”"),), "")
    if found is None:
        return None
    value = list(found.values) if asked.slot == asked.intent.verb.many else found.values[0]
    intent = msgspec.structs.replace(asked.intent, given={**asked.intent.given, asked.slot: value})
    return (intent, *asked.rest)


def _walk(wanted: tuple[Intent, ...], messages: tuple[Message, ...], at: int, tools: tuple[ToolSpec, ...]) -> Plan:
    """Follow the plan past the results that are there, to the first step without one."""
    ends = [n for n in range(at + 1, len(messages)) for block in messages[n].content if isinstance(block, ToolResult)]
    results = [block for message in messages[at + 1 :] for block in message.content if isinstance(block, ToolResult)]
    offered, done, names = {tool.name: tool for tool in tools}, list[Done](), _files(messages[: at + 1])
    for n, intent in enumerate(wanted):
        if intent.verb.tool not in offered and INSTEAD.get(intent.verb.tool) not in offered:
            return Plan(tuple(done), missing=intent.verb.tool)
        upto = messages[: ends[len(done) - 1] + 1] if done else messages[:at]
        steps = _steps(intent, upto, names, offered)
        if isinstance(steps, Ask) and _can_look_up(steps, upto, offered, done):
            if len(done) == len(results):
                return Plan(tuple(done), step=_LOOKED_UP)
            done.append(Done(_LOOKED_UP, results[len(done)]))
            steps = _begun(_steps(intent, messages[: ends[len(done) - 1] + 1], names, offered), done[-1])
        if isinstance(steps, Ask):
            return Plan(tuple(done), ask=msgspec.structs.replace(steps, rest=wanted[n + 1 :]))
        queue = list(steps)
        while queue:
            step = queue.pop(0)
            if any((step.tool, step.arguments) == (past.step.tool, past.step.arguments) for past in done):
                continue
            if step.tool not in offered:
                return Plan(tuple(done), missing=step.tool)
            if len(done) == len(results):
                return Plan(tuple(done), step=step)
            done.append(Done(step, results[len(done)]))
            if results[len(done) - 1].state != "ok":
                return Plan(tuple(done))
            queue += _second(intent, done[-1], offered) if not queue else ()
    return Plan(tuple(done))


def _can_look_up(ask: Ask, messages: tuple[Message, ...], offered: dict[str, ToolSpec], done: list[Done]) -> bool:
    """Whether the list of APIs may answer the question: whoever has one need not say which. What destroys is always asked about."""
    is_unknown = ask.slot == "endpoint" and not any(thing.kind == "endpoint" for thing in remember(messages).things)
    return is_unknown and ask.intent.verb.effect != "destructive" and "endpoint_list" in offered and not any(one.step is _LOOKED_UP for one in done)


def _begun(steps: tuple[Step, ...] | Ask, looked_up: Done) -> tuple[Step, ...] | Ask:
    """A recording for which no API is captured yet begins one."""
    data: Any = looked_up.result.data
    recording = steps.intent.given.get("har") if isinstance(steps, Ask) and steps.slot == "endpoint" else None
    return (Step("endpoint_create", {"recording": recording}),) if recording and isinstance(data, dict) and not data.get("items") else steps


def _steps(intent: Intent, messages: tuple[Message, ...], files: tuple[str, ...], offered: dict[str, ToolSpec]) -> tuple[Step, ...] | Ask:
    """The calls of one intent, one for each thing it names, or what is missing."""
    verb, said = intent.verb, Said(intent.clause.text, intent.clause, remember(messages), files)
    arguments: dict[str, Any] = {}
    several: tuple[Any, ...] = ()
    for slot, kind in verb.slots.items():
        if slot in intent.given or slot in verb.fixed:
            continue
        if found := find(kind, said):
            arguments[slot], said = found.values[0], msgspec.structs.replace(said, rest=found.rest)
            several = found.values if slot == verb.many else several
    for more in intent.more:
        arguments |= {
            slot: found.values[0] for slot, kind in verb.slots.items() if slot not in arguments and (found := find(kind, Said(more.text, more, said.memory)))
        }
    arguments = {**verb.fixed, **_usual(intent, said.memory), **arguments, **intent.given}
    several = several or tuple(_as_list(arguments[verb.many])) if verb.many in arguments else ()
    if missing := _missing(intent, arguments):
        return Ask(
            missing, msgspec.structs.replace(intent, given={**intent.given, **{k: list(several) if k == verb.many else v for k, v in arguments.items()}})
        )
    arguments = _completed(verb.tool, arguments, intent)
    variants = [{**arguments, verb.many: value} for value in several] if verb.many and several else [arguments]
    return tuple(_offered(Step(verb.tool, _ordered(verb.slots, variant), verb.view, intent.clause.plain(intent.clause.text)), offered) for variant in variants)


def _usual(intent: Intent, memory: Memory) -> dict[str, Any]:
    """What nearly everybody means who says it like this, of the arguments that are one of a few words."""
    return {} if intent.clause.negated else usual(key_of(intent.verb), *alike(Said(intent.clause.text, intent.clause, memory)))


def _as_list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _missing(intent: Intent, arguments: dict[str, Any]) -> str:
    also = [slot for tool, concept, slot in ALSO_NEEDS if tool == intent.verb.tool and concept in intent.clause.concepts]
    missing = next((slot for slot in (*intent.verb.needs, *also) if arguments.get(slot) in (None, "", [])), "")
    return missing or ("change" if intent.verb.tool == "endpoint_update" and len(arguments) == 1 else "")


def _completed(tool: str, arguments: dict[str, Any], intent: Intent) -> dict[str, Any]:
    """What follows from the other arguments."""
    if tool == "app_create":
        return {"description": arguments["name"], **arguments}
    if tool == "capture_explain" and "call" in arguments:
        return {name: value for name, value in arguments.items() if name != "call"} if "operation" in arguments else {"call": arguments["call"]}
    return arguments


def _ordered(slots: dict[str, str], arguments: dict[str, Any]) -> dict[str, Any]:
    return {**{name: arguments[name] for name in reversed(slots) if name in arguments}, **arguments}


def _offered(step: Step, offered: dict[str, ToolSpec]) -> Step:
    """The step as the menu takes it: another tool where this one is not offered, numbers within its limits."""
    instead = INSTEAD.get(step.tool, "")
    if step.tool not in offered and instead in offered and step.arguments.get("endpoint"):
        return Step(instead, {"endpoint": step.arguments["endpoint"]}, step.view or "docs", step.topic)
    properties = offered[step.tool].input_schema.get("properties", {}) if step.tool in offered else {}
    most = {name: schema.get("maximum") for name, schema in properties.items()}
    return msgspec.structs.replace(
        step, arguments={k: min(v, most[k]) if isinstance(v, int) and not isinstance(v, bool) and most.get(k) else v for k, v in step.arguments.items()}
    )


def _second(intent: Intent, done: Done, offered: dict[str, ToolSpec]) -> tuple[Step, ...]:
    """A verb's second step: the format of the docs just made, the operation just found."""
    if not intent.verb.then or done.step.tool != intent.verb.tool:
        return ()
    tool, slot = intent.verb.then
    endpoint = {key: value for key, value in done.step.arguments.items() if key == "endpoint"}
    if slot == "format":
        found = find("format", Said(intent.clause.text, intent.clause, remember(())))
        return (Step(tool, {**endpoint, "format": found.values[0] if found else "openapi"}, "docs"),)
    shown = things_of(done.step.tool, done.result.data)
    return (Step(tool, {slot: shown[0].ref, **endpoint}, "example", done.step.topic),) if shown and tool in offered else ()


def _files(messages: tuple[Message, ...]) -> tuple[str, ...]:
    """The attached files' ids, newest message first."""
    return tuple(str(block.id) for message in reversed(messages) for block in message.content if isinstance(block, Attachment))


_LOOKED_UP = Step("endpoint_list", {}, "lookup")
_OF_A_FILE = re.compile(r"\b(?:har|files?|recordings?|attach\w*|imports?|flows?|it|this|that)\b|[文件录附导它这]", re.IGNORECASE)  # one that came earlier
_TURNS = 8  # as far back as a chain of questions is followed
_FREE = {"rest_text", "label", "name", "new_name", "that", "description"}
TOOLS = frozenset(verb.tool for verb in VERBS)
