"""Invented APIs with ground truth, nearer to real traffic than `synthetic`: one contract per resource that lists and details share, ids that belong to
their parents, presence and null fixed per field, refusals, scanners, and bodies held back to judge the schemas with.

A style is options and templates (see `more_styles`). `{name:kind}` draws values of a kind; `> Name` says whose contract answers, `> [Name]` a list of
it, `> -` nothing; `? a,b` names query parameters. Without, a resource answers as its collection lists it. The same seed gives the same calls.
"""

import json
import random
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

from agent.spec.model import Exchange
from tests.agent.spec.drawing import CHOICES, FIELDS, draw_text, draw_value
from tests.agent.spec.more_styles import MORE_STYLES

_ERRORS = (400, 401, 403, 404, 404, 409, 429)
_SCANNED = ("/.env", "/wp-login.php", "/.git/config", "/favicon.ico", "/admin/phpinfo.php")


@dataclass
class Field:
    """One property of a contract: how often it is there, how often null, and what it holds."""

    name: str
    kind: str
    presence: float = 1.0
    nulls: float = 0.0
    inner: "Contract | None" = None
    choices: list[str] = field(default_factory=list)


@dataclass
class Contract:
    """What all bodies of one resource obey."""

    name: str
    fields: list[Field]


@dataclass
class Call:
    """One template and method with the way it answers."""

    method: str
    template: str
    contract: Contract | None
    shape: str
    queries: list[str]
    id_kind: str


@dataclass
class World:
    """Everything drawn for one style and seed."""

    options: dict[str, str]
    draw: random.Random
    calls: list[Call] = field(default_factory=list)
    contracts: dict[str, Contract] = field(default_factory=dict)
    pools: dict[str, list[str]] = field(default_factory=dict)


def imitate(style: str, seed: int = 1) -> tuple[list[Exchange], dict[str, Any]]:
    """The calls of a style, and its truth: operations with their template, schema, held-back bodies and what must be refused."""
    options, _, text = MORE_STYLES[style].strip().partition("\n")
    world = World(dict(part.split("=", 1) for part in options.split()), random.Random(f"{style} {seed}"))
    _read(world, text, style)
    exchanges: list[Exchange] = []
    operations = [_operation(world, call, exchanges) for call in world.calls]
    if world.options.get("noise"):
        exchanges += [_exchange(world, "GET", path, 404, None, {}) for path in _SCANNED]
    world.draw.shuffle(exchanges)
    numbered = [
        Exchange(str(n), e.method, e.url, e.status, e.request_headers, e.request_body, e.response_headers, e.response_body) for n, e in enumerate(exchanges)
    ]
    return numbered, {"api": style, "origin": "https://api.example.com", "noise_paths": [], "cors": None, "operations": operations}


# ---------------------------------------------------------------- reading a style


def _read(world: World, text: str, style: str) -> None:
    entries = [entry.strip() for entry in re.split(r"[|\n]", text) if entry.strip()]
    templates = [re.split(r" [>?] ?", entry)[0].split(" ", 1)[1].strip() for entry in entries]
    for entry, template in zip(entries, templates, strict=True):
        methods = entry.partition(" ")[0]
        said = re.search(r"> ?(\S+)", entry)
        asked = re.search(r"\? ?(\S+)", entry)
        for method in methods.split(","):
            world.calls.append(_call(world, method, template, said.group(1) if said else "", asked.group(1).split(",") if asked else [], templates, style))


def _call(world: World, method: str, template: str, said: str, asked: list[str], templates: list[str], style: str) -> Call:
    last = template.rstrip("/").rpartition("/")[2]
    is_item = bool(re.search(r"\{\w+:\w+\}", last))
    is_collection = any(re.fullmatch(re.escape(template) + r"/?[^/]*\{[^/]*\}[^/]*", other) for other in templates)
    shape = "item"
    if said == "-" or (not said and method == "DELETE") or (not said and method == "PUT" and world.options.get("put") == "empty"):
        return Call(method, template, None, "empty", asked, "")
    if said.startswith("[") or (not said and method == "GET" and is_collection):
        shape = "list"
    name = said.strip("[]") or (_resource(template, is_item) if is_item or is_collection else template + ("" if method == "GET" else method))
    kind = _id_kind(template, templates, is_item)
    if name not in world.contracts:
        world.contracts[name] = _contract(world, name, style)
    queries = asked
    if shape == "list" and not asked:
        queries = {"offset": ["limit", "offset"], "page": ["page", "per_page"], "cursor": ["cursor", "limit"]}.get(
            world.options.get("paging", ""), []
        ) + world.draw.sample(FIELDS, 2)
    return Call(method, template, world.contracts[name], shape, queries, kind)


def _resource(template: str, is_item: bool) -> str:
    parts = [part for part in template.split("/") if part]
    parts = parts[:-1] if is_item else parts
    literal = next((part for part in reversed(parts) if "{" not in part), "root")
    return literal if not is_item or (parts and "{" not in parts[-1]) else literal + " of " + template.rpartition("{")[2]


def _id_kind(template: str, templates: list[str], is_item: bool) -> str:
    """The pool that the ids of a resource come from."""
    for other in [template] if is_item else templates:
        match = re.fullmatch((re.escape(template) + r"/" if not is_item else r".*/") + r"[^/{]*\{(\w+:\w+)\}[^/]*", other)
        if match:
            return match.group(1)
    return ""


def _contract(world: World, name: str, style: str, depth: int = 0) -> Contract:
    draw = random.Random(f"{style} {name} {depth}")
    fields: list[Field] = []
    for key in draw.sample(FIELDS, draw.randint(2, 5) if depth else draw.choice([2, 4, 5, 6, 7, 8, 10, 12, 14, 18])):
        kind = draw.choices(
            ("words", "sentence", "time", "uri", "enum", "int", "money", "float", "bool", "date", "texts", "object", "objects", "map"),
            (14, 6, 6, 5, 8, 14, 5, 3, 10, 2, 4, 8 if depth < 2 else 0, 5 if depth < 2 else 0, 2),
        )[0]
        presence = 1.0 if draw.random() < 0.55 else draw.uniform(0.2, 0.95)
        nulls = draw.uniform(0.05, 0.5) if draw.random() < 0.12 else 0.0
        inner = _contract(world, f"{name}.{key}", style, depth + 1) if kind in ("object", "objects") else None
        if inner is not None and draw.random() < 0.35 and world.contracts and not depth:
            inner = world.contracts[draw.choice(sorted(world.contracts))]
        fields.append(Field(key, kind, presence, nulls, inner, draw.sample(CHOICES["states"], draw.randint(2, 5))))
    if not depth and draw.random() < float(world.options.get("has_id", "0.85")):
        fields.insert(0, Field(world.options.get("id", "id"), "id"))
    return Contract(name, fields)


# ---------------------------------------------------------------- drawing calls


def _operation(world: World, call: Call, exchanges: list[Exchange]) -> dict[str, Any]:
    draw = world.draw
    times = 1 if world.options.get("calls") == "once" else max(1, round(float(world.options.get("calls", "40")) ** draw.random()))
    status = 204 if call.shape == "empty" else 201 if call.method == "POST" and call.shape == "item" and "{" not in call.template.rpartition("/")[2] else 200
    queries: set[str] = set()
    paths: set[str] = set()
    seen: set[tuple[str, ...]] = set()
    for _ in range(times):
        path, ids = _path(world, call.template)
        paths.add(path)
        sent = {name: _query(world, name) for name in call.queries if draw.random() < 0.5}
        queries |= sent.keys()
        refused = draw.choice(_ERRORS) if draw.random() < 0.075 and times > 1 else 0
        body = _error(draw) if refused else _answer(world, call, ids)
        if not refused and call.shape != "empty":
            seen |= _places(body)
        exchanges.append(_exchange(world, call.method, path, refused or status, None if call.shape == "empty" and not refused else body, sent, call))
    heldback = [] if call.shape == "empty" else [_held_back(world, call, status, seen) for _ in range(4)]
    schema = _wrapped(world, call) if call.contract else None
    auth = world.options.get("auth", "bearer")
    return {
        "template": re.sub(r"\{(\w+):\w+\}", r"{\1}", call.template),
        "method": call.method,
        "calls": times,
        "auth": [{"type": auth}]
        if auth in ("bearer", "basic")
        else [dict(zip(("type", "in", "name"), ("apiKey", *auth.split(":")), strict=True))]
        if ":" in auth
        else [],
        "query": sorted(queries),
        "pagination": None,
        "paths": sorted(paths),
        "request_schema": None,
        "responses": {str(status): {"content_type": "application/json", "schema": schema}},
        "heldback": heldback,
    }


def _path(world: World, template: str) -> tuple[str, dict[str, str]]:
    """A path of the template that no more literal template would serve, and its values by name."""
    rivals = _rivals(template, tuple(call.template for call in world.calls))
    path, ids = _drawn(world, template)
    for _ in range(30):
        if not any(rival.fullmatch(path) for rival in rivals):
            break
        path, ids = _drawn(world, template)
    return path, ids


@cache
def _rivals(template: str, templates: tuple[str, ...]) -> list[re.Pattern[str]]:
    others = [other for other in templates if other != template and other.count("{") < template.count("{")]
    return [re.compile(re.sub(r"\\\{\w+:\w+\\\}", "[^/]+", re.escape(other))) for other in others]


@cache
def _chance(text: str) -> float:
    """The same draw for the same text."""
    return random.Random(text).random()


def _drawn(world: World, template: str) -> tuple[str, dict[str, str]]:
    owner, ids, parts, literal = "", dict[str, str](), list[str](), ""
    for part in template.strip("/").split("/"):
        match_at = list(re.finditer(r"\{(\w+):(\w+)\}", part))
        text = part
        for match in match_at:
            value = _one_of(world, _pool(world, match.group(1), match.group(2), literal, owner))
            ids[match.group(1)] = value
            owner = value if match.group(2) not in CHOICES else owner
            text = text.replace(match.group(0), quote(value, safe="~!$&'()*+,;=:@-._ {}").replace(" ", "%20"), 1)
        literal = part if not match_at else literal
        parts.append(text)
    return "/" + "/".join(parts), ids


def _pool(world: World, name: str, kind: str, literal: str, owner: str) -> list[str]:
    """The values that a parameter takes. Most belong to one value of the parameter before."""
    if kind in CHOICES:
        return CHOICES[kind]
    is_owned = _chance(name + literal) < 0.7
    key = f"{name}:{kind} {owner if is_owned else ''}"
    pool = world.pools.get(key)
    if pool is None:
        pool = world.pools[key] = list(dict.fromkeys(draw_value(kind, world.draw) for _ in range(world.draw.randint(3, 16))))
    return pool


def _one_of(world: World, pool: list[str]) -> str:
    return pool[min(int(world.draw.expovariate(0.3)), len(pool) - 1)]


def _query(world: World, name: str) -> str:
    counted = {"limit": ["10", "20", "50"], "per_page": ["10", "20"], "offset": ["0", "20", "40"], "page": ["1", "2", "3"]}
    return world.draw.choice(counted[name]) if name in counted else draw_text(world.draw, "words").replace(" ", "+")


# ---------------------------------------------------------------- bodies


def _answer(world: World, call: Call, ids: dict[str, str]) -> Any:
    assert call.contract is not None or call.shape == "empty"
    if call.contract is None:
        return None
    if call.shape == "item":
        body = _object(world, call.contract, ids, call.id_kind)
        if "kind" in world.options:
            body[world.options["kind"]] = next((part for part in reversed(call.template.split("/")) if part and "{" not in part), "")
        return {world.options["detail"]: body} if "detail" in world.options else body
    parents = {name: value for name, value in ids.items()}
    items = [_object(world, call.contract, parents, call.id_kind, is_listed=True) for _ in range(world.draw.randint(0, 5))]
    envelope = world.options.get("list", "bare")
    if envelope == "bare":
        return items
    name = re.split(r"[/{]", call.template.rstrip("/"))[-1] if envelope == "named" else envelope
    return {name or "items": items, "total": world.draw.randint(0, 400), **({"next": draw_text(world.draw, "words")} if world.draw.random() < 0.7 else {})}


def _object(world: World, contract: Contract, ids: dict[str, str], id_kind: str = "", is_listed: bool = False) -> dict[str, Any]:
    draw, result = world.draw, dict[str, Any]()
    for one in contract.fields:
        if draw.random() >= one.presence:
            continue
        result[one.name] = None if draw.random() < one.nulls else _value(world, one, ids, id_kind, is_listed)
    echoes = float(world.options.get("echo", "0.5"))
    for name, value in ids.items():
        if _chance(f"{contract.name} {name}") < echoes and name not in result:
            result[name] = _typed(unquote(value))
    return result


def _value(world: World, one: Field, ids: dict[str, str], id_kind: str, is_listed: bool) -> Any:
    draw = world.draw
    if one.kind == "id":
        name = id_kind.partition(":")[0]
        if name in ids and not is_listed:
            return _typed(ids[name])
        pools = [pool for key, pool in sorted(world.pools.items()) if id_kind and key.startswith(id_kind + " ")]
        return _typed(draw.choice(draw.choice(pools))) if pools else draw_value("uuid", draw)
    if one.inner is not None:
        inner = [_object(world, one.inner, {}) for _ in range(draw.randint(0, 3) if one.kind == "objects" else 1)]
        return inner if one.kind == "objects" else inner[0]
    drawn: dict[str, Any] = {
        "int": draw.randint(0, 900),
        "money": draw.randint(1, 90) if draw.random() < 0.3 else round(draw.random() * 90, 2),
        "float": round(draw.random() * 9 + 0.01, 3),
        "bool": draw.random() < 0.5,
        "texts": [draw_text(draw, "words") for _ in range(draw.randint(0, 3))],
        "map": {str(draw.randint(1000, 9999999)): draw_text(draw, "words") for _ in range(draw.randint(1, 4))},
        "enum": draw.choice(one.choices),
    }
    return drawn[one.kind] if one.kind in drawn else draw_text(draw, one.kind)


def _typed(value: str) -> str | int:
    return int(value) if re.fullmatch(r"[1-9]\d{0,14}", value) else value


def _error(draw: random.Random) -> dict[str, Any]:
    return {"error": {"code": draw.randint(1, 99), "message": draw_text(draw, "sentence")}}


def _schema(contract: Contract) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {"int": {"type": "integer"}, "money": {"type": "number"}, "float": {"type": "number"}, "bool": {"type": "boolean"}}
    properties: dict[str, Any] = {}
    for one in contract.fields:
        if one.kind in ("object", "objects") and one.inner is not None:
            inner = _schema(one.inner)
            schema: dict[str, Any] = {"type": "array", "items": inner} if one.kind == "objects" else inner
        elif one.kind == "texts":
            schema = {"type": "array", "items": {"type": "string"}}
        elif one.kind == "map":
            schema = {"type": "object", "additionalProperties": {"type": "string"}}
        elif one.kind == "id":
            schema = {"type": ["string", "integer"]}
        else:
            schema = kinds.get(one.kind, {"type": "string"})
        properties[one.name] = {"anyOf": [schema, {"type": "null"}]} if one.nulls else schema
    return {"type": "object", "properties": properties, "required": [one.name for one in contract.fields if one.presence == 1.0]}


def _wrapped(world: World, call: Call) -> dict[str, Any]:
    assert call.contract is not None
    inner = _schema(call.contract)
    if call.shape == "item":
        detail = world.options.get("detail")
        return {"type": "object", "properties": {detail: inner}, "required": [detail]} if detail else inner
    listed = {"type": "array", "items": inner}
    if world.options.get("list", "bare") == "bare":
        return listed
    return {"type": "object", "additionalProperties": {"anyOf": [listed, {"type": ["integer", "string"]}]}}


def _places(body: Any, at: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found = {at}
    for key, value in body.items() if isinstance(body, dict) else [("#", item) for item in body] if isinstance(body, list) else []:
        found |= _places(value, (*at, key))
    return found


def _held_back(world: World, call: Call, status: int, seen: set[tuple[str, ...]]) -> dict[str, Any]:
    """A body that was not heard, with changes that break its contract at places that were."""
    assert call.contract is not None
    body = _answer(world, call, _path(world, call.template)[1])
    changes: list[dict[str, Any]] = []
    target, at = body, list[str]()
    if call.shape == "list":
        name = next((key for key, value in body.items() if isinstance(value, list)), "") if isinstance(body, dict) else ""
        at, items = ([name], body[name]) if name else ([], body)
        target, at = (items[0], [*at, "0"]) if items else (None, at)
    elif "detail" in world.options:
        at, target = [world.options["detail"]], body[world.options["detail"]]
    places = [
        one for one in call.contract.fields if target is not None and one.name in target and (*("#" if part == "0" else part for part in at), one.name) in seen
    ]
    for one in world.draw.sample(places, min(2, len(places))):
        if one.kind not in ("id", "map") and target is not None and target[one.name] is not None:
            wrong: Any = 7 if isinstance(target[one.name], str | list | dict | bool) else "seven"
            changes.append({"op": "type", "at": [*at, one.name], "value": wrong})
    for one in world.draw.sample(places, min(1, len(places))):
        if one.presence == 1.0:
            changes.append({"op": "drop", "at": [*at, one.name]})
    return {"status": status, "body": body, "mut": changes}


def _exchange(world: World, method: str, path: str, status: int, body: Any, sent: dict[str, str], call: Call | None = None) -> Exchange:
    draw = world.draw
    auth = world.options.get("auth", "bearer")
    headers: list[tuple[str, str]] = []
    query = dict(sent)
    if status != 401 and call is not None:
        if auth in ("bearer", "basic"):
            headers.append(("Authorization", f"{auth.title()} qJ7rT2vX9kLm4pWz8sYb3nHd"))
        elif auth.startswith("header:"):
            headers.append((auth.partition(":")[2], "qJ7rT2vX9kLm4pWz8sYb3nHd"))
        elif auth.startswith("query:"):
            query[auth.partition(":")[2]] = "qJ7rT2vX9kLm4pWz8sYb3nHd"
        elif auth.startswith("cookie:"):
            headers.append(("Cookie", f"theme=dark; {auth.partition(':')[2]}=qJ7rT2vX9kLm4pWz8sYb3nHd"))
    request = b""
    if call is not None and method in ("POST", "PUT", "PATCH"):
        contract = call.contract or next(iter(world.contracts.values()))
        request = json.dumps({one.name: _value(world, one, {}, "", True) for one in contract.fields[:4] if draw.random() < one.presence}).encode()
        headers.append(("Content-Type", "application/json"))
    url = "https://api.example.com" + path + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")
    content = b"" if body is None else json.dumps(body).encode()
    return Exchange("", method, url, status, tuple(headers), request, (("Content-Type", "application/json"),) if content else (), content)
