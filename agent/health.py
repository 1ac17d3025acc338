"""How the server is: what an operator looks at first, and what `wiretalk doctor` prints."""

import shutil
import time
from datetime import UTC, datetime
from importlib.metadata import version
from urllib.parse import unquote

import msgspec

from agent import mail, rotation
from agent.accounts import identity_providers
from agent.actor import Actor, require_admin
from agent.billing import ledger
from agent.config import settings
from agent.crypto import fingerprints
from db import engine
from db.migrate import pending
from db.partitions import partitions

_LEAST_FREE_BYTES = 1024**3
_COUNTED = 10_000
LOST_KEY = (
    "Nothing that is stored sealed opens under it. Put the old `secret.key` back beside it, a key a line, or set `WIRETALK_SECRET_KEY` to both with a comma."
)


class Fact(msgspec.Struct, frozen=True):
    """`is_good` is None for what is only worth knowing; `advice` says what to do about what is not good."""

    name: str
    value: str
    is_good: bool | None = None
    advice: str = ""


async def facts(actor: Actor | None = None) -> list[Fact]:
    """For an administrator, or for the operator at the shell (None). Raises forbidden."""
    if actor:
        require_admin(actor)
    return [*await _database(), *_machine(), *_set_up()]


async def _database() -> list[Fact]:
    begun = time.monotonic()
    async with engine.connection() as connection:
        number = await connection.fetchval("SHOW server_version")
        waited_ms = (time.monotonic() - begun) * 1000
        size = await connection.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
        calls = await _calls(connection)
    is_key_lost = await rotation.is_key_lost()
    is_ahead = f"api_calls_{datetime.now(UTC):%Y_%m}" in await partitions()
    waiting, wrong = await pending(engine.url()), await ledger.verify()
    return [
        Fact("PostgreSQL", f"{number}, {'embedded' if str(settings().data / 'pg') in unquote(engine.url()) else 'by DATABASE_URL'}", True),
        Fact("First answer of the database", f"{waited_ms:.0f} ms", waited_ms < 250, "Is the database far away or busy?"),
        Fact("Size of the database", str(size)),
        Fact("Encryption keys", ", ".join(fingerprints()), not is_key_lost, LOST_KEY),
        Fact("Captured calls", calls),
        Fact("Migrations", f"{len(waiting)} pending" if waiting else "all done", not waiting, "Run `wiretalk migrate`."),
        Fact("Partitions", "this month has one" if is_ahead else "this month has none", is_ahead, "Is the job worker running?"),
        Fact(
            "Ledgers",
            f"{len(wrong)} balance{'s differ' if len(wrong) > 1 else ' differs'}" if wrong else "no difference",
            not wrong,
            "Do not charge anybody; look at the ledger of these users.",
        ),
    ]


async def _calls(connection: engine.Connection) -> str:
    """Counted where that takes no time; else what the table's statistics say."""
    counted = len(await connection.fetch(f"SELECT 1 FROM api_calls LIMIT {_COUNTED}"))  # noqa: S608  # a number
    if counted < _COUNTED:
        return f"{counted:,}"
    known: int | None = await connection.fetchval("SELECT sum(greatest(reltuples, 0))::bigint FROM pg_class WHERE relname ~ '^api_calls_' AND relkind = 'r'")
    return f"about {max(counted, known or 0):,}"


def _machine() -> list[Fact]:
    here = settings().data
    free = shutil.disk_usage(here if here.exists() else here.parent).free
    return [
        Fact("Version", version("wiretalk")),
        Fact("Data directory", str(here)),
        Fact("Free on its disk", f"{free / 1024**3:,.1f} GB", free > _LEAST_FREE_BYTES, "Captures wait on this disk while the database is away: make room."),
    ]


def _set_up() -> list[Fact]:
    here = settings()
    is_public = not here.is_loopback_only
    services = ", ".join(offer.label for offer in identity_providers.offers())
    return [
        Fact("Address", here.base_url, here.is_secure or not is_public, "Put HTTPS in front, and set `WIRETALK_PUBLIC_URL` to the address that people use."),
        Fact("Mail", "set up" if mail.is_set_up() else "not set up", None if mail.is_set_up() else (False if is_public else None), "Set `WIRETALK_SMTP_URL`."),
        Fact("Sign-in by other services", services or "none"),
        Fact("Private addresses that may be reached", here.allow_hosts or ("loopback" if here.is_loopback_only else "none")),
    ]
