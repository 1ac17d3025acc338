"""What an endpoint does not take: refused with a code, recorded with its reason, once."""

from typing import Any

import msgspec
import pytest

from agent.errors import Problem
from web.proxy.rates import Rates


async def test_a_refused_request_is_recorded(recorded: Any, upstream: Any) -> None:
    """Method and rate: the client gets the code, the owner a record without an answer, the upstream nothing."""
    recorded.set(allowed_methods=frozenset({"GET"}), rate_limit=1)
    refused = await recorded.get("/v1/items", method="DELETE", headers="Cookie: wiretalk_session=secret\r\nX-A: 1\r\n")
    assert b"405" in refused[:20] and b"x-wiretalk-error: method_not_allowed" in refused and b"access-control-allow-origin: *" in refused
    await recorded.get("/v1/items")
    limited = await recorded.get("/v1/items")
    assert b"429" in limited[:20] and b"x-wiretalk-error: rate_limited" in limited and b"retry-after: " in limited
    rows = await recorded.calls(3)
    assert [(row["method"], row["response_status"]) for row in rows] == [("DELETE", None), ("GET", 200), ("GET", None)]
    assert "does not forward DELETE" in rows[0]["error"] and "requests a minute" in rows[2]["error"]
    assert len(upstream.heads) == 1


@pytest.mark.parametrize(("status", "answered", "kept"), [("REVIEW", b"200", 0), ("INACTIVE", b"409", 0), ("ACTIVE", b"200", 1)])
async def test_pausing_and_stopping(recorded: Any, status: str, answered: bytes, kept: int) -> None:
    """Paused: forwards, records nothing. Stopped: 409, records nothing."""
    recorded.set(status=status)
    assert answered in (await recorded.get("/v1/items"))[:20]
    recorded.set(status="ACTIVE")
    await recorded.get("/v1/last")
    assert len(await recorded.calls(kept + 1)) == kept + 1


async def test_a_page_may_read_that_an_endpoint_is_stopped(recorded: Any) -> None:
    """A browser's preflight is granted, so that the request it asks for is sent and refused in words; OPTIONS without that is refused itself."""
    recorded.set(status="INACTIVE")
    asked = "Origin: https://a.example\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: authorization\r\n"
    granted = await recorded.get("/v1/items", method="OPTIONS", headers=asked)
    assert b"204" in granted[:20] and b"access-control-allow-methods: PUT" in granted and b"access-control-allow-headers: authorization" in granted
    assert b"409" in (await recorded.get("/v1/items", method="OPTIONS"))[:20]
    assert b"409" in (await recorded.get("/v1/items", method="PUT"))[:20]


async def test_the_rate_holds_for_all_processes(recorded: Any, upstream: Any) -> None:
    """Two front doors on one database share the minute; a refusal says how long to wait."""
    doors, passed = (Rates(), Rates()), 0
    route = msgspec.structs.replace(recorded.route, rate_limit=7)
    for number in range(20):
        try:
            await doors[number % 2].count(route)
            passed += 1
        except Problem as problem:
            assert problem.code == "rate_limited"
            assert 1 <= problem.extra["retry_after"] <= 61
    assert passed in (7, 14)  # 14 where the minute turned in between
