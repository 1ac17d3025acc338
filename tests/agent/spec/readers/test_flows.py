"""mitmproxy flow files."""

from pathlib import Path
from typing import Any

import pytest

from agent.spec.readers import flows
from agent.spec.readers.reading import Unreadable


def tnet(value: Any) -> bytes:
    match value:
        case bool():
            body, tag = str(value).lower().encode(), b"!"
        case None:
            body, tag = b"", b"~"
        case int():
            body, tag = str(value).encode(), b"#"
        case float():
            body, tag = str(value).encode(), b"^"
        case bytes():
            body, tag = value, b","
        case str():
            body, tag = value.encode(), b";"
        case list():
            body, tag = b"".join(map(tnet, value)), b"]"
        case _:
            body, tag = b"".join(tnet(item) for pair in value.items() for item in pair), b"}"
    return str(len(body)).encode() + b":" + body + tag


REQUEST = {
    "method": b"POST",
    "scheme": b"https",
    "host": "10.0.0.1",
    "port": 8443,
    "path": b"/a?b=1",
    "authority": b"",
    "headers": [[b"Host", b"x.test:8443"]],
    "content": b"{}",
    "timestamp_start": 100.0,
}
RESPONSE = {"status_code": 201, "headers": [[b"Content-Encoding", b"unheard-of"]], "content": b"??", "timestamp_end": 100.25}
FLOW = {"type": "http", "version": 20, "request": REQUEST, "response": RESPONSE, "websocket": None, "error": None}


def test_a_flow_becomes_an_exchange() -> None:
    """The host header names the upstream; a body whose encoding is unknown is marked as cut."""
    (found,) = list(flows.read(tnet(FLOW)))
    assert (found.method, found.url, found.status, found.duration_ms) == ("POST", "https://x.test:8443/a?b=1", 201, 250.0)
    assert found.request_body == b"{}" and found.response_body == b"" and found.response_truncated


def test_websocket_messages_and_errors_are_kept() -> None:
    """Text and binary messages in both directions."""
    socket = {"messages": [[1, True, b"hi", 101.0, False], [2, False, b"\0", 102.0, False], [9, True, b"", 1.0, False]]}
    (found,) = list(flows.read(tnet(FLOW | {"websocket": socket, "error": {"msg": "gone", "timestamp": 1.0}, "response": None})))
    assert [(frame.direction, frame.data, frame.at, frame.is_text) for frame in found.frames] == [
        ("sent", b"hi", 1000.0, True),
        ("received", b"\0", 2000.0, False),
    ]
    assert (found.protocol, found.status, found.error) == ("wss", None, "gone")


def test_other_flows_and_a_cut_end_are_reported() -> None:
    """What was whole is given."""
    reading = flows.read(tnet({"type": "tcp"}) + tnet(FLOW) + tnet(FLOW)[:-20])
    assert len(list(reading)) == 1
    assert reading.skipped == ("Flow 1 was left out: it is no HTTP flow.", "The file ends early after flow 2: the file is cut off.")


@pytest.mark.parametrize("data", [b"12", b"x:1", b"5:ab", b"3:abc?", b"9999999999999:", b"4:1:x,}", b"1:x#"])
def test_what_is_no_flow_file_is_refused(data: bytes) -> None:
    """With one sentence, never with a traceback."""
    with pytest.raises(Unreadable, match="no mitmproxy flow file"):
        list(flows.read(data))


def test_deep_nesting_is_refused() -> None:
    """Before Python's own limit is met."""
    value: Any = "x"
    for _ in range(200):
        value = [value]
    with pytest.raises(Unreadable, match="nested too deeply"):
        list(flows.read(tnet(value)))


def test_a_real_file_is_read(shared_dir: Path) -> None:
    """Written by mitmproxy itself."""
    with (shared_dir / "bench/discovery/real/m2s_test.flows").open("rb") as stream:
        found = list(flows.read(stream))
    assert [exchange.method for exchange in found] == ["GET", "POST", "PATCH", "GET"] and all(b"httpbin" in exchange.response_body for exchange in found)
