"""Writes a recorded sequence of calls as an Arazzo 1.0 workflow over the OpenAPI document of the same spec.

A value that a step got and a later one sent becomes an output and a reference to it. Credentials and other secrets become inputs.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from agent.spec.model import Exchange, Operation, Spec
from agent.spec.redact import MARK, hide_variables, is_secret_name, mask_name, mask_named, mask_text

Object = dict[str, Any]
MIN_LINKED = 4
"""Shorter values reappear by chance."""


def document(spec: Spec, exchanges: Sequence[Exchange], *, openapi_url: str = "./openapi.yaml", name: str = "recorded") -> Object:
    """The workflow of the exchanges in their order; those that belong to no operation of the spec are passed over."""
    steps = [_Step(f"step{number}", exchange, operation) for number, (exchange, operation) in enumerate(_matched(spec, exchanges), 1)]
    known: dict[str, str] = {}
    inputs: dict[str, Object] = {}
    written = [_write(step, known, inputs) for step in steps]
    used = {reference for reference in re.findall(r"\$steps\.\w+\.outputs\.\w+", json.dumps(written))}
    for item in written:
        item["outputs"] = {key: value for key, value in item["outputs"].items() if f"$steps.{item['stepId']}.outputs.{key}" in used}
        if not item["outputs"]:
            del item["outputs"]
    workflow: Object = {"workflowId": re.sub(r"[^A-Za-z0-9_-]+", "-", name) or "recorded", "summary": f"{len(steps)} recorded calls"}
    workflow |= {"inputs": {"type": "object", "properties": dict(sorted(inputs.items()))}} if inputs else {}
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


def _matched(spec: Spec, exchanges: Sequence[Exchange]) -> list[tuple[Exchange, Operation]]:
    """Each with the most literal template that fits."""
    base = urlsplit(spec.servers[0]).path.rstrip("/") if spec.servers else ""
    ordered = sorted(spec.operations, key=lambda operation: (operation.template.count("{"), operation.template))
    table = [(operation, _expression(base + operation.template)) for operation in ordered]
    found: list[tuple[Exchange, Operation]] = []
    for exchange in exchanges:
        path = urlsplit(exchange.url).path or "/"
        operation = next((operation for operation, expression in table if operation.method == exchange.method and expression.fullmatch(path)), None)
        if operation is not None:
            found.append((exchange, operation))
    return found


def _expression(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[^{}/]+\\\}", "([^/]+)", re.escape(template)))


def _write(step: _Step, known: dict[str, str], inputs: dict[str, Object]) -> Object:
    exchange, operation = step.exchange, step.operation
    result: Object = {"stepId": step.id, "operationId": operation.id}
    parameters = [{"name": name, "in": where, "value": _payload(name, value, known, inputs)} for where, name, value in _sent(exchange, operation)]
    result |= {"parameters": parameters} if parameters else {}
    body = hide_variables(_json(exchange.request_body))
    if body is not None:
        result["requestBody"] = {"contentType": "application/json", "payload": _payload("", body, known, inputs)}
    if exchange.status is not None:
        result["successCriteria"] = [{"condition": f"$statusCode == {exchange.status}"}]
    result["outputs"] = _outputs(step, known)
    return result


def _sent(exchange: Exchange, operation: Operation) -> list[tuple[str, str, str | list[str]]]:
    """Where, name and value of each parameter; one that was repeated has a list."""
    parts = urlsplit(exchange.url)
    names = re.findall(r"\{([^{}/]+)\}", operation.template)
    match = re.search(_expression(operation.template).pattern + "$", parts.path)
    sent: list[tuple[str, str, str | list[str]]] = [("path", name, unquote(value)) for name, value in zip(names, match.groups(), strict=True)] if match else []
    declared = {parameter.name for parameter in operation.parameters if parameter.where == "query"}
    queried: dict[str, list[str]] = {}
    for name, value in parse_qsl(parts.query):
        if name in declared:
            queried.setdefault(name, []).append(value)
    return sent + [("query", name, values if len(values) > 1 else values[0]) for name, values in queried.items()]


def _payload(name: str, value: Any, known: dict[str, str], inputs: dict[str, Object]) -> Any:
    if isinstance(value, dict):
        return {mask_name(str(key)): _payload(str(key), item, known, inputs) for key, item in value.items()}
    if isinstance(value, list):
        return [_payload(name, item, known, inputs) for item in value]
    return _linked(name, value, known, inputs) if isinstance(value, str | int) and not isinstance(value, bool) else value


def _linked(name: str, value: Any, known: dict[str, str], inputs: dict[str, Object]) -> Any:
    """A reference to the step that gave the value, an input for a secret, or the value itself."""
    text = str(value)
    if text in known:
        return known[text]
    masked = mask_text(value) if name == "query" and isinstance(value, str) and "{" in value else mask_named(name, value)
    if name == "query" and masked != value:
        return masked
    if is_secret_name(name) or masked != value or text.startswith(MARK):
        key = re.sub(r"[^A-Za-z0-9_]+", "_", name) or "secret"
        inputs[key] = {"type": "string"}
        return f"$inputs.{key}"
    return value


def _outputs(step: _Step, known: dict[str, str]) -> Object:
    """Every text and number of the answer that is long enough to be told apart; unused ones are dropped in the end."""
    found: Object = {}
    body = _json(step.exchange.response_body)
    for pointer, value in _leaves(body, "", 0):
        text = str(value)
        if len(text) < MIN_LINKED or text in known or len(found) >= 200 or mask_text(pointer) != pointer:
            continue
        key = re.sub(r"[^A-Za-z0-9]+", "_", pointer).strip("_") or "body"
        while key in found:
            key += "_"
        found[key] = f"$response.body#{pointer}"
        known[text] = f"$steps.{step.id}.outputs.{key}"
    return found


def _leaves(value: Any, pointer: str, depth: int) -> list[tuple[str, str | int]]:
    if depth > 8:
        return []
    if isinstance(value, dict):
        return [
            leaf
            for key, item in value.items()
            for leaf in _leaves(item, f"{pointer}/{quote(str(key).replace('~', '~0').replace('/', '~1'), safe='~')}", depth + 1)
        ]
    if isinstance(value, list):
        return [leaf for index, item in enumerate(value[:20]) for leaf in _leaves(item, f"{pointer}/{index}", depth + 1)]
    return [(pointer, value)] if isinstance(value, str | int) and not isinstance(value, bool) else []


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body[:1] in (b"{", b"[") else None
    except (ValueError, RecursionError):
        return None
