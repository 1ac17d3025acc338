"""Writes a spec as an OpenAPI 3.1 document: the same spec gives the same bytes, and no secret gets in.

Extensions: `x-evidence` (on what a conclusion rests; in properties how many objects had it), `x-api-type`, `x-operation-names`, `x-pagination`, `x-messages`, `x-idempotency-header`
and `x-cors` on operations; `x-cors`, `x-rate-limit`, `x-versioning`, `x-graphql-sdl` and `x-left-out` at the root;
`x-additional-operations` on a path for methods that OpenAPI 3.1 has no place for.
"""

import json
import re
from importlib import import_module
from typing import Any

import msgspec

from agent.spec import evidence as field_evidence
from agent.spec import fields
from agent.spec.model import Content, Evidence, JsonSchema, MessageFormat, Operation, Paging, Parameter, Response, SecurityScheme, Spec
from agent.spec.secrets.finding import is_secret_name
from agent.spec.secrets.redact import mask_json, mask_name, mask_named, mask_text, mask_url
from agent.spec.values import STAND_INS
from agent.spec.writers import yaml_text

Document = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
NO_PARAMETERS = ("accept", "content-type", "authorization")
"""OpenAPI says that header parameters of these names are ignored."""


def document(spec: Spec, *, evidence: bool = True) -> Document:
    """The whole document. Without `evidence` it changes only where the API did, not with every call that was heard."""
    writer = _Writer(spec.property_evidence if evidence else None)
    info: Document = {"title": mask_text(spec.title) or "API", "version": "1.0.0", "description": _about(spec, with_evidence=evidence)}
    result: Document = {"openapi": "3.1.0", "info": info, "servers": [{"url": mask_url(url)} for url in spec.servers] or [{"url": "/"}]}
    tags = sorted({tag for operation in spec.operations for tag in operation.tags})
    result |= {"tags": [{"name": tag} for tag in tags]} if tags else {}
    result["paths"] = writer.paths(spec.operations)
    result |= {"webhooks": writer.calls(spec.webhooks)} if spec.webhooks else {}
    components = {
        "schemas": _used(
            {_component_name(name): writer.schema(spec.schemas[name], f"{fields.COMPONENTS}{name}") for name in sorted(spec.schemas)},
            {"paths": result["paths"], "webhooks": result.get("webhooks")},
        ),
        "securitySchemes": {_component_name(scheme.name): writer.scheme(scheme) for scheme in spec.security_schemes},
    }
    result |= {"components": {name: part for name, part in components.items() if part}} if any(components.values()) else {}
    return result | _root_extensions(spec, with_evidence=evidence) | writer.evidence(spec.evidence)


def to_json(document: Document) -> bytes:
    """Indented UTF-8 JSON with a line break at the end."""
    try:
        return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    except UnicodeEncodeError:  # a lone surrogate in a captured text
        return json.dumps(document, indent=2).encode() + b"\n"


def to_yaml(document: Document) -> str:
    """The same document as YAML, for people."""
    return yaml_text.dump(document)


def _component_name(name: str) -> str:
    """A name as the keys of `components` may be spelled."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name) or "Schema"


def _evidence_document(evidence: Evidence) -> Document:
    """Evidence with readable times; what is not known is left out."""
    result: Document = {"count": evidence.count}
    result |= {name: field_evidence.written(value) for name, value in (("firstSeen", evidence.first_seen), ("lastSeen", evidence.last_seen)) if value}
    result |= {name: value for name, value in (("total", evidence.total), ("nulls", evidence.nulls)) if value}
    result |= {"samples": list(evidence.samples)} if evidence.samples else {}
    return result | ({"confidence": round(evidence.confidence, 4)} if evidence.confidence != 1.0 else {})


class _Writer:
    """Carries the one choice that every part needs: whether evidence is written, and that of fields."""

    def __init__(self, known: dict[str, Evidence] | None) -> None:
        self._known = known

    def evidence(self, evidence: Evidence) -> Document:
        return {"x-evidence": _evidence_document(evidence)} if self._known is not None and evidence.count else {}

    def paths(self, operations: tuple[Operation, ...]) -> Document:
        paths: dict[str, Document] = {}
        for operation in operations:
            item = paths.setdefault(mask_url(operation.template) or "/", {})
            method = operation.method.lower()
            if method in METHODS:
                item[method] = self.operation(operation)
            else:
                item.setdefault("x-additional-operations", {})[operation.method] = self.operation(operation)
        return paths

    def calls(self, named: dict[str, tuple[Operation, ...]]) -> Document:
        """What the server calls, by name or address, which is no path: nothing of it is a parameter, and no client signs in there."""
        return {name: {one.method.lower(): self.call(one, name) for one in several} for name, several in named.items()}

    def call(self, operation: Operation, name: str) -> Document:
        summary = operation.summary or f"{operation.method} {name}"
        written = self.operation(msgspec.structs.replace(operation, template="", summary=summary))
        return {key: value for key, value in written.items() if key not in ("operationId", "security")}

    def callbacks(self, operation: Operation) -> Document:
        found: Document = {}
        for name, several in operation.callbacks.items():
            addresses = dict.fromkeys(one.template for one in several)
            found[name] = self.calls({address: tuple(one for one in several if one.template == address) for address in addresses})
        return {"callbacks": found} if found else {}

    def operation(self, operation: Operation) -> Document:
        base = f"/operations/{operation.id}"
        result: Document = {"operationId": operation.id, "summary": mask_text(operation.summary) or f"{operation.method} {operation.template}"}
        result |= {"description": mask_text(operation.description)} if operation.description else {}
        result |= {"tags": list(operation.tags)} if operation.tags else {}
        result |= {"deprecated": True} if operation.deprecated else {}
        parameters = [self.parameter(parameter) for parameter in _parameters(operation)]
        result |= {"parameters": parameters} if parameters else {}
        if operation.request:
            result["requestBody"] = {"content": self.contents(operation.request, f"{base}/request")} | (
                {"required": True} if operation.request_required else {}
            )
        result["responses"] = {response.status: self.response(response, f"{base}/responses/{response.status}") for response in operation.responses} or {
            "default": {"description": "No answer was heard"}
        }
        result["security"] = [{_component_name(name): list(operation.scopes.get(name, ())) for name in alternative} for alternative in operation.security]
        return result | self.callbacks(operation) | self._extensions(operation)

    def parameter(self, parameter: Parameter) -> Document:
        result: Document = {"name": parameter.name, "in": parameter.where}
        result |= {"required": True} if parameter.required or parameter.where == "path" else {}
        result |= {"style": parameter.style} if parameter.style else {}
        result |= {"explode": parameter.explode} if parameter.explode is not None else {}
        result |= {"x-multi-segment": True} if parameter.has_slashes else {}
        return result | self._described(parameter)

    def contents(self, contents: tuple[Content, ...], base: str) -> Document:
        return {content.media_type: self.content(content, f"{base}/{fields.escaped(content.media_type)}") for content in contents}

    def content(self, content: Content, pointer: str) -> Document:
        example = {} if content.example is None else {"example": mask_json(content.example)}
        return {"schema": self.schema(content.schema, pointer)} | example | self.evidence(content.evidence)

    def response(self, response: Response, base: str) -> Document:
        result: Document = {"description": mask_text(response.description) or phrase(response.status)}
        result |= {"headers": {header.name: self._described(header) for header in response.headers}} if response.headers else {}
        return result | ({"content": self.contents(response.contents, base)} if response.contents else {}) | self.evidence(response.evidence)

    def message(self, message: MessageFormat, base: str) -> Document:
        result: Document = {"direction": message.direction, "name": message.name, "schema": self.schema(message.schema, f"{base}/messages/{message.name}")}
        return result | ({} if message.example is None else {"example": mask_json(message.example)}) | self.evidence(message.evidence)

    def scheme(self, scheme: SecurityScheme) -> Document:
        return _scheme_kind(scheme) | ({"description": mask_text(scheme.description)} if scheme.description else {}) | self.evidence(scheme.evidence)

    def schema(self, schema: JsonSchema, pointer: str) -> JsonSchema:
        return _masked_schema(field_evidence.shown(schema, pointer, self._known or {}), "")

    def _described(self, parameter: Parameter) -> Document:
        """What a parameter and a response header have in common."""
        result: Document = {"description": mask_text(parameter.description)} if parameter.description else {}
        result["schema"] = _masked_schema(parameter.schema, parameter.name)
        if parameter.example is not None:
            shown = mask_named(parameter.name, parameter.example)
            result["example"] = shown if shown == parameter.example else STAND_INS.get(parameter.schema.get("format", ""), shown)
        return result | self.evidence(parameter.evidence)

    def _extensions(self, operation: Operation) -> Document:
        result: Document = {} if operation.api_type == "REST" else {"x-api-type": _API_TYPES[operation.api_type]}
        result |= {"x-operation-names": list(operation.operation_names)} if operation.operation_names else {}
        result |= {"x-pagination": _pagination(operation.pagination)} if operation.pagination else {}
        result |= {"x-messages": [self.message(message, f"/operations/{operation.id}") for message in operation.messages]} if operation.messages else {}
        result |= {"x-idempotency-header": operation.idempotency_header} if operation.idempotency_header else {}
        result |= {"x-cors": operation.cors} if operation.cors else {}
        return result | self.evidence(operation.evidence)


def phrase(status: str) -> str:
    """The standard words for a status; `Default` for `default`."""
    try:
        return import_module("http").HTTPStatus(int(status)).phrase  # seldom asked for
    except ValueError:
        return "Default" if status == "default" else f"Status {status}"


_API_TYPES = {
    "REST": "rest",
    "GraphQL": "graphql",
    "WebSocket": "websocket",
    "SSE": "sse",
    "gRPC": "grpc",
    "SOAP": "soap",
    "JSON-RPC": "jsonrpc",
    "XML-RPC": "xmlrpc",
}
_SCHEMA_NAMED = re.compile(rb'"#/components/schemas/([A-Za-z0-9._-]+)"')
_VALUES = ("example", "default", "const")
_LISTS = ("enum", "examples")
_NAMED_SCHEMAS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")


def _used(schemas: dict[str, JsonSchema], paths: Document) -> dict[str, JsonSchema]:
    """Those that an operation reaches, directly or through others; in their given order."""
    reached: set[str] = set()
    waiting = [paths]
    while waiting:
        named = {name.decode() for name in _SCHEMA_NAMED.findall(_compact(waiting.pop()))}
        found = named & schemas.keys() - reached
        reached |= found
        waiting += [schemas[name] for name in found]
    return {name: schema for name, schema in schemas.items() if name in reached}


def _compact(document: Document) -> bytes:
    try:
        return msgspec.json.encode(document)
    except UnicodeEncodeError:
        return json.dumps(document).encode()


def _parameters(operation: Operation) -> list[Parameter]:
    """Each name once, and exactly those in the path that the template has: a document with others is not valid."""
    named = re.findall(r"\{([^{}/]+)\}", operation.template)
    given = {(parameter.name, parameter.where): parameter for parameter in operation.parameters}
    path = [given.get((name, "path")) or Parameter(name, "path", {"type": "string"}, required=True) for name in dict.fromkeys(named)]
    return path + [p for p in given.values() if p.where != "path" and not (p.where == "header" and p.name.lower() in NO_PARAMETERS)]


def _scheme_kind(scheme: SecurityScheme) -> Document:
    if scheme.kind == "oauth2" and scheme.flows:
        return {"type": "oauth2", "flows": {name: {"scopes": {}} | flow for name, flow in scheme.flows.items()}}
    if scheme.kind == "apiKey":
        return {"type": "apiKey", "in": scheme.where or "header", "name": scheme.parameter or "Authorization"}
    if scheme.kind == "signature":
        return {"type": "apiKey", "in": scheme.where or "header", "name": scheme.parameter or "Authorization", "x-signature": scheme.scheme or "unknown"}
    kind: Document = {"type": "http", "scheme": scheme.scheme or "bearer"}
    return kind | ({"bearerFormat": scheme.bearer_format} if scheme.bearer_format and kind["scheme"] == "bearer" else {})


def _pagination(paging: Paging) -> Document:
    result: Document = {"type": paging.kind} | ({"in": paging.where} if paging.where != "query" else {}) | {"parameters": list(paging.parameters)}
    result |= {"nextField": paging.next_field} if paging.next_field else {}
    return result | ({"limitMax": paging.limit_max} if paging.limit_max is not None else {})


def _root_extensions(spec: Spec, *, with_evidence: bool) -> Document:
    result: Document = {"x-cors": spec.cors} if spec.cors is not None else {}
    result |= {"x-rate-limit": spec.rate_limit} if spec.rate_limit else {}
    result |= {"x-versioning": spec.versioning} if spec.versioning else {}
    result |= {"x-graphql-sdl": spec.graphql_sdl} if spec.graphql_sdl else {}
    left_out = with_evidence and [{"kind": noise.kind, "method": noise.method, "path": mask_url(noise.path), "count": noise.count} for noise in spec.noise]
    return result | ({"x-left-out": left_out} if left_out else {})


def _about(spec: Spec, *, with_evidence: bool) -> str:
    count = len(spec.operations)
    heard = f", described from {spec.evidence.count:,} captured call{'s' * (spec.evidence.count != 1)}" if spec.evidence.count and with_evidence else ""
    return f"{count} operation{'s' * (count != 1)}{heard}."


def _masked_schema(schema: Any, name: str) -> Any:
    """A copy with valid component references and without secrets among its values and property names; `name` is the property's own."""
    if not isinstance(schema, dict):
        return schema
    result: JsonSchema = {}
    for key, value in schema.items():
        if key in _NAMED_SCHEMAS and isinstance(value, dict):
            result[key] = {mask_name(inner): _masked_schema(item, inner) for inner, item in value.items()}
        elif key in ("allOf", "anyOf", "oneOf", "prefixItems"):
            result[key] = [_masked_schema(item, name) for item in value]
        elif key == "$ref":
            result[key] = _reference(value)
        elif key == "discriminator" and isinstance(value, dict):
            result[key] = _discriminator(value)
        elif key == "required":
            result[key] = [mask_name(item) for item in value]
        elif key == field_evidence.KEY:
            result[key] = value
        elif key in _VALUES or key in _LISTS:
            result |= _masked_values(key, value, name)
        elif isinstance(value, str):
            result[key] = mask_text(value) if key in ("description", "title") else value
        else:
            result[key] = _masked_schema(value, name)
    return result


def _masked_values(key: str, value: Any, name: str) -> JsonSchema:
    """An enum of secrets would be wrong once hidden, so it goes; a hidden example still says something."""
    masked = mask_named(name, value)
    is_rule = key in ("enum", "const", "default")
    return {} if is_rule and (masked != value or is_secret_name(name)) else {key: masked}


def _discriminator(value: Document) -> Document:
    """A value that may not be shown points at nothing."""
    mapping = {text: _reference(target) for text, target in (value.get("mapping") or {}).items() if isinstance(target, str) and mask_text(text) == text}
    return {"propertyName": mask_name(str(value.get("propertyName") or ""))} | ({"mapping": mapping} if mapping else {})


def _reference(value: str) -> str:
    head, _, name = value.rpartition("/")
    return f"{head}/{_component_name(name)}" if head == "#/components/schemas" else value
