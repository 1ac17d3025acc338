"""From a plain async function to a tool: its signature becomes the JSON Schema, its first sentence the description.

A tool function takes a `Context` first, then annotated arguments, and returns an `Answer`. `tool` only marks it;
the menu is the explicit tuple in `agent.tools.menu`.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Literal, get_type_hints
from uuid import UUID

import msgspec

from agent.actor import Actor
from agent.approvals import Reach
from agent.choices import accepted
from agent.errors import Problem
from agent.messages import Trust

Effect = Literal["read", "write", "outward", "destructive"]
ToolFunction = Callable[..., Awaitable["Answer"]]
AsksFor = Callable[[dict[str, Any]], str | None]
Reaches = Callable[["Context", dict[str, Any]], Awaitable[Reach]]


class Context(msgspec.Struct, frozen=True):
    """For whom and within what a tool runs. `run_id` and `chat_session_id` are None outside a chat."""

    actor: Actor
    run_id: UUID | None = None
    chat_session_id: UUID | None = None


class Answer(msgspec.Struct, frozen=True):
    """What a tool says: `text` for a model, `data` the same for a program. `trust` names where the content came from. `is_free`: nothing was done that costs."""

    text: str
    data: Any = None
    trust: Trust = "trusted"
    is_free: bool = False


class Tool(msgspec.Struct, frozen=True):
    """One verb of the menu.

    `recomputes`: a write that only derives from the user's own rows, so it never needs an approval.
    `asks_for`: why these arguments need an approval although the effect alone does not, or None.
    `reaches`: where a call goes, for the card and for an approval of the operation; None for what stays on the platform.
    `hears`: whose words its answers and failures may hold.
    """

    name: str
    description: str
    effect: Effect
    scope: str
    price: int
    recomputes: bool
    asks_for: AsksFor | None
    reaches: Reaches | None
    hears: Trust
    function: ToolFunction
    arguments: type[msgspec.Struct]
    input_schema: dict[str, Any]


def tool(
    *,
    effect: Effect,
    scope: str,
    price: int = 0,
    recomputes: bool = False,
    asks_for: AsksFor | None = None,
    reaches: Reaches | None = None,
    hears: Trust = "trusted",
) -> Callable[[ToolFunction], ToolFunction]:
    """Mark a function as a tool with its effect, the scope a token needs and its price in credits."""
    about = {"effect": effect, "scope": scope, "price": price, "recomputes": recomputes, "asks_for": asks_for, "reaches": reaches, "hears": hears}

    def mark(function: ToolFunction) -> ToolFunction:
        vars(function)["__tool__"] = about
        return function

    return mark


def describe(function: ToolFunction) -> Tool:
    """The tool that a marked function is. Fails at import when an annotation cannot be resolved."""
    name = function.__name__
    arguments = msgspec.defstruct(name, _fields(function), forbid_unknown_fields=True, kw_only=True, omit_defaults=True)
    return Tool(
        name=name,
        description=inspect.cleandoc(function.__doc__ or ""),
        function=function,
        arguments=arguments,
        input_schema=_schema(arguments),
        **vars(function)["__tool__"],
    )


def parse(tool: Tool, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments checked against the signature. Raises invalid_arguments with the argument's name and what it takes."""
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        values = msgspec.convert(given, tool.arguments, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        allowed = ", ".join(f"`{name}`" for name in tool.input_schema["properties"]) or "none"
        raise Problem(
            "invalid_arguments", f"`{tool.name}`: {_sentence(str(error), tool.input_schema)}", remedy=f"It takes: {allowed}.", tool=tool.name
        ) from error
    return {name: getattr(values, name) for name in values.__struct_fields__}


def _fields(function: ToolFunction) -> list[Any]:
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters or hints.get(parameters[0].name) is not Context:
        raise TypeError(f"{function.__name__}: the first parameter must be a Context")
    return [(p.name, hints[p.name]) if p.default is p.empty else (p.name, hints[p.name], p.default) for p in parameters[1:]]


def _schema(arguments: type[msgspec.Struct]) -> dict[str, Any]:
    """A plain object schema: inlined, without titles, `X | None` shown as an optional X, which every vendor accepts."""
    document = msgspec.json.schema(arguments)
    root = document["$defs"][arguments.__name__]
    return {
        "type": "object",
        "properties": {n: _plain(s, document["$defs"]) for n, s in root["properties"].items()},
        "required": root.get("required", []),
        "additionalProperties": False,
    }


def _plain(schema: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    if reference := schema.get("$ref"):
        schema = {**known[reference.rpartition("/")[2]], **{key: value for key, value in schema.items() if key != "$ref"}}
    kept: dict[str, Any] = {key: value for key, value in schema.items() if key != "title" and not (key == "default" and value is None)}
    options = [_plain(option, known) for option in kept.pop("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        kept = {**options[0], **kept}
    elif options:
        kept["anyOf"] = options
    if isinstance(kept.get("enum"), list) and "type" not in kept:
        kept = {"type": "string", **kept}
    if "properties" in kept:
        kept["properties"] = {name: _plain(inner, known) for name, inner in kept["properties"].items()}
    if isinstance(kept.get("items"), dict):
        kept["items"] = _plain(kept["items"], known)
    return kept


def _sentence(message: str, schema: dict[str, Any]) -> str:
    """`Expected `int`, got `str` - at `$.limit`` reads better with the argument first, and where it takes one of a few values, with those."""
    what, _, where = message.partition(" - at ")
    name = where.strip("`").removeprefix("$.")
    said = ". ".join(filter(None, (what, accepted(schema, name))))
    return f"`{name}`: {said}." if name and name != "$" else f"{said}."
