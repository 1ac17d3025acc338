"""XML-RPC: which method a call names, with which parameters, what came back, and a call written again from values.

Parameters have places and no names, and many APIs take a user and a password first: of their texts no sample is kept.
"""

from typing import Any, NamedTuple

from agent.spec.objects import as_object
from agent.spec.protocols import xml_elements
from agent.spec.schemas.bodies import ABSENT

UNNAMED = "password"
"""The name under which values are counted that have none."""
_MOST_BYTES = 1 << 20
_HEAD = 300


class Called(NamedTuple):
    method: str
    params: list[Any]


def is_call(body: bytes) -> bool:
    return b"<methodCall" in body[:_HEAD]


def called(body: bytes) -> Called | None:
    """The call of a body; None where it is none."""
    call = _element(body, "methodCall")
    name = call.get("methodName")
    return Called(name, _params(call)) if isinstance(name, str) and name else None


def answered(body: bytes) -> Any:
    """The value of an answer; ABSENT where it is a fault, or none at all."""
    params = _params(_element(body, "methodResponse"))
    return params[0] if params else ABSENT


def written(method: str, params: list[Any]) -> str:
    """The body of a call."""
    values = "".join(f"<param>{_written(value)}</param>" for value in params)
    return f'<?xml version="1.0"?><methodCall><methodName>{_escaped(method)}</methodName><params>{values}</params></methodCall>'


def _element(body: bytes, name: str) -> dict[str, Any]:
    if len(body) > _MOST_BYTES or f"<{name}".encode() not in body[:_HEAD]:
        return {}
    return as_object(as_object(xml_elements.read(body.decode("utf-8", "replace"), str)).get(name))


def _params(element: dict[str, Any]) -> list[Any]:
    return [_value(as_object(param).get("value")) for param in _listed(as_object(element.get("params")).get("param"))]


def _value(value: Any) -> Any:
    """What an element `value` holds: a text where it names no type."""
    kind, inner = next(iter(value.items()), ("", "")) if isinstance(value, dict) else ("string", value or "")
    if kind == "struct":
        members = [as_object(member) for member in _listed(as_object(inner).get("member"))]
        return {str(member.get("name")): _value(member.get("value")) for member in members}
    if kind == "array":
        return [_value(one) for one in _listed(as_object(as_object(inner).get("data")).get("value"))]
    if kind in ("nil", "boolean"):
        return None if kind == "nil" else inner in ("1", "true")
    try:
        return int(inner) if kind in ("int", "i4", "i8") else float(inner) if kind == "double" else str(inner)
    except (TypeError, ValueError):
        return str(inner)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        members = "".join(f"<member><name>{_escaped(str(name))}</name>{_written(inner)}</member>" for name, inner in value.items())
        return f"<value><struct>{members}</struct></value>"
    if isinstance(value, list):
        return f"<value><array><data>{''.join(map(_written, value))}</data></array></value>"
    if value is None:
        return "<value><nil/></value>"
    kind = "boolean" if isinstance(value, bool) else "int" if isinstance(value, int) else "double" if isinstance(value, float) else "string"
    return f"<value><{kind}>{int(value) if kind == 'boolean' else _escaped(str(value))}</{kind}></value>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _listed(value: Any) -> list[Any]:
    return [] if value is None or value == "" else value if isinstance(value, list) else [value]
