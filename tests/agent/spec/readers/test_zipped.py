"""Captures in a zip file."""

import contextlib
import io
import json
import zipfile
from typing import Any

import pytest

from agent.spec.readers import inputs, zipped
from agent.spec.readers.reading import Unreadable


def archive(**files: bytes | str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return buffer.getvalue()


def log(url: str, **content: Any) -> str:
    entry = {"request": {"method": "POST", "url": url, "postData": {"_file": "sent.json"}}, "response": {"status": 200, "content": content}}
    return json.dumps({"log": {"entries": [entry]}})


def test_bodies_in_files_of_their_own_are_put_in_place() -> None:
    """As Playwright attaches them; one that is not there counts as cut off."""
    files = {"a/har.har": log("https://x.test/a", _file="came.json", size=2), "a/came.json": b"{}", "a/sent.json": b"[1]", "b.har": log("https://x.test/b", _file="gone", size=2)}  # fmt: skip
    first, second = list(inputs.read(archive(**files)))
    assert (first.response_body, first.request_body, first.response_truncated) == (b"{}", b"[1]", False)
    assert (second.url, second.response_body, second.response_truncated) == ("https://x.test/b", b"", True)


def test_a_zip_without_a_har_is_read_by_what_is_in_it() -> None:
    """And what cannot be read is named."""
    reading = inputs.read(archive(readme="hello", commands="curl https://x.test/a"))
    assert [found.url for found in reading] == ["https://x.test/a"]
    assert "`readme` was left out" in reading.skipped[0]


@pytest.mark.parametrize("data", [archive(), archive(x="hello"), archive(x="curl https://x.test/a" * 20)[:-8], b"PK\3\4" + b"x" * 99])
def test_one_without_a_capture_is_refused(data: bytes) -> None:
    """With one sentence."""
    with pytest.raises(Unreadable, match=r"zip file|no capture"):
        list(inputs.read(data))


def test_a_small_file_does_not_stand_for_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by zip files inside zip files, nor by a long list of files, nor by what they unpack to, however often a body is named."""
    nested = archive(inner=archive(commands="curl https://x.test/a"))
    with pytest.raises(Unreadable):
        list(inputs.read(nested))
    reading = inputs.read(archive(inner=nested, commands="curl https://x.test/a"))
    assert len(list(reading)) == 1
    assert reading.skipped == ("`inner` was left out: It is a zip file itself.",)
    monkeypatch.setattr(zipped, "MAX_UNPACKED", 2000)
    entries = [json.loads(log(f"https://x.test/{n}", _file="came.json"))["log"]["entries"][0] for n in range(9)]
    reading = inputs.read(archive(**{"a.har": json.dumps({"log": {"entries": entries}}), "came.json": b"x" * 400}))
    assert len(list(reading)) < 9
    assert "unpacks to more than" in reading.skipped[0]
    monkeypatch.setattr(zipped, "_MOST_LISTED", 2)
    with pytest.raises(Unreadable, match="lists more than 2 files"):
        list(inputs.read(archive(a="", b="", c="")))


def test_a_damaged_one_is_a_sentence() -> None:
    """Wherever a byte of it is another one."""
    whole = archive(**{"a/har.har": log("https://x.test/a", _file="came.json"), "a/came.json": b"{}"})
    for place in range(len(whole)):
        for value in (0, 255):
            with contextlib.suppress(Unreadable):
                assert len(list(inputs.read(whole[:place] + bytes([value]) + whole[place + 1 :]))) <= 1
