"""Other people's JSON, read loosely: what is no object where one is expected counts as an empty one."""

from typing import Any

Object = dict[str, Any]


def as_object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[Object]:
    """The objects in a list, whatever else is in it."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
