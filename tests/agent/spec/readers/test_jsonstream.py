"""Walking a JSON text piece by piece gives what parsing it whole gives."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.spec.readers.jsonstream import CutOff, JsonStream, Malformed, Unfit

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), st.booleans(), st.sampled_from([None, 1]), st.integers(1, 7))
def test_members_and_items_are_those_of_the_whole(value: dict[str, Any], is_skipping: bool, indent: int | None, chunk: int) -> None:
    """Whatever the pieces are, and whether a value was built or passed over."""
    stream = JsonStream(io.BytesIO(json.dumps(value, indent=indent).encode()), chunk)
    found: dict[str, Any] = {}
    for key in stream.members():
        if is_skipping and isinstance(value[key], dict):
            stream.skip()
            found[key] = value[key]
        elif stream.peek() == "[":
            found[key] = [stream.value() for _ in stream.items()]
        else:
            found[key] = stream.value()
    assert found == value and stream.peek() == ""


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b'{"a": [1, 2', CutOff),
        (b'{"a": "b', CutOff),
        (b'{"a": tru', CutOff),
        (b'{"a": nope}', Malformed),
        (b'{"a" 1}', Malformed),
        (b"{a: 1}", Malformed),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", Unfit),
    ],
)
def test_the_end_the_mistake_and_the_depth_are_told_apart(text: bytes, error: type[ValueError]) -> None:
    """Since each has its own sentence."""
    stream = JsonStream(io.BytesIO(text))
    with pytest.raises(error):
        for _ in stream.members():
            stream.value()


def test_the_walk_goes_on_behind_an_unfit_value() -> None:
    """The position is then behind it."""
    stream = JsonStream(io.BytesIO(b"[" + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b", 7]"))
    found: list[Any] = []
    for _ in stream.items():
        try:
            found.append(stream.value())
        except Unfit as error:
            found.append(str(error))
    assert found == ["nested too deeply", 7]
