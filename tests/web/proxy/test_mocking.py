"""Answers from captures while the upstream is down."""

from typing import Any

import asyncpg

from tests.live import free_port

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a=1\r\nX-Shop: yes\r\nContent-Length: 8\r\n\r\n{"id":7}'


async def test_a_captured_answer_stands_in(recorded: Any, upstream: Any, database: asyncpg.Pool) -> None:
    """The same address, else one that differs only in an id; marked as a mock, and the failure is recorded too."""
    upstream.answer = OK
    await recorded.get("/v1/items/7")
    (call,) = await recorded.calls()
    recorded.set(destination=f"http://127.0.0.1:{free_port()}", mock_when_down=True)
    for path in ("/v1/items/7", "/v1/items/8"):
        answer = await recorded.get(path)
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b'{"id":7}')
        assert f"x-wiretalk-mock: {call['id']}".encode() in answer
        assert b"X-Shop: yes" in answer and b"set-cookie" not in answer.lower()
    failed = await recorded.calls(3)
    assert [row["response_status"] for row in failed] == [200, None, None]
    assert all(row["error"] for row in failed[1:])


async def test_without_a_capture_the_502_stays(recorded: Any) -> None:
    """Also for another method, and where the owner did not ask for mocks."""
    recorded.set(destination=f"http://127.0.0.1:{free_port()}", mock_when_down=True)
    assert (await recorded.get("/v1/items")).startswith(b"HTTP/1.1 502")
    recorded.set(mock_when_down=False)
    assert b"x-wiretalk-error: upstream_unreachable" in await recorded.get("/v1/items")


async def test_an_answer_of_the_upstream_is_never_replaced(recorded: Any, upstream: Any) -> None:
    """A 500 is the upstream's own word."""
    upstream.answer = OK
    await recorded.get("/v1/items/7")
    await recorded.calls()
    upstream.answer = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
    recorded.set(mock_when_down=True)
    assert (await recorded.get("/v1/items/7")).startswith(b"HTTP/1.1 500")
