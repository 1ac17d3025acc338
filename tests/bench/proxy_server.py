"""The proxy alone, as a process: the guarded front, the data plane and the recorder, with an endpoint for each destination.

    python tests/bench/proxy_server.py --destination http://127.0.0.1:9911 [--destination …] [--port 9900] [--timeout 10] [--null]

The first endpoint's id is all zeros, the next one's ends in 1, and so on.

With `DATABASE_URL` set it records into that (migrated) database, which has to hold the user and the endpoint: `--make` makes them.
`--null` records nothing, to see what recording costs. Prints one line with its port when it is ready.
"""

import argparse
import itertools
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import uvicorn

sys.path.insert(0, str(Path(__file__).parents[2]))

from agent.recorder import Recorder
from db import engine
from db.migrate import migrate
from web import collector
from web.front_ws import PatientProtocol
from web.proxy import in_front_of
from web.proxy.lookup import Route

ZERO = UUID(int=0)


async def main() -> None:
    """Serve until a signal."""
    asked = _arguments()
    recorder = Recorder()
    status = "REVIEW" if asked.null else "ACTIVE"
    timeouts = itertools.chain(asked.timeout, itertools.repeat(300.0))
    routes = {str(UUID(int=n)): Route(UUID(int=n), ZERO, to, status, asked.body_limit, next(timeouts)) for n, to in enumerate(asked.destination)}

    async def lookup(endpoint_id: str) -> Route | None:
        return routes.get(endpoint_id)

    if not asked.null:
        await migrate()
        await engine.start_pool()
        if asked.make:
            await _make(routes.values())
        await recorder.start()
    config = uvicorn.Config(
        in_front_of(_nothing, recorder, lookup), port=asked.port, http="web.front:GuardedProtocol", ws=_websockets(asked.close_timeout), loop="uvloop", lifespan="off",
        access_log=False, proxy_headers=False, server_header=False, log_level="critical", ws_max_size=16 * 1024 * 1024, timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    listening.listen(2048)  # who connects from now on waits
    collector.rest()
    print(f"ready {listening.getsockname()[1]}", flush=True)
    await server.serve(sockets=[listening])
    if not asked.null:
        await recorder.drain()
        await engine.stop_pool()


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def _websockets(close_timeout: float) -> type[PatientProtocol]:
    """The server's own, which waits so long for a client to answer a close frame."""

    class Impatient(PatientProtocol):
        def __init__(self, *found: Any, **named: Any) -> None:
            super().__init__(*found, **named)
            self.close_timeout = close_timeout

    return Impatient


async def _make(routes: Iterable[Route]) -> None:
    async with engine.connection() as connection:
        await connection.execute("INSERT INTO users (id, email, username) VALUES ($1, 'bench@example.com', 'bench') ON CONFLICT DO NOTHING", ZERO)
        sql = "INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $2, $3, $3, $4) ON CONFLICT DO NOTHING"
        await connection.executemany(sql, [(route.endpoint_id, ZERO, f"bench-{route.endpoint_id.int}", route.destination) for route in routes])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--destination", required=True, action="append")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--timeout", type=float, action="append", default=[])
    parser.add_argument("--body-limit", type=int, default=1024 * 1024)
    parser.add_argument("--close-timeout", type=float, default=10.0)
    parser.add_argument("--null", action="store_true")
    parser.add_argument("--make", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
