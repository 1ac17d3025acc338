"""The chat in a terminal, as a process of its own against a real server."""

import asyncio
import os
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
