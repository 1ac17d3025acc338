"""Puts a Swagger 2.0 document into the words of OpenAPI 3.0, which is what is read on. What 3.0 has no word for is left out."""

from typing import Any

from agent.spec.objects import Object, as_object

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_MOVED = {"#/definitions/": "#/components/schemas/", "#/parameters/": "#/components/parameters/", "#/responses/": "#/components/responses/"}
_SCHEMA_WORDS = (
    "type", "format", "items", "default", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems",
    "minItems", "uniqueItems", "enum", "multipleOf", "x-nullable",
)  # fmt: skip
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_FLOWS = {"implicit": "implicit", "password": "password", "application": "clientCredentials", "accessCode": "authorizationCode"}


def modern(document: Object) -> Object:
    """The same API as an OpenAPI 3.0 document. The given one stays as it is."""
    parameters = as_object(document.get("parameters"))
    responses = {name: _response(item, _types(document, {}, "produces")) for name, item in as_object(document.get("responses")).items()}
    components = {
        "schemas": _moved(as_object(document.get("definitions"))),
        "responses": responses,
        "securitySchemes": {name: _scheme(as_object(item)) for name, item in as_object(document.get("securityDefinitions")).items()},
    }
    paths = {path: _item(document, parameters, as_object(item)) for path, item in as_object(document.get("paths")).items()}
    kept = {key: value for key, value in document.items() if key in ("info", "tags", "security") or str(key).startswith("x-")}
    return {"openapi": "3.0.3", **kept, "servers": _servers(document), "paths": paths, "components": components}


def _servers(document: Object) -> list[Object]:
    host, base = document.get("host"), str(document.get("basePath") or "").rstrip("/")
    listed = document.get("schemes")
    schemes = sorted({str(scheme) for scheme in listed} if isinstance(listed, list) and listed else {"https"}, key=lambda scheme: (scheme != "https", scheme))
    return [{"url": f"{scheme}://{host}{base}"} for scheme in schemes] if host else [{"url": base}] if base else []


def _item(document: Object, shared: Object, item: Object) -> Object:
    """Parameters of the whole path are given to each of its operations: one may be the body."""
    common = _parameters(shared, item.get("parameters"))
    return {
        method: _operation(document, common, shared, as_object(operation)) if method in METHODS else operation
        for method, operation in item.items()
        if method in METHODS or str(method).startswith("x-")
    }


def _operation(document: Object, common: list[Object], shared: Object, operation: Object) -> Object:
    own = _parameters(shared, operation.get("parameters"))
    named = {(one.get("in"), one.get("name")): one for one in [*common, *own]}
    parameters = list(named.values())
    produces = _types(document, operation, "produces")
    kept = {key: value for key, value in operation.items() if key not in ("parameters", "consumes", "produces", "schemes", "responses")}
    body = _body(parameters, _types(document, operation, "consumes"))
    return {
        **kept,
        "parameters": [_parameter(one) for one in parameters if one.get("in") in ("path", "query", "header")],
        **({"requestBody": body} if body else {}),
        "responses": {status: _response(response, produces) for status, response in as_object(operation.get("responses")).items()},
    }


def _parameters(shared: Object, listed: Any) -> list[Object]:
    found: list[Object] = []
    for one in listed if isinstance(listed, list) else []:
        reference = one.get("$ref") if isinstance(one, dict) else None
        one = shared.get(str(reference).rpartition("/")[2]) if reference else one
        found += [one] if isinstance(one, dict) else []
    return found


def _parameter(raw: Object) -> Object:
    kept = {key: value for key, value in raw.items() if key in ("name", "in", "description", "required") or key.startswith("x-")}
    return kept | _written(raw) | {"schema": _schema(raw)}


def _written(raw: Object) -> Object:
    """How a list is written: with commas where nothing is said."""
    if raw.get("type") != "array":
        return {}
    form = str(raw.get("collectionFormat") or "csv")
    styles = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}
    return ({"style": styles[form]} if form in styles else {}) | {"explode": form == "multi"}


def _body(parameters: list[Object], consumes: list[str]) -> Object:
    """One parameter that is the whole body, or the fields of a form."""
    whole = next((one for one in parameters if one.get("in") == "body"), None)
    if whole is not None:
        schema = _moved(whole.get("schema") or {})
        return {"required": whole.get("required") is True, "content": {kind: {"schema": schema} for kind in consumes}}
    fields = [one for one in parameters if one.get("in") == "formData" and one.get("name")]
    if not fields:
        return {}
    kinds = [kind for kind in consumes if kind in _FORMS] or [_FORMS[0] if any(one.get("type") == "file" for one in fields) else _FORMS[1]]
    required = [one["name"] for one in fields if one.get("required") is True]
    schema = {"type": "object", "properties": {one["name"]: _schema(one) for one in fields}, **({"required": required} if required else {})}
    return {"required": bool(required), "content": {kind: {"schema": schema} for kind in kinds}}


def _response(raw: Any, produces: list[str]) -> Object:
    response = as_object(raw)
    if "$ref" in response:
        return _moved(response)
    examples = as_object(response.get("examples"))
    content: Object = {}
    if "schema" in response:
        schema = _moved(response["schema"])
        content = {kind: {"schema": schema} | ({"example": examples[kind]} if kind in examples else {}) for kind in produces}
    headers = {name: {"schema": _schema(as_object(header))} for name, header in as_object(response.get("headers")).items()}
    return {"description": response.get("description") or "", **({"content": content} if content else {}), **({"headers": headers} if headers else {})}


def _schema(raw: Object) -> Object:
    """What a parameter says of its value beside its own name."""
    return _moved({key: raw[key] for key in _SCHEMA_WORDS if key in raw})


def _moved(value: Any, depth: int = 0) -> Any:
    """With references to where 3.0 has their targets, and 2.0's own words replaced."""
    if isinstance(value, list):
        return [_moved(item, depth + 1) for item in value]
    if not isinstance(value, dict) or depth > 100:
        return value
    found: Object = {str(key): _moved(item, depth + 1) for key, item in value.items()}
    reference = found.get("$ref")
    if isinstance(reference, str):
        found["$ref"] = next((new + reference.removeprefix(old) for old, new in _MOVED.items() if reference.startswith(old)), reference)
    if found.get("type") == "file":
        found |= {"type": "string", "format": "binary"}
    if found.get("x-nullable") is True:
        found["nullable"] = True
    return found


def _scheme(raw: Object) -> Object:
    match raw.get("type"):
        case "basic":
            return {"type": "http", "scheme": "basic"} | {key: raw[key] for key in ("description",) if key in raw}
        case "oauth2":
            flow = {key: raw[key] for key in ("authorizationUrl", "tokenUrl", "scopes") if key in raw}
            return {"type": "oauth2", "flows": {_FLOWS.get(str(raw.get("flow")), "implicit"): flow}}
        case _:
            return raw


def _types(document: Object, operation: Object, word: str) -> list[str]:
    listed = operation.get(word) or document.get(word)
    return [str(kind) for kind in listed] if isinstance(listed, list) and listed else ["application/json"]
