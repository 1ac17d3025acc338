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
_IN_LINE = {int, str}
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
            head = f"{indent}{name}:" if len(name) < 1000 else f"{indent}? {name}\n{indent}:"  # a plain key may have 1,024 characters
            if type(item) is str and "\n" not in item:  # as most are, and each call counts here
                lines.append(f"{head} {_text(item)}")
            elif name == "x-evidence" and isinstance(item, dict) and _is_brief(item):
                counts = [f"{inner}: {count if type(count) is int else _text(count)}" for inner, count in item.items()]
                lines.append(f"{head} {{{', '.join(counts)}}}")
            else:
                _entry(head, item, indent, lines)
        return
    for item in value:
        start = len(lines)
        _entry(f"{indent}-", item, indent, lines)
        if item and isinstance(item, (dict, list)):
            lines[start : start + 2] = [f"{indent}- {lines[start + 1][len(indent) + 2 :]}"]


def _is_brief(item: dict[str, Any]) -> bool:
    return bool(item) and item.keys() <= _COUNTS and {*map(type, item.values())} <= _IN_LINE


def _entry(head: str, item: Any, indent: str, lines: list[str]) -> None:
    """A key or a dash, and its value behind it or in the lines below."""
    if item and isinstance(item, (dict, list)):
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
