"""The ground of every test: one PostgreSQL for the session, an empty database for each test that asks, no way to other hosts."""

import asyncio
import contextlib
import os
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from agent import config, crypto
from agent.accounts import passwords
from db import embedded, engine
from db.migrate import migrate
from tests import databases

_TEMPLATE = "wiretalk_template"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of long tests first: at the end none of them keeps one worker busy while the others have nothing left."""
    long = {item.path for item in items if item.path.parent.name in ("browser", "journeys") or item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server: `WIRETALK_TEST_DATABASE_URL`, else an embedded one in a temporary directory."""
    if url := os.environ.get("WIRETALK_TEST_DATABASE_URL"):
        yield url
        return
    os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="wiretalk-test-", dir="/tmp", ignore_cleanup_errors=True) as directory:  # sockets need a short path
        os.chmod(directory, 0o755)  # as root the server runs as another user, who must get in
        with embedded.database_url(Path(directory) / "pg") as url:
            os.environ.pop("DATABASE_URL", None)
            asyncio.run(_careless(url))
            yield url


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """The server's URL, once the template database is migrated."""

    async def make() -> None:
        connection = await asyncpg.connect(server_url)
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {_TEMPLATE}")
            await connection.execute(f"CREATE DATABASE {_TEMPLATE}")
        finally:
            await connection.close()
        os.environ["DATABASE_URL"] = databases.on(server_url, _TEMPLATE)
        try:
            await migrate()
        finally:
            del os.environ["DATABASE_URL"]

    asyncio.run(make())
    return server_url


@pytest.fixture
async def database_url(template: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[str]:
    """A fresh, migrated database and data directory in the environment, for this test and the processes it starts."""
    async with fresh_database(template, monkeypatch, tmp_path) as url:
        yield url


@contextlib.asynccontextmanager
async def fresh_database(template: str, monkeypatch: pytest.MonkeyPatch, directory: Path) -> AsyncIterator[str]:
    """What `database_url` gives, for fixtures that live longer than a test."""
    async with databases.borrowed(template, _TEMPLATE) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("WIRETALK_DATA_DIR", str(directory / "data"))
        monkeypatch.setenv("WIRETALK_TEST_MODE", "1")
        for limit in ("REQUESTS_PER_MINUTE", "STRANGER_REQUESTS_PER_MINUTE"):  # a test sends more than a person
            monkeypatch.setenv(f"WIRETALK_{limit}", "1000000")
        monkeypatch.setenv("WIRETALK_WORKER", "0")  # a test that is about jobs runs its own
        for operator in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "WIRETALK_PUBLIC_URL", "WIRETALK_ALLOW_HOSTS"):
            monkeypatch.delenv(operator, raising=False)
        _forget()
        yield url
    _forget()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    """The same with the pool of this process open."""
    async with engine.pool(max_size=8) as pool:
        yield pool


@pytest.fixture(autouse=True, scope="session")
def _cheap_hashes() -> None:
    """Hundreds of tests sign somebody up; at full cost that is minutes of hashing."""
    passwords.COST = 4


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of outside material beside the checkout."""
    found = Path(__file__).resolve().parents[2] / "shared"
    if not found.is_dir():
        pytest.skip("needs the folder `shared` beside the checkout, with the recorded material")
    return found


@pytest.fixture(autouse=True)
def _no_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches beyond this machine is a mistake."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(("127.", "::1", "localhost")):
            raise AssertionError(f"a test connects to {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


async def _careless(url: str) -> None:
    """A server that lives for one session need not survive a power cut; waiting for the disk is most of what a fresh database costs."""
    connection = await asyncpg.connect(url)
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        await connection.execute(f"ALTER SYSTEM SET {setting} = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


def _forget() -> None:
    """Settings and keys are read anew from the environment."""
    config.settings.cache_clear()
    crypto.forget()
