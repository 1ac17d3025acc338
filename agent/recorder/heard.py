"""One exchange as a door heard it: values only."""

import hashlib
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Source = Literal["proxy", "import", "agent", "replay"]
RawHeaders = list[tuple[str, str]]


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """The kept beginning of a body as it travelled, with the length and hash of the whole."""

    data: bytes = b""
    length: int = 0
    sha256: bytes | None = None
    is_cut: bool = False


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """Headers are text with one character per byte. `duration_ms` runs from the request's head to the answer's last byte.

    `connect_ms` and `first_byte_ms` run from the same moment to the new connection (None where one was reused) and to the answer's head.

    `messages` are WebSocket messages: direction (`sent` or `received`), milliseconds since the start, whether it is text, bytes.
    """

    endpoint_id: UUID
    user_id: UUID
    method: str
    url: str
    source: Source = "proxy"
    protocol: str = "https"
    request_headers: RawHeaders = []
    request: Body = Body()
    status: int | None = None
    response_headers: RawHeaders = []
    response: Body = Body()
    messages: list[tuple[str, float, bool, bytes]] = []
    error: str | None = None
    started_at: datetime | None = None
    duration_ms: float = 0.0
    connect_ms: float | None = None
    first_byte_ms: float | None = None


def body_of(data: bytes, limit: int) -> Body:
    """A body that is there whole, kept up to `limit`."""
    return Body(data[:limit], len(data), hashlib.sha256(data).digest(), len(data) > limit)
