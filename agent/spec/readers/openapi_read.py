"""Reads a Swagger 2.0 or OpenAPI 3 document (JSON or YAML) as a Spec: what `openapi` wrote comes back, and what others wrote comes as far as a Spec has words for it.

3.0 spellings (`nullable`, boolean `exclusiveMinimum`) become 3.1. References into other files stay unresolved and count as "anything".
"""

import re
from typing import Any
from urllib.parse import unquote

import msgspec
import yaml

from agent.spec import evidence
from agent.spec.fields import unescaped
from agent.spec.model import Content, Evidence, JsonSchema, MessageFormat, Noise, Operation, Paging, Parameter, Response, SecurityScheme, Spec
from agent.spec.objects import Object, as_object, as_objects
from agent.spec.readers import swagger, yaml_read
from agent.spec.readers.reading import Unreadable

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
MAX_BYTES = 64 << 20
MOST_PUT_IN_PLACE = 5_000
"""References that do not lead to a component: each is copied in, and two that lead to two more each would never end."""


def parse(data: bytes) -> Object:
    """The document as an object. Raises Unreadable with a sentence where it is neither Swagger 2.0 nor OpenAPI 3."""
    text = data.removeprefix(b"\xef\xbb\xbf")
    if len(text) > MAX_BYTES:
        raise Unreadable("The OpenAPI document is larger than 64 MiB.")
    try:
        value = msgspec.json.decode(text) if text.lstrip()[:1] == b"{" else yaml_read.load(text)
    except (msgspec.DecodeError, yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Unreadable(f"The OpenAPI document cannot be parsed: {str(error).splitlines()[0]}.") from None
    if isinstance(value, dict) and (str(value.get("openapi", "")).startswith("3.") or _is_swagger(value)):
        return value
    raise Unreadable("This is no OpenAPI document: it has neither `openapi: 3.x` nor `swagger: '2.0'`.")


def read(document: Object) -> Spec:
    """The spec that a parsed document describes. Parts that are malformed are passed over."""
    return evidence.taken_out(_Reader(swagger.modern(document) if _is_swagger(document) else document).spec())


def _is_swagger(document: Object) -> bool:
    return str(document.get("swagger", "")).startswith("2")


class _Reader:
    """One document, with what its parts refer to."""

    def __init__(self, document: Object) -> None:
        self._document = document
        self._is_30 = str(document.get("openapi", "")).startswith("3.0")
        self._put_in_place = 0

    def spec(self) -> Spec:
        document, components = self._document, as_object(self._document.get("components"))
        return Spec(
            title=str(as_object(document.get("info")).get("title") or "API"),
            servers=tuple(_server_url(server) for server in as_objects(document.get("servers")) if server.get("url") not in (None, "/")),
            operations=tuple(
                operation for template, item in as_object(document.get("paths")).items() for operation in self._operations(str(template), self._resolved(item))
            ),
            schemas={str(name): self._schema(schema) for name, schema in as_object(components.get("schemas")).items()},
            security_schemes=tuple(_scheme(str(name), self._resolved(scheme)) for name, scheme in as_object(components.get("securitySchemes")).items()),
            graphql_sdl=str(document.get("x-graphql-sdl") or ""),
            cors=as_object(document["x-cors"]) if "x-cors" in document else None,
            rate_limit=as_object(document.get("x-rate-limit")) or None,
            versioning=as_object(document.get("x-versioning")) or None,
            webhooks={str(name): tuple(self._operations(str(name), self._resolved(item))) for name, item in as_object(document.get("webhooks")).items()},
            noise=tuple(_noise(item) for item in as_objects(document.get("x-left-out"))),
            evidence=_evidence(document),
        )

    def _resolved(self, value: Any) -> Object:
        """Follows local references, as often as any sane document needs."""
        for _ in range(20):
            if not (isinstance(value, dict) and isinstance(value.get("$ref"), str)):
                break
            value = self._target(value["$ref"])
        return as_object(value)

    def _target(self, reference: str) -> Any:
        current: Any = self._document
        for part in reference.removeprefix("#/").split("/") if reference.startswith("#/") else ["?"]:
            current = current.get(unescaped(part)) if isinstance(current, dict) else None
        return current

    def _operations(self, template: str, item: Object, *, is_callback: bool = False) -> list[Operation]:
        extra = as_object(item.get("x-additional-operations")) | as_object(item.get("additionalOperations"))
        found = [(method.upper(), item[method]) for method in item if method in METHODS and isinstance(item[method], dict)]
        found += [(str(method), operation) for method, operation in extra.items() if isinstance(operation, dict)]
        operations = [self._operation(template, method, item, operation) for method, operation in found]
        if is_callback:  # one within another would be a stranger's
            return operations
        callbacks = [self._callbacks(operation) for _, operation in found]
        return [msgspec.structs.replace(one, callbacks=told) if told else one for one, told in zip(operations, callbacks, strict=True)]

    def _callbacks(self, raw: Object) -> dict[str, tuple[Operation, ...]]:
        named = {str(name): self._resolved(callback) for name, callback in as_object(raw.get("callbacks")).items()}
        return {
            name: tuple(
                operation
                for expression, item in callback.items()
                if not expression.startswith("x-")
                for operation in self._operations(str(expression), self._resolved(item), is_callback=True)
            )
            for name, callback in named.items()
        }

    def _operation(self, template: str, method: str, item: Object, raw: Object) -> Operation:
        body = self._resolved(raw.get("requestBody"))
        security = raw.get("security", self._document.get("security"))
        paging = as_object(raw.get("x-pagination"))
        return Operation(
            id=str(raw.get("operationId") or f"{method.lower()}{re.sub(r'[^A-Za-z0-9]+', '_', template)}"),
            method=method,
            template=template,
            summary=_own(raw.get("summary"), f"{method} {template}"),
            description=str(raw.get("description") or ""),
            tags=tuple(str(tag) for tag in raw.get("tags") or ()),
            api_type=_API_TYPES.get(str(raw.get("x-api-type") or item.get("x-api-type") or "rest").lower(), "REST"),
            parameters=self._parameters(item, raw),
            request=self._contents(body),
            request_required=body.get("required") is True,
            responses=tuple(
                self._response(str(status), self._resolved(response))
                for status, response in as_object(raw.get("responses")).items()
                if not str(status).startswith("x-")
            ),
            security=tuple(tuple(str(name) for name in alternative) for alternative in as_objects(security)),
            scopes=_scopes(as_objects(security)),
            pagination=_paging(paging) if paging else None,
            messages=tuple(self._message(message) for message in as_objects(raw.get("x-messages"))),
            operation_names=tuple(str(name) for name in raw.get("x-operation-names") or ()),
            idempotency_header=str(raw.get("x-idempotency-header") or ""),
            cors=as_object(raw.get("x-cors")) or None,
            deprecated=raw.get("deprecated") is True,
            evidence=_evidence(raw),
        )

    def _parameters(self, item: Object, raw: Object) -> tuple[Parameter, ...]:
        both = [self._resolved(parameter) for owner in (item, raw) for parameter in owner.get("parameters") or ()]
        found = {(p.get("in"), p.get("name")): self._parameter(p) for p in both if p.get("name") and p.get("in") in ("path", "query", "header", "cookie")}
        return tuple(found.values())

    def _parameter(self, raw: Object) -> Parameter:
        content = next((self._resolved(media).get("schema") for media in as_object(raw.get("content")).values()), {})
        where, schema = raw["in"], self._schema(raw.get("schema", content))
        return Parameter(
            str(raw["name"]),
            where,
            schema | {"deprecated": True} if raw.get("deprecated") is True else schema,
            required=raw.get("required") is True or where == "path",
            description=str(raw.get("description") or ""),
            example=raw.get("example"),
            evidence=_evidence(raw),
            style=str(raw.get("style") or ""),
            explode=raw["explode"] if isinstance(raw.get("explode"), bool) else None,
            has_slashes=where == "path" and raw.get("x-multi-segment") is True,
        )

    def _contents(self, owner: Object) -> tuple[Content, ...]:
        found = ((str(media_type), self._resolved(raw)) for media_type, raw in as_object(owner.get("content")).items())
        return tuple(Content(media_type, self._schema(raw.get("schema", {})), _example(raw), _evidence(raw)) for media_type, raw in found)

    def _response(self, status: str, raw: Object) -> Response:
        headers = ((str(name), self._resolved(header)) for name, header in as_object(raw.get("headers")).items())
        listed = tuple(
            Parameter(
                name, "header", self._schema(h.get("schema", {})), h.get("required") is True, str(h.get("description") or ""), h.get("example"), _evidence(h)
            )
            for name, h in headers
        )
        return Response(status.upper() if "x" in status.lower() else status, str(raw.get("description") or ""), self._contents(raw), listed, _evidence(raw))

    def _message(self, raw: Object) -> MessageFormat:
        direction = "sent" if raw.get("direction") == "sent" else "received"
        return MessageFormat(direction, str(raw.get("name") or ""), self._schema(raw.get("schema", {})), raw.get("example"), _evidence(raw))

    def _schema(self, schema: Any) -> JsonSchema:
        """References elsewhere than to component schemas are put in place; those that lead nowhere count as anything."""
        value = self._modern(schema, 0)
        return value if isinstance(value, dict) else {} if value is not False else {"not": {}}

    def _modern(self, value: Any, depth: int) -> Any:
        if isinstance(value, list):
            return [self._modern(item, depth + 1) for item in value]
        if not isinstance(value, dict) or depth > 100:
            return value
        reference = value.get("$ref")
        if isinstance(reference, str) and "%" in reference:  # a URI, in which `Page<Pet>` is spelled `Page%3CPet%3E`
            reference = unquote(reference)
            value = value | {"$ref": reference}
        if isinstance(reference, str) and not (re.fullmatch(r"#/components/schemas/[^/]+", reference) and self._target(reference) is not None):
            self._put_in_place += 1
            target = self._target(reference) if depth < 40 and self._put_in_place <= MOST_PUT_IN_PLACE else None
            return self._modern(target, depth + 1) if isinstance(target, dict) else {}
        result = {
            str(key): item if key in ("example", "examples", "default", "enum", "const") else self._modern(item, depth + 1) for key, item in value.items()
        }
        return _from_30(result) if self._is_30 else result


def _from_30(schema: Object) -> Object:
    """3.0's own words in those of JSON Schema 2020-12."""
    is_nullable = schema.pop("nullable", None) is True if not isinstance(schema.get("nullable"), dict) else False
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        flag = schema.get(exclusive)
        if isinstance(flag, bool):
            del schema[exclusive]
            if flag and limit in schema:
                schema[exclusive] = schema.pop(limit)
    if not is_nullable:
        return schema
    if isinstance(schema.get("type"), str):
        return (
            schema
            | {"type": [schema["type"], "null"]}
            | ({"enum": [*schema["enum"], None]} if isinstance(schema.get("enum"), list) and None not in schema["enum"] else {})
        )
    return {"anyOf": [schema, {"type": "null"}]} if schema else schema


_API_TYPES: Any = {
    "rest": "REST",
    "graphql": "GraphQL",
    "websocket": "WebSocket",
    "sse": "SSE",
    "grpc": "gRPC",
    "soap": "SOAP",
    "jsonrpc": "JSON-RPC",
    "xmlrpc": "XML-RPC",
}


def _scheme(name: str, raw: Object) -> SecurityScheme:
    kind = str(raw.get("type") or "").lower()
    description, evidence = str(raw.get("description") or ""), _evidence(raw)
    if kind == "apikey":
        where, signature = raw.get("in"), raw.get("x-signature")
        return SecurityScheme(
            name,
            "signature" if signature else "apiKey",
            scheme=str(signature or "").replace("unknown", ""),
            where=where if where in ("header", "query", "cookie") else "",
            parameter=str(raw.get("name") or ""),
            description=description,
            evidence=evidence,
        )
    if kind in ("oauth2", "openidconnect"):
        return SecurityScheme(name, "oauth2", flows=as_object(raw.get("flows")) or None, description=description, evidence=evidence)
    return SecurityScheme(
        name, "http", scheme=str(raw.get("scheme") or "bearer"), bearer_format=str(raw.get("bearerFormat") or ""), description=description, evidence=evidence
    )


def _scopes(alternatives: list[Object]) -> dict[str, tuple[str, ...]]:
    named = {(str(name), str(scope)): None for one in alternatives for name, scopes in one.items() if isinstance(scopes, list) for scope in scopes}
    return {name: tuple(scope for other, scope in named if other == name) for name, _ in named}


def _server_url(server: Object) -> str:
    url = str(server["url"])
    for name, variable in as_object(server.get("variables")).items():
        url = url.replace("{" + str(name) + "}", str(as_object(variable).get("default", "")))
    return url


def _paging(raw: Object) -> Paging | None:
    kind, most, where = raw.get("type"), raw.get("limitMax"), raw.get("in")
    if kind not in ("offset", "page", "cursor", "link"):
        return None
    names, following = tuple(str(name) for name in raw.get("parameters") or ()), str(raw.get("nextField") or "")
    return Paging(kind, names, following, most if isinstance(most, int) else None, where if where in ("body", "header") else "query")


def _noise(raw: Object) -> Noise:
    kind: Any = raw.get("kind")
    return Noise(kind, str(raw.get("method") or ""), str(raw.get("path") or ""), _count(raw.get("count")))


def _evidence(owner: Object) -> Evidence:
    raw = as_object(owner.get("x-evidence"))
    if not raw:
        return Evidence()
    confidence = raw.get("confidence", 1.0)
    return Evidence(
        _count(raw.get("count")),
        evidence.seconds(raw.get("firstSeen")),
        evidence.seconds(raw.get("lastSeen")),
        tuple(str(item) for item in raw.get("samples") or ()),
        float(confidence) if isinstance(confidence, int | float) else 1.0,
        _count(raw.get("total")),
        _count(raw.get("nulls")),
    )


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _example(raw: Object) -> Any:
    if "example" in raw:
        return raw["example"]
    return next((example.get("value") for example in as_object(raw.get("examples")).values() if isinstance(example, dict)), None)


def _own(value: Any, default: str) -> str:
    """What the writer fills in is no summary of the user's."""
    return "" if value is None or value == default else str(value)
