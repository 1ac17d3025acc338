"""Writes a recorded sequence of calls as an Arazzo 1.0 workflow over the OpenAPI document of the same spec.

A value that a step got and a later one sent becomes an output and a reference to it: an id in a path, a token from a login. Other credentials and secrets
become inputs. What two calls have in common by chance, a word or a small number, stays as it was heard.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from agent.spec.fields import escaped
from agent.spec.model import Exchange, Operation, Spec
from agent.spec.names import free, words_of
from agent.spec.readers.reading import header
from agent.spec.schemas.bodies import Binary, decode_form, decode_multipart
from agent.spec.secrets.finding import is_secret_name
from agent.spec.secrets.marks import MARK
from agent.spec.secrets.places import VALUES, hide_variables, inherited, pair_name
from agent.spec.secrets.redact import mask_name, mask_named, mask_text, mask_url
from agent.spec.serving import below, serving, values_in
from agent.spec.values import kind_of

Object = dict[str, Any]
MIN_LINKED = 4
"""Shorter values reappear by chance, but for ids in paths."""
_TELLING = ("uuid", "hex", "token", "prefixed", "int")
_NAMING = ("id", "key", "slug", "uuid", "number", "code", "sid", "gid", "sha", "token", "name")
Known = dict[str, list[tuple[str, str]]]
"""By value, under which keys and references it was got."""


def document(spec: Spec, exchanges: Sequence[Exchange], *, openapi_url: str = "./openapi.yaml", name: str = "recorded") -> Object:
    """The workflow of the exchanges in their order; those that belong to no operation of the spec are passed over."""
    steps = _steps(_matched(spec, exchanges))
    known: Known = {}
    inputs: dict[str, Object] = {}
    written = [_write(spec, step, known, inputs) for step in steps]
    used = {reference for reference in re.findall(r"\$steps\.[\w-]+\.outputs\.\w+", json.dumps(written))}
    for item in written:
        item["outputs"] = {key: value for key, value in item["outputs"].items() if f"$steps.{item['stepId']}.outputs.{key}" in used}
        if not item["outputs"]:
            del item["outputs"]
    workflow: Object = {"workflowId": re.sub(r"[^A-Za-z0-9_-]+", "-", name) or "recorded", "summary": f"{len(steps)} recorded calls"}
    workflow |= {"inputs": {"type": "object", "properties": dict(sorted(inputs.items())), "required": sorted(inputs)}} if inputs else {}
    source = {"name": "api", "url": openapi_url, "type": "openapi"}
    return {
        "arazzo": "1.0.1",
        "info": {"title": mask_text(spec.title), "version": "1.0.0"},
        "sourceDescriptions": [source],
        "workflows": [workflow | {"steps": written}],
    }


class _Step(NamedTuple):
    id: str
    exchange: Exchange
    operation: Operation


def _steps(matched: list[tuple[Exchange, Operation]]) -> list[_Step]:
    """Named after what they call; another call of it has a number."""
    taken: set[str] = set()
    steps: list[_Step] = []
    for exchange, operation in matched:
        name = free(re.sub(r"[^A-Za-z0-9_-]+", "_", operation.id), taken)
        taken.add(name)
        steps.append(_Step(name, exchange, operation))
    return steps


def _matched(spec: Spec, exchanges: Sequence[Exchange]) -> list[tuple[Exchange, Operation]]:
    """Each with the operation that served it."""
    base = _base(spec)
    found = [(exchange, serving(spec.operations, exchange.method, below(base, urlsplit(exchange.url).path or "/") or "/")) for exchange in exchanges]
    return [(exchange, served.operation) for exchange, served in found if served is not None]


def _base(spec: Spec) -> str:
    return urlsplit(spec.servers[0]).path if spec.servers else ""


def _write(spec: Spec, step: _Step, known: Known, inputs: dict[str, Object]) -> Object:
    exchange, operation = step.exchange, step.operation
    result: Object = {"stepId": step.id}
    result |= {"description": mask_text(operation.summary)} if operation.summary else {}
    result["operationId"] = operation.id
    parameters = [{"name": name, "in": where, "value": _payload(name, value, known, inputs, where)} for where, name, value in _sent(spec, exchange, operation)]
    parameters += _credentials(spec, step, known, inputs)
    result |= {"parameters": parameters} if parameters else {}
    media_type, body = _body(exchange)
    if body is not None:
        result["requestBody"] = {"contentType": media_type, "payload": _payload("", body, known, inputs)}
    if exchange.status is not None:
        result["successCriteria"] = [{"condition": f"$statusCode == {exchange.status}"}]
    result["outputs"] = _outputs(step, known)
    return result


def _body(exchange: Exchange) -> tuple[str, Any]:
    """JSON or the fields of a form; a file in it is told by its place only."""
    media_type = header(exchange.request_headers, "content-type").partition(";")[0].strip().lower()
    if media_type == "application/x-www-form-urlencoded":
        return media_type, decode_form(exchange.request_body)
    if media_type == "multipart/form-data":
        fields = decode_multipart(exchange.request_body, header(exchange.request_headers, "content-type"))
        return media_type, {name: "" if isinstance(value, Binary) else value for name, value in fields.items()}
    return media_type if "json" in media_type else "application/json", hide_variables(_json(exchange.request_body))


def _credentials(spec: Spec, step: _Step, known: Known, inputs: dict[str, Object]) -> list[Object]:
    """Those that were sent as a header: what an earlier step gave, or an input."""
    wanted = {name for names in step.operation.security for name in names}
    found: list[Object] = []
    for scheme in spec.security_schemes:
        name = "Authorization" if scheme.kind in ("http", "oauth2") else scheme.parameter if scheme.kind == "apiKey" and scheme.where == "header" else ""
        sent = header(step.exchange.request_headers, name.lower()) if scheme.name in wanted and name else ""
        if not sent:
            continue
        word, _, secret = sent.partition(" ") if scheme.kind != "apiKey" else ("", "", sent)
        key = re.sub(r"[^A-Za-z0-9_]+", "_", scheme.name)
        got = known.get(secret, [])
        if not got:
            inputs[key] = {"type": "string"}
        reference = got[0][1] if got else f"$inputs.{key}"
        found.append({"name": name, "in": "header", "value": f"{mask_text(word)} {{{reference}}}" if word else reference})
    return found


def _sent(spec: Spec, exchange: Exchange, operation: Operation) -> list[tuple[str, str, str | list[str]]]:
    """Where, name and value of each parameter; one that was repeated has a list."""
    parts = urlsplit(exchange.url)
    values = values_in(operation, below(_base(spec), mask_url(parts.path)) or "/") or {}
    sent: list[tuple[str, str, str | list[str]]] = [("path", name, unquote(value)) for name, value in values.items()]
    declared = {parameter.name for parameter in operation.parameters if parameter.where == "query"}
    queried: dict[str, list[str]] = {}
    pairs = parse_qsl(parts.query)
    hidden = hide_variables(dict(pairs))
    for name, value in pairs:
        if name in declared:
            queried.setdefault(name, []).append(hidden[name] if name == "variables" else value)
    headers = [(one.name, value) for one in operation.parameters if one.where == "header" and (value := header(exchange.request_headers, one.name.lower()))]
    sent += [("query", name, values if len(values) > 1 else values[0]) for name, values in queried.items()]
    return sent + [("header", name, value) for name, value in headers]


def _payload(name: str, value: Any, known: Known, inputs: dict[str, Object], where: str = "body") -> Any:
    if isinstance(value, dict):
        pair = pair_name(value)
        return {
            mask_name(str(key)): _payload(pair if pair and key in VALUES else inherited(str(key), name, item), item, known, inputs, where)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_payload(name, item, known, inputs, where) for item in value]
    return _linked(name, value, known, inputs, where) if isinstance(value, str | int) and not isinstance(value, bool) else value


def _linked(name: str, value: Any, known: Known, inputs: dict[str, Object], where: str) -> Any:
    """A reference to the step that gave the value, an input for a secret, or the value itself."""
    text = str(value)
    if reference := _reference(name, text, known, where):
        return reference
    masked = mask_text(value) if name == "query" and isinstance(value, str) and "{" in value else mask_named(name, value)
    if name == "query" and masked != value:
        return masked
    if is_secret_name(name) or masked != value or text.startswith(MARK):
        key = re.sub(r"[^A-Za-z0-9_]+", "_", name) or "secret"
        inputs[key] = {"type": "string"}
        return f"$inputs.{key}"
    return value


def _reference(name: str, text: str, known: Known, where: str) -> str:
    """From where a value was got: by a key that names things where it stands in a path, by its looks or by one key in both places elsewhere."""
    got = known.get(text, [])
    words = words_of(name)
    named = [reference for key, reference in got if (told := words_of(key)) and told[-1] in _NAMING and (where == "path" or set(told) & set(words))]
    looks = [reference for _, reference in got if len(text) >= (6 if text.isdigit() else MIN_LINKED) and kind_of(text) in _TELLING]
    return next(iter([*named, *looks] if where == "path" or len(text) >= MIN_LINKED else []), "")


def _outputs(step: _Step, known: Known) -> Object:
    """Every text and number of the answer; unused ones are dropped in the end."""
    found: Object = {}
    body = _json(step.exchange.response_body)
    for pointer, value in _leaves(body, "", 0):
        text = str(value)
        if not text or len(found) >= 200 or mask_text(pointer) != pointer:
            continue
        key = re.sub(r"[^A-Za-z0-9]+", "_", pointer).strip("_") or "body"
        while key in found:
            key += "_"
        found[key] = f"$response.body#{pointer}"
        known.setdefault(text, []).append((unquote(pointer.rpartition("/")[2]), f"$steps.{step.id}.outputs.{key}"))
    return found


def _leaves(value: Any, pointer: str, depth: int) -> list[tuple[str, str | int]]:
    if depth > 8:
        return []
    if isinstance(value, dict):
        return [leaf for key, item in value.items() for leaf in _leaves(item, f"{pointer}/{quote(escaped(str(key)), safe='~')}", depth + 1)]
    if isinstance(value, list):
        return [leaf for index, item in enumerate(value[:20]) for leaf in _leaves(item, f"{pointer}/{index}", depth + 1)]
    return [(pointer, value)] if isinstance(value, str | int) and not isinstance(value, bool) else []


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body[:1] in (b"{", b"[") else None
    except (ValueError, RecursionError):
        return None
