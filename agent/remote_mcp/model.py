"""What is known of a user's MCP server: its connection, what it said of itself, and its tools with what was accepted of each. Values only."""

import base64
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from agent.crypto import Unsealable, seal, unseal
from agent.errors import Problem

AuthType = Literal["none", "token", "key", "oauth"]
Status = Literal["connected", "disconnected", "error"]


class RemoteTool(msgspec.Struct, frozen=True):
    """`name` is how it is called here: the server's name, two underscores, its own. `is_quarantined`: it says something new of itself."""

    name: str
    description: str
    input_schema: dict[str, Any]
    is_quarantined: bool


class Server(msgspec.Struct, frozen=True):
    """A connection as its owner sees it. The secret is never shown. `wants_sign_in`: only the user's own sign-in at the server helps."""

    id: UUID
    name: str
    url: str
    auth: AuthType
    status: Status
    last_error: str | None
    wants_sign_in: bool
    title: str
    version: str
    protocol: str
    capabilities: list[str]
    tools: list[RemoteTool]
    created_at: datetime


class Told(msgspec.Struct, frozen=True):
    """What a remote tool answered, as text, cut to what a model can read."""

    text: str
    is_error: bool


class Kept(msgspec.Struct, frozen=True):
    """What is remembered of a tool: what it said when it was accepted, and what it says now."""

    description: str
    schema: dict[str, Any]
    accepted: str | None
    now: str


class Memory(msgspec.Struct, frozen=True):
    """What a server said of itself; `wanted`, when it refused us last, what it said a sign-in needs."""

    title: str = ""
    version: str = ""
    protocol: str = ""
    capabilities: list[str] = []
    tools: dict[str, Kept] = {}
    wanted: "Wanted | None" = None


class Wanted(msgspec.Struct, frozen=True):
    """The words of a refusal (RFC 9728, RFC 6750): where the server describes itself, and which scopes a sign-in needs.

    `lacks_scope`: it knows the user, who was granted too little.
    """

    document: str = ""
    scope: str = ""
    lacks_scope: bool = False


class Config(msgspec.Struct, frozen=True):
    """`value` is sealed, in base64: a token, a key, or with `oauth` what `signing_in` keeps. `lease`: until when somebody renews it."""

    url: str
    transport: str = "http"
    auth: AuthType = "none"
    value: str = ""
    lease: float = 0.0


class Connection(msgspec.Struct, frozen=True):
    """A row of the table, read."""

    id: UUID
    user_id: UUID
    name: str
    config: Config
    status: Status
    last_error: str | None
    memory: Memory
    created_at: datetime


def shown(row: Connection) -> Server:
    """As the owner sees it."""
    config, memory = row.config, row.memory
    tools = [RemoteTool(f"{row.name}__{name}", kept.description, kept.schema, kept.accepted != kept.now) for name, kept in memory.tools.items()]
    return Server(
        row.id, row.name, config.url, config.auth, row.status, row.last_error, memory.wanted is not None, memory.title, memory.version, memory.protocol, memory.capabilities,
        tools, row.created_at,
    )  # fmt: skip


def sealed(server_id: UUID, secret: bytes) -> str:
    """A secret as it stands in `Config.value`."""
    return base64.b64encode(seal(secret, _context(server_id))).decode()


def opened(server_id: UUID, value: str) -> bytes:
    """Raises server_failed."""
    try:
        return unseal(base64.b64decode(value), _context(server_id))
    except (Unsealable, ValueError) as error:
        raise Problem("server_failed", "The secret was stored under a key that is gone.", remedy="Connect the server again.") from error


def _context(server_id: UUID) -> str:
    return f"mcp_servers:{server_id}"
