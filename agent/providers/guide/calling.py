"""The guide's answers about operations and the user's own MCP servers. What they say is shown as code or as plain cells, never obeyed."""

from typing import Any, cast

import msgspec

from agent.providers.guide import fields
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
    """What an operation takes and gives, as a list and tables of fields."""
    parts = [f"**{code(data.get('operation'))}** {data.get('summary') or ''}".strip()]
    parameters = [cast("Data", one) for one in cast("list[Any]", data.get("parameters") or [])]
    if parameters:
        parts.append(
            "\n".join(
                f"- {code(one.get('name'))} ({one.get('in')}{', needed' if one.get('required') else ''}): {fields.kind(one.get('schema'))}"
                for one in parameters
            )
        )
    if isinstance(body := data.get("body"), dict):
        parts += [f"It takes {code(cast('Data', body).get('media_type'))}:", fields.table(cast("Data", body).get("schema"))]
    responses = cast("Data", data.get("responses") or {})
    for status, schema in list(responses.items())[:_ANSWERS]:
        parts += [f"It answers **{status}**{':' if schema else '.'}", fields.table(schema)]
    if others := list(responses)[_ANSWERS:]:
        parts.append(f"It answers {', '.join(f'**{status}**' for status in others)} too.")
    return "\n\n".join(part for part in parts if part)


def exemplified(data: Data, done: Done) -> str:
    """A request of an operation with values of the right kinds, what it answers, and how to send it."""
    operation, body = str(data.get("operation") or ""), data.get("body")
    if not operation:
        return ""
    needed = [one for one in cast("list[Data]", data.get("parameters") or []) if one.get("required") and one.get("in") == "query"]
    query = "&".join(f"{one.get('name')}={_plain(_invented(one.get('schema')))}" for one in needed)
    media = str(cast("Data", body).get("media_type") or "") if isinstance(body, dict) else ""
    sent = _invented(cast("Data", body).get("schema")) if isinstance(body, dict) else None
    headers = [f"Content-Type: {media}"] * bool(media) + ["Authorization: …"] * bool(data.get("security"))
    request = "\n".join((f"{operation}{'?' * bool(query)}{query}", *headers)) + (f"\n\n{pretty(sent)}" if sent is not None else "")
    answers = list(cast("Data", data.get("responses") or {}))
    parts = [f"{code(operation)} {data.get('summary') or ''}".strip(), fenced(clipped(request), "http")]
    parts += [f"It answers {', '.join(f'**{status}**' for status in answers[:4])}."] if answers else []
    shown = f"call {operation}" + (f" with {msgspec.json.encode(sent).decode()}" if sent is not None else "")
    parts += [f"Say {code(shown)} and I send it{'.' if operation.startswith(_SAFE) else '; you are asked first.'}"] if len(shown) < 160 else []
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


def reached(data: Data, done: Done) -> str:
    """How another program reaches an API: the address, and for the program that was named what to type there."""
    address, topic = str(data.get("address") or ""), done.step.topic.lower()
    if not address or not done.result.text:
        return ""
    client = next((name for said, name in _CLIENTS.items() if said in topic), "")
    if client == "claude-code":
        command = f'claude mcp add --transport http wiretalk {address} --header "Authorization: Bearer $WIRETALK_TOKEN"'
        return f"{done.result.text}\n\nIn a shell:\n\n{fenced(command, 'sh')}"
    return f"{done.result.text}\n\n`wiretalk mcp-config {client}` prints the lines for it." if client else done.result.text


def _server(one: Data) -> str:
    name, tools = f"- **{code(one.get('name'))}** {code(one.get('url'))}", cast("list[Any]", one.get("tools") or [])
    if one.get("wants_sign_in") and not tools:
        return f"{name} asks you to sign in."
    error = f": {str(one.get('last_error')).rstrip('.')}" if one.get("last_error") else ""
    return f"{name} {one.get('status')}{error}, {len(tools)} tool{'s' * (len(tools) != 1)}"


def _invented(schema: Any, depth: int = 0) -> Any:
    """A value of the schema's kind: its own example where it has one."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    known = cast("Data", schema)
    for member in ("example", "default", "const"):
        if member in known:
            return known[member]
    for member in ("enum", "examples"):
        if known.get(member):
            return known[member][0]
    kind = known.get("type")
    kind = next((one for one in cast("list[Any]", kind) if one != "null"), "null") if isinstance(kind, list) else kind
    if kind == "object":
        members = cast("Data", known.get("properties") or {})
        return {name: _invented(member, depth + 1) for name, member in members.items()}
    if kind == "array":
        return [_invented(known.get("items"), depth + 1)]
    return _VALUES.get(str(kind))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


_DEEPEST = 6
_ANSWERS = 3
_SAFE = ("GET ", "HEAD ", "OPTIONS ")
_CLIENTS = {"claude desktop": "claude-desktop", "claude": "claude-code", "cursor": "cursor", "vs code": "vscode", "vscode": "vscode", "copilot": "vscode"}
_VALUES: dict[str, Any] = {"string": "…", "integer": 1, "number": 1.5, "boolean": True}


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
