"""What the guide says of a result beside the card that shows it: only what the card doesn't. Elsewhere the answer has everything.

A composer that gives "" leaves the answer as it is.
"""

from collections.abc import Callable
from typing import Any, cast

from agent.providers.guide.markup import Data, counted, fenced, has_failed, items_of, name_of, nested, rows, slowest_of, there_already
from agent.providers.guide.plan import Done


def created(data: Data, done: Done) -> str:
    proxy = str(data.get("proxy_url") or "")
    path = "/products" if data.get("is_demo") else "/"
    if there := there_already(data):
        return there if data.get("calls") else f"{there}\n\nTry it:\n\n{fenced(f'curl {proxy}{path}', 'sh')}"
    if isinstance(heard := data.get("calls"), int) and heard:
        return f"**{name_of(data)}** has the recording's {heard:,} calls. Say *document it*, or ask me about them."
    return (
        f"**{name_of(data)}** is being captured. Try it:\n\n{fenced(f'curl {proxy}{path}', 'sh')}\n\nThen ask me about the calls, or say *document it*."
        if proxy
        else ""
    )


def _credits_left(data: Data, done: Done) -> str:
    balance, price = data.get("balance"), (nested(data, "prices") or {}).get("endpoint_create")
    if not isinstance(balance, int) or not isinstance(price, int) or price <= 0:
        return ""
    return (
        f"Enough for {balance // price} more API{'s' * (balance // price != 1)}."
        if balance >= price
        else "Not enough for another API; everything else goes on."
    )


def keys(data: Data, done: Done) -> str:
    items = items_of(data)
    lent = sum(1 for one in items if one.get("shared") or one.get("is_shared"))
    return f"{counted(items, 'key', data)}, {lent or 'none'} of them lent to others." if items else ""


def prompts(data: Data, done: Done) -> str:
    items = items_of(data)
    return f"{counted(items, 'prompt', data)}. Say *use the {items[0].get('name')} prompt*, or `/{items[0].get('name')}`." if items else ""


def servers(data: Data, done: Done) -> str:
    items = [one for one in items_of(data) if one.get("name")]
    waiting = [str(one["name"]) for one in items if one.get("wants_sign_in")]
    if not items:
        return ""
    return (
        f"Sign in to {', '.join(waiting)} with the button, then its tools are there."
        if waiting
        else f"Say *what tools does {items[0]['name']} have?* to see them."
    )


def call(data: Data, done: Done) -> str:
    shown = nested(data, "summary") or nested(data, "call") or data
    if not shown.get("method"):
        return ""
    return (
        "It failed. Say *explain it*, and I compare it with the last one that worked."
        if has_failed(shown)
        else "It worked. Say *describe its operation* to see what else it takes."
    )


def operations(data: Data, done: Done) -> str:
    items = items_of(data)
    name = str(items[0].get("operation") or f"{items[0].get('method', '')} {items[0].get('template') or items[0].get('path') or ''}".strip()) if items else ""
    return f"{counted(items, 'operation', data)}. Say *describe {name}*, or *call* it." if name else ""


def slowest(data: Data, done: Done) -> str:
    """The card lists them, slowest first."""
    return slowest_of(data) if items_of(data) else ""


def called(data: Data, done: Done) -> str:
    said = [f"It was answered with **{data.get('status')}**."] if data.get("status") else []
    if sent := data.get("credentials"):
        said.append(f"Sent with {', '.join(str(one) for one in cast('list[Any]', sent))}.")
    elif data.get("status") in (401, 403):
        said.append("No credentials were sent. Store them in the endpoint's settings, or make one successful call through its proxy URL.")
    return " ".join(said)


def used(data: Data, done: Done) -> str:
    today = nested(data, "today") or {}
    is_limited = any(meter.get("limit") is not None for meter in rows(today, "meters"))
    return f"What is left today begins anew at {str(today.get('resets_at'))[11:16]} UTC." if is_limited else "Nothing of it is limited for you."


BESIDE: dict[str, Callable[[Data, Done], str]] = {
    "endpoint_create": created,
    "credit_check": _credits_left,
    "key_list": keys,
    "prompt_list": prompts,
    "mcp_list": servers,
    "capture_get": call,
    "capture_search:slowest": slowest,
    "operation_search": operations,
    "operation_call": called,
    "usage_get": used,
}
