"""Counts the values of bodies into nodes. It decodes what can be decoded, however wrong the declared media type is.

Counters take genson's place here on purpose: a schema that was merged no longer knows how often a property was missing, and an
empty `required` that was dropped makes merging depend on the order. From counts, every keyword can be concluded at any time.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl
from zlib import crc32

import msgspec

from agent.spec.schemas.variants import count_shape, kept_name
from agent.spec.secrets.finding import is_secret, told_by
from agent.spec.secrets.redact import mask_name, mask_named, mask_object
from agent.spec.summary import KEYS_MAX, SAMPLE_MAX, Field, Node, Sample, smallest
from agent.spec.values import format_of

DEPTH_MAX = 24
ITEMS_MAX = 100
TEXT_MAX = 64
ABSENT = object()


def decode(body: bytes) -> Any:
    """The JSON value of a body, or ABSENT. NaN, doubled keys, lone surrogates and invalid UTF-8 are tolerated; hopeless nesting is not."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        value = json.loads(body.decode("utf-8-sig", "replace"))
        return value if b"\\u" not in body else json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return ABSENT


def decode_form(body: bytes) -> dict[str, Any]:
    """A URL-encoded form as an object; a repeated name becomes a list."""
    found: dict[str, Any] = {}
    first = b"&".join(body.split(b"&", ITEMS_MAX)[:ITEMS_MAX])  # millions of fields would fill the memory
    for name, value in parse_qsl(first.decode("utf-8", "replace"), keep_blank_values=True):
        found[name] = [*found[name], value] if isinstance(found.get(name), list) else [found[name], value] if name in found else value
    return found


def decode_multipart(body: bytes, media_type: str) -> dict[str, Any]:
    """The parts of a multipart body by name. A file becomes a `Binary`."""
    boundary = re.search(r'boundary="?([^";]+)', media_type)
    marker = b"--" + boundary.group(1).encode() if boundary else body.split(b"\r\n", 1)[0]
    found: dict[str, Any] = {}
    for part in body.split(marker, ITEMS_MAX)[:ITEMS_MAX] if marker else []:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name:
            is_file = b"filename=" in head
            found[name.group(1).decode("utf-8", "replace")] = Binary() if is_file else content.removesuffix(b"\r\n").decode("utf-8", "replace")
    return found


class Binary:
    """Stands for the bytes of an uploaded file."""


def scalar_of(text: str) -> Any:
    """What a text of a URL most likely means: an integer, a number, a boolean or itself."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return {"true": True, "false": False}.get(text, text)


def count(node: Node, value: Any, name: str, depth: int = 0, at: int = 0) -> None:
    """Adds one value to a node, in place. `name` is the property it stands under; a secret name leaves no samples. `at` is the second it was heard in."""
    node.total += 1
    kind = type(value)
    if kind is str:
        _count_text(node, value, name)
    elif kind is dict:
        _count_object(node, mask_object(name, value) if "value" in value or "Value" in value or told_by(name) else value, depth, at)
    elif kind is list:
        _count_array(node, value, name, depth, at)
    elif value is None:
        node.nulls += 1
    elif kind is bool:
        node.booleans += 1
    elif kind is int or kind is float:
        _count_number(node, value, name)
    else:
        node.texts += 1
        node.formats["binary"] = node.formats.get("binary", 0) + 1


def _count_number(node: Node, value: float, name: str) -> None:
    if type(value) is int:
        node.integers += 1
        if not -_SAFE < value < _SAFE:
            value = float(min(max(value, -_HUGE), _HUGE))
    elif value != value or value in (_INFINITY, -_INFINITY):
        node.nulls += 1
        return
    else:
        node.numbers += 1
    low, high = node.low, node.high
    if (low is not None and high is not None and low <= value <= high) or (told_by(name) and is_secret(name, str(value))):
        return
    if low is None or value < low:
        node.low = float(value)
    if high is None or value > high:
        node.high = float(value)


def _count_text(node: Node, text: str, name: str) -> None:
    node.texts += 1
    length = len(text)
    sample = node.sample
    if sample is None:
        sample = node.sample = Sample()
    values = sample.values
    if length <= TEXT_MAX and text in values:  # it was heard here before, and so was its length, and its format where it has one
        values[text] += 1
        if node.formats and (kind := format_of(text)):
            node.formats[kind] += 1
        return
    if node.shortest < 0 or length < node.shortest:
        node.shortest = length
    if length > node.longest:
        node.longest = length
    if kind := format_of(text):
        formats = node.formats
        formats[kind] = formats.get(kind, 0) + 1
    if length > TEXT_MAX:
        sample.is_partial = True
    else:
        admit(sample, text, name, SAMPLE_MAX)


def admit(sample: Sample, text: str, name: str, limit: int) -> None:
    """Adds a new value where its hash is small enough and it is no secret."""
    if sample.cut < _EVERY_HASH or not text.isascii():
        try:
            if crc32(text.encode()) > sample.cut:
                return
        except UnicodeEncodeError:
            sample.is_partial = True
            return
    if (len(text) >= _SHORTEST or not _is_plain(name)) and _is_secret(name, text):
        sample.is_partial = True
        return
    sample.values[text] = 1
    if len(sample.values) >= limit * 2:
        trim(sample, limit)


@lru_cache(maxsize=8192)
def _is_secret(name: str, text: str) -> bool:
    """Whether redaction would change the text. Each is asked for twice: in its body, and among the values of its name. Most texts are seen at once to be none, under a name that means nothing."""
    if _is_plain(name) and (len(text) < _SHORTEST or _HARMLESS.fullmatch(text)):
        return False
    return mask_named(name, text) != text or mask_name(name) != name


@lru_cache(maxsize=4096)
def _is_plain(name: str) -> bool:
    """Whether a name means nothing, and is no secret itself."""
    return not told_by(name) and mask_name(name) == name


def trim(sample: Sample, limit: int) -> None:
    """Cuts a sample down to its limit. Done once more when everything is counted, so that equal contents are equal."""
    if len(sample.values) > limit:
        ranked = sorted([(crc32(text.encode("utf-8", "surrogatepass")), text) for text in sample.values])[:limit]
        sample.values = {text: sample.values[text] for _, text in ranked}
        sample.is_partial = True
        sample.cut = ranked[-1][0]


def _count_array(node: Node, items: list[Any], name: str, depth: int, at: int) -> None:
    node.arrays += 1
    length = len(items)
    if node.fewest < 0 or length < node.fewest:
        node.fewest = length
    if length > node.most:
        node.most = length
    if not items or depth >= DEPTH_MAX:
        return
    inner = node.items
    if inner is None:
        inner = node.items = Node()
    for item in items if length <= ITEMS_MAX else items[:ITEMS_MAX]:
        count(inner, item, name, depth + 1, at)


def _count_object(node: Node, value: Mapping[str, Any], depth: int, at: int) -> None:
    node.objects += 1
    if depth >= DEPTH_MAX:
        return
    properties = node.properties
    known = len(properties)
    for key, item in value.items():
        inner = properties.get(key)
        if inner is None:
            inner = _property(node, key)
            properties = node.properties
            if inner is None:
                continue
        if at > inner.last:  # as `stamp` does it, which would be called for each value
            if not inner.last:
                inner.first = at
            inner.last = at
        elif at and at < inner.first:
            inner.first = at
        if type(item) is str:  # most values are texts, and each call counts here
            inner.total += 1
            _count_text(inner, item, key)
        else:
            count(inner, item, key, depth + 1, at)
    if node.shapes or (node.shapes is None and node.objects > 1 and not len(value) == known == len(properties)):
        count_shape(node, value)


def stamp(seen: Node | Field, at: int) -> None:
    """Widens the time in which something was heard."""
    if at > seen.last:
        seen.last = at
    if at and (not seen.first or at < seen.first):
        seen.first = at


def _property(node: Node, key: str) -> Node | None:
    """The node of a new property, or nothing where an object of very many keys keeps only some of them."""
    name = kept_name(key)
    if name in node.properties:
        return node.properties[name]
    if len(node.properties) >= KEYS_MAX * 2:
        node.properties, node.is_partial = smallest(node.properties, KEYS_MAX), True
    node.properties[name] = inner = Node()
    return inner


_SHORTEST = 12
"""No secret is shorter, under a name that means nothing."""
_HARMLESS = re.compile(r"[^\d:@=]*|\d{4}-\d\d-\d\dT[\d:.]+Z?|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|https?://[\w.-]+(?:/[\w-]{0,15}){0,4}")
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,15})")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,15})\.\d{1,15}")
_EVERY_HASH = 1 << 32
_INFINITY = float("inf")
_SAFE = 1 << 63
_HUGE = 10**300
