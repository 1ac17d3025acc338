"""Writes JSON values as block-style YAML 1.1/1.2 that any parser reads back unchanged.

Ours, since a document of a large API takes the usual library seconds, and this tens of milliseconds. It writes no anchors, no tags and no comments.
"""

import json
import math
import re
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any


def dump(value: Any) -> str:
    """The YAML text of a value made of dicts with text keys, lists, texts, numbers, booleans and None."""
    lines: list[str] = []
    if not isinstance(value, dict | list) or not value:
        return _scalar(value, "  ") + "\n"
    _block(value, "", lines)
    return "\n".join(lines) + "\n"


_COUNTS = {"count", "total", "nulls", "firstSeen", "lastSeen"}
"""In one line: on every property they would make a document three times as long."""
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/]*(?:[ .,()+-]+[A-Za-z0-9_/{}]+|[{}]+[A-Za-z0-9_/{}]*)*[.)]?")
_RESERVED = re.compile(r"(?:y|n|yes|no|on|off|true|false|null|nan|inf)\.?", re.IGNORECASE)
_NOT_PRINTABLE = "[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
_LITERAL = (
    r"(?!\s)[^\t\r\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]*[^\s\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""Both are for few texts: most runs need not compile them."""


def _block(value: Any, indent: str, lines: list[str]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            name = _text(str(key))
            _entry(f"{indent}{name}:" if len(name) < 1000 else f"{indent}? {name}\n{indent}:", item, indent, lines)  # a plain key may have 1,024 characters
        return
    for item in value:
        start = len(lines)
        _entry(f"{indent}-", item, indent, lines)
        if item and isinstance(item, (dict, list)):
            lines[start : start + 2] = [f"{indent}- {lines[start + 1][len(indent) + 2 :]}"]


def _entry(head: str, item: Any, indent: str, lines: list[str]) -> None:
    """A key or a dash, and its value behind it or in the lines below. Texts come first, since most values are."""
    if type(item) is str:
        lines.append(f"{head} {_scalar(item, indent + '  ')}")
    elif (
        isinstance(item, dict)
        and item
        and head.endswith("x-evidence:")
        and item.keys() <= _COUNTS
        and all(type(value) in (int, str) for value in item.values())
    ):
        lines.append(f"{head} {{{', '.join([f'{name}: {_scalar(value, indent)}' for name, value in item.items()])}}}")
    elif item and isinstance(item, (dict, list)):
        lines.append(head)
        _block(item, indent + "  ", lines)
    else:
        lines.append(f"{head} {_scalar(item, indent + '  ')}")


def _scalar(value: Any, indent: str) -> str:
    if isinstance(value, str):
        if "\n" in value and re.fullmatch(_LITERAL, value):
            return "|-\n" + "\n".join(indent + line if line else "" for line in value.split("\n"))
        return _text(value)
    if type(value) is int:
        return str(value)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = repr(value)
        return text.replace("e", ".0e") if "e" in text and "." not in text else text
    return json.dumps(value)


@lru_cache(maxsize=4096)
def _text(value: str) -> str:
    """Plain where nothing could mistake it, else in double quotes. Most texts of a document come many times."""
    if len(value) < 400 and _PLAIN.fullmatch(value) and not _RESERVED.fullmatch(value):
        return value
    quoted = encode_basestring(value)
    return quoted if quoted.isprintable() else re.sub(_NOT_PRINTABLE, lambda match: f"\\u{ord(match.group()):04x}", quoted)
