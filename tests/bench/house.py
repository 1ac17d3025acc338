"""What a benchmark of the whole house stands on: a database and a data directory of its own, and the command line that prints figures."""

import argparse
import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from db import embedded

Figure = tuple[str, float, str]


@contextlib.contextmanager
def fresh() -> Generator[Path]:
    """An empty folder, with an embedded database in it that the environment names."""
    before = os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="wiretalk-bench-", dir="/tmp", ignore_cleanup_errors=True) as name:  # sockets need a short path
        folder = Path(name)
        folder.chmod(0o755)
        os.environ["WIRETALK_DATA_DIR"] = f"{folder}/data"
        with embedded.database_url(folder / "pg"):
            yield folder
    if before:
        os.environ["DATABASE_URL"] = before


def shown(figures: Callable[..., Iterator[Figure]], **options: float) -> None:
    """Each figure as a line of JSON. `options` are arguments of `figures` that the command line may change, with what they are otherwise."""
    parser = argparse.ArgumentParser()
    for name, standard in options.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(standard), default=standard)
    for name, value, unit in figures(**vars(parser.parse_args())):
        print(json.dumps({"figure": name, "value": round(value, 4), "unit": unit}), flush=True)
