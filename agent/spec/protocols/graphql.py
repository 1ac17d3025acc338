"""A GraphQL schema from what was asked and answered: types from selections, scalars from answers, arguments from variables.

It holds what was heard, not what the server could do: fields nobody selected are missing, and a type is named after its field where no
fragment names it. Where the server told its schema itself, that is taken as it is (`introspection`).
"""

import re
from collections.abc import Iterable

import msgspec

from agent.spec.names import pascal, singular
from agent.spec.protocols import introspection
from agent.spec.summary import Named, Node

_LEXEME = r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*+"?|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[!$&()\[\]{}:=@|]'
_TYPE = r"\[*[A-Za-z_]\w*(?:!?\])*!?"
_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
_BUILT_IN = ("ID", "String", "Int", "Float", "Boolean")
_DEPTH_MAX = 16


class Selection(msgspec.Struct):
    """One selected field, fragment spread (`name` begins with `...`) or inline fragment (`name` is `...`)."""

    name: str
    alias: str = ""
    on: str = ""
    arguments: dict[str, str] = {}
    inner: "list[Selection]" = []


class Document(msgspec.Struct):
    """The operations and fragments of one request."""

    operations: list[tuple[str, dict[str, str], list[Selection]]] = []
    fragments: dict[str, tuple[str, list[Selection]]] = {}


class Schema(msgspec.Struct):
    """Types under construction: fields with their type and arguments, inputs, and other names that were declared."""

    types: dict[str, dict[str, str]] = {}
    arguments: dict[tuple[str, str], dict[str, str]] = {}
    inputs: dict[str, dict[str, str]] = {}
    scalars: set[str] = msgspec.field(default_factory=set)
    unions: dict[str, set[str]] = {}
    """By the name of what may be several types, those that it was; an interface where all of them were asked for the same fields."""


def sdl_of(calls: Iterable[Named]) -> str:
    """The schema in SDL, or an empty text where no document could be read."""
    schema = Schema()
    found = [(named, text) for named in calls for text in (sorted(named.documents.values) if named.documents else ())]
    if told := [text for _, text in found if text.startswith(introspection.MARK)]:
        return max(told, key=lambda text: (len(text), text)).removeprefix(introspection.MARK)
    for named, text in found:
        document = parse(text)
        for kind, variables, selections in document.operations:
            _add_type(schema, _ROOTS[kind], selections, document, named.received, variables, 0)
            for name, declared in variables.items():
                _add_input(schema, re.sub(r"[\[\]!]", "", declared), named.sent.properties.get(name) if named.sent else None)
    if schema.types and "Query" not in schema.types:
        schema.types["Query"] = {"_unknown": "Boolean"}
    return _print(schema)


def parse(text: str) -> Document:
    """Reads a document leniently: what cannot be read is left out."""
    document, tokens, at = Document(), re.findall(_LEXEME, re.sub(r"#[^\n]*", "", text)), 0
    while at < len(tokens):
        if tokens[at] == "fragment" and at + 3 < len(tokens):
            name, on = tokens[at + 1], tokens[at + 3]
            selections, at = _selections(tokens, _find(tokens, at, "{"), 0)
            document.fragments[name] = (on, selections)
        elif tokens[at] in _ROOTS or tokens[at] == "{":
            kind = tokens[at] if tokens[at] in _ROOTS else "query"
            start = (
                _find(tokens, at, "{") if tokens[at] == "{" or "(" not in tokens[at : at + 3] else _find(tokens, _closing(tokens, _find(tokens, at, "(")), "{")
            )
            variables = _variables(tokens[at:start])
            selections, at = _selections(tokens, start, 0)
            document.operations.append((kind, variables, selections))
        else:
            at += 1
    return document


def _find(tokens: list[str], at: int, wanted: str) -> int:
    while at < len(tokens) and tokens[at] != wanted:
        at += 1
    return at


def _closing(tokens: list[str], at: int) -> int:
    """Behind the bracket that closes the one at `at`."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index] in "([{") - (tokens[index] in ")]}")
        if depth == 0:
            return index + 1
    return len(tokens)


def _variables(tokens: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for index, word in enumerate(tokens):
        if word == "$" and index + 3 < len(tokens) and tokens[index + 2] == ":":
            end = index + 3
            while end < len(tokens) and tokens[end] not in ("$", "=", ")", "@"):
                end += 1
            written = "".join(tokens[index + 3 : end])
            if re.fullmatch(_TYPE, written) and written.count("[") == written.count("]"):
                found[tokens[index + 1]] = written
    return found


def _selections(tokens: list[str], at: int, depth: int) -> tuple[list[Selection], int]:
    """The selections in the braces at `at`, and where they end."""
    found: list[Selection] = []
    at += 1
    while at < len(tokens) and tokens[at] != "}":
        word = tokens[at]
        if word == "..." and at + 1 < len(tokens):
            at += 1
            if tokens[at] == "on" and at + 1 < len(tokens):
                selection, at = Selection("...", on=tokens[at + 1]), at + 2
            elif re.match(r"[A-Za-z_]", tokens[at]):
                selection, at = Selection("..." + tokens[at]), at + 1
            else:
                selection = Selection("...")
        elif not re.match(r"[A-Za-z_]", word):
            at += 1
            continue
        else:
            selection, at = Selection(word, alias=word), at + 1
            if at + 1 < len(tokens) and tokens[at] == ":" and re.match(r"[A-Za-z_]", tokens[at + 1]):
                selection.name, at = tokens[at + 1], at + 2
            if at < len(tokens) and tokens[at] == "(":
                end = _closing(tokens, at)
                selection.arguments, at = _arguments(tokens[at + 1 : end - 1]), end
        while at + 1 < len(tokens) and tokens[at] == "@":
            at = _closing(tokens, at + 2) if at + 2 < len(tokens) and tokens[at + 2] == "(" else at + 2
        if at < len(tokens) and tokens[at] == "{":
            if depth < _DEPTH_MAX:
                selection.inner, at = _selections(tokens, at, depth + 1)
            else:
                at = _closing(tokens, at)
        found.append(selection)
    return found, at + 1


def _arguments(tokens: list[str]) -> dict[str, str]:
    """Arguments by name: `$variable`, or the type of a literal."""
    found: dict[str, str] = {}
    index = 0
    while index + 2 < len(tokens):
        if index + 1 >= len(tokens) or tokens[index + 1] != ":":
            index += 1
            continue
        name, value = tokens[index], tokens[index + 2]
        if value == "$" and index + 3 < len(tokens):
            found[name], index = "$" + tokens[index + 3], index + 4
        elif value in ("{", "["):
            index = _closing(tokens, index + 2)
        else:
            found[name], index = _literal_type(value), index + 3
    return found


def _literal_type(value: str) -> str:
    if value[:1] == '"':
        return "String"
    if value in ("true", "false"):
        return "Boolean"
    return ("Float" if "." in value else "Int") if re.match(r"-?\d", value) else "String"


def _add_type(schema: Schema, name: str, selections: list[Selection], document: Document, node: Node | None, variables: dict[str, str], depth: int) -> None:
    fields = schema.types.setdefault(name, {})
    if depth > _DEPTH_MAX:
        return
    node = _object(node)
    for selection in selections:
        if selection.name.startswith("..."):
            _, inner = document.fragments.get(selection.name[3:], (selection.on, selection.inner))
            _add_type(schema, name, inner, document, node, variables, depth + 1)
            continue
        if selection.name.startswith("__"):
            continue
        value = node.properties.get(selection.alias) if node else None
        written = _wrap(value, _leaf_type(selection.name, value)) if not selection.inner else ""
        if selection.inner:
            inner_name = _type_name(selection, document, schema, name, _object(value))
            _add_types(schema, inner_name, selection, document, value, variables, depth + 1)
            written = _wrap(value, inner_name)
        if fields.get(selection.name, "String") == "String":
            fields[selection.name] = written
        arguments = schema.arguments.setdefault((name, selection.name), {})
        for argument, given in selection.arguments.items():
            kind = variables.get(given[1:], "String") if given.startswith("$") else given
            arguments.setdefault(argument, kind)
            _declare(schema, kind)


def _add_types(schema: Schema, name: str, selection: Selection, document: Document, node: Node | None, variables: dict[str, str], depth: int) -> None:
    """One type, or one for each that the fragments name; all of those have the fields that were asked for beside the fragments."""
    kinds = _fragment_types(selection, document)
    if len(kinds) < 2:
        _add_type(schema, name, selection.inner, document, node, variables, depth)
        return
    schema.unions.setdefault(name, set()).update(kinds)
    shared = [inner for inner in selection.inner if not inner.name.startswith("...")]
    if any(not inner.name.startswith("__") for inner in shared):
        _add_type(schema, name, shared, document, node, variables, depth)
    for kind in sorted(kinds):
        mine = [inner for inner in selection.inner if inner.on == kind or document.fragments.get(inner.name[3:], ("", []))[0] == kind]
        _add_type(schema, kind, [*shared, *mine], document, node, variables, depth)


def _fragment_types(selection: Selection, document: Document) -> set[str]:
    return {document.fragments[inner.name[3:]][0] for inner in selection.inner if inner.name[3:] in document.fragments} | {
        inner.on for inner in selection.inner if inner.on
    }


def _type_name(selection: Selection, document: Document, schema: Schema, parent: str, node: Node | None) -> str:
    """The type that a single fragment names, or that all answers tell, or else one after the field."""
    named = _fragment_types(selection, document) or _told_types(selection, node)
    name = named.pop() if len(named) == 1 else _relayed(selection, parent) or pascal(singular(selection.name)) or "Object"
    return name + "Type" if name in (*_ROOTS.values(), *_BUILT_IN) or name in schema.inputs else name


def _told_types(selection: Selection, node: Node | None) -> set[str]:
    """What the answers give under `__typename`."""
    alias = next((inner.alias for inner in selection.inner if inner.name == "__typename"), "")
    told = node.properties.get(alias) if node else None
    return {name for name in told.sample.values if re.fullmatch(r"[A-Za-z]\w*", name)} if told and told.sample and not told.sample.is_partial else set()


def _relayed(selection: Selection, parent: str) -> str:
    """By Relay's convention: `pets { edges { node { … } } pageInfo { … } }` is a `PetConnection` of `PetEdge`s of `Pet`s."""
    inner = {one.name for one in selection.inner}
    if "pageInfo" in inner and inner & {"edges", "nodes"}:
        return pascal(singular(selection.name)) + "Connection"
    if selection.name == "edges" and parent.endswith("Connection"):
        return parent.removesuffix("Connection") + "Edge"
    of = {"node": "Edge", "nodes": "Connection"}.get(selection.name, "")
    return parent.removesuffix(of) if of and parent.endswith(of) else ""


def _object(node: Node | None) -> Node | None:
    while node is not None and node.items is not None and not node.objects:
        node = node.items
    return node


def _wrap(node: Node | None, name: str) -> str:
    depth = 0
    while node is not None and node.items is not None and not node.objects:
        node, depth = node.items, depth + 1
    return "[" * depth + name + "]" * depth


def _leaf_type(name: str, node: Node | None) -> str:
    node = _object(node)
    if name == "id":
        return "ID"
    if node is None or node.texts:
        return "String"
    return "Float" if node.numbers else "Int" if node.integers else "Boolean" if node.booleans else "String"


def _declare(schema: Schema, written: str) -> None:
    name = re.sub(r"[\[\]!]", "", written)
    if name and name not in _BUILT_IN and name not in schema.inputs:
        schema.scalars.add(name)


def _add_input(schema: Schema, name: str, node: Node | None) -> None:
    node = _object(node)
    if name in _BUILT_IN or not name or node is None or not node.objects or not node.properties:
        _declare(schema, name)
        return
    fields = schema.inputs.setdefault(name, {})
    schema.scalars.discard(name)
    for key, inner in sorted(node.properties.items()):
        if not re.fullmatch(r"[A-Za-z_]\w*", key):
            continue
        below = _object(inner)
        kind = name + pascal(key) if below is not None and below.objects else _leaf_type(key, inner)
        if below is not None and below.objects:
            _add_input(schema, kind, inner)
        fields.setdefault(key, _wrap(inner, kind))


def _print(schema: Schema) -> str:
    blocks = [f"scalar {name}" for name in sorted(schema.scalars - schema.types.keys() - schema.inputs.keys() - schema.unions.keys())]
    interfaces = {name for name in schema.unions if name in schema.types}
    blocks += [f"union {name} = {' | '.join(sorted(kinds))}" for name, kinds in sorted(schema.unions.items()) if name not in interfaces]
    for name in sorted(schema.types, key=lambda name: (name not in _ROOTS.values(), name)):
        lines = [f"  {key}{_print_arguments(schema.arguments.get((name, key), {}))}: {kind}" for key, kind in sorted(schema.types[name].items())]
        mine = sorted(one for one in interfaces if name in schema.unions[one] and schema.types[one].items() <= schema.types[name].items())
        word = f"interface {name}" if name in interfaces else f"type {name}{' implements ' + ' & '.join(mine) if mine else ''}"
        blocks.append(word + " {\n" + "\n".join(lines or ["  _unknown: Boolean"]) + "\n}")
    for name in sorted(schema.inputs.keys() - schema.types.keys()):
        blocks.append(f"input {name} {{\n" + "\n".join(f"  {key}: {kind}" for key, kind in sorted(schema.inputs[name].items())) + "\n}")
    return "\n\n".join(blocks) + "\n" if schema.types else ""


def _print_arguments(arguments: dict[str, str]) -> str:
    return "(" + ", ".join(f"{name}: {kind}" for name, kind in sorted(arguments.items())) + ")" if arguments else ""
