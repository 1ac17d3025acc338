"""What a captured call says beyond its headers and bodies: GraphQL taken apart, the events of a stream. Values only."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from agent.calls import bodies
from agent.calls.captures import CallDetail
from web.render import graphql as writing

_MOST_EVENTS = 500


class GraphQL(msgspec.Struct, frozen=True):
    """One operation of a request: `variables` as JSON, `errors` as the answer has them."""

    operation: str
    query: str
    variables: str
    errors: list[str]


class Event(msgspec.Struct, frozen=True):
    """One server-sent event; `name` is `message` where it has none."""

    name: str
    id: str
    data: str


def graphql(call: CallDetail) -> list[GraphQL]:
    """The operations of a request, of a batch all; empty for what is no GraphQL."""
    sent = bodies.as_json(call.request_body.text.encode()) if call.request_body.text else _asked(call.target)
    came = bodies.as_json(call.response_body.text.encode()) if call.response_body.text else None
    if isinstance(sent, list):
        answers = came if isinstance(came, list) else []
        found = [_operation(one, answers[number] if number < len(answers) else None) for number, one in enumerate(sent)]
    else:
        found = [_operation(sent, came)]
    return [] if None in found else [one for one in found if one]


def events(call: CallDetail) -> list[Event]:
    """The events of an answer that is a stream of them, at most five hundred; the last may be cut off."""
    if call.response_body.media_type.partition(";")[0].strip().lower() != "text/event-stream" or not call.response_body.text:
        return []
    found: list[Event] = []
    for block in call.response_body.text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n")[:_MOST_EVENTS]:
        fields = [(name, value.removeprefix(" ")) for name, _, value in (line.partition(":") for line in block.split("\n"))]
        data = "\n".join(value for name, value in fields if name == "data")
        named = dict(fields)
        if data or "event" in named:
            found.append(Event(named.get("event", "message"), named.get("id", ""), data))
    return found


def _asked(target: str) -> object:
    """A query that came in the address."""
    try:
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
    except ValueError:
        return None
    variables = bodies.as_json(query["variables"].encode()) if "variables" in query else None
    return {**query, "variables": variables}


def _operation(sent: Any, came: Any) -> GraphQL | None:
    if not isinstance(sent, dict) or not isinstance(query := sent.get("query"), str) or "{" not in query:
        return None
    variables = sent.get("variables")
    told = came.get("errors") if isinstance(came, dict) else None
    errors = [_error(one) for one in told] if isinstance(told, list) else []
    return GraphQL(str(sent.get("operationName") or ""), writing.pretty(query), msgspec.json.encode(variables).decode() if variables else "", errors)


def _error(told: Any) -> str:
    if not isinstance(told, dict):
        return str(told)
    path = told.get("path")
    return str(told.get("message", "")) + (f" ({'.'.join(str(part) for part in path)})" if isinstance(path, list) and path else "")
