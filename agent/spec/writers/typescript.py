"""Writes a spec as TypeScript declarations that compile under `tsc --strict`, with an optional client over `fetch`.

Components become exported types, operations become a request and a response type by status. Nothing captured can leave its place: names that
are no identifiers are quoted, and comments cannot be closed from within.
"""

import json
import re
from typing import Any

from agent.spec.model import Content, JsonSchema, Operation, Parameter, Response, Spec
from agent.spec.secrets.finding import is_secret_name
from agent.spec.secrets.redact import mask_json, mask_name, mask_text
from agent.spec.serving import spread
from agent.spec.writers import typescript_paging
from agent.spec.writers.typescript_paging import Walk

INDENT = "  "
MAX_DEPTH = 40


def document(spec: Spec, *, client: bool = False) -> str:
    """The whole module. With `client`, it ends in `createClient(options)`."""
    names = _Names(spec)
    parts = [_comment(f"{spec.title}\n\n{len(spec.operations)} operation{'s' * (len(spec.operations) != 1)}. Written from captured traffic; do not edit.", "")]
    for name in sorted(spec.schemas):
        parts.append(f"export type {names.component(name)} = {_type(spec.schemas[name], names, 0)};")
    parts += [_operation(operation, names) for operation in spec.operations]
    walks = {operation.id: walk for operation in spec.operations if (walk := typescript_paging.walk_of(spec, operation))} if client else {}
    parts.append(_operations(spec, names, walks))
    if client:
        parts.append(_client(spec, names))
    if walks:
        parts.append(typescript_paging.CODE.replace("__WALKS__", "\n".join(f"{INDENT}{_key(name)}: {json.dumps(walk[:6])}," for name, walk in walks.items())))
    return "\n\n".join(parts) + "\n"


class _Names:
    """Identifiers for components and operations, each once."""

    def __init__(self, spec: Spec) -> None:
        taken = set(_TAKEN)
        self._components = {name: _unique(_not_global(_pascal(name)), taken) for name in sorted(spec.schemas)}
        self._operations = {
            operation.id: _unique(_pascal(operation.id), taken, ("Params", "Query", "Headers", "Body", "Responses")) for operation in spec.operations
        }

    def component(self, name: str) -> str:
        return self._components.get(name, "unknown")

    def operation(self, operation: Operation) -> str:
        return self._operations[operation.id]


_TAKEN = frozenset(
    {
        "Operations",
        "ClientOptions",
        "Result",
        "Client",
        "Success",
        "Body",
        "Failure",
        "Input",
        "AnyInput",
        "Paged",
        "Walk",
        "Item",
        "Omit",
        "AsyncGenerator",
        "Blob",
        "BodyInit",
        "Record",
        "Array",
        "Promise",
        "Object",
        "String",
        "Number",
        "Boolean",
        "Date",
        "Error",
        "Response",
        "Request",
        "Headers",
        "FormData",
        "URLSearchParams",
    }
)
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def _unique(name: str, taken: set[str], suffixes: tuple[str, ...] = ()) -> str:
    number, candidate = 1, name
    while candidate in taken or any(candidate + suffix in taken for suffix in suffixes):
        number += 1
        candidate = f"{name}{number}"
    taken.update({candidate, *(candidate + suffix for suffix in suffixes)})
    return candidate


def _not_global(name: str) -> str:
    """`ApiError` where the language has an `Error` of its own."""
    return f"Api{name}" if name in _TAKEN else name


def _pascal(name: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join(word[:1].upper() + word[1:] for word in words) or "Unnamed"
    return joined if joined[0].isalpha() else "_" + joined


def _key(name: str) -> str:
    shown = mask_name(name)
    return shown if _IDENTIFIER.fullmatch(shown) else json.dumps(shown)


def _comment(text: str, indent: str) -> str:
    """A documentation comment that its text cannot close."""
    lines = [line.rstrip() for line in re.split(r"[\r\n\u2028\u2029]+|\n", mask_text(text).replace("*/", "*\\/"))]
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */"
    return "\n".join([f"{indent}/**", *(f"{indent} * {line}".rstrip() for line in lines), f"{indent} */"])


def _type(schema: Any, names: _Names, depth: int) -> str:
    """The type of a schema, on one line or as an indented block."""
    if not isinstance(schema, dict) or not schema or depth > MAX_DEPTH:
        return "unknown"
    if "$ref" in schema:
        return names.component(str(schema["$ref"]).rpartition("/")[2])
    if "const" in schema:
        return _literals([schema["const"]])
    if schema.get("enum"):
        return _literals(schema["enum"])
    for key, joiner in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
        if schema.get(key):
            return _joined([_type(item, names, depth) for item in schema[key]], joiner)
    kinds = schema.get("type", "object" if "properties" in schema or "additionalProperties" in schema else ())
    return _joined([_kind(kind, schema, names, depth) for kind in ([kinds] if isinstance(kinds, str) else kinds)], " | ")


def _joined(types: list[str], joiner: str) -> str:
    different = list(dict.fromkeys(types))
    if not different or "unknown" in different:
        return "unknown"
    if len(different) == 1:
        return different[0]
    return joiner.join(f"({item})" if _is_compound(item) else item for item in different)


def _is_compound(text: str) -> bool:
    return not text.startswith(("{", '"')) and (" | " in text or " & " in text) and not text.endswith("]")


def _kind(kind: str, schema: JsonSchema, names: _Names, depth: int) -> str:
    if kind == "object":
        return _object(schema, names, depth)
    if kind == "array":
        return _array(schema, names, depth)
    return "Blob" if schema.get("format") == "binary" and kind == "string" else _SCALARS.get(kind, "unknown")


def _array(schema: JsonSchema, names: _Names, depth: int) -> str:
    return f"Array<{_type(schema.get('items'), names, depth)}>"


def _object(schema: JsonSchema, names: _Names, depth: int) -> str:
    properties, extra = schema.get("properties") or {}, schema.get("additionalProperties")
    patterns = [value for value in (schema.get("patternProperties") or {}).values() if isinstance(value, dict)]
    rest = extra if isinstance(extra, dict) else patterns[0] if len(patterns) == 1 else None
    if not properties:
        return (
            f"Record<string, {_type(rest, names, depth)}>"
            if rest is not None
            else "Record<string, never>"
            if extra is False and not patterns
            else "Record<string, unknown>"
        )
    indent, required = INDENT * (depth + 1), set(schema.get("required") or ())
    lines = [_property(name, item, name in required, names, depth, indent) for name, item in properties.items()]
    if rest is not None or patterns:
        lines.append(f"{indent}[name: string]: unknown;")
    return "{\n" + "\n".join(lines) + f"\n{INDENT * depth}}}"


def _property(name: str, schema: Any, is_required: bool, names: _Names, depth: int, indent: str) -> str:
    words = [str(schema[key]) for key in ("description", "format") if isinstance(schema, dict) and schema.get(key)]
    head = _comment(" · ".join(words), indent) + "\n" if words else ""
    body = _type(
        {key: item for key, item in schema.items() if key not in ("enum", "const")} if isinstance(schema, dict) and is_secret_name(name) else schema,
        names,
        depth + 1,
    )
    return f"{head}{indent}{_key(name)}{'' if is_required else '?'}: {body};"


def _literals(values: list[Any]) -> str:
    if not all(isinstance(value, str | int | float | bool | None) for value in values) or mask_json(values) != values:
        return "unknown" if not all(isinstance(value, str) for value in values) else "string"
    return " | ".join(json.dumps(value) for value in values)


def _operation(operation: Operation, names: _Names) -> str:
    name, parts = names.operation(operation), []
    for where, suffix in (("path", "Params"), ("query", "Query"), ("header", "Headers")):
        chosen = _declared(operation, where)
        if chosen:
            parts.append(f"export type {name}{suffix} = {_parameters(chosen, names)};")
    if operation.request:
        parts.append(f"export type {name}Body = {_contents(operation.request, names)};")
    parts.append(f"export type {name}Responses = {_responses(operation.responses, names)};")
    head = _comment(
        f"{operation.method} {operation.template}\n{operation.summary}".strip() + (f"\n\n{operation.description}" if operation.description else ""), ""
    )
    return head + "\n" + "\n\n".join(parts)


def _declared(operation: Operation, where: str) -> list[Parameter]:
    chosen = {parameter.name: parameter for parameter in operation.parameters if parameter.where == where}
    if where == "path":
        return [
            chosen.get(name) or Parameter(name, "path", {"type": "string"}, required=True)
            for name in dict.fromkeys(re.findall(r"\{([^{}/]+)\}", operation.template))
        ]
    return list(chosen.values())


def _parameters(parameters: list[Parameter], names: _Names) -> str:
    lines = [_property(p.name, p.schema, p.required or p.where == "path", names, 0, INDENT) for p in parameters]
    return "{\n" + "\n".join(lines) + "\n}"


def _contents(contents: tuple[Content, ...], names: _Names) -> str:
    return _joined([_content(content, names) for content in contents], " | ")


def _content(content: Content, names: _Names) -> str:
    if "json" in content.media_type or content.media_type.startswith(("multipart/", "application/x-www-form")):
        return _type(content.schema, names, 0)
    return "string" if content.media_type.startswith("text/") or "xml" in content.media_type else "Blob"


def _responses(responses: tuple[Response, ...], names: _Names) -> str:
    lines = []
    for response in responses:
        body = _contents(response.contents, names) if response.contents else "undefined"
        lines.append(f"{INDENT}{response.status if response.status.isdigit() else json.dumps(response.status)}: {body};".replace("\n", "\n" + INDENT))
    return "{\n" + "\n".join(lines) + "\n}" if lines else "Record<number, unknown>"


def _operations(spec: Spec, names: _Names, walks: dict[str, Walk]) -> str:
    lines = [_entry(operation, names, walks.get(operation.id)) for operation in spec.operations]
    return _comment("Every operation by its id.", "") + "\nexport interface Operations {\n" + "\n".join(lines) + "\n}"


def _entry(operation: Operation, names: _Names, walk: Walk | None) -> str:
    name = names.operation(operation)
    members = [f"method: {json.dumps(operation.method)}", f"path: {json.dumps(mask_text(operation.template))}"]
    for where, suffix, member in (("path", "Params", "params"), ("query", "Query", "query"), ("header", "Headers", "headers")):
        declared = _declared(operation, where)
        if declared:
            optional = "" if where == "path" or any(parameter.required for parameter in declared) else "?"
            members.append(f"{member}{optional}: {name}{suffix}")
    if operation.request:
        members.append(f"body{'' if operation.request_required else '?'}: {name}Body")
    members.append(f"responses: {name}Responses")
    members += [f"item: {_type(walk.item, names, 1)}"] if walk else []
    return f"{INDENT}{_key(operation.id)}: {{ {'; '.join(members)} }};"


def _client(spec: Spec, names: _Names) -> str:
    table = "\n".join(
        f"{INDENT}{_key(o.id)}: [{json.dumps(o.method)}, {json.dumps(mask_text(spread(o)))}, {json.dumps(_body_type(o))}]," for o in spec.operations
    )
    server = json.dumps(spec.servers[0] if spec.servers else "")
    return _CLIENT.replace("__TABLE__", table).replace("__SERVER__", server)


def _body_type(operation: Operation) -> str:
    return next((content.media_type for content in sorted(operation.request, key=lambda content: "json" not in content.media_type)), "")


_CLIENT = """const table: Record<string, readonly [method: string, path: string, contentType: string]> = {
__TABLE__
};

/** `headers` are sent with each call: put credentials there. */
export interface ClientOptions {
  baseUrl?: string;
  headers?: Record<string, string>;
  fetch?: typeof fetch;
}

type Success = 200 | 201 | 202 | 203 | 204 | 206;
type Body<R> = { [S in keyof R]: S extends Success ? R[S] : never }[keyof R];
type Failure<R> = { [S in keyof R]: S extends Success ? never : R[S] }[keyof R];
type Input<O> = Omit<O, "method" | "path" | "responses" | "item">;

/** `ok` tells which of `data` and `error` is there. */
export type Result<R> =
  | { ok: true; status: number; data: Body<R>; response: Response }
  | { ok: false; status: number; error: Failure<R> | undefined; response: Response };

interface AnyInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  headers?: Record<string, unknown>;
  body?: unknown;
}

function pairs(values: Record<string, unknown> | undefined): Array<[string, string]> {
  return Object.entries(values ?? {}).flatMap(([name, value]): Array<[string, string]> =>
    value === undefined || value === null ? [] : Array.isArray(value) ? value.map((item): [string, string] => [name, String(item)]) : [[name, String(value)]],
  );
}

function encode(body: unknown, contentType: string): BodyInit | null {
  if (body === undefined) return null;
  if (typeof body === "string" || body instanceof Blob || body instanceof FormData) return body;
  const fields = body as Record<string, unknown>;
  if (contentType.includes("urlencoded")) return new URLSearchParams(pairs(fields));
  if (contentType.startsWith("multipart/")) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value instanceof Blob ? value : String(value));
    return form;
  }
  return JSON.stringify(body);
}

async function decode(response: Response): Promise<any> {
  const type = response.headers.get("content-type") ?? "text/plain";
  if (!/json|xml|^text\\//.test(type)) return response.blob();
  const text = await response.text();
  return type.includes("json") && text ? JSON.parse(text) : text || undefined;
}

/** `const api = createClient({ headers: { Authorization: "…" } }); const result = await api("operationId", { … });` */
export function createClient(options: ClientOptions = {}) {
  const send = options.fetch ?? fetch;
  return async function call<Id extends keyof Operations>(id: Id, input: Input<Operations[Id]>): Promise<Result<Operations[Id]["responses"]>> {
    const { params, query, headers, body } = input as AnyInput;
    const [method, template, contentType] = table[id as string]!;
    const path = template.replace(/\\{(\\+?)([^{}]+)\\}/g, (_, plus: string, name: string) => {
      const value = encodeURIComponent(String(params?.[name]));
      return plus ? value.replace(/%2F/g, "/") : value;
    });
    const search = new URLSearchParams(pairs(query)).toString();
    const type: Record<string, string> = contentType && body !== undefined && !contentType.startsWith("multipart/") ? { "Content-Type": contentType } : {};
    const response = await send((options.baseUrl ?? __SERVER__) + path + (search ? (path.includes("?") ? "&" : "?") + search : ""), {
      method,
      headers: { ...type, ...options.headers, ...Object.fromEntries(pairs(headers)) },
      body: encode(body, contentType),
    });
    const data = await decode(response);
    return response.ok ? { ok: true, status: response.status, data, response } : { ok: false, status: response.status, error: data, response };
  };
}

export type Client = ReturnType<typeof createClient>;"""
