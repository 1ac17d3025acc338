"""Observes many exchanges, here or in several processes: callers see one function and one summary.

A summary does not depend on how its exchanges were grouped. A cluster engine would take the place of `agent.documents.processes`, and nothing else would change.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import chain, islice

from agent.spec.model import Exchange
from agent.spec.observe import observe_all
from agent.spec.summary import Summary

PART_CALLS = 1_000
PART_BYTES = 2 << 20
FEW_PARTS = 4
"""As many parts are observed before other processes would have started."""


def summarise(exchanges: Iterable[Exchange], processes: int = 1) -> Summary:
    """The summary of all exchanges, each read once. Raises ChildProcessError where the system ended one of the processes."""
    parts = _parts(exchanges)
    first = list(islice(parts, FEW_PARTS if processes > 1 else 0))
    if len(first) < FEW_PARTS:
        return observe_all(chain.from_iterable(chain(first, parts)))
    share_out = import_module("agent.documents.processes").share_out  # its imports take longer than a small capture
    return share_out(chain(first, parts), processes)


def _parts(exchanges: Iterable[Exchange]) -> Iterator[list[Exchange]]:
    """Lists of a bounded number of calls and bytes."""
    part: list[Exchange] = []
    size = 0
    for exchange in exchanges:
        part.append(exchange)
        size += len(exchange.request_body) + len(exchange.response_body)
        if len(part) >= PART_CALLS or size >= PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part
