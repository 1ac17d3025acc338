"""The Autobahn test suite against the WebSocket path: its fuzzing client, our proxy with capture on, an echoing upstream. Failures by case.

    python -m tests.bench.autobahn [--wstest PATH] [--cases 1.* 2.*]

`wstest` needs a Python 2.7: in a virtualenv of that, `pip install autobahntestsuite`. Without it there is nothing to measure, and
`tests/web/proxy/test_ws_rules.py` plays the suite's families 1 to 7, 9 and 10 with a client of our own instead.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from db import embedded
from tests.live import free_port, serving

ROOT = Path(__file__).resolve().parents[2]
_ZERO = "00000000-0000-0000-0000-000000000000"
_GOOD = frozenset({"OK", "NON-STRICT", "INFORMATIONAL"})
Case = dict[str, Any]


def figures(wstest: str | None = None, cases: Sequence[str] = ("*",)) -> Iterator[tuple[str, float, str]]:
    """How many cases were played, and how many of each verdict. Nothing without `wstest`."""
    if (command := wstest or shutil.which("wstest")) is None:
        return
    found = played(command, cases)
    verdicts = Counter(verdict for case in found.values() for verdict in (case["behavior"], f"closing {case['behaviorClose']}"))
    yield "autobahn: cases", len(found), "cases"
    for verdict, count in sorted(verdicts.items()):
        yield f"autobahn: {verdict}", count, "cases"


def played(wstest: str, cases: Sequence[str]) -> dict[str, Case]:
    """The verdict of each case by its number."""
    before = os.environ.pop("DATABASE_URL", None)
    try:
        with tempfile.TemporaryDirectory(prefix="wiretalk-bench-", dir="/tmp", ignore_cleanup_errors=True) as folder:  # sockets need a short path
            Path(folder).chmod(0o755)
            with embedded.database_url(Path(folder) / "pg") as url:
                os.environ.pop("DATABASE_URL", None)
                return asyncio.run(_played(wstest, cases, Path(folder), {**os.environ, "DATABASE_URL": url, "WIRETALK_DATA_DIR": folder}))
    finally:
        if before:
            os.environ["DATABASE_URL"] = before


async def _played(wstest: str, cases: Sequence[str], folder: Path, environment: dict[str, str]) -> dict[str, Case]:
    port = free_port()
    async with serving(echo, http="httptools") as target:
        server = [sys.executable, str(ROOT / "tests/bench/proxy_server.py"), "--destination", target, "--port", str(port), "--make"]
        proxy = await asyncio.create_subprocess_exec(*server, env=environment, stdout=asyncio.subprocess.PIPE)
        assert proxy.stdout is not None
        await proxy.stdout.readline()
        spec = {"outdir": str(folder / "reports"), "servers": [{"url": f"ws://127.0.0.1:{port}/proxy/{_ZERO}"}], "cases": list(cases), "exclude-cases": []}
        (folder / "spec.json").write_text(json.dumps(spec))
        try:
            client = await asyncio.create_subprocess_exec(wstest, "-m", "fuzzingclient", "-s", str(folder / "spec.json"), stdout=asyncio.subprocess.DEVNULL)
            await client.wait()
        finally:
            proxy.terminate()
            await proxy.wait()
    (agent,) = json.loads((folder / "reports/index.json").read_text()).values()
    return agent


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Gives every message back."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})


def main() -> None:
    """Print the verdicts, and every case that is not good."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wstest", default=shutil.which("wstest"))
    parser.add_argument("--cases", nargs="+", default=["*"])
    asked = parser.parse_args()
    if asked.wstest is None:
        raise SystemExit("No `wstest` on the path; name it with --wstest.")
    found = played(asked.wstest, asked.cases)
    for name, case in found.items():
        if case["behavior"] not in _GOOD or case["behaviorClose"] not in _GOOD:
            print(f"{name}: {case['behavior']}, closing {case['behaviorClose']} with {case['remoteCloseCode']}")
    families = Counter((name.partition(".")[0], case["behavior"]) for name, case in found.items())
    for (family, verdict), count in sorted(families.items(), key=lambda one: (int(one[0][0]), one[0][1])):
        print(f"family {family}: {count} {verdict}")
    print(f"{len(found)} cases, {sum(case['behavior'] not in _GOOD or case['behaviorClose'] not in _GOOD for case in found.values())} not good")


if __name__ == "__main__":
    main()
