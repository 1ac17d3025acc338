"""HAR files as browsers, proxies and accidents write them."""

import base64
import gzip
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard

from agent.spec.model import Exchange
from agent.spec.readers import har
from agent.spec.readers.reading import Unreadable

REAL = {
    "mitmproxy_charles": 1,
    "mitmproxy_chrome": 3,
    "mitmproxy_event_stream": 2,
    "mitmproxy_firefox": 14,
    "mitmproxy_insomnia": 1,
    "mitmproxy_safari": 19,
    "mitmproxy_websocket": 3,
    "mitmproxy_with-bom": 1,
    "optic_petstore": 9,
}


def entry(**changes: Any) -> dict[str, Any]:
    request = {"method": "get", "url": "https://x.test/a?b=1", "headers": [{"name": ":authority", "value": "x.test"}, {"name": "Accept", "value": "*/*"}]}
    response = {"status": 200, "headers": [], "content": {"mimeType": "application/json", "text": '{"a": 1}', "size": 8}}
    return {"startedDateTime": "2025-01-31T12:00:00.500Z", "time": 12.5, "request": request, "response": response} | changes


def file(*entries: Any, **log: Any) -> bytes:
    return json.dumps({"log": {"version": "1.2", "pages": [{"title": 'a "entries": [ b'}], "entries": list(entries)} | log}).encode()


def one(*entries: Any) -> Exchange:
    return next(iter(har.read(file(*entries))))


def test_an_entry_becomes_an_exchange() -> None:
    """Pseudo-headers go, the media type is kept as a header, times are seconds and milliseconds."""
    found = one(entry())
    assert (found.method, found.url, found.status, found.response_body) == ("GET", "https://x.test/a?b=1", 200, b'{"a": 1}')
    assert found.request_headers == (("Accept", "*/*"),) and found.response_headers == (("content-type", "application/json"),)
    assert (found.started_at, found.duration_ms, found.protocol) == (1738324800.5, 12.5, "https")


def test_the_id_comes_from_the_content_not_from_the_place() -> None:
    """So that the order of entries changes nothing."""
    first, second = entry(), entry(startedDateTime="2025-02-01T00:00:00Z")
    assert {found.id for found in har.read(file(first, second))} == {found.id for found in har.read(file(second, first))}


def test_bodies_in_base64_and_forms_kept_as_parameters() -> None:
    """Also where a writer left the gzip on."""
    zipped = base64.b64encode(gzip.compress(b"plain")).decode()
    response = {"status": 200, "headers": [{"name": "Content-Encoding", "value": "gzip"}], "content": {"text": zipped, "encoding": "base64"}}
    request = {
        "method": "POST",
        "url": "https://x.test/",
        "postData": {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a b", "value": "1&2"}, {"name": "c", "value": "%20"}]},
    }
    found = one(entry(request=request, response=response))
    assert found.response_body == b"plain" and found.request_body == b"a b=1%262&c=%20"
    request["postData"] = {
        "mimeType": "multipart/form-data; boundary=X",
        "params": [{"name": "f", "fileName": "a.txt", "contentType": "text/plain", "value": "hi"}],
    }
    assert (
        one(entry(request=request)).request_body
        == b'--X\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhi\r\n--X--\r\n'
    )


def test_websocket_messages_are_frames() -> None:
    """Text and binary, with the time since the opening."""
    messages = [
        {"type": "send", "time": 1738324801.5, "opcode": 1, "data": "hi"},
        {"type": "receive", "time": 1738324802.5, "opcode": 2, "data": "AAE="},
        {"type": "send", "opcode": 9, "data": ""},
    ]
    found = one(entry(_webSocketMessages=messages))
    assert [(frame.direction, frame.data, frame.at, frame.is_text) for frame in found.frames] == [
        ("sent", b"hi", 1000.0, True),
        ("received", b"\0\1", 2000.0, False),
    ]
    assert found.protocol == "wss"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        gzip.compress,
        lambda data: gzip.compress(b"\xef\xbb\xbf" + data),
        lambda data: b"\n  " + data,
        lambda data: json.dumps(json.loads(data)["log"]).encode(),
    ],
)
def test_wrappings_make_no_difference(wrap: Any) -> None:
    """A byte order mark, gzip, white space, a missing `log`."""
    assert len(list(har.read(wrap(file(entry(), entry()))))) == 2


def test_what_breaks_off_is_kept_up_to_there() -> None:
    """And the reason is reported."""
    data = file(entry(), entry(), entry())
    for end in (len(data) - 1, len(data) - 150, len(data) - 600):
        reading = har.read(data[:end])
        found = list(reading)
        assert 1 <= len(found) <= 3 and (reading.skipped == () or "ends early" in reading.skipped[0])
    zipped = gzip.compress(file(*[entry(time=number) for number in range(3000)]), compresslevel=1)
    reading = har.read(zipped[: len(zipped) // 2])
    assert 100 < len(list(reading)) < 3000 and "cut off" in reading.skipped[-1]


@pytest.mark.parametrize("indent", [None, 2])
def test_many_entries_at_once_are_what_they_are_one_by_one(indent: int | None) -> None:
    """Whatever key begins an entry, and also where one among them can only be read slowly."""
    entries = [entry(time=number) if number % 7 else {"_id": number, **entry(time=number)} for number in range(2000)]
    data = json.dumps({"log": {"entries": entries}}, indent=indent).encode()
    slow = data.replace(b'"time": 777,', b'"time": NaN,').replace(b'"time": 778,', b'"time": 778, "x": "a\\ud800",')
    assert list(har.read(data)) == [one(item) for item in entries]
    assert [found.duration_ms for found in har.read(slow)] == [0.0 if number == 777 else number for number in range(2000)]


def test_broken_entries_are_left_out_with_a_reason() -> None:
    """Each by its number; the others are read."""
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    data = b'{"log":{"entries":[' + b",".join([json.dumps(entry()).encode(), b"3", b"{}", deep, json.dumps(entry()).encode()]) + b"]}}"
    reading = har.read(data)
    assert len(list(reading)) == 2
    assert reading.skipped == (
        "Entry 2 was left out: it is no object.",
        "Entry 3 was left out: it has no absolute URL.",
        "Entry 4 was left out: nested too deeply.",
    )


def _answered(text: bytes, encoding: str, packing: str = "") -> dict[str, Any]:
    headers = [{"name": "Content-Encoding", "value": packing}] if packing else []
    return entry(response={"status": "200", "headers": headers, "content": {"text": text.decode(), "encoding": encoding, "size": 9}})


@pytest.mark.parametrize(
    "odd",
    [
        _answered(base64.b64encode(brotli.compress(b'{"id":1}')), "base64", "br"),
        _answered(base64.b64encode(zstandard.compress(b'{"id":1}')), "base64", "zstd"),
        _answered(base64.b64encode(b'{"id":1}').rstrip(b"="), "Base64"),
        _answered(b'{"id":1}', "base64", "br"),
        _answered(b'{"id":1}', "utf-8", "br"),
    ],
)
def test_bodies_are_plain_whatever_their_writer_forgot(odd: dict[str, Any]) -> None:
    """To undo an encoding, to pad, or to say so rightly; and a status that is a text is one."""
    assert (one(odd).response_body, one(odd).status) == (b'{"id":1}', 200)


def test_a_query_that_stands_beside_its_url_is_part_of_it() -> None:
    """As some writers have it; never twice. A list of entries without a log is read as one."""
    listed = [{"name": "q", "value": "a b"}, {"name": "p", "value": "1"}]
    entries = [entry(request={"method": "GET", "url": url, "queryString": listed}) for url in ("https://x.test/a", "https://x.test/a?q=1")]
    for data in (file(*entries), json.dumps(entries).encode(), file(*entries * 50)):
        assert {found.url for found in har.read(data)} == {"https://x.test/a?q=a+b&p=1", "https://x.test/a?q=1"}


def test_odd_values_do_no_harm() -> None:
    """NaN, infinite and negative times, duplicate keys, invalid UTF-8, wrong types everywhere."""
    data = b'{"log":{"entries":[{"time":NaN,"time":-1e999,"request":{"method":null,"url":"https://x.test/\xff","headers":{"A":1},"postData":[]},"response":{"status":"x","content":7,"headers":[1,{}]},"_webSocketMessages":{}}]}}'
    (found,) = list(har.read(data))
    assert (found.method, found.status, found.url, found.duration_ms, found.request_headers) == ("GET", None, "https://x.test/\ufffd", 0.0, (("A", "1"),))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b" \n", "The file is empty."),
        (b"hello", "This is no HAR file: it does not begin with a JSON object."),
        (b"3", "This is no HAR file: it does not begin with a JSON object."),
        (b"{}", "This is no HAR file: it has no `log.entries`."),
        (b'{"log": {"entries": 5}}', "This is no HAR file: it has no `log.entries`."),
        (b'{"log": {nope}}', "This is no HAR file: it has no `log.entries`."),
        (b'{"log": {"version": "1.', "The file breaks off before its first entry is whole: the file is cut off."),
        (b'{"log": {"entries": [{"request": ', "The file breaks off before its first entry is whole: the file is cut off."),
        (b'{"log": {"entries": [{nope}]}}', "The file breaks off before its first entry is whole: invalid JSON"),
        ("{}".encode("utf-16"), "This is no HAR file: it has no `log.entries`."),
    ],
)
def test_what_is_no_har_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    """At the latest with the first exchange."""
    with pytest.raises(Unreadable, match=sentence.replace(".", r"\.").replace("(", r"\(")):
        list(har.read(data))


def test_memory_is_bounded_by_the_largest_entry() -> None:
    """A file of 40 MB is read in a few, also with one deep and one broken part."""

    class Endless(io.RawIOBase):
        parts = iter(
            [
                b'{"log":{"pages":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b',"entries":[',
                *[json.dumps(entry(comment="x" * 20_000)).encode() + b","] * 2000,
                b"]}}",
            ]
        )

        def read(self, size: int = -1) -> bytes:
            return next(self.parts, b"")

    tracemalloc.start()
    count = sum(1 for _ in har.read(Endless()))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2000 and peak < 24 << 20


@pytest.mark.parametrize("name", REAL)
def test_real_files_are_read_whole(shared_dir: Path, name: str) -> None:
    """From Chrome, Firefox, Safari, Charles, Insomnia and mitmproxy."""
    with (shared_dir / "bench/discovery/real" / f"{name}.har").open("rb") as stream:
        reading = har.read(stream)
        assert len(list(reading)) == REAL[name] and reading.skipped == ()


def test_what_a_browser_records_besides_http_is_left_out() -> None:
    """Data, extensions and files of its own, each with its reason; sockets stay."""
    urls = ("data:image/png;base64,AAAA", "chrome-extension://abc/x.js", "ftp://x/", "HTTPS://x.example/a", "wss://x.example/b")
    entries = [{"request": {"method": "GET", "url": url}, "response": {"status": 200}} for url in urls]
    reading = har.read(json.dumps({"log": {"entries": entries}}).encode())
    assert [found.url for found in reading] == list(urls[3:])
    assert [reason.partition(": ")[2] for reason in reading.skipped] == ["it has no absolute URL.", "`chrome-extension:` is no HTTP.", "`ftp:` is no HTTP."]


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ([{"name": "A", "value": 5}, {"name": "B", "value": None}, {"name": None, "value": "x"}, {"value": "y"}, "z"], (("A", "5"), ("B", ""))),
        ([{"name": "A", "value": None, "comment": 1}, {"name": ":path", "value": "/"}, {"name": "", "value": "x"}], (("A", ""),)),
        ({"A": 1, ":path": "/"}, (("A", "1"),)),
        (None, ()),
    ],
)
def test_odd_headers_are_read_as_their_neighbours_are(headers: Any, read: tuple[tuple[str, str], ...]) -> None:
    """Among entries that are read by the hundred, and alone."""
    odd = entry(request={"method": "GET", "url": "https://x.test/odd", "headers": headers})
    for entries in ([odd], [*[entry()] * 20, odd, *[entry()] * 20]):
        found = {exchange.url: exchange.request_headers for exchange in har.read(file(*entries))}
        assert found.pop("https://x.test/odd") == read and all(headers == (("Accept", "*/*"),) for headers in found.values())
