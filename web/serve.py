"""Starting and stopping the server: database, migrations, set-up link, workers, and a shutdown that loses nothing.

Signals: uvicorn re-raises SIGTERM after its own shutdown, which would skip our clean-up, so SIGTERM becomes an exit here.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import click
import structlog
import uvicorn

from agent import crypto, keys
from agent.accounts import setup, users
from agent.config import Settings, settings
from db import embedded, engine
from db.migrate import migrate

log = structlog.get_logger()


def serve(host: str | None, port: int | None, data_dir: Path | None, workers: int | None) -> None:
    """Run until a signal. The flags become environment variables, because the worker processes read those."""
    flags = {"WIRETALK_HOST": host, "PORT": port, "WIRETALK_DATA_DIR": data_dir, "WIRETALK_WORKERS": workers}
    os.environ.update({name: str(value) for name, value in flags.items() if value is not None})
    settings.cache_clear()
    config = settings()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with embedded.database_url(config.data / "pg"):
        link = asyncio.run(prepare(config))
        _greet(config, link)
        uvicorn.run(
            "web.app:root",
            factory=True,
            host=config.host,
            port=config.port,
            workers=config.workers,
            http="web.front:GuardedProtocol",
            ws="wsproto",
            loop="uvloop",
            timeout_graceful_shutdown=10,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            access_log=False,
            log_level="warning",
        )


async def prepare(config: Settings) -> str | None:
    """Migrate, make what must be there, and return the set-up link's token where nobody has an account."""
    await migrate(engine.url())
    async with engine.pool(max_size=2):
        await keys.ensure_built_in()
        crypto.fingerprints()
        if config.admin_email and config.admin_password and not await users.exists_any():
            await users.sign_up(config.admin_email, config.admin_password.get_secret_value(), via="cli", role="ADMIN")
        return await setup.issue()


def _greet(config: Settings, link: str | None) -> None:
    click.echo(f"Wiretalk is at {config.base_url}")
    if link:
        click.echo(f"Open this link within 30 minutes to become its administrator:\n\n    {config.base_url}/setup?token={link}\n")
    click.echo(f"Data: {config.data}  Encryption key: {crypto.fingerprints()[0]}")
    if config.is_loopback_only:
        click.echo("It listens on this machine only, so captures may reach loopback addresses too.")
    sys.stdout.flush()
