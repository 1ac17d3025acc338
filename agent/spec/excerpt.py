"""A part of a spec that stands alone: some operations with the schemas and security schemes that they lead to, nothing else."""

from collections.abc import Iterator
from typing import Any

import msgspec

from agent.spec.model import Operation, Spec


def of(spec: Spec, operations: tuple[Operation, ...]) -> Spec:
    """What was left out of the API is not told of a part of it."""
    reached = _reached(spec, operations)
    used = {name for operation in operations for names in operation.security for name in names}
    return msgspec.structs.replace(
        spec,
        operations=operations,
        schemas={name: schema for name, schema in spec.schemas.items() if name in reached},
        security_schemes=tuple(scheme for scheme in spec.security_schemes if scheme.name in used),
        noise=(),
    )


def _reached(spec: Spec, operations: tuple[Operation, ...]) -> frozenset[str]:
    found: set[str] = set()
    left = list(_references(msgspec.to_builtins(operations)))
    while left:
        name = left.pop()
        if name in spec.schemas and name not in found:
            found.add(name)
            left += _references(spec.schemas[name])
    return frozenset(found)


def _references(value: Any) -> Iterator[str]:
    """The names of the shared schemas that are referred to anywhere within."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += one.values()
            if isinstance(reference := one.get("$ref"), str):
                yield reference.rpartition("/")[2]
        elif isinstance(one, list | tuple):
            left += one
