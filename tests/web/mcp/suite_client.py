"""The client that the conformance suite starts: our own way to users' servers, doing what a scenario asks for. Its argument is the server's address."""

import asyncio
import contextlib
import os
import sys
from typing import Any

import mcp
import msgspec

from agent.remote_mcp import session


async def _work(client: mcp.Client) -> None:
    seen = await session.look(client)
    context: dict[str, Any] = msgspec.json.decode(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
    calls = context.get("toolCalls") or [{"name": name, "arguments": _arguments(kept.schema)} for name, kept in seen.tools.items()]
    for call in calls:
        with contextlib.suppress(mcp.MCPError):  # the scenario judges what it heard
            await client.call_tool(call["name"], call["arguments"], read_timeout_seconds=20)


def _arguments(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: 5 if part.get("type") in ("number", "integer") else "x" for name, part in schema.get("properties", {}).items()}


if __name__ == "__main__":
    outcome = asyncio.run(session.connected(sys.argv[-1], {}, _work))
    sys.exit(outcome.why if isinstance(outcome, session.Failure) else 0)
