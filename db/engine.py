"""The one way to the database: Piccolo's engine and its asyncpg pool. Reads `DATABASE_URL`, when the pool starts and not before.

The embedded server is started before the workers and leaves its URL in the environment, so importing this module needs no database.
A transaction lives in a context variable, and a nested one is refused: Piccolo would silently make it a no-op.
"""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

os.environ.setdefault("PICCOLO_CONF", "db.piccolo_conf")  # where Piccolo looks for the engine, whatever was imported first

Connection = asyncpg.Connection | PoolConnectionProxy


class Transaction(PostgresTransaction):
    """One that gives its connection back however it ends. Piccolo's keeps it for ever where a cancellation or a fault meets its begin, commit or rollback."""

    async def __aenter__(self) -> Self:
        self._pool = self.engine.pool  # which is no longer the engine's where the process is stopping by the end
        self.connection = await self.get_connection()
        try:
            self.transaction = self.connection.transaction()
            await self.begin()
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: type[BaseException] | None, exception: BaseException | None, traceback: TracebackType | None) -> bool:
        try:
            await (self.commit() if exception is None else self.rollback())
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        return exception is None

    async def _give_back(self) -> None:
        await (self._pool.release(self.connection) if self._pool else self.connection.close())


class _LateEngine(PostgresEngine):
    """Asks the database nothing when it is made: the address is known only at start-up."""

    async def check_version(self) -> None: ...

    async def get_new_connection(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.config.get("dsn") or url(), timeout=10)


DB = _LateEngine(config={}, extensions=())
UNAVAILABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,  # too many connections, a full disk, no memory
    asyncpg.ReadOnlySQLTransactionError,  # a standby; providers make a database read-only whose disk is full
    asyncpg.ConnectionDoesNotExistError,
)
_DEAD_CONNECTION = ("connection is closed", "connection has been closed", "pool is closing", "pool is closed")


class NoDatabase(RuntimeError):
    """No `DATABASE_URL`, or no pool: a mistake in the wiring, not a database that is down."""


def url() -> str:
    """The database of this process. Raises NoDatabase where neither an operator nor the embedded server has set it."""
    if found := os.environ.get("DATABASE_URL"):
        return found
    raise NoDatabase("`DATABASE_URL` is not set and no embedded PostgreSQL was started")


async def start_pool(dsn: str | None = None, *, min_size: int = 1, max_size: int = 10) -> None:
    """Open the pool of this process, once, in the event loop that will use it."""
    DB.config = {"dsn": dsn or url()}
    await DB.start_connection_pool(min_size=min_size, max_size=max_size, command_timeout=60, timeout=10, reset=_as_it_is)


async def stop_pool(patience: float = 5) -> None:
    """Close the pool; connections that do not come back within `patience` seconds are cut."""
    if (open_pool := DB.pool) is None:
        return
    DB.pool = None
    try:
        async with asyncio.timeout(patience):
            await open_pool.close()
    except TimeoutError:
        open_pool.terminate()


@asynccontextmanager
async def pool(dsn: str | None = None, *, min_size: int = 1, max_size: int = 10) -> AsyncGenerator[asyncpg.Pool, None]:
    """`async with pool(): …` for a server's lifespan, a command or a test."""
    await start_pool(dsn, min_size=min_size, max_size=max_size)
    try:
        yield current_pool()
    finally:
        await stop_pool()


def current_pool() -> asyncpg.Pool:
    """The open pool. Raises NoDatabase."""
    if DB.pool is None:
        raise NoDatabase("the connection pool was not started")
    return DB.pool


@asynccontextmanager
async def connection() -> AsyncGenerator[Connection, None]:
    """A plain asyncpg connection for raw SQL and COPY: the open transaction's own, else one from the pool."""
    if (open_transaction := DB.current_transaction.get()) is not None:
        yield open_transaction.connection
        return
    async with current_pool().acquire() as acquired:
        yield acquired


def transaction() -> Transaction:
    """`async with transaction(): …`; Piccolo queries and `connection()` inside take part. Raises TransactionError when one is open."""
    return Transaction(DB, allow_nested=False)


async def connect(dsn: str | None = None, *, name: str = "") -> asyncpg.Connection:
    """A connection of one's own, outside the pool: for LISTEN and for advisory locks. The caller closes it. `name`: how `pg_stat_activity` calls it."""
    return await asyncpg.connect(dsn or url(), timeout=10, server_settings={"application_name": name} if name else None)


def is_unavailable(error: BaseException) -> bool:
    """Whether the database is away (down, starting, full, cut off), rather than the query wrong."""
    if isinstance(error, asyncpg.InterfaceError):
        return any(words in str(error) for words in _DEAD_CONNECTION)
    return isinstance(error, UNAVAILABLE) or (isinstance(error, OSError) and not isinstance(error, FileExistsError))


async def _as_it_is(connection: Connection) -> None:
    """What a connection goes back to the pool with. asyncpg has rolled back what was open; its own clearing of locks, cursors and settings
    would cost a second round trip for each query, and nothing of ours is set for longer than a transaction: who needs more takes `connect`."""
