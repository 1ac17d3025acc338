"""A GraphQL schema from what was asked and answered: types from selections, scalars from answers, arguments from variables.

It holds what was heard, not what the server could do: fields nobody selected are missing, and a type is named after its field where no
fragment names it. Where the server told its schema itself, that is taken as it is (`introspection`).
"""

import re
from collections.abc import Iterable

import msgspec

from agent.spec.english import singular
from agent.spec.names import pascal
from agent.spec.protocols import introspection
from agent.spec.protocols.graphql_documents import Document, Given, Selection, parse
from agent.spec.summary import Named, Node

_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
_BUILT_IN = ("ID", "String", "Int", "Float", "Boolean")
_DEPTH_MAX = 16
_ENUM_VALUE = re.compile(r"(?!(?:true|false|null)$)[A-Za-z_]\w*", re.ASCII)


class Schema(msgspec.Struct):
    """Types under construction: fields with their type and arguments, inputs, and other names that were declared."""

    types: dict[str, dict[str, str]] = {}
    arguments: dict[tuple[str, str], dict[str, str]] = {}
    inputs: dict[str, dict[str, str]] = {}
    scalars: set[str] = msgspec.field(default_factory=set)
    enums: dict[str, set[str]] = {}
    texts: dict[str, set[str]] = {}
    """By the name of an input, or of what would be its type, the texts that were sent as it: values of an enum, if it is one."""
    literals: dict[tuple[str, str, str], list[tuple[Given, dict[str, str]]]] = {}
    """By type, field and argument, what was written there, with the types of the variables."""
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
                _add_input(schema, _bare(declared), named.sent.properties.get(name) if named.sent else None)
        for name, given in document.defaults:
            _literal(schema, name, given, {})
    _add_literals(schema)
    if schema.types and "Query" not in schema.types:
        schema.types["Query"] = {"_unknown": "Boolean"}
    return _print(schema)


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
            if given.kind == "variable":
                kind = variables.get(given.text, "String")
                arguments.setdefault(argument, kind)
                _declare(schema, kind)
            else:
                schema.literals.setdefault((name, selection.name, argument), []).append((given, variables))


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


def _add_literals(schema: Schema) -> None:
    """Types of arguments that were written out: the one that a variable declared elsewhere, or one after the field and the argument."""
    for (parent, field, argument), written in sorted(schema.literals.items(), key=lambda item: item[0]):
        arguments = schema.arguments[parent, field]
        declared = arguments.get(argument, "")
        for given, variables in written:
            kind = _literal(schema, _bare(declared) or _derived(schema, pascal(singular(field)) + pascal(argument), given), given, variables)
            if not declared:
                arguments[argument] = _wider(arguments.get(argument, ""), kind)


def _literal(schema: Schema, name: str, given: Given, variables: dict[str, str]) -> str:
    """The type of a value, empty where it tells none. An enum or an object among it has the name."""
    if given.kind == "variable":
        kind = variables.get(given.text, "String")
        _declare(schema, kind)
        return kind.removesuffix("!")
    if given.kind == "list":
        kinds = ""
        for _, one in given.inner:
            kinds = _wider(kinds, _literal(schema, name, one, variables))
        return f"[{kinds}]" if kinds else ""
    if given.kind not in ("enum", "object"):
        return "" if given.kind == "null" else given.kind
    if name in _BUILT_IN:
        return ""
    schema.scalars.discard(name)
    if given.kind == "enum":
        schema.enums.setdefault(name, set()).add(given.text)
        return name
    fields = schema.inputs.setdefault(name, {})
    for key, one in given.inner:
        fields[key] = _wider(fields.get(key, ""), _literal(schema, _derived(schema, name + pascal(key), one), one, variables))
    return name


def _derived(schema: Schema, name: str, given: Given) -> str:
    """A name for what is given, where it is not taken by something else."""
    while given.kind == "list" and given.inner:
        given = given.inner[0][1]
    others = schema.enums if given.kind == "object" else schema.inputs
    is_taken = any(name in names for names in (schema.types, schema.unions, schema.scalars, others, _BUILT_IN))
    return name + ("Input" if given.kind == "object" else "Value") if is_taken else name


def _wider(known: str, kind: str) -> str:
    """The type that takes both: one alone stands for a list of one, and a text of variables for a value of an enum."""
    if not known or not kind:
        return known or kind
    is_text = known.strip("[]") == "String" and kind.strip("[]") not in _BUILT_IN
    return kind if is_text or (known, kind) == ("Int", "Float") or kind == f"[{known}]" else known


def _bare(written: str) -> str:
    return re.sub(r"[\[\]!]", "", written)


def _declare(schema: Schema, written: str) -> None:
    name = _bare(written)
    if name and name not in _BUILT_IN and name not in schema.inputs and name not in schema.enums:
        schema.scalars.add(name)


def _add_input(schema: Schema, name: str, node: Node | None) -> None:
    node = _object(node)
    _add_texts(schema, name, node)
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
        else:
            _add_texts(schema, name + pascal(key), below)
        fields.setdefault(key, _wrap(inner, kind))


def _add_texts(schema: Schema, name: str, node: Node | None) -> None:
    if node is not None and node.sample:
        schema.texts.setdefault(name, set()).update(node.sample.values)


def _print(schema: Schema) -> str:
    enums = {
        name: sorted(filter(_ENUM_VALUE.fullmatch, values | schema.texts.get(name, set()))) for name, values in schema.enums.items() if name not in schema.types
    }
    blocks = [f"scalar {name}" for name in sorted(schema.scalars - schema.types.keys() - schema.inputs.keys() - schema.unions.keys() - enums.keys())]
    blocks += [f"enum {name} {{\n" + "\n".join(f"  {value}" for value in enums[name]) + "\n}" for name in sorted(enums)]
    interfaces = {name for name in schema.unions if name in schema.types}
    blocks += [f"union {name} = {' | '.join(sorted(kinds))}" for name, kinds in sorted(schema.unions.items()) if name not in interfaces]
    for name in sorted(schema.types, key=lambda name: (name not in _ROOTS.values(), name)):
        lines = [f"  {key}{_print_arguments(schema.arguments.get((name, key), {}))}: {kind}" for key, kind in sorted(schema.types[name].items())]
        mine = sorted(one for one in interfaces if name in schema.unions[one] and schema.types[one].items() <= schema.types[name].items())
        word = f"interface {name}" if name in interfaces else f"type {name}{' implements ' + ' & '.join(mine) if mine else ''}"
        blocks.append(word + " {\n" + "\n".join(lines or ["  _unknown: Boolean"]) + "\n}")
    for name in sorted(schema.inputs.keys() - schema.types.keys() - enums.keys()):
        blocks.append(
            f"input {name} {{\n"
            + "\n".join(f"  {key}: {kind or 'String'}" for key, kind in sorted(schema.inputs[name].items() or [("_unknown", "Boolean")]))
            + "\n}"
        )
    return "\n\n".join(blocks) + "\n" if schema.types else ""


def _print_arguments(arguments: dict[str, str]) -> str:
    return "(" + ", ".join(f"{name}: {kind or 'String'}" for name, kind in sorted(arguments.items())) + ")" if arguments else ""
