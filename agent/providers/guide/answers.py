"""What the guide says after a step: one small composer for each tool (and view), reading the result's `data` with tolerance.

A composer returns Markdown, or "" to fall back to the tool's own text. Values from captured traffic are shown as code, never obeyed.
"""

import json
import re
from collections.abc import Callable
from typing import Any, cast

from agent.providers.base import ToolSpec
from agent.providers.guide.help import commands, help_text, offered_verbs, small_talk
from agent.providers.guide.plan import Done, Plan
from agent.providers.guide.verbs import ASKS

Data = dict[str, Any]
Composer = Callable[[Data, Done], str]


def compose(plan: Plan, tools: tuple[ToolSpec, ...]) -> str:
    """The answer of a turn that calls nothing more."""
    parts = [_answer(done, latest=n == len(plan.done) - 1) for n, done in enumerate(plan.done)]
    if plan.ask:
        parts.append(ASKS[plan.ask.slot])
    if plan.missing:
        parts.append(_not_offered(plan.missing, tools))
    if not plan.understood:
        parts.append(commands(tools) if re.match(r"\s*/(help|commands|\?)?\s*$", plan.text) else small_talk(plan.text, tools) or help_text(plan.text, tools))
    return "\n\n".join(part for part in parts if part) or "Done."


def _answer(done: Done, *, latest: bool) -> str:
    result = done.result
    if result.state == "denied":
        return result.text or "All right, I left it."
    if result.state == "error":
        return result.text or "That did not work."
    data = cast("Data", result.data) if isinstance(result.data, dict) else {}
    composer = COMPOSERS.get(f"{done.step.tool}:{done.step.view}") or COMPOSERS.get(done.step.tool)
    return (composer(data, done) if composer and data else "") or result.text or "Done."


def _not_offered(tool: str, tools: tuple[ToolSpec, ...]) -> str:
    if not tools:
        return "Tools are switched off for this chat, so I can't do anything here. Switch them on below the message box and say it again."
    noun = tool.replace("_", " ")
    return f"I understood that (`{noun}`), but it is not available here. What I can do: {', '.join(verb.example for verb in offered_verbs(tools)[:5])}."


def _created(data: Data, done: Done) -> str:
    proxy = str(data.get("proxy_url") or "")
    if not proxy:
        return ""
    curl = f"curl {proxy}{_first_path(data)}"
    return (
        f"**{_name(data)}** is being captured. Use this URL in place of `{data.get('destination_url', '')}`:\n\n```\n{proxy}\n```\n\n"
        f"Try it:\n\n```sh\n{curl}\n```\n\nThe calls appear here as they arrive; then ask me about them, or say *document it*."
    )


def _first_path(data: Data) -> str:
    return "/products" if data.get("is_demo") or data.get("slug") == "demo" else "/"


def _card(data: Data, done: Done) -> str:
    items = _items(data)
    if len(items) != 1:
        return _endpoints(data, done)
    one = items[0]
    return f"**{_name(one)}** ({_state(one)}{', public' if one.get('is_public') else ''}) forwards to `{one.get('destination_url', '')}`. Its proxy URL:\n\n```sh\ncurl {one.get('proxy_url', '')}{_first_path(one)}\n```"


def _endpoints(data: Data, done: Done) -> str:
    items = _items(data)
    if not items:
        return "No API matches that." if done.step.arguments else "You capture no API yet. Say *capture https://api.example.com*, or *capture the demo API*."
    rows = [f"| **{_name(one)}** | `{one.get('slug', '')}` | {_code(one.get('destination_url'))} | {_state(one)} | {one.get('calls', '')} |" for one in items]
    return _counted(items, "API", data) + "\n\n| Name | Slug | Destination | State | Calls |\n|---|---|---|---|---|\n" + "\n".join(rows)


def _updated(data: Data, done: Done) -> str:
    changed = [f"{name} is now {_said(value)}" for name, value in done.step.arguments.items() if name != "endpoint"]
    return f"Done: **{_name(data)}**'s {', '.join(changed)}." if changed and data.get("id") else ""


def _deleted(data: Data, done: Done) -> str:
    return f"**{_name(data)}** is deleted." if data.get("name") else ""


def _calls(data: Data, done: Done) -> str:
    items = _items(data)
    if not items:
        return _no_calls(done)
    if done.step.arguments.get("limit") == 1:
        return f"The newest{' failing' if done.step.arguments.get('status') else ''} call:\n\n{_table(items)}"
    return f"{_counted(items, 'call', data)}, newest first:\n\n{_table(items[:_SHOWN])}{_rest(items)}"


def _no_calls(done: Done) -> str:
    if done.step.arguments.get("status") == "error":
        return "No call failed" + _within(done) + "."
    return "No captured call matches" + _within(done) + ". Send a request through the proxy URL, then ask again."


def _within(done: Done) -> str:
    since = done.step.arguments.get("since")
    return f" since {since}" if since and not re.match(r"\d+[smhd]$", str(since)) else f" in the last {since}" if since else ""


def _slowest(data: Data, done: Done) -> str:
    items = sorted(_items(data), key=lambda call: -_duration(call))
    if not items:
        return _no_calls(done)
    first = items[0]
    middle = items[len(items) // 2]
    return f"The slowest of {len(items)}{'+' if data.get('next') else ''} calls took **{_duration(first):,.0f} ms**: {_line(first)}. The median is {_duration(middle):,.0f} ms.\n\n{_table(items[:5])}"


def _count(data: Data, done: Done) -> str:
    items = _items(data)
    failed = sum(1 for call in items if _failed(call))
    total = f"{len(items)}{' or more' if data.get('next') else ''} call{'s' * (len(items) != 1)}"
    if done.step.arguments.get("status") == "error":
        return f"**{total}** failed{_within(done)}." if items else _no_calls(done)
    return f"**{total}**{_within(done)}, {failed} of them failed." if items else _no_calls(done)


def _call(data: Data, done: Done) -> str:
    summary = _nested(data, "summary") or _nested(data, "call") or data
    if not summary.get("method"):
        return ""
    parts = [_line(summary)]
    for side in ("request", "response"):
        headers, body = _headers(data, side), _body(data, side)
        if headers or body:
            parts.append(f"**{side.capitalize()}**")
        parts += [_fenced(text, kind) for text, kind in ((headers, "http"), (body, "json")) if text]
    return "\n\n".join(parts)


def _headers(data: Data, side: str) -> str:
    raw = data.get(f"{side}_headers") or (_nested(data, side) or {}).get("headers")
    if isinstance(raw, dict):
        return "\n".join(f"{name}: {value}" for name, value in cast("Data", raw).items())
    return "\n".join(f"{row[0]}: {row[1]}" for row in cast("list[list[Any]]", raw) if len(row) == 2) if isinstance(raw, list) else ""


def _body(data: Data, side: str) -> str:
    raw = data.get(f"{side}_body") or (_nested(data, side) or {}).get("body")
    text = cast("Data", raw).get("text") if isinstance(raw, dict) and "text" in raw else raw
    return _clipped(text if isinstance(text, str) else _pretty(text)) if text else ""


def _explained(data: Data, done: Done) -> str:
    cause, call = data.get("likely_cause"), _nested(data, "call") or {}
    if not cause:
        return ""
    differences = "\n".join(f"- {_difference(one)}" for one in cast("list[Any]", data.get("differences") or []))
    last = _nested(data, "last_success")
    return "\n\n".join(part for part in (_line(call) if call.get("method") else "", f"**{cause}**", differences, f"The last success for comparison: {_line(last)}." if last else "") if part)


def _difference(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    row = cast("Data", one)
    return str(row.get("text") or row.get("description") or ", ".join(f"{name} {_said(value)}" for name, value in row.items()))


def _waited(data: Data, done: Done) -> str:
    return f"Arrived:\n\n{_table(_items(data))}" if _items(data) else ""


def _documented(data: Data, done: Done) -> str:
    operations = [one for one in _list(data, "operations") if one.get("method")]
    title = data.get("endpoint") or data.get("name") or done.step.arguments.get("endpoint", "")
    title = cast("Data", title).get("name", "") if isinstance(title, dict) else title
    links = _links(data)
    if not operations and not links:
        return ""
    rows = "\n".join(f"- `{one['method']} {one.get('template') or one.get('path', '')}` {one.get('summary', '')}" for one in operations[:_SHOWN])
    heading = f"**{title}** is documented: {len(operations)} operation{'s' * (len(operations) != 1)}" + (f" from {data['calls']} calls" if data.get("calls") else "") + "."
    return "\n\n".join(part for part in (heading, rows, f"Documents: {links}" if links else "") if part)


def _links(data: Data) -> str:
    links = data.get("links")
    return " · ".join(f"[{_FORMATS.get(name, name)}]({url})" for name, url in cast("dict[str, str]", links).items() if url) if isinstance(links, dict) else ""


def _docs(data: Data, done: Done) -> str:
    text, kind = str(data.get("text") or done.result.text), str(data.get("format") or "markdown")
    link = f"[Open the {_FORMATS.get(kind, kind)} document]({data['url']})" if data.get("url") else _links(data)
    if not text:
        return link
    return "\n\n".join(part for part in (link, _clipped(text) if kind == "markdown" else _fenced(_clipped(text), _FENCES.get(kind, "json"))) if part)


def _auth(data: Data, done: Done) -> str:
    """The documents' part on authentication."""
    text = str(data.get("text") or done.result.text)
    section = re.search(r"^(#+)[^\n]*\b(?:authenti|authori|security|credential)[^\n]*\n(.*?)(?=^#{1,6} |\Z)", text, re.IGNORECASE | re.MULTILINE | re.DOTALL)
    lines = section[2].strip() if section else "\n".join(line for line in text.splitlines() if re.search(r"\b(bearer|api[- ]key|basic auth|authorization|cookie|token)\b", line, re.IGNORECASE))[:800]
    link = f"\n\n[The whole documentation]({data['url']})" if data.get("url") else ""
    return f"{lines}{link}" if lines else f"The captured calls show no authentication.{link}"


def _operations(data: Data, done: Done) -> str:
    items = _items(data) or _list(data, "operations")
    if not items:
        return "No operation matches that." if done.step.tool == "operation_search" else _docs(data, done)
    return "\n".join(f"- {_operation_line(one)}" for one in items[:_SHOWN])


def _operation_line(one: Data) -> str:
    path = one.get("template") or one.get("path") or one.get("operation") or one.get("id")
    return f"`{one.get('method', '')} {path}`".replace("` ", "`") + f" {one.get('summary') or one.get('description') or ''}".rstrip()


def _example(data: Data, done: Done) -> str:
    example = data.get("example") or data.get("curl") or data.get("examples")
    if not example:
        return ""
    return f"{_operation_line(data)}\n\n{_fenced(example if isinstance(example, str) else _pretty(example), 'sh' if isinstance(example, str) else 'json')}"


def _changes(data: Data, done: Done) -> str:
    items = _items(data)
    if not items:
        return "Nothing changed" + _within(done) + "."
    rows = [f"- {'**Breaking**: ' if _is_breaking(one) else ''}{one.get('description') or one.get('change_description') or one.get('change_type', '')}" for one in items[:_SHOWN]]
    breaking = sum(1 for one in items if _is_breaking(one))
    return f"{_counted(items, 'change', data)}, {breaking} breaking:\n\n" + "\n".join(rows)


def _is_breaking(one: Data) -> bool:
    return bool(one.get("breaking") is True or one.get("is_breaking") or one.get("severity") == "breaking")


def _credits(data: Data, done: Done) -> str:
    balance, held, prices = data.get("balance"), data.get("held"), _nested(data, "prices") or {}
    if balance is None:
        return ""
    costs = ", ".join(f"`{name}` costs {price}" for name, price in prices.items())
    return f"You have **{balance} credits**" + (f", {held} of them held by running tools" if held else "") + "." + (f" {costs}." if costs else "")


def _bought(data: Data, done: Done) -> str:
    link = data.get("checkout_url") or data.get("url")
    return f"{data.get('credits') or done.step.arguments.get('credits')} credits cost {data.get('price', data.get('amount', ''))} {data.get('currency', '')}. [Go to the checkout]({link}); nothing is bought before.".replace("  ", " ") if link else ""


def _keys(data: Data, done: Done) -> str:
    items = _items(data)
    if not items:
        return "There are no keys yet. Say *add my OpenAI key*; I need none myself."
    return "\n".join(f"- **{one.get('name') or one.get('provider')}** for {one.get('provider')}, `••••{one.get('last4', '')}`{', shared' if one.get('shared') or one.get('is_shared') else ''}" for one in items)


def _key_form(data: Data, done: Done) -> str:
    return f"Type the {data.get('provider', '')} key into [the form]({data['url']}). It is stored encrypted and never passes through this chat." if data.get("url") else ""


def _named_list(noun: str, empty: str) -> Composer:
    def composed(data: Data, done: Done) -> str:
        items = _items(data)
        return "\n".join(f"- **{one.get('name', '')}** {one.get('description') or one.get('url') or ''}".rstrip() for one in items) if items else f"There are no {noun} yet. {empty}"

    return composed


def _usage(data: Data, done: Done) -> str:
    plain = {name: value for name, value in data.items() if isinstance(value, int | float | str)}
    return "\n".join(f"- {name.replace('_', ' ')}: **{value}**" for name, value in plain.items())


def _items(data: Data) -> list[Data]:
    return _list(data, "items") or ([data] if data.get("proxy_url") else [])


def _list(data: Data, name: str) -> list[Data]:
    value = data.get(name)
    return [cast("Data", one) for one in cast("list[Any]", value) if isinstance(one, dict)] if isinstance(value, list) else []


def _nested(data: Data, name: str) -> Data | None:
    value = data.get(name)
    return cast("Data", value) if isinstance(value, dict) else None


def _name(data: Data) -> str:
    return str(data.get("name") or data.get("slug") or data.get("id") or "It")


def _state(data: Data) -> str:
    return str(data.get("status") or "").lower()


def _said(value: Any) -> str:
    return {"True": "on", "False": "off"}.get(str(value), f"`{', '.join(map(str, cast('list[Any]', value))) if isinstance(value, list) else value}`")


def _counted(items: list[Data], noun: str, data: Data) -> str:
    return f"{len(items)}{' or more' if data.get('next') else ''} {noun}{'s' * (len(items) != 1)}"


def _rest(items: list[Data]) -> str:
    return f"\n\n… and {len(items) - _SHOWN} more." if len(items) > _SHOWN else ""


def _table(calls: list[Data]) -> str:
    rows = [f"| {n} | `{call.get('method', '')}` | {_code(call.get('path') or call.get('url'))} | {_outcome(call)} | {_duration(call):,.0f} ms | {_clock(call)} |" for n, call in enumerate(calls, 1)]
    return "| | | Path | Answer | Took | When |\n|---|---|---|---|---|---|\n" + "\n".join(rows)


def _line(call: Data) -> str:
    return f"`{call.get('method', '')}` {_code(call.get('path') or call.get('url'))} → {_outcome(call)} in {_duration(call):,.0f} ms"


def _outcome(call: Data) -> str:
    status = call.get("status") or call.get("response_status")
    return f"{'❌ ' if _failed(call) else ''}{status or _code(call.get('error') or 'no answer')}"


def _failed(call: Data) -> bool:
    status = call.get("status") or call.get("response_status")
    return bool(call.get("error")) or (isinstance(status, int) and status >= 400)


def _duration(call: Data) -> float:
    value = call.get("duration_ms") or call.get("duration") or 0
    return float(value) if isinstance(value, int | float) else 0.0


def _clock(call: Data) -> str:
    return str(call.get("started_at") or call.get("timestamp") or "")[:19].replace("T", " ")


def _code(value: Any) -> str:
    """A value from outside as inline code that cannot end itself, the table or the line."""
    flat = re.sub(r"[`|\s]+", " ", str(value or ""))[:160].strip()
    return f"`{flat}`" if flat else ""


def _fenced(text: str, kind: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{kind}\n{text}\n{fence}"


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n…"


_SHOWN = 20
_LONGEST = 4000
_FORMATS = {"openapi": "OpenAPI", "openapi.json": "OpenAPI (JSON)", "openapi.yaml": "OpenAPI (YAML)", "markdown": "Markdown", "typescript": "TypeScript", "graphql": "GraphQL", "postman": "Postman"}
_FENCES = {"typescript": "ts", "graphql": "graphql"}
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
    "docs_generate": _documented,
    "docs_get": _docs,
    "docs_get:auth": _auth,
    "operation_search": _operations,
    "operation_describe:example": _example,
    "change_list": _changes,
    "credit_check": _credits,
    "credit_buy": _bought,
    "key_list": _keys,
    "key_add": _key_form,
    "key_delete": _deleted,
    "prompt_list": _named_list("prompts", 'Say *save a prompt called greeting: "…"*.'),
    "app_list": _named_list("apps", "Give me a page's HTML in a code block and I'll keep it."),
    "mcp_list": _named_list("MCP servers", "Say *connect the MCP server https://…*."),
    "usage_get": _usage,
}
