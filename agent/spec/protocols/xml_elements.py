"""Reads the elements of XML that is sent as data, leniently: without entities of its own, namespaces and attributes."""

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

from agent.spec.schemas import bodies

_DEEPEST = 40
_PART = r"<!--.*?-->|<!\[CDATA\[(?P<data>.*?)\]\]>|<(?P<end>/?)(?:[\w.-]+:)?(?P<name>[\w.-]+)(?P<rest>[^<>]*)>|(?P<text>[^<]+)"
_NIL = r"""\bnil\s*=\s*["'](?:true|1)["']"""


def read(text: str, leaf: Callable[[str], Any] = bodies.scalar_of) -> Any:
    """The elements of a document as objects, repeated ones as lists, texts by `leaf` as the values that they spell. None where it nests too deep."""
    stack: list[tuple[dict[str, Any], list[str]]] = [({}, [])]
    names: list[str] = []
    for part in re.finditer(_PART, text, re.DOTALL):
        if part["text"] is not None or part["data"] is not None:
            stack[-1][1].append(_unescaped(part["text"]) if part["data"] is None else part["data"])
        elif part["name"] and part["end"]:
            if len(stack) > 1 and part["name"] == names[-1]:
                inner, texts = stack.pop()
                _put(stack[-1][0], names.pop(), inner or leaf("".join(texts).strip()))
        elif part["name"] and part["rest"].endswith("/"):
            _put(stack[-1][0], part["name"], None if re.search(_NIL, part["rest"]) else "")
        elif part["name"]:
            if len(stack) > _DEEPEST:
                return None
            stack.append(({}, []))
            names.append(part["name"])
    return stack[0][0]


def _unescaped(text: str) -> str:
    """What stands for characters as these. The names of all of them are loaded where the first is met."""
    return import_module("html").unescape(text) if "&" in text else text


def _put(into: dict[str, Any], name: str, value: Any) -> None:
    if name not in into:
        into[name] = value
    elif isinstance(into[name], list):
        into[name].append(value)
    else:
        into[name] = [into[name], value]
