"""Processes that share a capture: what happens when one is killed, or the reading fails."""

import os
import signal
from collections.abc import Iterator
from multiprocessing import active_children

import pytest

from agent.documents.processes import share_out
from agent.spec.model import Exchange

CALL = Exchange(id="a", method="GET", url="https://api.test/pets", status=200)


def test_a_killed_process_ends_the_whole_with_a_sentence() -> None:
    """Half a summary would look like a whole one."""

    def parts() -> Iterator[list[Exchange]]:
        yield [CALL]
        for child in active_children():
            os.kill(child.pid or 0, signal.SIGKILL)
        for _ in range(5):
            yield [CALL]

    with pytest.raises(ChildProcessError, match="ended by the system"):
        share_out(parts(), 2)
    assert not active_children()


def test_where_reading_fails_no_process_stays() -> None:
    """The error is the reader's own."""

    def parts() -> Iterator[list[Exchange]]:
        yield [CALL]
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        share_out(parts(), 2)
    assert not active_children()
