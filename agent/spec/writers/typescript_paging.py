"""The part of the TypeScript client that walks through pages: which operations have pages, where things stand on one, and the code that asks for the next.

An operation is walked where its pagination is known and one list of things stands in its answer. How pages follow is in `pagination`.
"""

from typing import NamedTuple

from agent.spec.fields import resolved
from agent.spec.model import JsonSchema, Operation, Paging, Spec
from agent.spec.names import words_of
from agent.spec.pagination import BACK, FLAGS, LIMIT

_WRAPPERS = ("data", "items", "results", "result", "records", "entries", "values", "list", "value")


class Walk(NamedTuple):
    """How the pages of an operation are walked: `next` and `items` are ways into the answer, `item` the schema of one thing."""

    kind: str
    parameter: str
    first: int
    next: list[str]
    items: list[str]
    item: JsonSchema


def walk_of(spec: Spec, operation: Operation) -> Walk | None:
    """None where there are no pages, or nobody could tell what is on one."""
    paging = operation.pagination
    schema = next((content.schema for one in operation.responses if one.status == "200" for content in one.contents if "json" in content.media_type), None)
    found = _list_in(spec, schema, 0) if paging and schema else None
    if paging is None or found is None or not found[1]:
        return None
    parameter, way = _position(paging), _next(paging)
    is_told = way and (way[-1] not in FLAGS or "after" in words_of(parameter))
    if paging.kind != "link" and (not parameter or (paging.kind == "cursor" and not is_told)):
        return None
    heard = next((one.example for one in operation.parameters if one.where == "query" and one.name == parameter), None)
    return Walk(paging.kind, parameter, 0 if heard == 0 else 1, way, *found)


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


CODE = """/** By operation: how it pages, with which parameter, the number of its first page, and where its answers hold what is next and what is on the page. */
const walks: Record<string, readonly [kind: string, parameter: string, first: number, next: string[], items: string[]]> = {
__WALKS__
};

type Paged = { [Id in keyof Operations]: Operations[Id] extends { item: unknown } ? Id : never }[keyof Operations];
type Item<O> = O extends { item: infer T } ? T : never;

function at(value: unknown, way: string[]): unknown {
  return way.reduce((found, name) => (found as Record<string, unknown> | null | undefined)?.[name], value);
}

function following(id: string, query: Record<string, unknown>, answer: unknown, link: string | null): Record<string, unknown> | undefined {
  const [kind, parameter, first, way, place] = walks[id]!;
  const items = (at(answer, place) ?? []) as unknown[];
  const linked = /<([^>]*)>[^,]*rel="?next"?/.exec(link ?? "")?.[1];
  let next = way.length ? at(answer, way) : linked ?? (kind === "offset" || kind === "page");
  if (next && typeof next === "object") next = (next as Record<string, unknown>)[parameter];
  if (next === undefined || next === null || next === false || next === "" || !items.length) return undefined;
  if (typeof next === "string" && next.includes("?")) {
    const told: Record<string, unknown> = {};
    new URL(next, "http://base").searchParams.forEach((value, name) => (told[name] = value));
    return told;
  }
  if (kind === "offset") return { [parameter]: Number(query[parameter] ?? 0) + items.length };
  if (kind === "page") return { [parameter]: typeof next === "number" ? next : Number(query[parameter] ?? first) + 1 };
  return { [parameter]: typeof next === "boolean" ? at(items.at(-1), ["id"]) : next };
}

/** `for await (const page of pages(api, "operationId", { … }))`: one answer after the other. Throws where one is no success. */
export async function* pages<Id extends Paged>(api: Client, id: Id, input: Input<Operations[Id]>): AsyncGenerator<Body<Operations[Id]["responses"]>> {
  let query = (input as AnyInput).query ?? {};
  for (;;) {
    const result = await api(id, { ...input, query });
    if (!result.ok) throw new Error(`${id} was answered with ${result.status}`, { cause: result });
    yield result.data;
    const next = following(id, query, result.data, result.response.headers.get("link"));
    if (!next) return;
    query = { ...query, ...next };
  }
}

/** `for await (const item of items(api, "operationId", { … }))`: what is on the pages, one after the other. */
export async function* items<Id extends Paged>(api: Client, id: Id, input: Input<Operations[Id]>): AsyncGenerator<Item<Operations[Id]>> {
  for await (const page of pages(api, id, input)) yield* (at(page, walks[id]![4]) ?? []) as Item<Operations[Id]>[];
}"""
