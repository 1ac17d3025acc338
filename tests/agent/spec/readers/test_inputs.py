"""A file is known by its content."""

import gzip
from pathlib import Path

import pytest

from agent.spec.readers import inputs
from agent.spec.readers.reading import Unreadable


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b'{"log": {"entries": []}}', "har"),
        (b'\xef\xbb\xbf {"log" : {', "har"),
        (gzip.compress(b'{"log": {"entries": []}}', mtime=0), "har"),
        (b"9330:4:type;4:http;", "flows"),
        (b'{"id":"a","method":"GET","url":"https://x.test/"}', "saved"),
        (b"curl https://x.test", "curl"),
        (b"# note\n$ curl https://x.test", "curl"),
        (b"```sh\nBASE=https://x.test\ncurl $BASE", "curl"),
        (b"PS C:\\Users> curl.exe 'https://x.test'", "curl"),
        (b'{"info": {"_postman_id": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}}', "postman"),
        (b'{"item": [], "info": {"name": "x"}}', "postman"),
        (b'{"info": {"description": "' + b"x" * 20_000 + b'", "schema": "https://schema.getpostman.com/"}}', "postman"),
        (b'{"id": "c", "order": ["1"], "requests": [{"dataMode": "raw"}]}', "postman"),
        (b'{"_type":"export","__export_format":4}', "insomnia"),
        (b"type: collection.insomnia.rest/5.0\n", "insomnia"),
        (b'{"openapi": "3.1.0"}', "openapi"),
        (b'{"info": {"title": "x"}, "openapi": "3.1.0"}', "openapi"),
        (b"# my API\ninfo:\n  title: x\nopenapi: 3.0.3\n", "openapi"),
        (b"swagger: '2.0'\n", "openapi"),
        (b"name: x\ntype: collection.insomnia.rest/5.0\n", "insomnia"),
        (b'[{"request": {"url": "https://x.test"}}]', "har"),
        (b"PK\3\4", "zip"),
        (b"hello", "unknown"),
        (b"[1]", "unknown"),
    ],
)
def test_kinds_are_told_by_the_first_bytes(data: bytes, kind: str) -> None:
    """Names and endings play no part."""
    found = inputs.identify(data)
    assert found.kind == kind and found.stream.read()


@pytest.mark.parametrize(("data", "sentence"), [(b"hello", "no capture"), (b'{"openapi": "3.1.0"}', "an OpenAPI document"), (b"", "empty")])
def test_what_holds_no_captures_is_refused(data: bytes, sentence: str) -> None:
    """And the sentence says what it is."""
    with pytest.raises(Unreadable, match=sentence):
        list(inputs.read(data))


def test_every_real_capture_is_recognised(shared_dir: Path) -> None:
    """And read, without a word of mine about which is what."""
    for path in sorted((shared_dir / "bench/discovery/real").glob("*")):
        if path.suffix in (".har", ".flows"):
            with path.open("rb") as stream:
                assert list(inputs.read(stream)), path.name
