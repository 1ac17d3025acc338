"""Keeping a server well: how it is, a copy of everything, and new keys."""

import asyncio
import shutil
import tempfile
import zipfile
from pathlib import Path

import click

from agent import health, rotation
from agent.config import settings
from agent.crypto import add_key, fingerprints
from db import embedded, engine
from web.cli.database import in_database

_DUMP, _KEYS = "database.dump", "secret.key"


@click.command()
def doctor() -> None:
    """Say how the server is. Exit 1 where something needs a look."""
    found = in_database(health.facts())
    for fact in found:
        mark = {True: "good", False: "LOOK", None: "    "}[fact.is_good]
        click.echo(f"{mark}  {fact.name}: {fact.value}" + (f"\n      {fact.advice}" if fact.is_good is False else ""))
    raise SystemExit(1 if any(fact.is_good is False for fact in found) else 0)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--without-keys", is_flag=True, help="Leave the encryption keys out; without them no secret in the copy can be opened.")
def backup(file: Path, without_keys: bool) -> None:
    """Write the whole database, and the key file, into FILE (.zip). The server may run meanwhile."""
    with embedded.database_url(settings().data / "pg") as url, tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / _DUMP
        _run("pg_dump", "--format=custom", "--no-owner", f"--file={dump}", url)
        draft = file.with_name(f".{file.name}.part")
        draft.touch(mode=0o600)
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as archive:
            archive.write(dump, _DUMP)
            keys = settings().data / _KEYS
            if keys.exists() and not without_keys and settings().secret_key is None:
                archive.write(keys, _KEYS)
        draft.replace(file)
    click.echo(f"{file}: {file.stat().st_size / 1024**2:,.1f} MB. Keep it where you keep secrets.")


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, yes: bool) -> None:
    """Replace everything by what is in FILE. Stop the server first."""
    if not zipfile.is_zipfile(file) or _DUMP not in zipfile.ZipFile(file).namelist():
        raise click.ClickException(f"{file} is not a backup of Wiretalk.")
    if not yes:
        click.confirm(f"Everything in {settings().data} is replaced. Go on?", abort=True)
    with embedded.database_url(settings().data / "pg") as url, tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(file) as archive:
        dump = archive.extract(_DUMP, folder)
        asyncio.run(_empty(url))
        _run("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={url}", dump)
        if _KEYS in archive.namelist() and settings().secret_key is None:
            target = settings().data / _KEYS
            target.touch(mode=0o600)
            target.write_bytes(archive.read(_KEYS))
    click.echo("Restored. Start the server.")


@click.command(name="rotate-key")
@click.option("--only-reseal", is_flag=True, help="Make no new key: seal everything under the newest there is.")
def rotate_key(only_reseal: bool) -> None:
    """Make a new encryption key and seal everything under it, while the server runs. The old keys stay in the file."""
    name = fingerprints()[0] if only_reseal or settings().secret_key else add_key()
    click.echo(f"Newest key: {name}")
    found = in_database(rotation.rotate(click.echo))
    click.echo(f"{found.renewed:,} renewed, {found.kept:,} were new, {found.lost:,} cannot be opened.")
    raise SystemExit(1 if found.lost else 0)


async def _empty(url: str) -> None:
    async with engine.pool(url, max_size=1) as pool:
        await pool.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def _run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs, of the bundled server or the system's. Its complaint is ours."""
    bundled = embedded.programs() / program
    path = str(bundled) if bundled.exists() else shutil.which(program)
    if path is None:
        raise click.ClickException(f"`{program}` was not found: install PostgreSQL's client programs.")

    async def work() -> tuple[int | None, bytes]:
        process = await asyncio.create_subprocess_exec(path, *arguments, stderr=asyncio.subprocess.PIPE)
        _, said = await process.communicate()
        return process.returncode, said

    code, said = asyncio.run(work())
    if code:
        raise click.ClickException(f"{program} failed: {said.decode(errors='replace').strip()[-500:]}")
