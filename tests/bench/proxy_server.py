"""The proxy alone, as a process: the guarded front, the data plane and the recorder, with one endpoint whose id is all zeros.

    python tests/bench/proxy_server.py --destination http://127.0.0.1:9911 [--port 9900] [--timeout 10] [--null]

With `DATABASE_URL` set it records into that (migrated) database, which has to hold the user and the endpoint: `--make` makes them.
`--null` records nothing, to see what recording costs. Prints one line with its port when it is ready.
"""

import argparse
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import uvicorn

sys.path.insert(0, str(Path(__file__).parents[2]))

from agent.recorder import Recorder
from db import engine
from db.migrate import migrate
from web.proxy import in_front_of
from web.proxy.lookup import Route

ZERO = UUID(int=0)


async def main() -> None:
    """Serve until a signal."""
    asked = _arguments()
    recorder = Recorder()
    route = Route(ZERO, ZERO, asked.destination, "REVIEW" if asked.null else "ACTIVE", asked.body_limit, asked.timeout)

    async def lookup(endpoint_id: str) -> Route | None:
        return route if endpoint_id == str(ZERO) else None

    if not asked.null:
        await migrate()
        await engine.start_pool()
        if asked.make:
            await _make(asked.destination)
        await recorder.start()
    config = uvicorn.Config(
        in_front_of(_nothing, recorder, lookup), port=asked.port, http="web.front:GuardedProtocol", ws="wsproto", loop="uvloop", lifespan="off",
        access_log=False, proxy_headers=False, server_header=False, log_level="critical", ws_max_size=16 * 1024 * 1024, timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    print(f"ready {listening.getsockname()[1]}", flush=True)
    await server.serve(sockets=[listening])
    if not asked.null:
        await recorder.drain()
        await engine.stop_pool()


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def _make(destination: str) -> None:
    async with engine.connection() as connection:
        await connection.execute("INSERT INTO users (id, email, username) VALUES ($1, 'bench@example.com', 'bench') ON CONFLICT DO NOTHING", ZERO)
        await connection.execute(
            "INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $1, 'bench', 'bench', $2) ON CONFLICT DO NOTHING", ZERO, destination
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--destination", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=300.0)
    parser.add_argument("--body-limit", type=int, default=1024 * 1024)
    parser.add_argument("--null", action="store_true")
    parser.add_argument("--make", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main())
