"""What a process writes to its log: its own events, no chatter of libraries, and tracebacks without values."""

import subprocess
import sys

_TOLD = """
import logging, structlog, sys
from agent import logs
logs.set_up("info", sys.stderr)
log = structlog.get_logger()
logging.getLogger("httpx2").info("HTTP Request: POST https://api.example.com")
log.debug("not.told")
log.info("endpoint.created", calls=3)
def take(key):
    raise ValueError("no such key")
try:
    raise ConnectionRefusedError("database")
except OSError:
    logging.getLogger("asyncpg.pool").warning("retrying", exc_info=True)
try:
    take("sk-live-" + "abcdefgh")
except ValueError:
    log.exception("run.failed")
"""


def test_a_traceback_shows_no_values() -> None:
    """Neither a variable, which may be a key, nor an HTTP client's requests, nor each try of a pool while the database is away; where it broke is told."""
    told = subprocess.run([sys.executable, "-c", _TOLD], capture_output=True, text=True, check=True)
    assert told.stdout == ""
    assert "endpoint.created" in told.stderr
    assert "ValueError: no such key" in told.stderr
    for hidden in ("abcdefgh", "HTTP Request", "not.told", "retrying"):
        assert hidden not in told.stderr
