"""Whether a value satisfies a schema of a spec, told in a sentence.

Regular expressions of a document are not run: a hostile one could take for ever. A schema that cannot be applied refuses nothing.
"""

import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from agent.spec.model import JsonSchema, Spec


def mismatch(spec: Spec, schema: JsonSchema, value: Any) -> str | None:
    """Why a value does not satisfy a schema of the spec, or None."""
    return matcher(spec)(schema, value)


def matcher(spec: Spec) -> Callable[[JsonSchema, Any], str | None]:
    """`mismatch` for many values: what they share is made ready once."""
    components = {"schemas": {name: _without_patterns(part) for name, part in spec.schemas.items()}}
    return lambda schema, value: _mismatch({**_without_patterns(schema), "components": components}, value)


def _mismatch(whole: JsonSchema, value: Any) -> str | None:
    try:
        _followed.set([_MOST_FOLLOWED])
        error: ValidationError | None = best_match(_Validator(whole, registry=Registry()).iter_errors(value))
    except (RecursionError, Unresolvable, ValueError, TypeError, re.error):
        return None  # a schema that cannot be applied refuses nothing: the API decides
    except Exception as failure:  # jsonschema wraps what a broken schema raises in types of its own
        if type(failure).__module__.partition(".")[0] not in ("jsonschema", "referencing"):
            raise
        return None
    if error is None:
        return None
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    return f"{error.message[:200]}{f' (at `{where.lstrip(chr(46))}`)' if where else ''}"


def _follow(validator: Any, reference: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """A reference, as long as there are not too many: thirty lines of a document can make a billion of them."""
    left = _followed.get()
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("too many references")
    yield from Draft202012Validator.VALIDATORS["$ref"](validator, reference, value, schema) or ()


_MOST_FOLLOWED = 20_000
_followed: ContextVar[list[int]] = ContextVar("references that may still be followed")
_Validator = extend(Draft202012Validator, {"$ref": _follow})


def _without_patterns(value: Any, depth: int = 0) -> Any:
    """The schema without its regular expressions and own base addresses, as deep as any sane one goes."""
    if depth > 60:
        return {}
    if isinstance(value, list):
        return [_without_patterns(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    left_out = ("pattern", "patternProperties", "$id", "$schema", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef")
    return {
        name: item
        if name in ("enum", "const", "default", "example", "examples")
        else _properties(item, depth)
        if name == "properties"
        else _without_patterns(item, depth + 1)
        for name, item in value.items()
        if name not in left_out
    }


def _properties(value: Any, depth: int) -> Any:
    return {name: _without_patterns(schema, depth + 1) for name, schema in value.items()} if isinstance(value, dict) else value
