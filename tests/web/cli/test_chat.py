"""The chat in a terminal, as a process of its own against a real server."""

import asyncio
import contextlib
import os
import pty
import re
import sys

import pytest

from agent.providers import scripted
from tests.live import wiretalk


async def _run(*arguments: str, token: str = "") -> tuple[int, str, str]:
    environment = {**os.environ, "WIRETALK_TOKEN": token}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from web.cli import main; main()", "chat", *arguments, env=environment,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode(), err.decode()


async def test_one_message_and_its_refusals(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is on stdout, the tools it used are named; what fails is one line and exit 2; without a terminal nothing is approved."""
    scripted.play("eager", [[{"call": "endpoint_delete", "arguments": {"endpoint": "demo-shop"}}], [{"text": "I tried."}]])
    async with wiretalk(monkeypatch) as api:
        token, at = api.headers["authorization"].removeprefix("Bearer "), ("--url", str(api.base_url))
        code, out, err = await _run("capture the demo api", "--provider", "builtin", *at, token=token)
        assert code == 0, err
        assert "· endpoint_create" in out
        assert "/proxy/" in out
        code, out, _ = await _run("go", "--provider", "scripted", "--model", "eager", *at, token=token)
        assert code == 0
        assert "endpoint_delete wants to run" in out
        assert "I tried." in out
        assert len((await api.get("/api/v1/endpoints")).json()["items"]) == 1
        code, _, err = await _run("hi", *at, token="wtk_wrong")
        assert code == 2
        assert "not valid" in err
        code, _, err = await _run("hi", *at)
        assert code == 2
        assert "WIRETALK_TOKEN" in err
    code, _, err = await _run("hi", *at, token=token)
    assert code == 2
    assert "does not answer" in err


class _Terminal:
    """A conversation as a person has it: what stands on the screen, and keys."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        self.seen = ""
        self.grew = asyncio.Event()
        asyncio.get_running_loop().add_reader(self.ours, self._read)

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            data = os.read(self.ours, 65536)
            if b"\x1b[6n" in data:  # where the cursor stands
                os.write(self.ours, b"\x1b[1;1R")
            self.seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode("utf-8", "replace"))
        self.grew.set()

    async def sees(self, text: str) -> None:
        """Wait until `text` has come; what came before it is passed over."""
        while text not in self.seen:
            self.grew.clear()
            try:
                await asyncio.wait_for(self.grew.wait(), 60)
            except TimeoutError:
                raise AssertionError(f"{text!r} did not come after {self.seen[-600:]!r}") from None
        self.seen = self.seen.partition(text)[2]

    def types(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.ours)
        os.close(self.ours)
        os.close(self.theirs)


async def test_a_conversation_in_a_terminal(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An approval by a letter, refused by Ctrl-C; an answer stopped by Ctrl-C; each time the conversation goes on, until Ctrl-D."""
    never = asyncio.Event()
    deletes = [{"call": "endpoint_delete", "arguments": {"endpoint": "demo-shop"}}]
    scripted.play("talker", [[{"text": "It takes long."}, {"after": never}], deletes, [{"text": "Not done."}], deletes, [{"text": "All done."}]])
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        token, terminal = api.headers["authorization"].removeprefix("Bearer "), _Terminal()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from web.cli import main; main()", "chat", "--url", str(api.base_url), "--provider", "scripted", "--model", "talker",
            env={**os.environ, "WIRETALK_TOKEN": token, "TERM": "xterm"}, stdin=terminal.theirs, stdout=terminal.theirs, stderr=terminal.theirs,
            start_new_session=True,
        )  # fmt: skip
        await terminal.sees("›")
        terminal.types("one\r")
        await terminal.sees("It takes long.")
        process.send_signal(2)
        await terminal.sees("Stopped.")
        await terminal.sees("›")
        terminal.types("two\r")
        await terminal.sees("Approve? [y/N]")
        terminal.types("\x03")
        await terminal.sees("Not done.")
        assert len((await api.get("/api/v1/endpoints")).json()["items"]) == 1
        await terminal.sees("›")
        terminal.types("three\r")
        await terminal.sees("Approve? [y/N]")
        terminal.types("y\r")
        await terminal.sees("All done.")
        assert (await api.get("/api/v1/endpoints")).json()["items"] == []
        await terminal.sees("›")
        terminal.types("\x04")
        assert await asyncio.wait_for(process.wait(), 60) == 0
        terminal.close()
