"""How the value of a parameter is written, and whether two ways come to the same: `style` and `explode` say nothing of a text or a number, and little of a list."""

from typing import NamedTuple

from agent.spec.comparing.content_diff import Found
from agent.spec.comparing.schema_branches import branches
from agent.spec.comparing.schema_diff import Sides
from agent.spec.model import Parameter

_DELIMITED = ("form", "spaceDelimited", "pipeDelimited")


class Form(NamedTuple):
    style: str
    is_exploded: bool


def compare_forms(sides: Sides, old: Parameter, new: Parameter, kind: str, label: str, pointer: str) -> list[Found]:
    """A difference where a value of a type that both sides allow is written otherwise than before. It breaks: the other side reads something else."""
    was, now = form_of(old), form_of(new)
    if was == now:
        return []
    types = {one["type"] for one in branches(old.schema, sides.old, {})} & {one["type"] for one in branches(new.schema, sides.new, {})}
    if all(_same(was, now, kind_of_value) for kind_of_value in types):
        return []
    text = f"the {label} was written in the style {_worded(was)} and is in {_worded(now)}."
    return [Found(kind, True, text, f"{pointer}/style", _worded(was), _worded(now))]


def form_of(parameter: Parameter) -> Form:
    """As it is said, or as it is where nothing is said."""
    style = parameter.style or ("form" if parameter.where in ("query", "cookie") else "simple")
    return Form(style, style == "form" if parameter.explode is None else parameter.explode)


def _same(was: Form, now: Form, kind: str) -> bool:
    return _written(was, kind) == _written(now, kind)


def _written(form: Form, kind: str) -> tuple[str, bool]:
    """What tells on the wire: parts that stand apart have no delimiter, a value without parts has neither."""
    style = "form" if form.is_exploded and form.style in _DELIMITED else form.style
    if kind in ("array", "object"):
        return (style, False if style == "deepObject" or (kind == "array" and style == "simple") else form.is_exploded)
    return (style if style in ("label", "matrix") else "plain", False)


def _worded(form: Form) -> str:
    return f"{form.style}{', exploded' if form.is_exploded else ''}"
