"""Reads YAML of strangers: plain values only, dates as text, and nothing nested deeper than the C parser can go down without breaking the process."""

import re
from itertools import accumulate
from typing import Any

import yaml

MOST_DEPTH = 500


class TooDeep(ValueError):
    """The text is nested deeper than any document is."""


def load(text: bytes) -> Any:
    """The value of a YAML text. Raises yaml.YAMLError, and TooDeep where the parser would go down without end."""
    if _depth(text) > MOST_DEPTH:
        raise TooDeep("it is nested too deeply")
    return yaml.load(text, _Loader)  # noqa: S506 the loader builds plain values only


class _Loader(yaml.CSafeLoader):
    """Dates stay text, as JSON would have them."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _depth(text: bytes) -> int:
    """At least as deep as the value is: by brackets, by indentation, or by dashes on one line. Brackets in texts count too, and mostly close again."""
    brackets = text.translate(None, _ALL_BUT_BRACKETS)
    by_brackets = max(accumulate(1 if bracket in b"[{" else -1 for bracket in brackets), default=0) if len(brackets) > MOST_DEPTH else 0
    by_lines = max((len(start) for start in _LINE_STARTS.findall(text)), default=0)
    return max(by_brackets, by_lines // 2)


_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_LINE_STARTS = re.compile(rb"^[ ?:-]{%d,}" % (2 * MOST_DEPTH), re.MULTILINE)
