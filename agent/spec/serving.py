"""Which operation serves a path: the one with the most literal template that fits. A last slash counts for nothing."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from agent.spec.model import Operation


class Served(NamedTuple):
    """An operation, and by name the values of its path parameters, encoded as the path has them."""

    operation: Operation
    values: dict[str, str]


def serving(operations: Iterable[Operation], method: str, path: str) -> Served | None:
    """The operation that a path without a query is of, below the base URL of the API."""
    fitting = [Served(operation, values) for operation in operations if operation.method == method and (values := values_in(operation, path)) is not None]
    return min(fitting, key=_plainness, default=None)


def values_in(operation: Operation, path: str) -> dict[str, str] | None:
    """The values of the path parameters in a path; None where the path has another form."""
    slashed = frozenset(parameter.name for parameter in operation.parameters if parameter.where == "path" and parameter.has_slashes)
    names, expression = _expression(operation.template, slashed)
    found = expression.fullmatch(path.rstrip("/") or "/")
    return dict(zip(names, found.groups(), strict=True)) if found else None


def spread(operation: Operation) -> str:
    """The template with `{+path}` for a value that may have slashes, as RFC 6570 writes it."""
    slashed = {parameter.name for parameter in operation.parameters if parameter.where == "path" and parameter.has_slashes}
    return _NAME.sub(lambda found: f"{{+{found[1]}}}" if found[1] in slashed else found[0], operation.template) if slashed else operation.template


def below(base: str, place: str) -> str | None:
    """What of a path or URL comes after a base; None where it is not below it, as `/v10` is not below `/v1`."""
    base = base.rstrip("/")
    rest = place.removeprefix(base)
    return rest if place.startswith(base) and rest[:1] in ("", "/", "?") else None


def _plainness(served: Served) -> tuple[int, bool, int, str]:
    operation = served.operation
    is_open = any(parameter.has_slashes for parameter in operation.parameters)
    return operation.template.count("{"), is_open, -len(operation.template), operation.template


@lru_cache(maxsize=4096)
def _expression(template: str, slashed: frozenset[str]) -> tuple[list[str], re.Pattern[str]]:
    literal, *rest = _NAME.split(template.rstrip("/") or "/")
    written = re.escape(literal)
    for name, literal in zip(rest[::2], rest[1::2], strict=True):
        written += ("(.+)" if name in slashed else "([^/]+)") + re.escape(literal)
    return rest[::2], re.compile(written)


_NAME = re.compile(r"\{([^{}/]+)\}")
