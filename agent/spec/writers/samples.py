"""Code that makes one call: curl, Python (httpx) and JavaScript (fetch). Whatever was captured is quoted for its language, so nothing in it can run.

Credentials are written as placeholders in capitals; a value that was masked stays masked.
"""

import json
import re
import shlex
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from agent.spec.fields import resolved
from agent.spec.model import Content, Headers, JsonSchema, Operation, SecurityScheme, Spec
from agent.spec.secrets.finding import is_secret_name
from agent.spec.secrets.redact import mask_json, mask_named, mask_url
from agent.spec.values import STAND_INS

_HTTPX = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
"""Methods that httpx has a function for."""


class Upload(NamedTuple):
    """A file of the reader's own: a whole body, or a field of a form."""

    name: str = "YOUR_FILE"


class Form(NamedTuple):
    """The fields of a multipart form; their boundary is up to the client."""

    fields: tuple[tuple[str, str | Upload], ...]


class Call(NamedTuple):
    """What a sample sends. `body` is JSON, text, a `Form`, an `Upload`, or None. `streams`: the answer goes on, and is read as it comes."""

    method: str
    url: str
    headers: Headers
    body: Any
    streams: bool = False


def call_of(spec: Spec, operation: Operation) -> Call:
    """The call that a sample for this operation makes: required parameters, an example body, a placeholder for the credential."""
    headers = [(p.name, _plain(_example(p.name, p.schema, p.example, spec))) for p in operation.parameters if p.where == "header" and p.required]
    query = [(p.name, _plain(_example(p.name, p.schema, p.example, spec))) for p in operation.parameters if p.where == "query" and p.required]
    for scheme in _schemes(spec, operation):
        headers += _credential_headers(scheme)
        query += [(scheme.parameter, "YOUR_API_KEY")] if scheme.kind == "apiKey" and scheme.where == "query" else []
    content = min(operation.request, key=lambda content: "json" not in content.media_type, default=None)
    body = None
    if content is not None:
        body = _body(content, spec)
        headers += [] if isinstance(body, Form) else [("Content-Type", content.media_type)]
    server = spec.servers[0] if spec.servers else "https://example.com"
    path = _path(spec, operation)
    url = server.rstrip("/") + path + (("&" if "?" in path else "?") + urlencode(query, safe="•") if query else "")
    return Call(operation.method, url, tuple(headers), body, operation.api_type == "SSE")


def curl(call: Call) -> str:
    """A POSIX shell command."""
    lines = [f"curl {'-N ' if call.streams else ''}{_method_option(call)}{shlex.quote(call.url)}"]
    lines += [f"  -H {shlex.quote(f'{name}: {value}')}" for name, value in call.headers]
    if isinstance(call.body, Form):
        lines += [f"  {_form_option(name, value)}" for name, value in call.body.fields]
    elif isinstance(call.body, Upload):
        lines.append(f"  --data-binary {shlex.quote(f'@{call.body.name}')}")
    elif call.body is not None:
        lines.append(f"  --data-raw {shlex.quote(call.body if isinstance(call.body, str) else _laid_out(call.body))}")
    return " \\\n".join(_one_line(line) for line in lines)


def python(call: Call) -> str:
    """A script with httpx."""
    arguments = [_py(call.url)] if call.method in _HTTPX else [_py(call.method), _py(call.url)]
    if call.headers:
        arguments.append(f"headers={_py(dict(call.headers))}")
    arguments += _python_body(call.body)
    function = call.method.lower() if call.method in _HTTPX else "request"
    if call.streams:
        inside = ", ".join([_py(call.method), *(arguments if call.method in _HTTPX else arguments[1:])])
        return f"import httpx\n\nwith httpx.stream({inside}, timeout=None) as response:\n    response.raise_for_status()\n    for line in response.iter_lines():\n        print(line)"
    if len(arguments) == 1:
        return f"import httpx\n\nresponse = httpx.{function}({arguments[0]})\nresponse.raise_for_status()\nprint(response.text)"
    inside = ",\n    ".join(arguments)
    return f"import httpx\n\nresponse = httpx.{function}(\n    {inside},\n)\nresponse.raise_for_status()\nprint(response.text)"


def javascript(call: Call) -> str:
    """A script with fetch."""
    options = [f"method: {_js(call.method)}"] if call.method != "GET" else []
    if call.headers:
        options.append(f"headers: {_js(dict(call.headers))}")
    before, body = _javascript_body(call.body)
    options += [f"body: {body}"] if body else []
    inside = ",\n  ".join(options)
    rest = f", {{\n  {inside},\n}}" if options else ""
    if call.streams:
        return (
            f"{before}const response = await fetch({_js(call.url)}{rest});\nif (!response.ok) throw new Error(`${{response.status}}`);\n"
            "for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) console.log(chunk);"
        )
    return (
        f"{before}const response = await fetch({_js(call.url)}{rest});\n"
        "if (!response.ok) throw new Error(`${response.status}`);\nconsole.log(await response.text());"
    )


def file_fields(content: Content) -> set[str]:
    """The fields of a form that are files."""
    return {name for name, schema in (content.schema.get("properties") or {}).items() if isinstance(schema, dict) and schema.get("format") == "binary"}


def websocket(spec: Spec, operation: Operation) -> str:
    """A script for a browser or Node that opens a WebSocket, says the first thing that clients said, and shows what comes."""
    call = call_of(spec, operation)
    sent = next((message.example for message in operation.messages if message.direction == "sent" and message.example is not None), None)
    url = re.sub(r"^http", "ws", call.url)
    text = mask_json(sent)
    said = "" if sent is None else f"socket.onopen = () => socket.send({_js(text) if isinstance(text, str) else f'JSON.stringify({_js(text)})'});\n"
    return f"const socket = new WebSocket({_js(url)});\n{said}socket.onmessage = (event) => console.log(event.data);"


def example(schema: JsonSchema, spec: Spec, depth: int = 0) -> Any:
    """A small value that the schema accepts: required properties only, no deeper than six."""
    schema = resolved(spec, schema)
    for key in ("example", "const", "default"):
        if key in schema:
            return mask_json(schema[key])
    for key in ("examples", "enum"):
        if schema.get(key):
            return mask_json(schema[key][0])
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key) and depth < 20:
            return example(
                next((item for item in schema[key] if item.get("type") != "null"), {}),
                spec,
                depth + 1,
            )
    kind = schema.get("type")
    kind = next((item for item in kind if item != "null"), "null") if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        needed = schema.get("required", ()) if depth < 6 else ()
        return {name: example(schema.get("properties", {}).get(name, {}), spec, depth + 1) for name in needed}
    if kind == "array":
        return [example(schema.get("items") or {}, spec, depth + 1)] if depth < 6 and schema.get("minItems") else []
    return {
        "integer": max(1, int(schema.get("minimum") or 1)),
        "number": 1.5,
        "boolean": True,
        "null": None,
    }.get(str(kind), STAND_INS.get(schema.get("format", ""), "text"))


def _path(spec: Spec, operation: Operation) -> str:
    given = {parameter.name: parameter for parameter in operation.parameters if parameter.where == "path"}

    def value(match: re.Match[str]) -> str:
        parameter = given.get(match[1])
        is_known = parameter is not None and (parameter.example is not None or _says_more(parameter.schema))
        shown = _example(match[1], parameter.schema, parameter.example, spec) if parameter and is_known else _placeholder(match[1])
        return quote(_plain(shown), safe="•:@,/" if parameter and parameter.has_slashes else "•:@,")

    return re.sub(r"\{([^{}/]+)\}", value, mask_url(operation.template))


def _says_more(schema: JsonSchema) -> bool:
    """Whether an example can be made of it that might even work."""
    return schema.get("type") != "string" or bool(schema.keys() & {"enum", "const", "default", "example", "examples", "format"})


def _placeholder(name: str) -> str:
    return f"YOUR_{re.sub(r'[^A-Za-z0-9]+', '_', name).upper()}"


def _example(name: str, schema: JsonSchema, given: Any, spec: Spec) -> Any:
    value = given if given is not None else example(schema, spec)
    return _placeholder(name) if is_secret_name(name) else mask_named(name, value)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else ",".join(map(_plain, value)) if isinstance(value, list) else _json(value).strip('"')


def _schemes(spec: Spec, operation: Operation) -> list[SecurityScheme]:
    """Those of the first alternative that asks for anything."""
    wanted = next((names for names in operation.security if names), ())
    return [scheme for scheme in spec.security_schemes if scheme.name in wanted]


def _credential_headers(scheme: SecurityScheme) -> list[tuple[str, str]]:
    if scheme.kind == "apiKey":
        return (
            [(scheme.parameter, "YOUR_API_KEY")]
            if scheme.where == "header"
            else [("Cookie", f"{scheme.parameter}=YOUR_SESSION")]
            if scheme.where == "cookie"
            else []
        )
    if scheme.kind == "signature":
        return [(scheme.parameter or "Authorization", "YOUR_SIGNATURE")]
    basic = scheme.scheme.lower() == "basic"
    return [
        (
            "Authorization",
            "Basic YOUR_CREDENTIALS" if basic else f"{(scheme.scheme or 'Bearer').capitalize()} YOUR_TOKEN",
        )
    ]


def _body(content: Content, spec: Spec) -> Any:
    """What stands for the body: JSON, text, the fields of a form, or a file where it is neither."""
    if content.example is None and content.schema.get("format") == "binary":
        return Upload()
    body = mask_json(content.example) if content.example is not None else example(content.schema, spec)
    if "json" in content.media_type:
        return body
    if isinstance(body, dict) and content.media_type.startswith("multipart/"):
        return Form(tuple((name, Upload() if name in file_fields(content) else value) for name, value in _pairs(body)))
    if isinstance(body, dict) and "urlencoded" in content.media_type:
        return urlencode(_pairs(body), safe="•")
    return body if isinstance(body, str) else _json(body)


def _pairs(fields: dict[str, Any]) -> list[tuple[str, str]]:
    """The fields of a form; one that came several times has a list."""
    return [(name, _plain(item)) for name, value in fields.items() for item in (value if isinstance(value, list) else [value])]


def _form_option(name: str, value: str | Upload) -> str:
    """A text that curl would take for the name of a file, or for more than a text, has an option of its own."""
    if isinstance(value, Upload):
        return f"-F {shlex.quote(f'{name}=@{value.name}')}"
    return f"{'--form-string' if value[:1] in _MARKS or ';' in value else '-F'} {shlex.quote(f'{name}={value}')}"


def _python_body(body: Any) -> list[str]:
    if isinstance(body, Upload):
        return [f"content={_py_open(body)}"]
    if isinstance(body, Form):
        given = [(_py(name), _py_open(value) if isinstance(value, Upload) else f"(None, {_py(value)})") for name, value in body.fields]
        return ["files=[\n" + "".join(f"        ({name}, {value}),\n" for name, value in given) + "    ]"]
    return [] if body is None else [f"content={_py(body)}" if isinstance(body, str) else f"json={_py(body, '    ')}"]


def _py_open(upload: Upload) -> str:
    return f'open({_py(upload.name)}, "rb")'


def _javascript_body(body: Any) -> tuple[str, str]:
    """What stands before the call, and the body."""
    if isinstance(body, Upload):
        return _OPEN, f"await openAsBlob({_js(body.name)})"
    if isinstance(body, Form):
        given = [
            (_js(name), f"await openAsBlob({_js(value.name)}), {_js(value.name)}" if isinstance(value, Upload) else _js(value)) for name, value in body.fields
        ]
        lines = "".join(f"form.append({name}, {value});\n" for name, value in given)
        return f"{_OPEN if 'openAsBlob' in lines else ''}const form = new FormData();\n{lines}\n", "form"
    return "", "" if body is None else _js(body) if isinstance(body, str) else f"JSON.stringify({_js(body, '  ')})"


_MARKS = ("@", "<", '"')
_OPEN = 'import { openAsBlob } from "node:fs";\n\n'


def _method_option(call: Call) -> str:
    default = "GET" if call.body is None else "POST"
    if call.method == "HEAD" and call.body is None:
        return "--head "
    return "" if call.method == default else f"-X {shlex.quote(call.method)} "


def _one_line(line: str) -> str:
    """A line break within a shell argument is legal, but a carriage return is not worth keeping."""
    return line.replace("\r", "")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _laid_out(value: Any, indent: str = "") -> str:
    """JSON on one line where that is short, else a line for each member."""
    text = _json(value)
    return text if len(text) <= _LONGEST_LINE else json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n" + indent)


def _py(value: Any, indent: str | None = None) -> str:
    """A literal in double quotes, as formatters for Python like it; with an `indent`, long ones over several lines. The texts of JSON are texts of Python."""
    if isinstance(value, dict):
        pairs = {_py(key): item for key, item in value.items()}
        line = "{" + ", ".join(f"{key}: {_py(item)}" for key, item in pairs.items()) + "}"
        if indent is None or len(line) <= _LONGEST_LINE:
            return line
        return "{\n" + "".join(f"{indent}    {key}: {_py(item, indent + '    ')},\n" for key, item in pairs.items()) + indent + "}"
    if isinstance(value, list):
        line = "[" + ", ".join(map(_py, value)) + "]"
        if indent is None or len(line) <= _LONGEST_LINE:
            return line
        return "[\n" + "".join(f"{indent}    {_py(item, indent + '    ')},\n" for item in value) + indent + "]"
    return _json(value) if isinstance(value, str) else repr(value)


def _js(value: Any, indent: str | None = None) -> str:
    """JSON is JavaScript; the script may also stand within an HTML page."""
    text = _json(value) if indent is None else _laid_out(value, indent)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


_LONGEST_LINE = 88
