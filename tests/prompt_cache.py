"""What a provider's prompt cache would hold: the counts that its usage reports, worked out from the requests it was sent.

Bytes count, so the order of an object's keys does too. A token is four bytes here. Neither cache forgets anything within a test.
Anthropic's: a prefix is kept where a request marks its end, at most four of them; each mark looks for one up to 20 blocks back; short ones are not kept.
OpenAI's: what a request has in common with an earlier one of the same key, from 1,024 tokens on in steps of 128.
"""

import json
from typing import Any, NamedTuple

SHORTEST, STEP, LOOK_BACK, MOST_MARKS, BYTES_A_TOKEN = 1024, 128, 20, 4, 4


class Counts(NamedTuple):
    """Tokens of one request: all of it, and of these what was found in the cache and what was written to it."""

    input: int
    cache_read: int
    cache_write: int = 0


class Anthropic:
    """The cache of one account with one model. Raises AssertionError for a request with too many marks, which the API refuses."""

    def __init__(self) -> None:
        self._kept: set[bytes] = set()

    def counts(self, body: dict[str, Any]) -> Counts:
        blocks = _blocks(body)
        ends, prefix = list[bytes](), b""
        for block in blocks:
            prefix += _bytes({name: value for name, value in block.items() if name != "cache_control"})
            ends.append(prefix)
        marks = [place for place, block in enumerate(blocks) if "cache_control" in block]
        assert len(marks) <= MOST_MARKS, "A maximum of 4 blocks with cache_control may be provided."
        near = {place for mark in marks for place in range(max(0, mark - LOOK_BACK + 1), mark + 1)}
        read = max((_tokens(ends[place]) for place in near if ends[place] in self._kept), default=0)
        written = max((_tokens(ends[mark]) for mark in marks if _tokens(ends[mark]) >= SHORTEST), default=0)
        self._kept |= {ends[mark] for mark in marks if _tokens(ends[mark]) >= SHORTEST}
        return Counts(_tokens(prefix), read, max(0, written - read))


class OpenAI:
    """The cache of one account with one model, for both of its APIs."""

    def __init__(self) -> None:
        self._seen: dict[str, list[bytes]] = {}

    def counts(self, body: dict[str, Any]) -> Counts:
        asked = b"".join(map(_bytes, [body.get("tools"), body.get("instructions"), *(body.get("input") or body["messages"])]))
        before = self._seen.setdefault(body.get("prompt_cache_key", ""), [])
        same = max((_tokens(asked[: _common(asked, other)]) for other in before), default=0)
        before.append(asked)
        return Counts(_tokens(asked), same // STEP * STEP if same >= SHORTEST else 0)


def _blocks(body: dict[str, Any]) -> list[dict[str, Any]]:
    """In the order of the cache: tools, instructions, messages."""
    said = [{"role": message["role"], **block} for message in body["messages"] for block in message["content"]]
    return [*body.get("tools", []), *body.get("system", []), *said]


def _common(one: bytes, other: bytes) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _tokens(text: bytes) -> int:
    return len(text) // BYTES_A_TOKEN
