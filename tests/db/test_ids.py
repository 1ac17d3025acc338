import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from db import ids
from db.ids import earliest, milliseconds_of, uuid7


def test_ids_only_ever_grow() -> None:
    """A list ordered by id is ordered by making, also within a millisecond."""
    made = [uuid7() for _ in range(50_000)]
    assert made == sorted(set(made))
    assert [str(id) for id in made] == sorted(str(id) for id in made)


def test_threads_never_share_an_id() -> None:
    """Eight threads at once."""
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: uuid7(), range(20_000)))
    assert len(set(made)) == 20_000


def test_an_id_is_version_7_and_tells_its_time() -> None:
    """RFC 9562: version, variant and milliseconds are where others look for them."""
    before = time.time_ns() // 1_000_000
    id = uuid7()
    assert (id.version, id.variant) == (7, uuid.RFC_4122)
    assert before - 1000 <= milliseconds_of(id) <= before + 1000


def test_a_clock_that_steps_back_makes_no_smaller_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter goes on in the last millisecond seen."""
    before = uuid7()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_000_000_000)
    assert before < uuid7() < uuid7()


def test_the_time_of_another_version_is_refused() -> None:
    """A random id holds no time."""
    with pytest.raises(ValueError, match="version 7"):
        milliseconds_of(uuid.uuid4())


def test_the_earliest_id_of_a_moment() -> None:
    """Lies between those that were made before and after."""
    before = uuid7()
    moment = datetime.now(UTC) + timedelta(milliseconds=5)
    assert before < earliest(moment) and milliseconds_of(earliest(moment)) == int(moment.timestamp() * 1000)
    while datetime.now(UTC) < moment:
        pass
    assert uuid7() >= earliest(moment)
