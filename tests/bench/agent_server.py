"""A whole server of its own for the agent's benchmarks: a fresh data directory, an administrator, no operator keys."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.live import free_port

_WHO = {"email": "bench@example.com", "password": "correct horse battery"}
_OPERATORS = ("ANTHROPIC_", "OPENAI_", "DATABASE_URL", "WIRETALK_")


class Door(NamedTuple):
    url: str
    token: str
    data: Path

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.token}"}, trust_env=False, timeout=180)


@contextlib.contextmanager
def serving() -> Iterator[Door]:
    """One web process, until the block ends."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OPERATORS)}
    with tempfile.TemporaryDirectory(prefix="wiretalk-bench-", dir="/tmp", ignore_cleanup_errors=True) as directory:  # sockets need a short path
        env = {
            **kept,
            "PORT": str(port),
            "WIRETALK_ADMIN_EMAIL": _WHO["email"],
            "WIRETALK_ADMIN_PASSWORD": _WHO["password"],
            "WIRETALK_REQUESTS_PER_MINUTE": "1000000",
        }
        command = [sys.executable, "-W", "ignore", "-c", "from web.cli import main; main()", "serve", "--port", str(port), "--data-dir", f"{directory}/data"]
        os.chmod(directory, 0o755)  # as root the database runs as another user, who must get in
        process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # our own command
        try:
            yield _ready(f"http://127.0.0.1:{port}", Path(directory) / "data")
        finally:
            process.terminate()
            process.wait(30)


def _ready(url: str, data: Path) -> Door:
    with httpx.Client(base_url=url, trust_env=False, timeout=10) as client:
        for _ in range(600):
            with contextlib.suppress(httpx.HTTPError):
                if client.get("/health/ready").status_code == 200:
                    return Door(url, client.post("/api/v1/auth/token", json=_WHO).raise_for_status().json()["token"], data)
            time.sleep(0.1)
    raise RuntimeError("the server did not start within a minute")
