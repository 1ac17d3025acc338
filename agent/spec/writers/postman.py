"""Writes a spec as a Postman collection v2.1: a folder per tag, the base URL and credentials as variables, masked examples as saved answers."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl, quote

from agent.spec.model import Content, Operation, Parameter, Response, SecurityScheme, Spec
from agent.spec.secrets.redact import mask_json, mask_named, mask_text, mask_url
from agent.spec.writers import samples
from agent.spec.writers.openapi import phrase

Object = dict[str, Any]


def document(spec: Spec) -> Object:
    """The whole collection."""
    folders: dict[str, list[Object]] = {}
    for operation in spec.operations:
        folders.setdefault(operation.tags[0] if operation.tags else "", []).append(_item(spec, operation))
    items = [item for name, group in folders.items() for item in ([{"name": name, "item": group}] if name else group)]
    variables = [{"key": "baseUrl", "value": mask_url(spec.servers[0]) if spec.servers else ""}]
    variables += [{"key": name, "value": ""} for name in sorted({name for scheme in spec.security_schemes for name in _variables(scheme)})]
    info = {"name": mask_text(spec.title), "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}
    return {"info": info, "item": items, "variable": variables}


def _item(spec: Spec, operation: Operation) -> Object:
    request = _request(spec, operation)
    answers = [_answer(response, content, request) for response in operation.responses for content in response.contents[:1]]
    return {"name": mask_text(operation.summary or operation.id), "request": request, "response": answers}


def _request(spec: Spec, operation: Operation) -> Object:
    url = _url(operation, spec)
    request: Object = {"method": operation.method, "header": _headers(operation, spec), "url": url}
    request |= {"description": mask_text(operation.description)} if operation.description else {}
    content = next(iter(sorted(operation.request, key=lambda content: "json" not in content.media_type)), None)
    request |= {"body": _body(content, spec)} if content else {}
    scheme = next((scheme for scheme in spec.security_schemes if any(scheme.name in names for names in operation.security)), None)
    return request | {"auth": _auth(scheme) if scheme else {"type": "noauth"}}


def _url(operation: Operation, spec: Spec) -> Object:
    given = {p.name: _value(p, spec) for p in operation.parameters if p.where == "path"}
    template, _, fixed = mask_url(operation.template).partition("?")
    segments = [_segment(part, given) for part in template.strip("/").split("/") if part]
    segments += [""] if segments and template.endswith("/") else []
    path = "/".join(segments)
    query = [{"key": key, "value": re.sub(r"\{([^{}]+)\}", lambda match: given.get(match[1], match[1]), value)} for key, value in parse_qsl(fixed)]
    query = [{**item, "disabled": False} for item in query]
    query += [{"key": p.name, "value": _value(p, spec), "disabled": not p.required} for p in operation.parameters if p.where == "query"]
    raw = (
        "{{baseUrl}}/"
        + path
        + ("?" + "&".join(f"{item['key']}={item['value']}" for item in query if not item["disabled"]) if any(not item["disabled"] for item in query) else "")
    )
    variables = [{"key": name, "value": value} for name, value in given.items() if f":{name}" in segments]
    return {"raw": raw, "host": ["{{baseUrl}}"], "path": segments} | ({"query": query} if query else {}) | ({"variable": variables} if variables else {})


def _segment(part: str, given: dict[str, str]) -> str:
    """A variable of a path is a whole segment; within one, its value stands."""
    if re.fullmatch(r"\{[^{}]+\}", part):
        return f":{part[1:-1]}"
    return re.sub(r"\{([^{}]+)\}", lambda match: quote(given.get(match[1], match[1]), safe="•"), part)


def _headers(operation: Operation, spec: Spec) -> list[Object]:
    found: list[Object] = [{"key": p.name, "value": _value(p, spec), "disabled": not p.required} for p in operation.parameters if p.where == "header"]
    content = next(iter(sorted(operation.request, key=lambda content: "json" not in content.media_type)), None)
    return found + ([{"key": "Content-Type", "value": content.media_type}] if content and not content.media_type.startswith("multipart/") else [])


def _value(parameter: Parameter, spec: Spec) -> str:
    value = parameter.example if parameter.example is not None else samples.example(parameter.schema, spec)
    masked = mask_named(parameter.name, value)
    return masked if isinstance(masked, str) else json.dumps(masked, ensure_ascii=False)


def _body(content: Content, spec: Spec) -> Object:
    value = mask_json(content.example) if content.example is not None else samples.example(content.schema, spec)
    mode = "urlencoded" if "urlencoded" in content.media_type else "formdata" if content.media_type.startswith("multipart/") else ""
    if mode and isinstance(value, dict):
        files = samples.file_fields(content)
        return {"mode": mode, mode: [_part(name, item, is_file=name in files) for name, item in value.items()]}
    language = "json" if "json" in content.media_type else "xml" if "xml" in content.media_type else "text"
    text = _text(value)
    return {"mode": "raw", "raw": text.replace("{{", "{\\u007b" if language == "json" else "{ {"), "options": {"raw": {"language": language}}}


def _part(name: str, value: Any, *, is_file: bool) -> Object:
    return {"key": name, "src": [], "type": "file"} if is_file else {"key": name, "value": _text(value), "type": "text"}


def _answer(response: Response, content: Content, request: Object) -> Object:
    body = "" if content.example is None else _text(mask_json(content.example))
    code = int(response.status) if response.status.isdigit() else 200
    language = "json" if "json" in content.media_type else "text"
    name = mask_text(response.description) or phrase(response.status)
    header = [{"key": "Content-Type", "value": content.media_type}]
    return {
        "name": name,
        "originalRequest": request,
        "status": phrase(response.status),
        "code": code,
        "_postman_previewlanguage": language,
        "header": header,
        "cookie": [],
        "body": body,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _variables(scheme: SecurityScheme) -> tuple[str, ...]:
    if scheme.kind == "apiKey":
        return ("apiKey",)
    return ("username", "password") if scheme.scheme.lower() in ("basic", "digest") else ("token",)


def _auth(scheme: SecurityScheme) -> Object:
    if scheme.kind == "apiKey" and scheme.where in ("header", "query"):
        return _settings("apikey", {"key": scheme.parameter, "value": "{{apiKey}}", "in": scheme.where})
    if scheme.kind == "apiKey":
        return _settings("apikey", {"key": "Cookie", "value": f"{scheme.parameter}={{{{apiKey}}}}", "in": "header"})
    if scheme.scheme.lower() in ("basic", "digest"):
        return _settings(scheme.scheme.lower(), {"username": "{{username}}", "password": "{{password}}"})
    return _settings("bearer", {"token": "{{token}}"})


def _settings(kind: str, values: dict[str, str]) -> Object:
    return {"type": kind, kind: [{"key": key, "value": value, "type": "string"} for key, value in values.items()]}
