"""Outages under load: the database goes away, the server is asked to stop, the server is killed. Nobody's call fails or is lost."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import embedded
from db.migrate import migrate
from tests import outage
from tests.live import serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[outage.Cluster, str]]:
    """A PostgreSQL of this module's own, because it is stopped."""
    os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="wiretalk-test-", dir="/tmp", ignore_cleanup_errors=True) as directory:
        os.chmod(directory, 0o755)
        with embedded.database_url(Path(directory) / "pg") as url:
            os.environ.pop("DATABASE_URL", None)
            asyncio.run(migrate(url))
            made = outage.Cluster(Path(directory) / "pg")
            yield made, url
            made.close()


async def test_a_database_that_restarts_costs_nothing(cluster: tuple[outage.Cluster, str], tmp_path: Path) -> None:
    """Stopped for three seconds under load: no call fails for a client, none is lost, all are stored after its return."""
    postgres, url = cluster
    port = outage.port()
    async with serving(outage.upstream, http="httptools") as target:
        made = await outage.make(url, target)
        async with outage.server(port, tmp_path, url):
            load = outage.Load(f"http://127.0.0.1:{port}/proxy/{made.endpoint}")
            await load.reached(50)
            await postgres.stop()
            await asyncio.sleep(3)
            during = load.answered
            await load.reached(during + 20)
            await postgres.start(url)
            await load.reached(load.answered + 50)
            await load.stop()
            found = await outage.stored(url, made.endpoint, load.answered, 120)
    assert load.failed == []
    assert found.calls == load.answered


async def test_sigterm_under_load_loses_nothing(cluster: tuple[outage.Cluster, str], tmp_path: Path) -> None:
    """Every answer that a client has whole is in the table when the server has left, with two processes."""
    _, url = cluster
    port = outage.port()
    async with serving(outage.upstream, http="httptools") as target:
        made = await outage.make(url, target)
        async with outage.server(port, tmp_path, url, 2) as process:
            load = outage.Load(f"http://127.0.0.1:{port}/proxy/{made.endpoint}")
            await load.reached(50)
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 60)
            await load.stop()
        found = await outage.stored(url, made.endpoint, load.answered, 1)
    assert found.calls >= load.answered
    assert not list((tmp_path / "spool").glob("*.spool")), "nothing is left to be taken over"


async def test_kill_nine_loses_nothing_that_was_answered(cluster: tuple[outage.Cluster, str], tmp_path: Path) -> None:
    """Two processes are killed in the middle of everything; the next start brings every answered call."""
    _, url = cluster
    port = outage.port()
    async with serving(outage.upstream, http="httptools") as target:
        made = await outage.make(url, target)
        async with outage.server(port, tmp_path, url, 2) as process:
            load = outage.Load(f"http://127.0.0.1:{port}/proxy/{made.endpoint}", pause=0)
            await load.reached(100)
            await outage.kill(process)
            await load.stop()
        async with outage.server(outage.port(), tmp_path, url):
            found = await outage.stored(url, made.endpoint, load.answered, 60)
    assert found.calls >= load.answered
