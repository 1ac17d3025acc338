"""A process that holds the embedded PostgreSQL of `sys.argv[1]`: prints its URL, and leaves when told or when its input ends."""

import signal
import sys
from pathlib import Path

from db.embedded import database_url


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with database_url(Path(sys.argv[1]), keeps_up=True) as url:
        print(url, flush=True)
        sys.stdin.read()


main()
