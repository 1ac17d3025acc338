"""JSON as PostgreSQL's `jsonb` takes it: it refuses NUL and lone surrogates, which models, upstreams and files do send."""

import re
from typing import Any

import msgspec

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_SURROGATE = re.compile("[\ud800-\udfff]")


def encode(value: Any) -> str:
    """The text of a value, with U+FFFD in place of what no `jsonb` can hold."""
    try:
        text = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        text = msgspec.json.encode(storable(msgspec.to_builtins(value, builtin_types=(bytes,)))).decode()
    return _NUL.sub(r"\1\\ufffd", text) if "\\u0000" in text else text


def storable(value: Any) -> Any:
    """A value of plain types as it will be read back. Halves of a surrogate pair that stand side by side become their character."""
    if isinstance(value, str):
        if _SURROGATE.search(value):
            value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list) else value
