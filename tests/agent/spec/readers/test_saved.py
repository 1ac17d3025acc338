"""Our own file of captures."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.spec.model import Exchange, Frame
from agent.spec.readers import saved
from agent.spec.readers.reading import Unreadable

PAIRS = st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3).map(tuple)
EXCHANGES = st.builds(
    Exchange,
    id=st.text(min_size=1, max_size=5),
    method=st.text(max_size=5),
    url=st.integers(0, 999).map("https://x.test/{}".format),
    status=st.none() | st.integers(100, 599),
    request_headers=PAIRS,
    request_body=st.binary(max_size=20),
    response_body=st.binary(max_size=20),
    started_at=st.floats(0, 2e9),
    frames=st.lists(st.builds(Frame, st.just("sent"), st.binary(max_size=5)), max_size=2).map(tuple),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(EXCHANGES, min_size=1, max_size=4))
def test_what_was_written_is_read_back(exchanges: list[Exchange]) -> None:
    """Byte for byte, whatever the bodies are."""
    assert list(saved.read(b"".join(saved.write(exchanges)))) == exchanges


def test_a_bad_line_is_left_out() -> None:
    """With its number; a missing id is made from the content."""
    reading = saved.read(b'{"id":"","method":"GET","url":"https://x.test/"}\n\nnot json\n{"url":1}\n')
    (found,) = list(reading)
    assert len(found.id) == 16 and [reason[:6] for reason in reading.skipped] == ["Line 3", "Line 4"]


def test_a_file_without_any_is_refused() -> None:
    """With one sentence."""
    with pytest.raises(Unreadable, match="no file of saved captures"):
        list(saved.read(b"a\nb\n"))
