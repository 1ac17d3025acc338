"""Ids that are known before the insert: UUID version 7 (RFC 9562), strictly increasing within a process.

48 bits of milliseconds, then a counter of 42 bits in `rand_a` and the head of `rand_b` that starts at a random
place each millisecond, then 32 random bits. A clock that steps back does not make ids step back.
"""

import secrets
import threading
import time
from datetime import datetime
from uuid import UUID

_COUNTER_BITS = 42
_TAIL_BITS = 32
_lock = threading.Lock()
_last_ms = 0
_counter = 0


def uuid7() -> UUID:
    """A new id, greater than every id this process has made before."""
    with _lock:
        ms, counter = _tick()
    rand_a, rand_b_head = counter >> 30, counter & ((1 << 30) - 1)
    value = (ms & ((1 << 48) - 1)) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b_head << _TAIL_BITS | secrets.randbits(_TAIL_BITS)
    return UUID(int=value)


def milliseconds_of(id: UUID) -> int:
    """When a version 7 id was made, in milliseconds since the epoch. Raises ValueError for another version."""
    if id.version != 7:
        raise ValueError(f"`{id}` is no UUID of version 7")
    return id.int >> 80


def earliest(moment: datetime) -> UUID:
    """The smallest id that can have been made then."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62)


def _tick() -> tuple[int, int]:
    global _last_ms, _counter
    now = time.time_ns() // 1_000_000
    if now > _last_ms:
        _last_ms, _counter = now, secrets.randbits(_COUNTER_BITS - 1)  # the top bit stays free for counting up
    else:
        _counter += 1
        if _counter >> _COUNTER_BITS:
            _last_ms, _counter = _last_ms + 1, secrets.randbits(_COUNTER_BITS - 1)
    return _last_ms, _counter
