"""A command run as a shell runs it, and a small recording to run it on."""

import json
from typing import Any, NamedTuple

from click.testing import CliRunner

from web.cli.commands import commands


class Done(NamedTuple):
    returncode: int
    stdout: bytes
    stderr: bytes


def run(*arguments: str, stdin: bytes = b"") -> Done:
    found = CliRunner().invoke(commands, arguments, input=stdin)
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return Done(found.exit_code, found.stdout_bytes, found.stderr_bytes)


def har(*calls: tuple[str, str, Any]) -> bytes:
    """Calls as method, path and answer."""
    entries = [
        {
            "startedDateTime": f"2025-01-01T00:00:{number:02}Z",
            "request": {"method": method, "url": "https://api.test" + path, "headers": []},
            "response": {"status": 200, "headers": [{"name": "Content-Type", "value": "application/json"}], "content": {"text": json.dumps(answer)}},
        }
        for number, (method, path, answer) in enumerate(calls)
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


PETS = har(*[("GET", f"/pets/{number}", {"id": number, "name": f"n{number}"}) for number in range(11, 17)], ("GET", "/pets", [{"id": 11, "name": "n11"}]))
