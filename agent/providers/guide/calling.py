"""The guide's answers about operations and the user's own MCP servers. What they say is shown as code or as plain cells, never obeyed."""

from typing import Any, cast

import msgspec

from agent.providers.guide.markup import Data, clipped, code, fenced, pretty
from agent.providers.guide.plan import Done


def called(data: Data, done: Done) -> str:
    """What an API answered: the line that sums it up, then the body."""
    body, kind = data.get("body"), "json" if "json" in str(data.get("media_type")) else "text"
    lines = [f"{code(data.get('method'))} {code(data.get('url'))} → **{data.get('status')}**, {data.get('duration_ms')} ms, {data.get('length')} bytes."]
    if credentials := data.get("credentials"):
        lines.append(f"Sent with {', '.join(str(one) for one in cast('list[Any]', credentials))}.")
    elif data.get("status") in (401, 403):
        lines.append("No credentials were sent. Store them in the endpoint's settings, or make one successful call through its proxy URL.")
    shown = fenced(clipped(pretty(_parsed(str(body))) if kind == "json" else str(body)), kind) if body else "It has no text."
    more = f"The whole answer is in the call {code(data.get('call'))}." if data.get("is_cut") else ""
    return "\n\n".join(part for part in (" ".join(lines), shown, more) if part)


def described(data: Data, done: Done) -> str:
    """What an operation takes and gives, as a list and two schemas."""
    parts = [f"**{code(data.get('operation'))}** {data.get('summary') or ''}".strip()]
    parameters = [cast("Data", one) for one in cast("list[Any]", data.get("parameters") or [])]
    if parameters:
        parts.append(
            "\n".join(f"- {code(one.get('name'))} ({one.get('in')}{', needed' if one.get('required') else ''}): {code(_kind(one))}" for one in parameters)
        )
    if isinstance(body := data.get("body"), dict):
        parts.append(f"It takes {code(cast('Data', body).get('media_type'))}:\n\n{fenced(clipped(pretty(cast('Data', body).get('schema'))), 'json')}")
    responses = cast("Data", data.get("responses") or {})
    for status, schema in list(responses.items())[:3]:
        parts.append(f"**{status}**" + (f"\n\n{fenced(clipped(pretty(schema)), 'json')}" if schema else ""))
    return "\n\n".join(parts)


def servers(data: Data, done: Done) -> str:
    """The connected servers, or the tools of one."""
    items = [cast("Data", one) for one in cast("list[Any]", data.get("items") or [])]
    if "items" in data and not items:
        return "No MCP server is connected yet. Say *connect the MCP server https://…*."
    if items:
        return "\n".join(_server(one) for one in items)
    tools = cast("list[Any]", data.get("tools") or [])
    return "\n".join([_server(data), *(f"  - {code(name)}" for name in tools[:60])]) if data.get("name") else ""


def _server(one: Data) -> str:
    error = f": {one.get('last_error')}" if one.get("last_error") else ""
    return f"- **{code(one.get('name'))}** {code(one.get('url'))} {one.get('status')}{error}, {len(cast('list[Any]', one.get('tools') or []))} tools"


def _kind(parameter: Data) -> str:
    schema = parameter.get("schema")
    return str(cast("Data", schema).get("type") or "any") if isinstance(schema, dict) else "any"


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
