"""An MCP server as a program. Its first argument: `sdk`, written with the official SDK; else a light one, and how it misbehaves at its start."""

import json
import os
import subprocess
import sys
import time
from typing import Any

HOW = sys.argv[1] if len(sys.argv) > 1 else "good"
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"text": {"type": "string"}}}
COUNT = {"calls": 0}


def _answer(arguments: dict[str, Any]) -> str:
    """The text of a call: its process, how often it was called, and what was said; some words make it misbehave."""
    COUNT["calls"] += 1
    text = str(arguments.get("text"))
    match text:
        case "hang":
            time.sleep(60)
        case "fall":
            os._exit(3)
        case "long":
            print("x" * 6_000_000, flush=True)
        case "flood":
            while True:
                sys.stderr.write("x" * 1000)
                print('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}')
        case "noise":
            print("hello, I am no protocol\n{", flush=True)
        case "child":
            subprocess.Popen(["sleep", "300"])
        case "environment":
            text = ",".join(sorted(os.environ))
        case "secret":
            text = os.environ.get("SECRET", "")
        case _:
            pass
    return f"{os.getpid()} {COUNT['calls']} {text}"


def _result(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    if method == "initialize":
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "program", "version": "1"}}
    if method == "tools/list":
        return {"tools": [{"name": "echo", "description": "Says it again.", "inputSchema": SCHEMA}]}
    return {"content": [{"type": "text", "text": _answer(params["arguments"])}]} if method == "tools/call" else None


def light() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" in asked:
            result = _result(asked["method"], asked.get("params", {}))
            outcome = {"result": result} if result else {"error": {"code": -32601, "message": "no such method"}}
            print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], **outcome}), flush=True)


def sdk() -> None:
    import asyncio

    from mcp.server.lowlevel import Server
    from mcp.server.stdio import stdio_server
    from mcp.types import CallToolResult, ListToolsResult, TextContent, Tool

    async def on_list(context: Any, params: Any) -> ListToolsResult:
        return ListToolsResult(tools=[Tool(name="echo", description="Says it again.", input_schema=SCHEMA)])

    async def on_call(context: Any, params: Any) -> CallToolResult:
        return CallToolResult(content=[TextContent(type="text", text=_answer(params.arguments or {}))])

    async def run() -> None:
        server: Server[Any] = Server("program", version="1", on_list_tools=on_list, on_call_tool=on_call)
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())

    asyncio.run(run())


if HOW == "falls":
    sys.exit(7)
if HOW == "prints":
    print("Welcome to my server!", flush=True)
sdk() if HOW == "sdk" else light()
