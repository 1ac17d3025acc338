"""JSON as PostgreSQL's `jsonb` takes it: it refuses NUL and lone surrogates, which models, upstreams and files do send."""

import re
from typing import Any

import msgspec

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def encode(value: Any) -> str:
    """The text of a value, with U+FFFD in place of what no `jsonb` can hold."""
    try:
        text = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        text = msgspec.json.encode(_clean(msgspec.to_builtins(value, builtin_types=(bytes,)))).decode()
    return _NUL.sub(r"\1\\ufffd", text) if "\\u0000" in text else text


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value
