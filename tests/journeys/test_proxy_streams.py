"""Long bodies and event streams through the proxy, recording: the memory stays flat and an event does not wait."""

import os
from asyncio.subprocess import Process
from collections.abc import AsyncIterator

import pytest

from tests.bench import streams

Server = tuple[Process, int]
_MEGABYTES, _MOST_MB = 64, 48


@pytest.fixture
async def server(database_url: str) -> AsyncIterator[Server]:
    async with streams.serving({**os.environ, "WIRETALK_SECRET_KEY": "a long enough secret for tests"}) as made:
        yield made


async def test_the_memory_does_not_grow_with_the_body(server: Server) -> None:
    """Down and up, most of it beyond what is kept: less than the body's own size by far would be needed to hold it."""
    assert (await streams.download(*server, _MEGABYTES)).most < _MOST_MB
    assert (await streams.upload(*server, _MEGABYTES)).most < _MOST_MB


async def test_events_are_passed_on_one_by_one(server: Server) -> None:
    """A hundred events, twenty milliseconds apart: none waits for another, with room for a busy machine."""
    assert await streams.events(server[1]) < 1000
