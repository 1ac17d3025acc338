"""The MCP servers that are commands: the operator declares them in a file, and nobody else can. Such a server runs on this machine.

The file has the form that MCP clients share: `{"mcpServers": {"files": {"command": "…", "args": […], "env": {…}}}}`. A server's environment
is what its `env` says, in which `${NAME}` stands for a variable of ours, and the search path; nothing else is handed on.
"""

import re
from functools import lru_cache
from pathlib import Path

import msgspec

from agent.actor import Actor
from agent.config import from_environment, settings
from agent.errors import Problem

PREFIX = "command:"
_NAME = re.compile(r"[a-z0-9-]{1,30}")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One program. `shared`: one process for all users of a worker, for servers that keep nothing; else each user has their own."""

    command: str
    args: list[str] = []
    env: dict[str, str] = {}
    cwd: str | None = None
    description: str = ""
    shared: bool = False
    admin_only: bool = False


class _File(msgspec.Struct, frozen=True):
    mcpServers: dict[str, Command] = {}  # the name that MCP clients share


def offered(actor: Actor) -> dict[str, Command]:
    """What this user may connect, by name. A demo account is shared by strangers: nothing. Raises invalid_arguments where the file is no such file."""
    if actor.role == "DEMO":
        return {}
    return {name: command for name, command in all_declared().items() if actor.is_admin or not command.admin_only}


def all_declared() -> dict[str, Command]:
    """Everything in the file, in its order, read again when it changes. Raises invalid_arguments."""
    path = settings().mcp_servers
    if path is None:
        return {}
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Problem(
            "invalid_arguments", f"`WIRETALK_MCP_SERVERS`: {_sentence(error)}.", remedy="Correct the file; docs/reference.md shows its form."
        ) from error


def environment(command: Command, home: Path) -> dict[str, str]:
    """The whole environment of a server's process. Raises server_failed where a variable is missing."""
    found = {"PATH": from_environment("PATH") or "/usr/local/bin:/usr/bin:/bin", "HOME": str(home)}
    return found | {name: _VARIABLE.sub(_value, text) for name, text in command.env.items()}


def _value(found: re.Match[str]) -> str:
    value = from_environment(found[1])
    if value is None:
        raise Problem("server_failed", f"The variable `{found[1]}` that this server needs is not set.", remedy="Tell the administrator.")
    return value


@lru_cache(4)
def _read(path: Path, _changed_ns: int) -> dict[str, Command]:
    found = msgspec.json.decode(path.read_bytes(), type=_File).mcpServers
    if wrong := next((name for name in found if not _NAME.fullmatch(name)), None):
        raise msgspec.ValidationError(f"`{wrong[:40]}` is no name; use small letters, digits and hyphens")
    return found


def _sentence(error: Exception) -> str:
    return (error.strerror or "cannot be read") if isinstance(error, OSError) else str(error)
