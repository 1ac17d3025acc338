"""The capturing proxy, recording, against upstreams that misbehave and clients that lie: the outside kit's verdicts, all of them."""

import os
from collections.abc import AsyncIterator

import psutil
import pytest

from tests import kit

pytestmark = pytest.mark.slow
_SHARDS = 6
_GROWTH = 192 * 1024 * 1024
"""Six at once, of which none may make the proxy grow by 64 MB; a third of what that would come to is room enough."""


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[kit.Bench]:
    """The proxy as a process of its own, with the test's database."""
    if not kit.KIT.is_dir():
        pytest.skip("needs the kit of misbehaviours beside the checkout, in ../shared/kit")
    async with kit.bench(_SHARDS, {**os.environ, "WIRETALK_SECRET_KEY": "a long enough secret for tests"}) as made:
        yield made


async def test_every_misbehaviour_of_an_upstream_is_borne(bench: kit.Bench) -> None:
    """HTTP and WebSocket: no verdict is bad, no neighbour is hurt, the memory stays small, and the proxy is alive at the end."""
    memory = psutil.Process(bench.process.pid).memory_info
    before = memory().rss
    found = await kit.judge(bench)
    assert found.bad == []
    assert len(found.rows) >= 173
    assert memory().rss - before < _GROWTH


async def test_every_malformed_request_is_refused_or_read_in_one_way(bench: kit.Bench) -> None:
    """None splits, reaches the upstream as another request, or poisons a neighbour's answer."""
    found = await kit.smuggle(bench)
    assert found.bad == []
    assert len(found.rows) >= 152
