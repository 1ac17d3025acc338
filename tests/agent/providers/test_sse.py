"""Server-sent events out of bytes."""

from collections.abc import AsyncIterator

import pytest

from agent.providers import sse

STREAM = ': comment\r\nevent: first\r\ndata: {"a":\r\ndata: "é\u2028😀"}\r\n\r\n data: spaced\n\nevent: nothing\n\ndata: last'.encode()


async def _read(data: bytes, size: int) -> list[sse.Event]:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]

    return [event async for event in sse.events(chunks())]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_reads_the_same_however_the_bytes_are_cut(size: int) -> None:
    """Names, several data lines, blanks before a field, an event without data and a last one without its empty line."""
    assert await _read(STREAM, size) == [sse.Event("first", '{"a":\n"é\u2028😀"}'), sse.Event("", "spaced"), sse.Event("", "last")]


@pytest.mark.parametrize("data", [b"data: " + b"x" * 100, b"data: x\n" * 20])
async def test_refuses_an_event_without_end(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server cannot fill the memory, neither with one line nor with many."""
    monkeypatch.setattr(sse, "MAX_EVENT", 50)
    with pytest.raises(sse.TooLarge):
        await _read(data, 10)
