"""Compares two GraphQL schemas in SDL by the rules of the field: what a query that was valid may no longer ask, give or rely on breaks.

A new value of an enum and a new member of a union do not break: a client selects what it understands. Directives and descriptions are passed over.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

_TOKEN = re.compile(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*+"?|#[^\n]*|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[!$&()\[\]{}:=@|]')
_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
_JOINING = ("implements", "&", "=", "|")
_OPENING, _CLOSING = "([{", ")]}"


class Difference(NamedTuple):
    """`is_input`: of what a client sends. `is_root`: of what may be asked at all; then `field` is new or gone."""

    is_breaking: bool
    text: str
    place: str
    is_input: bool = False
    root: Literal["", "new", "gone"] = ""


class Field(msgspec.Struct):
    kind: str = ""
    has_default: bool = False
    arguments: "dict[str, Field]" = {}


class Definition(msgspec.Struct):
    """A type. `members` are the values of an enum, the types of a union, or the interfaces of an object."""

    word: str
    fields: dict[str, Field] = {}
    members: set[str] = msgspec.field(default_factory=set)


def compare(old: str, new: str) -> list[Difference]:
    """The differences from one schema to the other, by name; empty where one of them says nothing."""
    before, after = parse(old), parse(new)
    if not before or not after:
        return []
    return [found for name in sorted(before.keys() | after.keys()) for found in _types(name, before.get(name), after.get(name))]


def parse(text: str) -> dict[str, Definition]:
    """The types by name, read leniently; the roots under their usual names."""
    tokens = [token for token in _TOKEN.findall(text) if token[0] not in '"#']
    found: dict[str, Definition] = {}
    roots: dict[str, str] = {}
    at = 0
    while at < len(tokens):
        word = tokens[at]
        if word == "schema":
            at, named = _fields(tokens, _find(tokens, at, "{"))
            roots |= {field.kind: _ROOTS[key] for key, field in named.items() if key in _ROOTS}
        elif word in ("type", "interface", "input", "enum", "union", "scalar") and tokens[at + 1 : at + 2] and tokens[at + 1].isidentifier():
            at = _definition(tokens, at, found)
        else:
            at += 1
    return {roots.get(name, name): definition for name, definition in found.items()}


def _definition(tokens: list[str], at: int, found: dict[str, Definition]) -> int:
    """Reads one definition, or what extends it; behind it the next begins."""
    word, name = tokens[at], tokens[at + 1]
    definition = found.setdefault(name, Definition(word))
    at += 2
    while at < len(tokens) and (tokens[at] == "@" or tokens[at] in _JOINING or tokens[at - 1] in _JOINING):
        if tokens[at] == "@":
            at = _behind(tokens, at + 2)
            continue
        if tokens[at] not in _JOINING:
            definition.members.add(tokens[at])
        at += 1
    if at < len(tokens) and tokens[at] == "{":
        at, fields = _fields(tokens, at)
        if word == "enum":
            definition.members |= fields.keys()
        else:
            definition.fields |= fields
    return at


def _fields(tokens: list[str], at: int) -> tuple[int, dict[str, Field]]:
    """The fields or arguments within the brackets at `at`, and the place behind them."""
    found: dict[str, Field] = {}
    at += 1
    while at < len(tokens) and tokens[at] not in _CLOSING:
        name, field = tokens[at], Field()
        at += 1
        if at < len(tokens) and tokens[at] == "(":
            at, field.arguments = _fields(tokens, at)
        if at < len(tokens) and tokens[at] == ":":
            start = at = at + 1
            while at < len(tokens) and (tokens[at] in "[]!" or at == start or tokens[at - 1] == "["):
                at += 1
            field.kind = "".join(tokens[start:at])
        if at < len(tokens) and tokens[at] == "=":
            field.has_default, at = True, _behind(tokens, at + 1)
        while at < len(tokens) and tokens[at] == "@":
            at = _behind(tokens, at + 2)
        found[name] = field
    return at + 1, found


def _behind(tokens: list[str], at: int) -> int:
    """Behind the value, or the arguments of a directive, that may begin here."""
    if at >= len(tokens) or tokens[at][0] not in _OPENING:
        return at + (at < len(tokens) and tokens[at - 1] == "=")
    depth = 0
    while at < len(tokens):
        depth += (tokens[at][0] in _OPENING) - (tokens[at][0] in _CLOSING)
        at += 1
        if not depth:
            break
    return at


def _find(tokens: list[str], at: int, wanted: str) -> int:
    return next((index for index in range(at, len(tokens)) if tokens[index] == wanted), len(tokens))


def _types(name: str, old: Definition | None, new: Definition | None) -> Iterator[Difference]:
    if old is None or new is None:
        yield Difference(new is None, f"the type `{name}` is {'gone' if new is None else 'new'}.", name, (old or new or Definition("")).word == "input")
        return
    if old.word != new.word:
        yield Difference(True, f"`{name}` was {_a(old.word)} and is {_a(new.word)}.", name)
        return
    what = {"enum": "value", "union": "member"}.get(old.word, "interface")
    yield from (Difference(True, f"`{name}` has no {what} `{one}` any more.", f"{name}.{one}") for one in sorted(old.members - new.members))
    yield from (Difference(False, f"`{name}` has the {what} `{one}` now.", f"{name}.{one}") for one in sorted(new.members - old.members))
    is_input = old.word == "input"
    for key in sorted(old.fields.keys() | new.fields.keys()):
        yield from _both(f"{name}.{key}", old.fields.get(key), new.fields.get(key), is_input=is_input, is_root=name in _ROOTS.values())


def _both(place: str, old: Field | None, new: Field | None, *, is_input: bool, is_root: bool = False) -> Iterator[Difference]:
    if old is None and new is not None:
        must = is_input and new.kind.endswith("!") and not new.has_default
        yield Difference(must, f"`{place}` is new{' and required' if must else ''}.", place, is_input, "new" if is_root else "")
    elif new is None:
        yield Difference(True, f"`{place}` is gone.", place, is_input, "gone" if is_root else "")
    elif old is not None:
        if old.kind != new.kind:
            is_safe = _takes(old.kind, new.kind) if is_input else _gives(old.kind, new.kind)
            yield Difference(not is_safe, f"`{place}` was `{old.kind}` and is `{new.kind}`.", place, is_input)
        for name in sorted(old.arguments.keys() | new.arguments.keys()):
            yield from _both(f"{place}({name})", old.arguments.get(name), new.arguments.get(name), is_input=True)


def _gives(old: str, new: str) -> bool:
    """Whether every value of the new type is one of the old: an answer may promise more."""
    if new.endswith("!"):
        return _gives(old.removesuffix("!"), new[:-1])
    if old[:1] == new[:1] == "[":
        return not old.endswith("!") and _gives(old[1:-1], new[1:-1])
    return old == new


def _takes(old: str, new: str) -> bool:
    """Whether every value of the old type is one of the new: a question may be allowed more."""
    return _gives(new, old)


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
