"""The proxy against its peers: requests a second, CPU per request, added latency. Prints a table, and one JSON line per figure to stderr.

    python tests/bench/proxy.py [--seconds 5] [--rounds 3] [--connections 16] [--mitmdump PATH]

Needs `wrk` on the path. `nginx` serves the upstream and is a peer where it is found, else a small asyncio server is the upstream;
mitmdump is a peer where its path is given or it is found. The rounds are interleaved, and each figure is the median. The added latency
is that at a fixed 300 requests a second, over the same upstream asked straight. Not measured here: TLS, several workers.
"""

import argparse
import asyncio
import contextlib
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

ZERO = "00000000-0000-0000-0000-000000000000"
_READY_SECONDS = 60
_MITM = "mitmdump saving flows"


class Peer(NamedTuple):
    """A running server and the URL to load; without a process for the upstream itself."""

    name: str
    url: str
    process: subprocess.Popen[bytes] | None


class Load(NamedTuple):
    """One run of wrk."""

    per_second: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    failed: int


class Steady(NamedTuple):
    """One run at a fixed rate."""

    p50_ms: float
    p99_ms: float
    failed: int


class Found(NamedTuple):
    """The runs of each peer."""

    loads: dict[str, list[Load]]
    steady: dict[str, list[Steady]]


def main() -> None:
    """Run everything and print."""
    asked = _arguments()
    if found := measure(asked.seconds, asked.rounds, asked.connections, asked.mitmdump or shutil.which("mitmdump")):
        _print(found)


def figures() -> Iterator[tuple[str, float, str]]:
    """For `make bench`: the medians, and what the goals are about."""
    found = measure(4, 3, 16, shutil.which("mitmdump"))
    if found is None:
        return
    loads = {name: _median(runs) for name, runs in found.loads.items()}
    steady = {name: _median(runs) for name, runs in found.steady.items()}
    for name, load in loads.items():
        yield f"proxy.{name}.requests", load[0], "a second, 16 connections, answers of 1 KB"
        yield f"proxy.{name}.cpu", load[1], "µs a request"
    for name, (p50, p99, _) in steady.items():
        yield f"proxy.{name}.added_p50", p50 - steady["straight"][0], "ms at 300 requests a second"
        yield f"proxy.{name}.added_p99", p99 - steady["straight"][1], "ms at 300 requests a second"
    if _MITM in loads:
        yield "proxy.over_mitmdump", loads["wiretalk"][0] / loads[_MITM][0], "times its requests a second"
    if "nginx" in loads:
        yield "proxy.over_nginx_cpu", loads["wiretalk, not recording"][1] / loads["nginx"][1], "times nginx's CPU, not recording"


def measure(seconds: int, rounds: int, connections: int, mitmdump: str | None) -> Found | None:
    """Every peer in turn, several times over. None without `wrk`; says which peers are missing."""
    if shutil.which("wrk") is None:
        print("wrk is not installed: the proxy is not measured", file=sys.stderr)
        return None
    for name, is_there in (("nginx", shutil.which("nginx")), ("mitmdump", mitmdump)):
        if not is_there:
            print(f"{name} is not installed: no peer", file=sys.stderr)
    with (
        tempfile.TemporaryDirectory(prefix="wiretalk-bench-", dir="/tmp", ignore_cleanup_errors=True) as folder,
        contextlib.ExitStack() as stack,
    ):  # short: sockets
        Path(folder).chmod(0o755)
        peers = list(_peers(Path(folder), stack, mitmdump))
        found = Found({peer.name: [] for peer in peers}, {peer.name: [] for peer in peers})
        for _ in range(rounds):
            for peer in peers:
                found.loads[peer.name].append(_load(peer, connections, seconds))
            for peer in peers:
                found.steady[peer.name].append(_steady(peer, seconds))
        return found


def _peers(folder: Path, stack: contextlib.ExitStack, mitmdump: str | None) -> Iterator[Peer]:
    upstream = stack.enter_context(_upstream(folder))
    yield Peer("straight", f"{upstream}/1k.json", None)
    database = stack.enter_context(_database(folder))
    environment = {"PATH": "/usr/bin:/bin", "WIRETALK_DATA_DIR": str(folder / "data"), "DATABASE_URL": database, "WIRETALK_LOG_LEVEL": "error"}
    server = [sys.executable, str(ROOT / "tests/bench/proxy_server.py"), "--destination", upstream, "--make"]
    for name, more in (("wiretalk", []), ("wiretalk, not recording", ["--null"])):
        process = stack.enter_context(_process([*server, *more], environment))
        yield Peer(name, f"http://127.0.0.1:{_port_from(process)}/proxy/{ZERO}/1k.json", process)
    if shutil.which("nginx"):
        port = _free_port()
        process = stack.enter_context(
            _nginx(folder, port, "location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ''; }", upstream)
        )
        yield Peer("nginx", f"http://127.0.0.1:{port}/1k.json", process)
    if mitmdump:
        port = _free_port()
        command = [mitmdump, "--mode", f"reverse:{upstream}", "-p", str(port), "--listen-host", "127.0.0.1", "-q", "-w", str(folder / "flows")]
        process = stack.enter_context(_process(command, {"PATH": "/usr/bin:/bin", "HOME": str(folder)}))
        _wait_for(port)
        yield Peer(_MITM, f"http://127.0.0.1:{port}/1k.json", process)


def _load(peer: Peer, connections: int, seconds: int) -> Load:
    before = _cpu(peer.process)
    said = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", peer.url], capture_output=True, text=True, check=True).stdout
    time.sleep(1.0)  # what was put off until after the answers is part of the cost
    spent = _cpu(peer.process) - before
    requests = int(_number(said, r"(\d+) requests in"))
    failed = sum(int(n) for n in re.findall(r"(?:connect|read|write|timeout) (\d+)", said)) + int(_number(said, r"Non-2xx or 3xx responses: (\d+)"))
    return Load(_number(said, r"Requests/sec:\s+([\d.]+)"), spent / max(requests, 1) * 1e6, _milliseconds(said, "50%"), _milliseconds(said, "99%"), failed)


def _steady(peer: Peer, seconds: int) -> Steady:
    command = [sys.executable, str(ROOT / "tests/bench/steady.py"), peer.url, "--seconds", str(seconds)]
    return Steady(**json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def _median(runs: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(statistics.median(values) for values in zip(*runs, strict=True))


def _print(found: Found) -> None:
    print(f"{'':26}{'req/s':>9}{'CPU µs':>9}{'p50 ms':>9}{'p99 ms':>9}{'failed':>8}   at 300/s: p50 ms   p99 ms")
    for name, loads in found.loads.items():
        figures, steady = Load(*_median(loads)), Steady(*_median(found.steady[name]))  # pyright: ignore[reportArgumentType]  # medians of counts
        print(
            f"{name:26}{figures.per_second:9.0f}{figures.cpu_us:9.0f}{figures.p50_ms:9.2f}{figures.p99_ms:9.2f}{figures.failed:8.0f}"
            f"{steady.p50_ms:19.2f}{steady.p99_ms:9.2f}"
        )
        for run in (figures, steady):
            for field, value in run._asdict().items():
                print(
                    json.dumps({"bench": "proxy", "peer": name, "figure": f"{type(run).__name__.lower()}.{field}", "value": round(value, 3)}), file=sys.stderr
                )


def _cpu(process: subprocess.Popen[bytes] | None) -> float:
    """Seconds of processor time of a process and its children; the database's are its own."""
    if process is None:
        return 0.0
    root = psutil.Process(process.pid)
    times = [one.cpu_times() for one in [root, *root.children(recursive=True)]]
    return sum(one.user + one.system for one in times)


@contextlib.contextmanager
def _upstream(folder: Path) -> Iterator[str]:
    (folder / "www").mkdir()
    (folder / "www/1k.json").write_text(json.dumps({"items": ["x" * 10] * 78}).ljust(1024))
    if shutil.which("nginx"):
        port = _free_port()
        with _nginx(folder, port, f"root {folder}/www; types {{ application/json json; }}"):
            yield f"http://127.0.0.1:{port}"
        return
    with _process([sys.executable, "-c", _SMALL_SERVER.format(body=str(folder / "www/1k.json"))], {"PATH": "/usr/bin:/bin"}) as process:
        yield f"http://127.0.0.1:{_port_from(process)}"


@contextlib.contextmanager
def _nginx(folder: Path, port: int, inside: str, upstream: str = "http://127.0.0.1:9") -> Iterator[subprocess.Popen[bytes]]:
    home = folder / f"nginx{port}"
    home.mkdir()
    temporary = " ".join(f"{kind}_temp_path {home}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (home / "nginx.conf").write_text(
        f"daemon off; pid {home}/pid; error_log /dev/null; worker_processes 1; events {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; keepalive_requests 1000000; {temporary} upstream up {{ server {upstream.removeprefix('http://')}; keepalive 64; }} server {{ listen 127.0.0.1:{port}; {inside} }} }}"
    )
    with _process(["nginx", "-c", str(home / "nginx.conf"), "-p", str(home), "-e", "/dev/null"], {"PATH": "/usr/bin:/bin:/usr/sbin"}) as process:
        _wait_for(port)
        yield process


@contextlib.contextmanager
def _database(folder: Path) -> Iterator[str]:
    from db import embedded

    with embedded.database_url(folder / "pg") as url:
        yield url


@contextlib.contextmanager
def _process(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _port_from(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"ready"):
            return int(line.split()[1])
    raise SystemExit("a server did not start")


def _wait_for(port: int) -> None:
    async def open_once() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            asyncio.run(open_once())
            return
        time.sleep(0.1)
    raise SystemExit("a peer did not start")


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _number(said: str, pattern: str) -> float:
    found = re.search(pattern, said)
    return float(found[1]) if found else 0.0


def _milliseconds(said: str, which: str) -> float:
    found = re.search(rf"{which}\s+([\d.]+)(us|ms|s)", said)
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]] if found else 0.0


_SMALL_SERVER = """
import asyncio, uvloop
body = open({body!r}, "rb").read()
answer = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body
class P(asyncio.Protocol):
    def connection_made(self, t): self.t = t
    def data_received(self, d): self.t.write(answer * d.count(b"\\r\\n\\r\\n"))
async def main():
    s = await asyncio.get_running_loop().create_server(P, "127.0.0.1", 0)
    print("ready", s.sockets[0].getsockname()[1], flush=True)
    await s.serve_forever()
uvloop.run(main())
"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--mitmdump")
    return parser.parse_args()


if __name__ == "__main__":
    main()
