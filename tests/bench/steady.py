"""A client that asks at a fixed rate whatever becomes of the answers, and counts each answer's time from when its request was due.

    python tests/bench/steady.py URL --rate 300 --seconds 5

Prints one line of JSON: the median and the 99th percentile in milliseconds, and how many failed.
"""

import argparse
import asyncio
import json
import selectors
from statistics import quantiles
from urllib.parse import urlsplit


async def steady(url: str, rate: float, seconds: float, connections: int) -> dict[str, float]:
    """Requests are spread evenly over time and over kept connections."""
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    took: list[float] = []
    failed = 0
    count, began = int(rate * seconds), loop.time() + 0.2

    async def ask(first: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        for number in range(first, count, connections):
            due = began + number / rate
            await asyncio.sleep(due - loop.time())
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            await reader.readexactly(length)
            took.append((loop.time() - due) * 1000)
            failed += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    await asyncio.gather(*(ask(first) for first in range(connections)))
    warm = sorted(took[len(took) // 10 :])
    return {"p50_ms": quantiles(warm, n=100)[49], "p99_ms": quantiles(warm, n=100)[98], "failed": failed}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--connections", type=int, default=16)
    asked = parser.parse_args()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())) as runner:  # epoll would wake it up to 1 ms late
        print(json.dumps(runner.run(steady(asked.url, asked.rate, asked.seconds, asked.connections))))


if __name__ == "__main__":
    main()
