"""`wiretalk chat`: the chat in a terminal against a running server, with history, streamed Markdown and approvals.

It is a client of the HTTP API like any other: it has no way to the database and nothing that a script could not do.
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncGenerator
from typing import Any

import click
import httpx
import msgspec
from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory
from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.text import Text

from agent import tasks
from agent.config import settings

_HISTORY = "chat_history"


class _Refused(Exception):
    """The server said no, in its own words."""


@click.command()
@click.argument("message", required=False)
@click.option("--url", help="Address of the server. [default: the one that this machine's settings name]")
@click.option("--token", envvar="WIRETALK_TOKEN", help="An API token; default: the variable WIRETALK_TOKEN.")
@click.option("--provider", help="Such as builtin or anthropic. [default: the first with a key]")
@click.option("--model", help="A model of the provider's.")
def chat(message: str | None, url: str | None, token: str | None, provider: str | None, model: str | None) -> None:
    """Chat in the terminal: one MESSAGE, or a conversation without one."""
    if not token:
        raise click.UsageError("A token is needed: set WIRETALK_TOKEN to what `wiretalk token create --email you@example.com` prints.")
    try:
        asyncio.run(_chat(message, (url or settings().base_url).rstrip("/"), token, {"provider": provider, "model": model}))
    except asyncio.CancelledError as interrupt:
        raise click.Abort from interrupt
    except _Refused as refusal:
        click.echo(str(refusal), err=True)
        raise SystemExit(2) from refusal
    except httpx.TransportError as error:
        click.echo(_silent(error), err=True)
        raise SystemExit(2) from error


async def _chat(message: str | None, url: str, token: str, choice: dict[str, str | None]) -> None:
    console = Console()
    async with httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=httpx.Timeout(30, read=300), trust_env=False) as client:
        talk = _Talk(client, console, {name: value for name, value in choice.items() if value})
        if message is not None:
            await talk.say(message)
            if talk.is_stopped:
                raise SystemExit(130)
            return
        settings().data.mkdir(parents=True, exist_ok=True)
        prompt: PromptSession[str] = PromptSession(history=FileHistory(str(settings().data / _HISTORY)))
        console.print("Ask anything; Ctrl-C stops an answer, an empty line or Ctrl-D ends.", style="dim")
        while True:
            try:
                line = (await prompt.prompt_async("› ")).strip()
            except (EOFError, KeyboardInterrupt):
                return
            if not line:
                return
            try:
                await talk.say(line)
            except _Refused as refusal:
                console.print(Text(str(refusal)), style="red")
            except httpx.TransportError as error:
                console.print(_silent(error), style="red")


class _Talk:
    """One conversation."""

    def __init__(self, client: httpx.AsyncClient, console: Console, choice: dict[str, str]) -> None:
        self.client, self.console, self.choice = client, console, choice
        self.chat_id: str | None = None
        self.run_id = ""
        self.is_stopped = False
        self.calls: dict[str, tuple[str, Any]] = {}

    async def say(self, message: str) -> None:
        """Send a message and show the answer as it comes; Ctrl-C stops it, twice leaves. Raises what the server refuses."""
        self.run_id, self.is_stopped = "", False
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._interrupt, asyncio.current_task())
        try:
            await self._say(message)
        finally:
            asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    async def _say(self, message: str) -> None:
        body = {"message": message, "stream": True, **self.choice, **({"chat_session_id": self.chat_id} if self.chat_id else {})}
        async with self.client.stream("POST", "/api/v1/chat", json=body) as answer:
            if answer.status_code != 200:
                raise _Refused(_sentence(await answer.aread()))
            self.chat_id, self.run_id = answer.headers["x-chat-session-id"], answer.headers["x-run-id"]
            shown = _Shown(self.console)
            async for chunk in _chunks(answer):
                await self._show(chunk, shown)
            shown.close()

    def _interrupt(self, task: asyncio.Task[Any] | None) -> None:
        if self.run_id and not self.is_stopped:
            self.is_stopped = True
            tasks.spawn(self._stop(), "chat-stop")
        elif task:
            task.cancel()

    async def _stop(self) -> None:
        with contextlib.suppress(httpx.TransportError):  # the stream says so too
            await self.client.post(f"/api/v1/runs/{self.run_id}/stop")

    async def _show(self, chunk: dict[str, Any], shown: "_Shown") -> None:
        match chunk["type"]:
            case "text-delta":
                shown.add(chunk["delta"])
            case "tool-input-available":
                self.calls[chunk["toolCallId"]] = (chunk["toolName"], chunk["input"])
                shown.note(f"· {chunk['toolName']}")
            case "tool-approval-request":
                shown.close()
                await self._decide(chunk)
            case "tool-output-error":
                shown.note(f"  {chunk['errorText']}")
            case "error":
                shown.close()
                raise _Refused(chunk["errorText"])
            case "abort":
                shown.note("Stopped.")
            case _:
                pass

    async def _decide(self, chunk: dict[str, Any]) -> None:
        """Show the exact call and ask; without a terminal, and by Ctrl-C, the answer is no."""
        name, arguments = self.calls.get(chunk["toolCallId"], ("?", {}))
        self.console.print(Text(f"{name} wants to run with"), style="yellow")
        self.console.print(Text(msgspec.json.format(msgspec.json.encode(arguments), indent=2).decode()))
        said = ""
        if sys.stdin.isatty():
            with contextlib.suppress(EOFError, KeyboardInterrupt):
                said = await PromptSession[str]().prompt_async("Approve? [y/N] ", handle_sigint=False)
        is_yes = said.strip().lower() in ("y", "yes")
        decision = {"decision": "approve" if is_yes else "refuse"}
        answer = await self.client.post(f"/api/v1/runs/{self.run_id}/approvals/{chunk['approvalId']}", json=decision)
        if answer.status_code != 200:
            self.console.print(Text(_sentence(answer.content)), style="red")


class _Shown:
    """The answer so far: drawn anew as Markdown in a terminal, plain where it goes to a file."""

    def __init__(self, console: Console) -> None:
        self.console, self.text = console, ""
        self.live: Live | None = None

    def add(self, text: str) -> None:
        if not self.console.is_terminal:
            self.console.file.write(text)
            self.console.file.flush()
            self.text += text
            return
        self.text += text
        if self.live is None:
            self.live = Live(console=self.console, refresh_per_second=10, vertical_overflow="visible")
            self.live.start()
        self.live.update(Markdown(self.text))

    def note(self, text: str) -> None:
        self.close()
        self.console.print(Text(text), style="dim")

    def close(self) -> None:
        """What was said stands; what follows begins anew."""
        if self.live is not None:
            self.live.stop()
            self.live = None
        elif self.text:
            self.console.file.write("\n")
        self.text = ""


async def _chunks(answer: httpx.Response) -> AsyncGenerator[dict[str, Any], None]:
    async for line in answer.aiter_lines():
        if line.startswith("data: ") and line != "data: [DONE]":
            yield msgspec.json.decode(line[6:])


def _silent(error: httpx.TransportError) -> str:
    return f"The server does not answer ({type(error).__name__}). Start it with `wiretalk serve`, or name it with --url."


def _sentence(body: bytes) -> str:
    try:
        problem: Any = msgspec.json.decode(body)
        return f"{problem['detail']} {problem['remedy']}"
    except (msgspec.DecodeError, KeyError, TypeError):
        return "The server answered with something that is no answer of Wiretalk."
