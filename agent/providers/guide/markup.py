"""Bits of Markdown from a result's rows: code that cannot end itself, tables of calls, counts. Knows shapes, not tools."""

import json
import re
from typing import Any, cast

Data = dict[str, Any]
SHOWN = 20
_LONGEST = 4000


def items_of(data: Data) -> list[Data]:
    return rows(data, "items") or ([data] if data.get("proxy_url") else [])


def rows(data: Data, name: str) -> list[Data]:
    value = data.get(name)
    return [cast("Data", one) for one in cast("list[Any]", value) if isinstance(one, dict)] if isinstance(value, list) else []


def nested(data: Data, name: str) -> Data | None:
    value = data.get(name)
    return cast("Data", value) if isinstance(value, dict) else None


def name_of(data: Data) -> str:
    return str(data.get("name") or data.get("slug") or data.get("id") or "It")


def state_of(data: Data) -> str:
    return str(data.get("status") or "").lower()


def value_of(value: Any) -> str:
    return {"True": "on", "False": "off"}.get(str(value), f"`{', '.join(map(str, cast('list[Any]', value))) if isinstance(value, list) else value}`")


def there_already(data: Data) -> str:
    """That an API need not be made, where that came out."""
    if not data.get("is_there_already"):
        return ""
    heard = data.get("calls")
    calls = f"{heard:,} call{'s' * (heard != 1)}. Ask me about them, or say *document it*." if isinstance(heard, int) and heard else "no calls yet."
    return f"**{name_of(data)}** is captured already; nothing was charged. It has {calls}"


def counted(items: list[Data], noun: str, data: Data) -> str:
    return f"{len(items)}{' or more' if data.get('next') else ''} {noun}{'s' * (len(items) != 1)}"


def summed(data: Data) -> str:
    """How many calls there are in all, where a search was summed up."""
    calls = data.get("calls") or 0
    return f"{calls:,}{'' if data.get('is_all', True) else ' or more'} call{'s' * (calls != 1)}"


def slowest_of(data: Data) -> str:
    """The first of the calls, which come slowest first, in a sentence with what is usual."""
    first, median = items_of(data)[0], data.get("median_ms")
    usual = f" The median is {median:,.0f} ms." if isinstance(median, int | float) else ""
    return f"The slowest of {summed(data)} took **{took(first):,.0f} ms**: {call_line(first)}.{usual}"


def and_more(items: list[Data]) -> str:
    return f"\n\n… and {len(items) - SHOWN} more." if len(items) > SHOWN else ""


def call_table(calls: list[Data]) -> str:
    lines = [f"{call.get('method', '')} {call.get('path') or call.get('url') or ''}" for call in calls]
    rows = [f"| {n + 1} | {code(lines[n])} | {outcome(call)} | {took(call):,.0f}\u00a0ms | {clock(call)} |" for n, call in enumerate(calls)]
    return "| | Call | Answer | Took | When |\n|---|---|---|---|---|\n" + "\n".join(rows)


def call_line(call: Data) -> str:
    return f"`{call.get('method', '')}` {code(call.get('path') or call.get('url'))} → {outcome(call)} in {took(call):,.0f} ms"


def outcome(call: Data) -> str:
    status = call.get("status") or call.get("response_status")
    shown = str(status or code(call.get("error") or "no answer"))
    broken = f" {code(call['error'])}" if isinstance(status, int) and status < 400 and call.get("error") else ""
    return f"**{shown}**{broken}" if has_failed(call) else shown


def has_failed(call: Data) -> bool:
    status = call.get("status") or call.get("response_status")
    return bool(call.get("error")) or (isinstance(status, int) and status >= 400)


def took(call: Data) -> float:
    value = call.get("duration_ms") or call.get("duration") or 0
    return float(value) if isinstance(value, int | float) else 0.0


def clock(call: Data) -> str:
    return str(call.get("started_at") or call.get("timestamp") or "")[:19].replace("T", " ")


def code(value: Any) -> str:
    """A value from outside as inline code that cannot end itself, the table or the line."""
    flat = re.sub(r"[`|\s]+", " ", str(value or ""))[:160].strip()
    return f"`{flat}`" if flat else ""


def fenced(text: str, kind: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{kind}\n{text}\n{fence}"


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def clipped(text: str) -> str:
    """Cut at the end of a line, where it has lines."""
    cut = text[:_LONGEST].rpartition("\n")[0] or text[:_LONGEST]
    return text if len(text) <= _LONGEST else f"{cut}\n…"
