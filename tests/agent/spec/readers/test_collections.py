"""What collections have in common."""

import time

import pytest

from agent.spec.readers import collections, insomnia_read, postman_read
from agent.spec.readers.reading import Unreadable


@pytest.mark.parametrize("data", [b"[]", b"{", b"{}", b"a: [", b"!!python/object:os.system x"])
def test_what_is_no_collection_is_refused(data: bytes) -> None:
    """Never run, never a traceback."""
    for read in (postman_read.read, insomnia_read.read):
        with pytest.raises(Unreadable):
            list(read(data))


def test_variables_stand_for_others_and_never_for_everything() -> None:
    """What is not known stays visible; a bomb of variables stays small."""
    assert collections.filled("{{ a }}/{{_.b}}/{{c}}/{{$guid}}", {"a": "{{b}}", "b": "1"}) == "1/1/{{c}}/3fa85f64-5717-4562-b3fc-2c963f66afa6"
    started = time.process_time()
    assert len(collections.filled("{{a}}" * 100_000, {"a": "{{b}}" * 100_000, "b": "x" * 100_000})) < 10 << 20
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("kind", "scheme"), [("bearer", "Bearer"), ("oauth2", "Bearer"), ("digest", "Digest"), ("awsv4", "AWS4-HMAC-SHA256"), ("hawk", "Hawk"), ("noauth", "")]
)
def test_each_way_to_sign_in_has_its_header(kind: str, scheme: str) -> None:
    """By its scheme; what nobody needs has none."""
    headers, parameters = collections.authorization({"type": kind, kind: []}, {})
    assert [value.partition(" ")[0] for _, value in headers] == ([scheme] if scheme else []) and parameters == []
