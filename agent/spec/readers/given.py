"""Reads an OpenAPI document that somebody uploaded: as `openapi_read` does, within bounds that a hostile one cannot pass.

Aliases of YAML and references of JSON can make a small file mean an endless one, so its size is counted as it would be written out.
"""

from typing import Any

from agent.spec.model import Spec
from agent.spec.readers import openapi_read
from agent.spec.readers.reading import Unreadable

MOST_BYTES = 16 << 20
MOST_OPERATIONS = 5_000
_MOST_NODES = 2_000_000
_MOST_DEPTH = 200


def read(data: bytes) -> Spec:
    """The spec. Raises Unreadable with a sentence."""
    if len(data) > MOST_BYTES:
        raise Unreadable(f"The OpenAPI document is larger than {MOST_BYTES >> 20} MiB.")
    document = openapi_read.parse(data)
    _check_size(document)
    count = sum(method in openapi_read.METHODS for item in _values(document.get("paths")) if isinstance(item, dict) for method in item)
    if count > MOST_OPERATIONS:
        raise Unreadable(f"The OpenAPI document has {count:,} operations; {MOST_OPERATIONS:,} are the limit. Leave out what you do not need.")
    if not count:
        raise Unreadable("The OpenAPI document has no operations.")
    try:
        return openapi_read.read(document)
    except (RecursionError, TypeError, ValueError, AttributeError, KeyError) as error:
        raise Unreadable("The OpenAPI document is malformed beyond reading.") from error


def _check_size(document: Any) -> None:
    """Walk the document as it would be written out, aliases and all, up to the bounds."""
    stack, nodes = [(document, 0)], 0
    while stack:
        value, depth = stack.pop()
        nodes += 1
        if depth > _MOST_DEPTH or nodes > _MOST_NODES:
            raise Unreadable("The OpenAPI document is nested too deeply, or its aliases make it endless.")
        if isinstance(value, dict | list):
            stack.extend((item, depth + 1) for item in _values(value))


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
