"""What is remembered of many exchanges: counts, and samples of a bounded size. It has no schemas and no templates: those are concluded.

The accumulators here are filled by `observe` and never changed afterwards; `merge` shares the parts that only one side has.
A sample keeps the values with the smallest hashes. A value among the smallest of all is among the smallest of each part, so its count is
exact and the order of merging does not matter. Credentials are kept as hashes only.
"""

from collections.abc import Mapping
from typing import TypeVar
from zlib import crc32

import msgspec

T = TypeVar("T")

ROUTES_MAX = 6000
KEYS_MAX = 200
SAMPLE_MAX = 24
FIELD_SAMPLE_MAX = 400
FIELDS_MAX = 800
IDS_MAX = 4
NAMES_MAX = 200


class Sample(msgspec.Struct, omit_defaults=True):
    """Some values and how often each came. `is_partial` where others were left out; `cut` is then the largest hash that is kept."""

    values: dict[str, int] = {}
    is_partial: bool = False
    cut: int = 1 << 32


class Seen(msgspec.Struct, omit_defaults=True):
    """How often, first and last when, and some ids."""

    count: int = 0
    first: float = 0.0
    last: float = 0.0
    ids: dict[str, int] = {}


class Node(msgspec.Struct, omit_defaults=True):
    """The values that stood at one place of a body, counted by type. `objects - properties[k].total` objects lacked `k`.

    `first` and `last` say, of a property, in which second it was heard; 0 where nobody knows.
    """

    total: int = 0
    nulls: int = 0
    booleans: int = 0
    integers: int = 0
    numbers: int = 0
    texts: int = 0
    arrays: int = 0
    objects: int = 0
    low: float | None = None
    high: float | None = None
    shortest: int = -1
    longest: int = -1
    formats: dict[str, int] = {}
    sample: Sample | None = None
    properties: dict[str, "Node"] = {}
    is_partial: bool = False
    items: "Node | None" = None
    fewest: int = -1
    most: int = -1
    first: int = 0
    last: int = 0
    shapes: dict[str, dict[str, dict[str, int]]] | None = None
    """None while all objects have the same keys; see `variants`."""


class Field(msgspec.Struct, omit_defaults=True):
    """One query parameter, header or cookie: all calls with it, those answered well, and those refused for want of credentials."""

    total: int = 0
    granted: int = 0
    denied: int = 0
    node: Node | None = None
    first: int = 0
    last: int = 0
    hashes: Sample | None = None
    """Of the raw values: tells constants from varying ones without keeping any."""
    lengths: Sample | None = None
    """Of the raw values, with `random` behind those that look generated."""


class Content(msgspec.Struct, omit_defaults=True):
    total: int = 0
    parsed: int = 0
    node: Node | None = None
    wire: dict[str, dict[str, int]] = {}
    """Of messages of Protocol Buffers, how their fields are written; see `protocols.protobuf`."""


class Outcome(msgspec.Struct, omit_defaults=True):
    """The responses of one status."""

    seen: Seen
    empty: int = 0
    contents: dict[str, Content] = {}
    headers: dict[str, Node] = {}


class Named(msgspec.Struct, omit_defaults=True):
    """One GraphQL operation, SOAP action, JSON-RPC or XML-RPC method: what was sent and what came back."""

    total: int = 0
    sent: Node | None = None
    received: Node | None = None
    documents: Sample | None = None


class Message(msgspec.Struct, omit_defaults=True):
    total: int = 0
    node: Node | None = None


class Route(msgspec.Struct, omit_defaults=True):
    """One method on one path, in which only evident ids were folded."""

    origin: str
    method: str
    path: str
    seen: Seen
    slots: dict[str, Sample] = {}
    """By position, values of the folded ids."""
    kinds: dict[str, int] = {}
    flags: dict[str, int] = {}
    """How many calls were preflights (`preflight`) or pages (`page`), carried a JWT (`jwt`), or ended in a slash (`slash`)."""
    outcomes: dict[str, Outcome] = {}
    fields: dict[str, Field] = {}
    """By `query:name`, `header:name`, `cookie:name` or `scheme:bearer`."""
    requests: dict[str, Content] = {}
    bodiless: int = 0
    echoes: dict[str, int] = {}
    """By `position key`: responses that repeat the segment under that key."""
    rests: dict[str, int] = {}
    """By `position key`, too: responses that repeat all that follows, of several segments."""
    answered: int = 0
    """Successful responses with a JSON body, in which an echo could have been."""
    named: dict[str, Named] = {}
    messages: dict[str, Message] = {}


class Summary(msgspec.Struct, omit_defaults=True):
    """Everything that is remembered. Equal sets of exchanges give equal bytes, in whatever order and grouping they came."""

    routes: dict[str, Route] = {}
    is_partial: bool = False
    values: dict[str, Sample] = {}
    """By the name of a field of a response: its name-like texts, to know ids again in paths."""
    cors: dict[str, dict[str, Sample]] = {}
    """By origin: access-control headers and their values."""
    seen: Seen = msgspec.field(default_factory=Seen)


EMPTY = Summary()


def dump(summary: Summary) -> bytes:
    """The summary as canonical bytes."""
    return _encoder.encode(summary)


def load(data: bytes) -> Summary:
    """The summary of `dump`. Raises msgspec.DecodeError or msgspec.ValidationError where the bytes are none."""
    return _decoder.decode(data) if data else EMPTY


def rank(text: str) -> int:
    """The hash that decides which values a sample keeps."""
    return crc32(text.encode("utf-8", "surrogatepass"))


def smallest(values: Mapping[str, T], limit: int) -> dict[str, T]:
    """The entries with the `limit` smallest hashes."""
    if len(values) <= limit:
        return dict(values)
    return {key: values[key] for key in sorted(values, key=lambda key: (rank(key), key))[:limit]}


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(Summary)
