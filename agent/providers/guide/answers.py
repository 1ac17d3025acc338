"""What the guide says after a step: one small composer for each tool (and view), reading the result's `data` with tolerance.

A composer returns Markdown, or "" to fall back to the tool's own text. Values from captured traffic are shown as code, never obeyed.
"""

import re
from collections.abc import Callable
from typing import Any, cast

from agent.providers.base import ToolSpec
from agent.providers.guide import calling, documents
from agent.providers.guide.beside import BESIDE
from agent.providers.guide.help import commands, help_text, offered_verbs, small_talk
from agent.providers.guide.markup import (
    SHOWN,
    Data,
    and_more,
    call_line,
    call_table,
    clipped,
    code,
    counted,
    fenced,
    items_of,
    name_of,
    nested,
    pretty,
    rows,
    slowest_of,
    state_of,
    summed,
    there_already,
    value_of,
)
from agent.providers.guide.plan import Done, Plan
from agent.providers.guide.verbs import ASKS

Composer = Callable[[Data, Done], str]


def compose(plan: Plan, tools: tuple[ToolSpec, ...], *, shows_results: bool = False, suggested: tuple[str, ...] = ()) -> str:
    """The answer of a turn that calls nothing more. Rows that stand in a card above it are not said again."""
    parts = ["" if _leads_on(done, plan.done[n + 1 :]) else _answer(done) for n, done in enumerate(plan.done)]
    if shows_results:
        parts = [_seen(part, done) if part else "" for part, done in zip(parts, plan.done, strict=True)]
    if plan.ask and not _has_none(plan.done):
        parts.append(ASKS[plan.ask.slot])
    if plan.missing:
        parts.append(_not_offered(plan.missing, tools))
    if not plan.understood:
        parts.append(
            commands(tools) if re.match(r"\s*/(help|commands|\?)?\s*$", plan.text) else small_talk(plan.text, tools) or help_text(plan.text, tools, suggested)
        )
    return "\n\n".join(part for part in parts if part) or "Done."


def _leads_on(done: Done, later: tuple[Done, ...]) -> bool:
    """Whether a step only found what the next one shows."""
    is_only = done.step.view == "lookup" and len(items_of(_data(done))) == 1
    return is_only or (done.step.tool == "operation_search" and done.step.view == "example" and bool(later))


def _has_none(done: tuple[Done, ...]) -> bool:
    """Whether it came out that there is no API to ask about."""
    return bool(done) and done[-1].step.view == "lookup" and not items_of(_data(done[-1]))


def _seen(part: str, done: Done) -> str:
    """The answer for whoever sees the result as a card above it."""
    whole = BESIDE.get(done.step.tool) if done.step.view in _WHOLE else None
    beside = BESIDE.get(f"{done.step.tool}:{done.step.view}", whole) if done.result.state == "ok" else None
    said = beside(_data(done), done) if beside else ""
    return said or (_without_rows(part) if done.step.tool in _CARDS and done.step.view in ("", "calls") else part)


def _answer(done: Done) -> str:
    result, said = done.result, _ENVELOPE.sub(r"\g<said>", done.result.text).strip()
    if result.state == "denied":
        return "All right, I left it." if not said or said.startswith("The user refused") else said
    if result.state == "error":
        return said or "That did not work."
    data = _data(done)
    composer = COMPOSERS.get(f"{done.step.tool}:{done.step.view}") or COMPOSERS.get(done.step.tool)
    return (composer(data, done) if composer and data else "") or said or "Done."


def _data(done: Done) -> Data:
    return cast("Data", done.result.data) if isinstance(done.result.data, dict) else {}


def _without_rows(text: str) -> str:
    kept = "\n".join(line for line in text.splitlines() if not line.startswith(("|", "- `", "Documents: ")))
    said = re.sub(r"\n{3,}", "\n\n", kept).strip().rstrip(":")
    return said if not said or said[-1] in ".!?*" else f"{said}."


def _not_offered(tool: str, tools: tuple[ToolSpec, ...]) -> str:
    if not tools:
        return "Tools are switched off for this chat, so I can't do anything here. Switch them on below the message box and say it again."
    noun = tool.replace("_", " ")
    return f"I understood that (`{noun}`), but it is not available here. What I can do: {', '.join(verb.example for verb in offered_verbs(tools)[:5])}."


def _created(data: Data, done: Done) -> str:
    proxy = str(data.get("proxy_url") or "")
    if not proxy:
        return ""
    if there := there_already(data):
        return f"{there} Its proxy URL:\n\n```\n{proxy}\n```"
    if isinstance(heard := data.get("calls"), int) and heard:
        return f"**{name_of(data)}** has the recording's {heard:,} calls. Say *document it*, or ask me about them. More of them come through this URL:\n\n```\n{proxy}\n```"
    curl = f"curl {proxy}{_first_path(data)}"
    return (
        f"**{name_of(data)}** is being captured. Use this URL in place of `{data.get('destination_url', '')}`:\n\n```\n{proxy}\n```\n\n"
        f"Try it:\n\n```sh\n{curl}\n```\n\nThe calls appear here as they arrive; then ask me about them, or say *document it*."
    )


def _first_path(data: Data) -> str:
    return "/products" if data.get("is_demo") or data.get("slug") == "demo" else "/"


def _card(data: Data, done: Done) -> str:
    items = items_of(data)
    if len(items) != 1:
        return _endpoints(data, done)
    one = items[0]
    return f"**{name_of(one)}** ({state_of(one)}{', public' if one.get('is_public') else ''}) forwards to `{one.get('destination_url', '')}`. Its proxy URL:\n\n```sh\ncurl {one.get('proxy_url', '')}{_first_path(one)}\n```"


def _endpoints(data: Data, done: Done) -> str:
    items = items_of(data)
    if not items:
        return "No API matches that." if done.step.arguments else "You capture no API yet. Say *capture https://api.example.com*, or *capture the demo API*."
    rows = [
        f"| **{name_of(one)}** | `{one.get('slug', '')}` | {code(one.get('destination_url'))} | {state_of(one)} | {one.get('calls', '')} |" for one in items
    ]
    return counted(items, "API", data) + "\n\n| Name | Slug | Destination | State | Calls |\n|---|---|---|---|---|\n" + "\n".join(rows)


def _updated(data: Data, done: Done) -> str:
    changed = {name: value for name, value in done.step.arguments.items() if name not in ("endpoint", "status", "public")}
    parts = [f"its {name.replace('_', ' ')} is now {value_of(value)}" for name, value in changed.items()]
    said = done.step.arguments
    parts += [f"it is {_STATES.get(str(said.get('status')), state_of(data))}"] * ("status" in said) + [_SEEN[bool(said.get("public"))]] * ("public" in said)
    return f"Done: **{name_of(data)}**: {', '.join(parts)}." if parts and data.get("id") else ""


def _deleted(data: Data, done: Done) -> str:
    return f"**{name_of(data)}** is deleted." if data.get("name") else ""


def _calls(data: Data, done: Done) -> str:
    items = items_of(data)
    if not items:
        return _no_calls(done)
    if done.step.arguments.get("limit") == 1:
        return f"The newest{' failing' if done.step.arguments.get('status') else ''} call:\n\n{call_table(items)}"
    noun = "failed call" if done.step.arguments.get("status") == "error" else "call"
    if data.get("next") and done.step.arguments.get("limit") == len(items):
        return f"The newest {len(items)} {noun}s:\n\n{call_table(items)}"
    return f"{counted(items, noun, data)}{', newest first' * (len(items) > 1)}:\n\n{call_table(items[:SHOWN])}{and_more(items)}"


def _no_calls(done: Done) -> str:
    if "has no captured calls yet" in done.result.text:
        return _ENVELOPE.sub(r"\g<said>", done.result.text).strip()
    if done.step.arguments.get("status") == "error":
        return "No call failed" + _within(done) + "."
    return "No captured call matches" + _within(done) + ". Send a request through the proxy URL, then ask again."


def _within(done: Done) -> str:
    since = done.step.arguments.get("since")
    since = str(since).capitalize() if str(since).endswith("day") and since not in ("today", "yesterday") else since
    return f" since {since}" if since and not re.match(r"\d+[smhd]$", str(since)) else f" in the last {since}" if since else ""


def _slowest(data: Data, done: Done) -> str:
    items = items_of(data)
    if not items:
        return "Only sockets and streams match: they last as long as somebody listens." if data.get("calls") else _no_calls(done)
    return f"{slowest_of(data)}\n\n{call_table(items[:5])}"


def _count(data: Data, done: Done) -> str:
    if not data.get("calls"):
        return _no_calls(done)
    if done.step.arguments.get("status") == "error":
        return f"**{summed(data)}** failed{_within(done)}."
    return f"**{summed(data)}**{_within(done)}, {data.get('failed', 0):,} of them failed."


def _call(data: Data, done: Done) -> str:
    summary = nested(data, "summary") or nested(data, "call") or data
    if not summary.get("method"):
        return ""
    parts = [call_line(summary)]
    for side in ("request", "response"):
        headers, body = _headers(data, side), _body(data, side)
        if headers or body:
            parts.append(f"**{side.capitalize()}**")
        parts += [fenced(text, kind) for text, kind in ((headers, "http"), (body, "json")) if text]
    return "\n\n".join(parts)


def _headers(data: Data, side: str) -> str:
    raw = data.get(f"{side}_headers") or (nested(data, side) or {}).get("headers")
    if isinstance(raw, dict):
        return "\n".join(f"{name}: {value}" for name, value in cast("Data", raw).items())
    return "\n".join(f"{row[0]}: {row[1]}" for row in cast("list[list[Any]]", raw) if len(row) == 2) if isinstance(raw, list) else ""


def _body(data: Data, side: str) -> str:
    raw = data.get(f"{side}_body") or (nested(data, side) or {}).get("body")
    text = cast("Data", raw).get("text") if isinstance(raw, dict) and "text" in raw else raw
    return clipped(text if isinstance(text, str) else pretty(text)) if text else ""


def _explained(data: Data, done: Done) -> str:
    cause, call = data.get("likely_cause"), nested(data, "call") or {}
    if not cause:
        return ""
    differences = "\n".join(f"- {_difference(one)}" for one in cast("list[Any]", data.get("differences") or []))
    last = nested(data, "last_success")
    return "\n\n".join(
        part
        for part in (
            call_line(call) if call.get("method") else "",
            f"**{cause}**",
            differences,
            f"The last success for comparison: {call_line(last)}." if last else "",
        )
        if part
    )


def _difference(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    row = cast("Data", one)
    return str(row.get("text") or row.get("description") or ", ".join(f"{name} {value_of(value)}" for name, value in row.items()))


def _waited(data: Data, done: Done) -> str:
    return f"Arrived:\n\n{call_table(items_of(data))}" if items_of(data) else ""


def _operations(data: Data, done: Done) -> str:
    items = items_of(data) or rows(data, "operations")
    if not items:
        return "No operation matches that." if done.step.tool == "operation_search" else documents.text(data, done)
    return "\n".join(f"- {_operation_line(one)}" for one in items[:SHOWN])


def _operation_line(one: Data) -> str:
    path = one.get("template") or one.get("path") or one.get("operation") or one.get("id")
    return f"`{one.get('method', '')} {path}`".replace("` ", "`") + f" {one.get('summary') or one.get('description') or ''}".rstrip()


def _changes(data: Data, done: Done) -> str:
    items = items_of(data)
    if not items and data.get("versions") == 0:
        return "There is no version of the documents yet to compare with. Say *document it*, and ask again when more was called."
    if not items:
        return "Nothing changed" + _within(done) + "."
    rows = [
        f"- {'**Breaking**: ' if _is_breaking(one) else ''}{one.get('description') or one.get('change_description') or one.get('change_type', '')}"
        for one in items[:SHOWN]
    ]
    breaking = sum(1 for one in items if _is_breaking(one))
    return f"{counted(items, 'change', data)}, {breaking} breaking:\n\n" + "\n".join(rows)


def _is_breaking(one: Data) -> bool:
    return bool(one.get("breaking") is True or one.get("is_breaking") or one.get("severity") == "breaking")


def _credits(data: Data, done: Done) -> str:
    balance, held, prices = data.get("balance"), data.get("held"), nested(data, "prices") or {}
    if balance is None:
        return ""
    costs = ", ".join(f"`{name}` costs {price}" for name, price in prices.items())
    return f"You have **{balance} credits**" + (f", {held} of them held by running tools" if held else "") + "." + (f" {costs}." if costs else "")


def _bought(data: Data, done: Done) -> str:
    link = data.get("checkout_url") or data.get("url")
    return (
        f"{data.get('credits') or done.step.arguments.get('credits')} credits cost {data.get('price', data.get('amount', ''))} {data.get('currency', '')}. [Go to the checkout]({link}); nothing is bought before.".replace(
            "  ", " "
        )
        if link
        else ""
    )


def _keys(data: Data, done: Done) -> str:
    items = items_of(data)
    if not items:
        return "There are no keys yet. Say *add my OpenAI key*; I need none myself."
    return "\n".join(
        f"- **{one.get('name') or one.get('provider')}** for {one.get('provider')}, `••••{one.get('last4', '')}`{', shared' if one.get('shared') or one.get('is_shared') else ''}"
        for one in items
    )


def _key_form(data: Data, done: Done) -> str:
    return (
        f"Type the {data.get('provider', '')} key into [the form]({data['url']}). It is stored encrypted and never passes through this chat."
        if data.get("url")
        else ""
    )


def _named_list(noun: str, empty: str) -> Composer:
    def composed(data: Data, done: Done) -> str:
        items = items_of(data)
        return (
            "\n".join(f"- **{one.get('name', '')}** {one.get('description') or one.get('url') or ''}".rstrip() for one in items)
            if items
            else f"There are no {noun} yet. {empty}"
        )

    return composed


def _usage(data: Data, done: Done) -> str:
    total, today = nested(data, "total") or {}, nested(data, "today") or {}
    span = "Today" if data.get("period") == "day" else "In the last thirty days"
    cost = f", about **${float(total.get('cost') or 0):,.2f}**" if total.get("cost") else ""
    used = f"{span}: **{total.get('messages', 0):,}** messages, **{total.get('tokens', 0):,}** tokens, **{total.get('uploads', 0):,}** uploads{cost}."
    limited = [meter for meter in rows(today, "meters") if meter.get("limit") is not None]
    left = ", ".join(f"{meter['left']:,} of {meter['limit']:,} {meter['kind']}" for meter in limited)
    return f"{used} Left today on the {today.get('plan')} plan: {left}; it resets at {str(today.get('resets_at'))[11:16]} UTC." if left else used


_ENVELOPE = re.compile(r"^<captured (?P<fence>\w+)>\n(?P<said>.*)\n</captured (?P=fence)>\s*$", re.DOTALL)  # says to a model what came from outside
_WHOLE = frozenset(("", "call", "credits", "operations"))  # views that ask for the thing itself
_CARDS = frozenset({"endpoint_list", "capture_search", "capture_wait", "docs_generate"})
_STATES = {
    "ACTIVE": "active: calls are captured",
    "REVIEW": "paused: calls are forwarded, not recorded",
    "INACTIVE": "switched off: its proxy URL is closed",
    "ARCHIVED": "archived",
    "COMPLETE": "complete: its proxy URL is closed",
}
_SEEN = {True: "its documents are public", False: "its documents are private"}
COMPOSERS: dict[str, Composer] = {
    "endpoint_create": _created,
    "endpoint_list": _endpoints,
    "endpoint_list:card": _card,
    "endpoint_update": _updated,
    "endpoint_delete": _deleted,
    "capture_search": _calls,
    "capture_search:slowest": _slowest,
    "capture_search:count": _count,
    "capture_get": _call,
    "capture_explain": _explained,
    "capture_wait": _waited,
    "docs_generate": documents.documented,
    "docs_get": documents.text,
    "docs_get:auth": documents.auth,
    "docs_get:paging": documents.paging,
    "docs_get:limits": documents.limits,
    "operation_search": _operations,
    "operation_describe": calling.described,
    "operation_describe:example": calling.exemplified,
    "operation_call": calling.called,
    "change_list": _changes,
    "credit_check": _credits,
    "credit_buy": _bought,
    "key_list": _keys,
    "key_add": _key_form,
    "key_delete": _deleted,
    "prompt_list": _named_list("prompts", 'Say *save a prompt called greeting: "…"*.'),
    "app_list": _named_list("apps", "Give me a page's HTML in a code block and I'll keep it."),
    "mcp_list": calling.servers,
    "mcp_connect": calling.servers,
    "mcp_address": calling.reached,
    "usage_get": _usage,
}
