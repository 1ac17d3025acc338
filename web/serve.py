"""Starting and stopping the server: database, migrations, set-up link, workers, and a shutdown that loses nothing.

Signals: uvicorn re-raises SIGTERM after its own shutdown, which would skip our clean-up, so SIGTERM becomes an exit here.
"""

import asyncio
import os
import resource
import signal
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import structlog
import uvicorn
from litestar.types import ASGIApp

from agent import ai_providers, crypto, health, jobs, logs, rotation
from agent.accounts import setup, users
from agent.config import Settings, settings
from db import embedded, engine
from db.migrate import migrate
from db.partitions import ensure_partitions
from web import collector, worker
from web.app import root

log = structlog.get_logger()
_MANY_FILES, _FEW_FILES = 65_536, 1024


def serve(host: str | None, port: int | None, data_dir: Path | None, workers: int | None, *, with_jobs: bool = True) -> None:
    """Run until a signal. The flags become environment variables, because the worker processes read those."""
    flags = {"WIRETALK_HOST": host, "PORT": port, "WIRETALK_DATA_DIR": data_dir, "WIRETALK_WORKERS": workers}
    os.environ.update({name: str(value) for name, value in flags.items() if value is not None})
    if not with_jobs:
        os.environ["WIRETALK_WORKER"] = "false"
    os.environ.setdefault("UV_THREADPOOL_SIZE", "32")  # of its four threads, in which names are looked up, a few silent name servers would take all
    settings.cache_clear()
    config = settings()
    logs.set_up(config.log_level)
    _check_port(config)
    allow_many_files()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with embedded.database_url(config.data / "pg", keeps_up=True):
        link = asyncio.run(prepare(config))
        _greet(config, link)
        uvicorn.run(
            "web.serve:application",
            factory=True,
            host=config.host,
            port=config.port,
            workers=config.workers,
            http="web.front:GuardedProtocol",
            ws="web.front_ws:PatientProtocol",
            loop="uvloop",
            timeout_graceful_shutdown=10,
            timeout_worker_healthcheck=60,  # a worker that is slow to start on a busy machine would be killed, and started again, for ever
            server_header=False,
            date_header=True,
            proxy_headers=False,
            access_log=False,
            log_config=None,
            log_level="warning",
        )


def allow_many_files() -> None:
    """As many open files as this user may have: each connection is one, and shells often start with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, _MANY_FILES)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < _FEW_FILES:
        click.echo(f"Only {most} files may be open here, connections included. Beyond that nobody is let in: raise the limit (ulimit -Hn).", err=True)


def application() -> ASGIApp:
    """The application as each web process serves it."""
    logs.set_up(settings().log_level)
    app = root()
    collector.rest()
    return app


def work(data_dir: Path | None) -> None:
    """Run jobs until a signal, on the database of a server that may be running."""
    if data_dir is not None:
        os.environ["WIRETALK_DATA_DIR"] = str(data_dir)
    settings.cache_clear()
    config = settings()
    logs.set_up(config.log_level)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with embedded.database_url(config.data / "pg", keeps_up=True):
        asyncio.run(_work())


async def _work() -> None:
    await migrate(engine.url())
    await jobs.install()
    log.info("worker.started", jobs=[job.name for job in worker.JOBS])
    await worker.work()


async def prepare(config: Settings) -> str | None:
    """Migrate, make what must be there, and return the set-up link's token where nobody has an account."""
    await migrate(engine.url())
    await jobs.install()
    async with engine.pool(max_size=2):
        await ensure_partitions(datetime.now(UTC))
        await ai_providers.ensure_built_in()
        if config.admin_email and config.admin_password and not await users.exists_any():
            await users.sign_up(config.admin_email, config.admin_password.get_secret_value(), via="cli", role="ADMIN")
        if await rotation.is_key_lost():
            click.echo(f"Encryption key {crypto.fingerprints()[0]}: {health.LOST_KEY} Nothing was changed.", err=True)
        return await setup.issue()


def _check_port(config: Settings) -> None:
    """Better one sentence now than a traceback after the database has started."""
    with socket.socket(socket.AF_INET6 if ":" in config.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            raise SystemExit(f"Port {config.port} on {config.host} cannot be used: {error.strerror}. Try another, such as PORT={config.port + 1}.") from error


def _greet(config: Settings, link: str | None) -> None:
    click.echo(f"Wiretalk is at {config.base_url}")
    if link:
        click.echo(f"Open this link within 30 minutes to become its administrator:\n\n    {config.base_url}/setup?token={link}\n")
    click.echo(f"Data: {config.data}  Encryption key: {crypto.fingerprints()[0]}")
    if config.is_loopback_only:
        click.echo("It listens on this machine only, so captures may reach loopback addresses too.")
    sys.stdout.flush()
