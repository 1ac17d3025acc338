"""From an exchange to a row."""

import time
from uuid import uuid4

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import config, crypto
from agent.recorder import Body, Heard, body_of, context_of, row_of

A, B = uuid4(), uuid4()


@pytest.fixture(autouse=True, scope="module")
def key() -> None:
    """An encryption key of the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WIRETALK_SECRET_KEY", "a long enough secret for tests")
        config.settings.cache_clear()
        crypto.forget()
        yield


def test_secrets_are_sealed_or_masked() -> None:
    """Headers are sealed to their row; the query's secrets are not in the URL."""
    heard = Heard(A, B, "GET", "https://x.example/a?token=s3cret-s3cret&page=2", request_headers=[("Authorization", "Bearer abc")])
    row = row_of(heard)
    assert "s3cret" not in row.url + row.query_params
    assert b"abc" not in row.request_headers
    sealed = msgspec.json.decode(zstandard.decompress(crypto.unseal(row.request_headers, context_of(row.id))))
    assert sealed == [[":target", heard.url], ["Authorization", "Bearer abc"]]  # the whole URL is sealed with the headers, for a replay
    with pytest.raises(crypto.Unsealable):
        crypto.unseal(row.request_headers, context_of(uuid4()))


def test_the_parts_that_lists_are_searched_by() -> None:
    """Host, path, media types, lengths, failure."""
    heard = Heard(
        A, B, "POST", "https://x.example:8443/a/b?q=1&q=2", response_headers=[("Content-Type", "application/json"), ("Access-Control-Allow-Origin", "*")],
        request=body_of(b"x" * 50, 10), response=body_of(b"{}", 10), status=200, error="cut",
    )  # fmt: skip
    row = row_of(heard)
    assert (row.host, row.path, msgspec.json.decode(row.query_params)) == ("x.example:8443", "/a/b", {"q": ["1", "2"]})
    assert (row.response_media_type, row.request_length, row.request_truncated, row.truncated) == ("application/json", 50, True, True)
    assert msgspec.json.decode(row.cors_headers or "") == {"access-control-allow-origin": "*"}
    assert msgspec.json.decode(row.error or "") == {"message": "cut"}


@settings(max_examples=60, deadline=None)
@given(url=st.text(), name=st.text(min_size=1), value=st.text(st.characters(max_codepoint=255)), method=st.text(min_size=1), error=st.text(min_size=1))
def test_whatever_an_upstream_sends_becomes_a_row(url: str, name: str, value: str, method: str, error: str) -> None:
    """NUL, lone surrogates and nonsense URLs: text columns hold what PostgreSQL takes."""
    row = row_of(
        Heard(A, B, method, url, request_headers=[("content-type", value), (name.encode("utf-8", "replace").decode(), value)], error=error, request=Body(b"\0"))
    )
    for text in (row.method, row.url, row.host, row.path, row.query_params, row.request_media_type or "", row.error or ""):
        assert "\0" not in text
        assert "\\u0000" not in text
        text.encode()


def test_no_media_type_holds_recording_up() -> None:
    """Blanks in the middle of one, or one charset after the other."""
    for said in ("a" + " " * 60_000 + "b", "a;charset=utf-8 " * 4_000 + "b"):
        began = time.thread_time()
        row = row_of(Heard(A, B, "GET", "https://x.example/", status=200, response_headers=[("Content-Type", said)]))
        assert time.thread_time() - began < 1
        assert row.response_media_type
