"""What an owner wants kept, and what becomes of secrets."""

import gzip
from uuid import uuid4

import msgspec
import pytest

from agent.recorder import Heard, PathFilter, Secrets, body_of
from agent.recorder.rules import TARGET, Policy, is_wanted, obey, read

A, B = uuid4(), uuid4()
_JSON = ("content-type", "application/json")
_BODY = b'{"name":"Ada","password":"correct horse","pin_of_mine":"1234"}'


def _heard(**more: object) -> Heard:
    values = {
        "url": "https://x.example/a?api_key=sk_live_0123456789abcdef&page=2",
        "request_headers": [_JSON, ("Authorization", "Bearer abcdefghijklmnop"), ("Cookie", "sid=0123456789abcdef0123")],
        "request": body_of(_BODY, 1000),
        **more,
    }
    return Heard(A, B, "POST", **values)  # type: ignore[arg-type]


def test_by_default_everything_is_kept_sealed() -> None:
    """The address that lists show is masked, the whole one goes with the sealed headers, the body is sealed."""
    kept = obey(_heard(), Secrets())
    assert "sk_live" not in kept.heard.url and "page=2" in kept.heard.url
    assert kept.heard.request_headers[0] == (TARGET, _heard().url)
    assert ("Authorization", "Bearer abcdefghijklmnop") in kept.heard.request_headers
    assert kept.heard.request.data == _BODY
    assert kept.is_sealed


def test_a_body_without_secrets_is_not_sealed() -> None:
    """It compresses as well as it can."""
    assert not obey(_heard(request=body_of(b'{"name":"Ada"}', 100)), Secrets()).is_sealed


@pytest.mark.parametrize("policy", ["mask", "drop"])
def test_what_is_masked_or_dropped_is_nowhere(policy: Policy) -> None:
    """Not in the address, the headers, the cookies or the body."""
    kept = obey(_heard(), Secrets(policy, policy, policy, policy)).heard
    stored = msgspec.json.encode(kept).decode() + kept.request.data.decode()
    for secret in ("sk_live_0123456789abcdef", "abcdefghijklmnop"[:-4], "sid=0123456789abcdef", "correct horse"):
        assert secret not in stored
    assert "page=2" in kept.url
    assert (policy == "drop") == ("api_key" not in kept.url)
    assert kept.request.length == len(_BODY)
    assert kept.request.is_cut == (policy == "drop")


def test_names_of_the_owner_count() -> None:
    """A field, a parameter or a header that only its owner knows to be secret."""
    heard = _heard(url="https://x.example/a?trick=hushhush&page=2", request_headers=[_JSON, ("X-Trick", "hushhush")])
    kept = obey(heard, Secrets("mask", "mask", "mask", "mask", ("trick", "x-trick", "pin_of_mine"))).heard
    assert "hushhush" not in kept.url and "page=2" in kept.url
    assert ("X-Trick", "hushhush") not in kept.request_headers
    assert b"1234" not in kept.request.data and b"Ada" in kept.request.data


def test_a_compressed_body_that_would_have_to_be_masked_is_dropped() -> None:
    """Masking what was not read would be a promise without a proof."""
    heard = _heard(request=body_of(gzip.compress(_BODY), 1000), request_headers=[_JSON, ("content-encoding", "gzip")])
    assert obey(heard, Secrets(body="mask")).heard.request.data == b""


@pytest.mark.parametrize(
    ("path", "paths", "wanted"),
    [
        ("/orders/1", PathFilter(), True),
        ("/health", PathFilter(exclude=("/health*",)), False),
        ("/orders/1?x=/health", PathFilter(exclude=("/health*",)), True),
        ("/orders/1", PathFilter(include=("/orders/*",)), True),
        ("/users/1", PathFilter(include=("/orders/*",)), False),
        ("/orders/1", PathFilter(include=("/orders/*",), exclude=("*/1",)), False),
    ],
)
def test_paths_are_chosen_by_patterns(path: str, paths: PathFilter, wanted: bool) -> None:
    """Include, exclude, and both; the query does not count."""
    assert is_wanted(_heard(url=f"https://x.example{path}"), paths) == wanted


def test_rules_that_cannot_be_read_are_strict() -> None:
    """Rather too little than a secret."""
    assert read('{"headers": "shout"}', "{}").secrets == Secrets("mask", "mask", "mask", "mask")
    assert read("{}", "{}").secrets == Secrets()
