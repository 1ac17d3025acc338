"""Capture files as accidents and enemies write them, and how many calls are in each. None: nothing can be read, and one sentence says so."""

import codecs
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import zstandard


class Bad(NamedTuple):
    data: bytes
    calls: int | None


def entry(number: int, body: str = "", media_type: str = "application/json", **changes: Any) -> dict[str, Any]:
    request = {"method": "GET", "url": f"https://x.test/pets/{number + 100}", "headers": [{"name": "Authorization", "value": "Bearer abcdefghijklmnop123456"}]}
    content = {"mimeType": media_type, "text": body or json.dumps({"id": number, "name": f"n{number}"})}
    return {
        "startedDateTime": f"2025-01-31T12:00:{number % 60:02}Z",
        "time": 1,
        "request": request,
        "response": {"status": 200, "headers": [{"name": "Content-Type", "value": media_type}], "content": content},
        **changes,
    }


def har(*entries: dict[str, Any], end: bytes = b"]}}") -> bytes:
    return b'{"log":{"version":"1.2","entries":[' + b",".join(json.dumps(one).encode() for one in entries) + end


def _asked(url: Any, method: Any = "GET") -> dict[str, Any]:
    return entry(0, request={"method": method, "url": url, "headers": []})


def _each(make: Callable[[Any], dict[str, Any]], *values: Any) -> bytes:
    return har(*[make(value) for value in values])


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


_GOOD = [entry(number) for number in range(12)]
_DEEP = "[" * 100_000 + "]" * 100_000
_DEEP_OBJECT = '{"a":' * 100_000 + "1" + "}" * 100_000
_LIES = (
    ("<html>", "application/json"),
    ('{"a":1}', "text/html"),
    ('{"a":1}', "image/png"),
    ("\0\1", "application/json"),
    ("a=1", "application/json; charset=utf-99"),
    ("1,2", "text/xml"),
)
_POSTMAN = b'{"info":{"_postman_id":"1","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":%s}'

BAD: dict[str, Bad] = {
    "text behind the end": Bad(har(*_GOOD) + b"]}} what is this", 12),
    "invalid JSON at the end": Bad(har(*_GOOD, end=b",{nope}]}}"), 12),
    "cut off": Bad(har(*_GOOD)[:-300], 11),
    "gzip": Bad(gzip.compress(har(*_GOOD)), 12),
    "gzip in two members": Bad(gzip.compress(har(*_GOOD)[:700]) + gzip.compress(har(*_GOOD)[700:]), 12),
    "zstd": Bad(zstandard.compress(har(*_GOOD)), 12),
    "zip": Bad(_zipped({"a/x.har": har(*_GOOD), "__MACOSX/x": b"?"}), 12),
    "zip, cut off": Bad(_zipped({"x.har": har(*_GOOD)})[:-9], None),
    "zip of nothing that helps": Bad(_zipped({"x.txt": b"hello"}), None),
    "gzip, cut off": Bad(gzip.compress(har(*_GOOD, *_GOOD), compresslevel=0)[:-2000], 18),
    "gzip, damaged": Bad(b"\x1f\x8b" + b"\xff" * 400, None),
    "byte order mark": Bad(codecs.BOM_UTF8 + har(*_GOOD), 12),
    "UTF-16": Bad(har(*_GOOD).decode().encode("utf-16"), 12),
    "bodies nested 100,000 deep": Bad(har(*_GOOD, entry(1, _DEEP), entry(2, _DEEP_OBJECT)), 14),
    "an entry nested 100,000 deep": Bad(har(*_GOOD, end=b"," + _DEEP.encode() + b"]}}"), 12),
    "a log nested 100,000 deep": Bad(b'{"log":' + _DEEP_OBJECT.encode() + b"}", None),
    "nothing but depth": Bad(_DEEP.encode(), None),
    "bodies that lie about their type": Bad(har(*[entry(number, body, media_type) for number, (body, media_type) in enumerate(_LIES)]), 6),
    "invalid UTF-8": Bad(har(*_GOOD).replace(b"/pets/", b"/p\xffets/").replace(b'\\"name\\"', b'\\"na\xfe\\"'), 12),
    "NaN": Bad(har(*_GOOD, entry(1, '{"id":NaN,"v":Infinity,"w":-1e999}')).replace(b'"time": 1', b'"time": NaN'), 13),
    "duplicate keys": Bad(har(*_GOOD, entry(1, '{"id":1,"id":"two","a":1,"a":[2]}')).replace(b'"time": 1', b'"time": 1, "time": 2'), 13),
    "lone surrogates": Bad(
        har(*_GOOD, entry(1, '{"\\ud800":"\\udfff"}'), entry(2, request={"method": "\ud800", "url": "https://x.test/\ud800", "headers": [{"name": "\ud800"}]})),
        14,
    ),
    "a number of 6,000 digits": Bad(har(*_GOOD, end=b',{"time":' + b"9" * 6000 + b"}]}}"), 12),
    "times of no calendar": Bad(_each(lambda at: entry(0, startedDateTime=at), None, "x", 1e300, -5, "9999999-01-01T00:00:00Z", [], True, 1e18), 8),
    "statuses that are none": Bad(_each(lambda status: entry(0, response={"status": status}), None, "200", -1, 1000, 1e308, 2.5, [], True), 8),
    "URLs that are none": Bad(_each(_asked, "https://[::1", "https://[.]/", "https:///a", "://", "https://x.test:port/", "https://a[b@x.test/", 5, None), None),
    "URLs without measure": Bad(_each(_asked, "https://x.test/" + "a/" * 5000, "https://x.test/" + "a" * 90_000, "https://x.test/?" + "a=1&" * 9000), 3),
    "headers of any kind": Bad(_each(lambda headers: entry(0, request={"url": "https://x.test/a", "headers": headers}), None, 5, "x", [1], [{}], {"a": 1}), 6),
    "bodies 50,000 keys wide": Bad(har(*_GOOD, entry(1, json.dumps(dict.fromkeys(map(str, range(50_000)), 1)))), 13),
    "10,000 distinct paths": Bad(_each(lambda number: _asked(f"https://x.test/{number % 100}a/w{number // 100}"), *range(10_000)), 10_000),
    "no entries": Bad(har(), None),
    "entries that are none": Bad(b'{"log":{"entries":null}}', None),
    "bytes of anything": Bad(bytes(range(256)) * 20, None),
    "a web page": Bad(b"<!doctype html><html></html>", None),
    "saved captures with a broken line": Bad(
        b'{"id":"a","method":"GET","url":"https://x.test/a"}\nnope\n{"id":"b","method":"GET","url":"https://x.test/b"}\n', 2
    ),
    "a collection of nonsense": Bad(
        _POSTMAN % b'[{"request":{"url":{"raw":7,"variable":[1]},"method":5}},{"request":{"url":"https://[::1/x"}},{"request":"https://x.test"}]', 1
    ),
    "a collection without items": Bad(_POSTMAN % b"5", None),
    "YAML nested 100,000 deep": Bad(b"type: collection.insomnia.rest/5.0\ncollection: " + b"[" * 100_000, None),
    "a curl command without an end": Bad(b"curl 'unterminated", None),
}
