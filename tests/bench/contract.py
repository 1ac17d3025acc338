"""Our own OpenAPI description held against the running server by Schemathesis: no server error, no answer that is not described.

    python -m tests.bench.contract [requests=20000] [seed=1]

Signed in as an administrator, with one of everything made beforehand, so that generated requests also find something.
Needs a network at the first run, for the tool itself.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx

from tests.belongings import belongings
from tests.bench.agent_server import Door, serving

TOOL = ("uv", "tool", "run", "--from", "schemathesis==4.32.5", "schemathesis")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
_ENDS_ITSELF = {
    ("PUT", "/api/v1/users/{user_id}"),
    ("DELETE", "/api/v1/users/{user_id}"),
    ("DELETE", "/api/v1/tokens/{token_id}"),
    ("POST", "/api/v1/users/me/data/delete"),
}
_LARGEST = 120
_FOR_EACH = 150  # about as many requests does one more example for each operation and phase make


def main(wanted: int, seed: int) -> int:
    """Rounds with other seeds until so many requests were sent; 0 where none of them found anything. Each has a server of its own: one may sign itself out."""
    sent, failed = 0, 0
    while sent < wanted and not failed:
        with serving() as door, tempfile.TemporaryDirectory() as directory:
            schema = Path(directory) / "openapi.json"
            schema.write_text(json.dumps(_schema(door)))
            generated, failed = _round(door, schema, seed, Path(directory), (wanted - sent) // _FOR_EACH + 1)
            sent, seed = sent + generated, seed + 1
            print(json.dumps({"figure": "contract.requests", "value": sent, "unit": "generated so far", "failed": failed}), flush=True)
    return 1 if failed else 0


def _round(door: Door, schema: Path, seed: int, directory: Path, examples: int) -> tuple[int, int]:
    tool = (shutil.which("schemathesis"),) if shutil.which("schemathesis") else TOOL
    command = [
        *tool, "run", str(schema), "-u", door.url, "-H", f"Authorization: Bearer {door.token}", "--checks", CHECKS, "--phases", "coverage,fuzzing,stateful",
        "-n", str(min(examples, _LARGEST)), "--continue-on-failure", "--no-color", "--seed", str(seed), "--generation-database", "none",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)  # our own command
    found = re.search(r"^\s+([\d,]+) generated(?:, ([\d,]+) found [^\n]*failures?)?", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        print(done.stdout[-20_000:], done.stderr[-2_000:], file=sys.stderr)
    return (int(found[1].replace(",", "")) if found else 0), done.returncode


def _schema(door: Door) -> dict[str, Any]:
    """What the server says of itself, without what would end the run's own account; ids may also be those of things that are there."""
    with door.client() as client:
        described: dict[str, Any] = client.get("/api/openapi.json").json()
    known = asyncio.run(_known(door))
    for path, operations in described["paths"].items():
        for method in [method for method in operations if (method.upper(), path) in _ENDS_ITSELF]:
            del operations[method]
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()) if method != "delete" else ():
                if parameter["in"] == "path" and parameter["name"] in known and "enum" not in parameter["schema"]:
                    parameter["schema"] = {"anyOf": [{"enum": [known[parameter["name"]]]}, parameter["schema"]]}
    described["paths"] = {path: operations for path, operations in described["paths"].items() if operations}
    return described


async def _known(door: Door) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=door.url, headers={"authorization": f"Bearer {door.token}"}, trust_env=False, timeout=60) as client:
        return await belongings(client)


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    raise SystemExit(main(*arguments, *(20_000, 1)[len(arguments) :]))
