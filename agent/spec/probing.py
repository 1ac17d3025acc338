"""Looks into single exchanges for one thing that a document says: was the field there, null or missing, and what was its value.

A schema is concluded from counts; this gives the calls behind them, one by one.
"""

import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from agent.spec import fields
from agent.spec.decisions import parameter_key
from agent.spec.model import Exchange, Operation, Parameter, Spec
from agent.spec.secrets.finding import is_secret_name
from agent.spec.secrets.redact import mask_named
from agent.spec.serving import below, serving, values_in

State = Literal["value", "null", "missing"]
_LONGEST = 80
_MOST_OBJECTS = 10_000


class Target(NamedTuple):
    """What is looked for: a field of a body of one side, or a parameter."""

    name: str
    side: str
    path: tuple[str, ...] = ()
    parameter: Parameter | None = None
    field: fields.Field | None = None


class Found(NamedTuple):
    """What one exchange has: of `objects` that could have had it, `values` did, `nulls` as null. `shown` is a masked value."""

    objects: int
    values: int
    nulls: int
    shown: str

    @property
    def states(self) -> tuple[State, ...]:
        """All that it shows: a list may show each."""
        said = ("null" if self.nulls else "", "missing" if self.objects > self.values + self.nulls else "", "value" if self.values else "")
        return tuple(state for state in ("null", "missing", "value") if state in said)


def target(spec: Spec, operation: Operation, place: str) -> Target | None:
    """What a place means in an operation, None where it has no such place."""
    for parameter in operation.parameters:
        if parameter_key(parameter) == place:
            return Target(parameter.name, "request", parameter=parameter)
    for field in fields.of_operation(spec, operation):
        if field.place == place:
            return Target(field.name, place.partition(" ")[0], field.path, field=field)
    return None


def is_of(spec: Spec, operation: Operation, exchange: Exchange) -> bool:
    """Whether an exchange was a call of the operation: no more literal template fits its path."""
    found = serving(spec.operations, operation.method, _below(spec, exchange))
    return found is not None and found.operation.id == operation.id


def probe(spec: Spec, operation: Operation, wanted: Target, exchange: Exchange) -> Found | None:
    """What an exchange says, None where it can say nothing: another status, or a body that is none."""
    if wanted.parameter is not None:
        return _parameter(spec, operation, wanted.parameter, exchange)
    if wanted.side not in ("request", str(exchange.status)):
        return None
    body = _json(exchange.request_body if wanted.side == "request" else exchange.response_body)
    if body is None:
        return None
    objects = values = nulls = 0
    shown = ""
    for parent in _parents(body, wanted.path[:-1]):
        objects += 1
        if wanted.name in parent:
            is_null = parent[wanted.name] is None
            nulls, values = nulls + is_null, values + (not is_null)
            shown = shown or ("" if is_null else _shown(wanted.name, parent[wanted.name]))
        if objects >= _MOST_OBJECTS:
            break
    return Found(objects, values, nulls, shown) if objects else None


def _parameter(spec: Spec, operation: Operation, parameter: Parameter, exchange: Exchange) -> Found:
    value: str | None = None
    if parameter.where == "query":
        value = next((text for name, text in parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True) if name == parameter.name), None)
    elif parameter.where == "header":
        value = next((text for name, text in exchange.request_headers if name.lower() == parameter.name.lower()), None)
    elif parameter.where == "path" and (found := values_in(operation, _below(spec, exchange))) and parameter.name in found:
        value = unquote(found[parameter.name])
    return Found(1, int(value is not None), 0, "" if value is None else _shown(parameter.name, value))


def _parents(value: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The objects that a path leads to."""
    if not path:
        if isinstance(value, dict):
            yield value
        return
    step, rest = path[0], path[1:]
    if step == "[]" and isinstance(value, list):
        for item in value:
            yield from _parents(item, rest)
    elif step == "*" and isinstance(value, dict):
        for item in value.values():
            yield from _parents(item, rest)
    elif step[:1] == "." and isinstance(value, dict) and step[1:] in value:
        yield from _parents(value[step[1:]], rest)


def _shown(name: str, value: Any) -> str:
    if is_secret_name(name):
        return "••••"
    masked = mask_named(name, value)
    text = masked if isinstance(masked, str) else json.dumps(masked, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _below(spec: Spec, exchange: Exchange) -> str:
    """The path of an exchange below the base URL of the API."""
    path = urlsplit(exchange.url).path or "/"
    rest = below(urlsplit(spec.servers[0]).path if spec.servers else "", path)
    return path if rest is None else rest


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None
