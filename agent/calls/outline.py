"""The shape of a JSON text that is too long to be read whole, so that a reader knows what the rest holds before asking for it.

It tells of this one text only. What an operation answers in general is concluded from many calls, with counts, by `agent.spec`.
"""

from typing import Any

import msgspec
from genson import SchemaBuilder

MOST = 3_000
_MOST_READ = 1_000_000


def of(text: str) -> dict[str, Any] | None:
    """A JSON Schema that is at most `MOST` characters long; None where the text is no list or object, is larger than is worth reading, or has no shape so short."""
    if len(text) > _MOST_READ:
        return None
    try:
        value = msgspec.json.decode(text)
        if not isinstance(value, list | dict):
            return None
        builder = SchemaBuilder(schema_uri=SchemaBuilder.NULL_URI)
        builder.add_object(value)
        schema = builder.to_schema()
        return schema if len(msgspec.json.encode(schema)) <= MOST else None
    except (msgspec.DecodeError, RecursionError):
        return None
