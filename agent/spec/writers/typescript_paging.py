"""The part of the TypeScript client that walks through pages: which operations have pages, where things stand on one, and the code that asks for the next.

An operation is walked where its pagination is known and one list of things stands in its answer. How pages follow is in `pagination`.
"""

from typing import Any, NamedTuple

from agent.spec.fields import resolved
from agent.spec.model import JsonSchema, Operation, Paging, Spec
from agent.spec.names import words_of
from agent.spec.pagination import BACK, FLAGS, LIMIT

_WRAPPERS = ("data", "items", "results", "result", "records", "entries", "values", "list", "value")


class Walk(NamedTuple):
    """How the pages of an operation are walked: `where` and `parameter` are the way into what is sent, `next` and `items` ways into the answer, `item` the schema of one thing."""

    kind: str
    where: str
    parameter: list[str]
    first: int
    next: list[str]
    items: list[str]
    item: JsonSchema


def walk_of(spec: Spec, operation: Operation) -> Walk | None:
    """None where there are no pages, or nobody could tell what is on one."""
    paging = operation.pagination
    good = [content for one in operation.responses if one.status in ("200", "201", "206") for content in one.contents if "json" in content.media_type]
    found = _list_in(spec, good[0].schema, 0) if paging and good else None
    if paging is None or found is None or not found[1]:
        return None
    parameter, way = _position(paging), _next(paging)
    is_told = way and (way[-1] not in FLAGS or "after" in words_of(parameter))
    if paging.kind != "link" and (not parameter or (paging.kind == "cursor" and not is_told)):
        return None
    where = "headers" if paging.where == "header" else paging.where
    steps = parameter.split(".") if paging.where == "body" else [parameter]
    return Walk(paging.kind, where, steps, 0 if _heard(operation, paging.where, steps) == 0 else 1, way, *found)


def _heard(operation: Operation, where: str, steps: list[str]) -> Any:
    """The value of a parameter that was heard."""
    if where != "body":
        return next((one.example for one in operation.parameters if one.where == where and one.name == steps[0]), None)
    value = next((content.example for content in operation.request), None)
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _position(paging: Paging) -> str:
    """The parameter that moves on: neither the one that goes back, nor the size of a page."""
    return next((name for name in paging.parameters if (words := "".join(words_of(name))) not in BACK and words not in LIMIT), "")


def _next(paging: Paging) -> list[str]:
    """A field that only says where the page itself begins says nothing of the next."""
    way = paging.next_field.split(".") if paging.next_field else []
    return [] if way and paging.kind != "cursor" and way[-1] in ("offset", "cursor", *paging.parameters) else way


def _list_in(spec: Spec, schema: JsonSchema, depth: int) -> tuple[list[str], JsonSchema] | None:
    """The way to the list of an answer and the schema of one thing: the answer itself, or the best named list of objects in it."""
    schema = resolved(spec, schema)
    if "array" in _kinds(schema):
        items = schema.get("items")
        return ([], items) if isinstance(items, dict) else None
    inner = schema.get("properties") or {}
    found = [
        (name, way) for name in sorted(inner, key=lambda name: (name not in _WRAPPERS, name)) if depth < 2 and (way := _list_in(spec, inner[name], depth + 1))
    ]
    named = [(name, way) for name, way in found if name in _WRAPPERS] or found
    objects = [(name, way) for name, way in named if resolved(spec, way[1]).keys() & {"properties", "oneOf", "anyOf"}] or named
    if not objects or (depth == 0 and len(objects) > 1 and objects[0][0] not in _WRAPPERS):
        return None
    name, (way, item) = objects[0]
    return [name, *way], item


def _kinds(schema: JsonSchema) -> list[str]:
    kinds = schema.get("type") or []
    return [kinds] if isinstance(kinds, str) else kinds


CODE = """/** How an operation pages, the way to what says the page, the number of the first, and where answers hold what is next and what is on the page. */
type Walk = readonly [kind: string, where: "query" | "body" | "headers", parameter: string[], first: number, next: string[], items: string[]];

const walks: Record<string, Walk> = {
__WALKS__
};

type Paged = { [Id in keyof Operations]: Operations[Id] extends { item: unknown } ? Id : never }[keyof Operations];
type Item<O> = O extends { item: infer T } ? T : never;

function at(value: unknown, way: string[]): unknown {
  return way.reduce((found, name) => (found as Record<string, unknown> | null | undefined)?.[name], value);
}

function put(value: unknown, [name, ...way]: string[], told: unknown): unknown {
  return name === undefined ? told : { ...(value as object | undefined), [name]: put(at(value, [name]), way, told) };
}

function behind(range: string | null): string | undefined {
  const [, unit, first, last, total] = /^(?:(\\S+) )?(\\d+)-(\\d+)(?:\\/(\\d+|\\*))?$/.exec(range ?? "") ?? [];
  const next = Number(last) + 1;
  return last === undefined || next >= Number(total) ? undefined : `${unit ? `${unit}=` : ""}${next}-${next + Number(last) - Number(first)}`;
}

function following(id: string, input: AnyInput, answer: unknown, headers: Headers): AnyInput | undefined {
  const [kind, where, parameter, first, way, place] = walks[id]!;
  const items = (at(answer, place) ?? []) as unknown[];
  if (!items.length) return undefined;
  const said = (told: unknown) => put(input, [where, ...parameter], told) as AnyInput;
  if (where === "headers") {
    const range = headers.get("next-range") ?? behind(headers.get("content-range"));
    return range ? said(range) : undefined;
  }
  const linked = /<([^>]*)>[^,]*rel="?next"?/.exec(headers.get("link") ?? "")?.[1];
  let next = way.length ? at(answer, way) : linked ?? (kind === "offset" || kind === "page");
  if (next && typeof next === "object" && (where === "query" || parameter.at(-1)! in next)) next = at(next, parameter.slice(-1));
  if (next === undefined || next === null || next === false || next === "") return undefined;
  if (typeof next === "string" && next.includes("?")) {
    const told: Record<string, unknown> = {};
    new URL(next, "http://base").searchParams.forEach((value, name) => (told[name] = value));
    return { ...input, query: { ...input.query, ...told } };
  }
  const now = at(input, [where, ...parameter]);
  if (kind === "offset") return said(Number(now ?? 0) + items.length);
  if (kind === "page") return said(typeof next === "number" ? next : Number(now ?? first) + 1);
  return said(typeof next === "boolean" ? at(items.at(-1), ["id"]) : next);
}

/** `for await (const page of pages(api, "operationId", { … }))`: one answer after the other. Throws where one is no success. */
export async function* pages<Id extends Paged>(api: Client, id: Id, input: Input<Operations[Id]>): AsyncGenerator<Body<Operations[Id]["responses"]>> {
  for (let next: AnyInput | undefined = input as AnyInput; next; ) {
    const result: Result<Operations[Id]["responses"]> = await api(id, next as Input<Operations[Id]>);
    if (!result.ok && result.status === 416) return; // there is nothing in this range
    if (!result.ok) throw new Error(`${id} was answered with ${result.status}`, { cause: result });
    yield result.data;
    next = following(id, next, result.data, result.response.headers);
  }
}

/** `for await (const item of items(api, "operationId", { … }))`: what is on the pages, one after the other. */
export async function* items<Id extends Paged>(api: Client, id: Id, input: Input<Operations[Id]>): AsyncGenerator<Item<Operations[Id]>> {
  for await (const page of pages(api, id, input)) yield* (at(page, walks[id]![5]) ?? []) as Item<Operations[Id]>[];
}"""
