"""One function for a few calls and for very many: the same bytes, however many processes took part."""

import pytest

from agent.documents import parallel
from agent.documents.parallel import PART_CALLS, summarise
from agent.spec.model import Exchange
from agent.spec.observe import observe_all
from agent.spec.summary import EMPTY, dump


def _calls(count: int) -> list[Exchange]:
    return [
        Exchange(
            id=f"call-{n}",
            method="GET",
            url=f"https://api.test/{('pets', 'shops')[n % 2]}/{n % 700}?page={n % 7}",
            status=200,
            response_headers=(("content-type", "application/json"),),
            response_body=b'{"id": %d, "name": "n%d", "tags": [%d]}' % (n, n % 90, n % 3),
            started_at=float(n),
        )
        for n in range(count)
    ]


def test_two_processes_give_the_bytes_of_one() -> None:
    """Each process observes the parts that it happened to get."""
    calls = _calls(PART_CALLS * 5 + 17)
    assert dump(summarise(iter(calls), 2)) == dump(observe_all(calls))


def test_a_few_calls_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process takes longer to start than a small capture to be observed."""
    monkeypatch.setattr(parallel, "import_module", None)
    calls = _calls(30)
    assert dump(summarise(iter(calls), 2)) == dump(observe_all(calls)) and dump(summarise([], 2)) == dump(EMPTY)


def test_large_bodies_make_a_part_of_few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by bytes, not only by calls."""
    monkeypatch.setattr(parallel, "PART_BYTES", 100)
    assert [len(part) for part in parallel._parts(_calls(9))] == [3, 3, 3]
