"""A chat's title and what to say next: pure, deterministic, without a model. Secrets never reach a title."""

import re

from agent.messages import Message, ToolResult, text_of
from agent.providers.guide import chinese, words
from agent.providers.guide.carving import Said
from agent.providers.guide.intents import intents
from agent.providers.guide.memory import Memory, remember
from agent.providers.guide.reading import mask, unmask
from agent.providers.guide.slots import find

_LONGEST = 60
_ID = re.compile(r"\s*@?(?:call:)?\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
"""Of a call: nobody knows a chat by it."""
_MARKS = re.compile(r"[`*]+|^\s*[#>]+\s|(?<![\w.])_([^\s_](?:[^_\n]*[^\s_])?)_(?![\w.])|\[([^\]\n]+)\](?:\([^)\n]*\))", re.MULTILINE)
"""Of Markdown; a name such as `order_id` or `items[].price` has none."""
_DOES_AWAY = rf"://|\b(?:{'|'.join(sorted(words.DESTRUCTIVE))})|\b(?:buy|pay|share|lend|approve|disconnect)\b"
_DEEDS: dict[str, str] = {
    "endpoint_create": "Capture {}", "endpoint_list": "My APIs", "docs_generate": "Document {}", "docs_get": "Documentation of {}", "capture_search": "Calls of {}", "capture_explain": "Why {} fails",
    "change_list": "Changes of {}", "monitor_set": "Monitor {}", "credit_check": "Credits", "credit_buy": "Buy credits", "key_add": "Add a key", "key_list": "Provider keys", "usage_get": "Usage",
}  # fmt: skip
_NEXT: dict[str, tuple[str, ...]] = {
    "endpoint_create": ("Wait for the next call", "Show the calls", "Document it"),
    "endpoint_list": ("Which calls failed?", "What is the slowest call?", "Capture the demo API"),
    "capture_search": ("What is the slowest call?", "Why did the last call fail?", "Document it"),
    "capture_import": ("Show the calls", "Document it", "Which calls failed?"),
    "capture_wait": ("Show the calls", "Document it", "What is the slowest call?"),
    "capture_get": ("Explain it", "Show the calls", "Document this API"),
    "capture_explain": ("Show its details", "Which calls failed?", "Document this API"),
    "docs_generate": ("How do I authenticate?", "Show me the TypeScript", "Which calls failed?"),
    "docs_get": ("Show me the OpenAPI", "Which calls failed?", "How do I authenticate?"),
    "docs_why": ("Show the path templates", "Which calls failed?"),
    "operation_search": ("How do I authenticate?", "Show me the TypeScript", "Which calls failed?"),
    "operation_describe": ("Call it", "How do I authenticate?", "Show me the OpenAPI"),
    "operation_call": ("Show the calls", "Which calls failed?", "Document this API"),
    "change_list": ("Show the calls", "Document it"),
    "credit_check": ("List my APIs", "What is my usage this month?"),
    "key_list": ("Add my OpenAI key", "Add my Anthropic key"),
}
_NONE_HEARD = ("Wait for the next call", "List my APIs", "What can you do?")
_NONE_FAILED = ("Show the calls", "What is the slowest call?", "Document it")
_UNDOCUMENTED = ("Document it", "Show the calls", "List my APIs")
_FAILED: dict[str, tuple[str, ...]] = {
    "docs_get": _UNDOCUMENTED,
    "docs_why": _UNDOCUMENTED,
    "docs_generate": ("List my APIs", "Show the calls", "What can you do?"),
    "capture_explain": ("Show the calls", "List my APIs", "What can you do?"),
}
_FIRST = ("Capture the demo API", "List my APIs", "What can you do?")
_NEEDS = {
    "Wait for the next call": "endpoint",
    "Document it": "endpoint",
    "Document this API": "endpoint",
    "Replay it": "endpoint",
    "Explain it": "call",
    "Call it": "operation",
    "Show its details": "call",
}


def title(messages: tuple[Message, ...]) -> str:
    """A short title from the first request that says something, else from its words."""
    said = [_ID.sub("", text_of(message.content)) for message in messages if message.role == "user" and text_of(message.content).strip()]
    for text in said[:4]:
        if found := _deed(text):
            return _short(found)
    return _short(_words(said[0])) if said else "New chat"


def suggestions(messages: tuple[Message, ...]) -> tuple[str, ...]:
    """Up to three things worth saying next, each understood by the guide as it stands."""
    last = next((text_of(message.content).lower() for message in reversed(messages) if message.role == "user" and text_of(message.content)), "")
    is_chinese = chinese.is_spoken(messages)
    shown = [chinese.SUGGESTED.get(one, one) if is_chinese else one for one in _fitting(messages, last)]
    return tuple(one for one in shown if one.lower().strip("?？") not in last)[:3]


def _fitting(messages: tuple[Message, ...], last: str) -> list[str]:
    tried = [block for message in messages for block in message.content if isinstance(block, ToolResult)]
    results = [block for block in tried if block.state == "ok"]
    if tried and tried[-1].state == "error" and tried[-1].name in _FAILED:
        return list(_FAILED[tried[-1].name])
    memory = remember(messages)
    asked = _asked(last, memory)
    after = _after(results[-1]) if results else _FIRST
    has_demo = any(thing.kind == "endpoint" and thing.about.get("is_demo") for thing in memory.things)
    return [
        one
        for one in after
        if _NEEDS.get(one, "") in {"", *memory.focus} and not (asked and asked == _asked(one, memory)) and not (has_demo and one == "Capture the demo API")
    ]


def _after(result: ToolResult) -> tuple[str, ...]:
    """What may come after a result; of calls that are not there nothing more is asked."""
    if result.name == "capture_search" and isinstance(result.data, dict) and not result.data.get("items"):
        return _NONE_HEARD if "no captured calls yet" in result.text else _NONE_FAILED
    return _NEXT.get(result.name, _FIRST)


def _asked(text: str, memory: Memory) -> list[tuple[str, str]]:
    """What a message asks for, whatever its words; lists and documents tell nothing, they are asked for in many ways."""
    return [(one.verb.tool, one.verb.view) for one in intents(text, memory) if one.verb.view not in ("calls", "docs")]


def is_harmless(text: str) -> bool:
    """Whether a message only asks to be shown something, as far as the guide understands it: nothing that writes, sends or destroys."""
    return all(intent.verb.effect == "read" for intent in intents(text, Memory())) and not re.search(_DOES_AWAY, text, re.IGNORECASE)


def _deed(text: str) -> str:
    wanted, named = intents(text, Memory()), chinese.TITLES if chinese.is_said(text) else {}
    if not wanted or wanted[0].verb.tool not in _DEEDS:
        return ""
    if "demo" in wanted[0].verb.fixed.values():
        return named.get("The demo API", "The demo API")
    pattern, heard = _DEEDS[wanted[0].verb.tool], wanted[0].clause
    pattern = named.get(pattern, pattern)
    if "{}" not in pattern:
        return pattern
    about = find("url" if wanted[0].verb.tool == "endpoint_create" else "endpoint?", Said(heard.text, heard, Memory()))
    return pattern.format(re.sub(r"^\w+://", "", str(about.values[0])).rstrip("/")) if about else ""


def _words(text: str) -> str:
    masked = mask(text)
    shown = masked.text
    for n, span in enumerate(masked.spans):
        shown = shown.replace(f"⟦{n}⟧", "…" if span.kind == "secret" else unmask(span.value, masked.spans))
    plain = " ".join(_MARKS.sub(lambda found: found[1] or found[2] or "", shown).split()).strip(" .,!?")
    return plain[:1].upper() + plain[1:] or "New chat"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[:_LONGEST].rsplit(' ', 1)[0]}…"
