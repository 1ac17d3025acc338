"""MCP servers that are programs: declared by the operator alone, started when needed, each user's own, and ended whatever they do."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from agent import config, remote_mcp
from agent.accounts import users
from agent.actor import Actor
from agent.errors import Problem
from agent.remote_mcp import commands, servers

PROGRAM = str(Path(__file__).parents[1] / "remote_mcp_process.py")


@pytest.fixture
async def people(database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[tuple[Actor, Actor]]:
    """Ada and Bob, and a file that declares a few programs."""
    monkeypatch.setenv("CANARY", "canary")
    monkeypatch.setenv("TOKEN_OF_OURS", "canary-token")
    here = {"command": sys.executable, "args": ["-S", PROGRAM]}
    declared = {
        "files": {**here, "env": {"SECRET": "x-${TOKEN_OF_OURS}"}, "description": "Files of the house"},
        "together": {**here, "args": [PROGRAM, "sdk"], "shared": True},
        "office": {**here, "admin_only": True},
        "prints": {**here, "args": ["-S", PROGRAM, "prints"]},
        "falls": {**here, "args": ["-S", PROGRAM, "falls"]},
        "absent": {"command": "/nowhere/program"},
        "poor": {**here, "env": {"SECRET": "${NOT_SET_ANYWHERE}"}},
    }
    _declare(monkeypatch, tmp_path / "servers.json", {"mcpServers": declared})
    ada, bob = [await users.sign_up(f"{name}@example.com", "correct horse") for name in ("ada", "bob")]
    yield users.actor_of(ada.id, "USER", ada.email, "api"), users.actor_of(bob.id, "USER", bob.email, "api")
    await remote_mcp.close()
    assert not _programs()


def _declare(monkeypatch: pytest.MonkeyPatch, path: Path, document: Any) -> None:
    path.write_text(json.dumps(document) if isinstance(document, dict) else document)
    monkeypatch.setenv("WIRETALK_MCP_SERVERS", str(path))
    config.settings.cache_clear()


def _programs() -> list[psutil.Process]:
    """What runs of the program, children of it included, as children of this process."""
    return [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE and _is_ours(child)]


def _is_ours(process: psutil.Process) -> bool:
    try:
        return PROGRAM in process.cmdline() or process.cmdline()[:1] == ["sleep"]
    except psutil.Error:
        return False


async def _say(actor: Actor, tool: str, text: str) -> list[str]:
    told = await remote_mcp.call(actor, tool, {"text": text})
    return told.text.split(" ", 2)


async def test_a_program_is_connected_used_and_left(people: tuple[Actor, Actor]) -> None:
    """Nothing runs before the first errand; the process stays; it has the environment that the file names; each user has their own unless it is shared."""
    ada, bob = people
    assert set(await remote_mcp.offered(ada)) == {"files", "together", "prints", "falls", "absent", "poor"}
    assert not _programs()
    made = await remote_mcp.connect(ada, "command:files")
    assert (made.status, made.name, made.url, made.title) == ("connected", "files", "command:files", "program")
    assert "files" not in await remote_mcp.offered(ada)
    first, second = await _say(ada, "files__echo", "a"), await _say(ada, "files__echo", "b")
    assert (first[0], first[1], second[1]) == (second[0], "1", "2")
    assert set((await _say(ada, "files__echo", "environment"))[2].split(",")) - {"LC_CTYPE"} == {"HOME", "PATH", "SECRET"}
    assert (await _say(ada, "files__echo", "secret"))[2] == "x-canary-token"
    await remote_mcp.connect(bob, "command:files")
    assert (await _say(bob, "files__echo", "a"))[0] != first[0]
    for who in people:
        await remote_mcp.connect(who, "command:together")
    assert (await _say(ada, "together__echo", "a"))[0] == (await _say(bob, "together__echo", "a"))[0]
    await _say(ada, "files__echo", "child")
    assert len(_programs()) == 4


async def test_only_the_operator_says_what_runs(people: tuple[Actor, Actor], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A command of the user's own, one for administrators, one that is offered no more, a name that leads out of the folder: refused, nothing is started."""
    ada, _ = people
    for url in ("command:office", "command:/bin/sh", "command:../../x", "command:", "stdio:files", "file:///bin/sh"):
        with pytest.raises(Problem):
            await remote_mcp.connect(ada, url)
    assert "office" in await remote_mcp.offered(Actor(ada.user_id, "ADMIN"))
    assert await remote_mcp.offered(Actor(ada.user_id, "DEMO")) == {}
    await remote_mcp.connect(ada, "command:files")
    _declare(monkeypatch, tmp_path / "less.json", {"mcpServers": {}})
    with pytest.raises(Problem, match="offers it no more"):
        await remote_mcp.call(ada, "files__echo", {})
    for document in ("{", {"mcpServers": {"A B": {"command": "x"}}}, {"mcpServers": {"a": {"command": "x", "environment": {}}}}, {"mcpServers": {"a": {}}}):
        _declare(monkeypatch, tmp_path / "wrong.json", document)
        with pytest.raises(Problem, match="WIRETALK_MCP_SERVERS") as caught:
            remote_mcp.all_declared()
        assert caught.value.code == "invalid_arguments"
    monkeypatch.delenv("WIRETALK_MCP_SERVERS")
    config.settings.cache_clear()
    assert remote_mcp.all_declared() == {}


@pytest.mark.parametrize("name", ["falls", "absent", "poor"])
async def test_a_program_that_does_not_start(people: tuple[Actor, Actor], name: str) -> None:
    """It is kept with a sentence, and not started over and over."""
    made = await remote_mcp.connect(people[0], f"command:{name}")
    assert made.status == "error"
    assert made.last_error
    for _ in range(3):
        made = await remote_mcp.test(people[0], made.id)
    assert "canary" not in str(made.last_error)
    assert ("short while" in str(made.last_error)) == (name != "poor")


async def test_a_program_that_prints_a_greeting_is_understood(people: tuple[Actor, Actor]) -> None:
    """Lines that are no protocol are passed over, as other clients do."""
    assert (await remote_mcp.connect(people[0], "command:prints")).status == "connected"


@pytest.mark.parametrize("text", ["hang", "fall", "long", "flood", "noise"])
async def test_a_program_that_misbehaves_costs_one_errand(people: tuple[Actor, Actor], monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """It hangs, falls, floods, or says too much: one sentence in time; the next errand finds a new process; the other user's goes on as it was."""
    ada, bob = people
    await remote_mcp.connect(ada, "command:files")
    await remote_mcp.connect(bob, "command:files")
    before = (await _say(bob, "files__echo", "a"))[0]
    monkeypatch.setattr(servers, "CALL_SECONDS", 3.0 if text == "hang" else 30.0)
    if text == "noise":
        assert (await _say(ada, "files__echo", text))[2] == text
    else:
        with pytest.raises(Problem) as caught:
            await asyncio.wait_for(remote_mcp.call(ada, "files__echo", {"text": text}), 40)
        assert caught.value.code == "server_failed"
        assert (await remote_mcp.find(ada, "files")).last_error
    monkeypatch.setattr(servers, "CALL_SECONDS", 60.0)
    assert (await _say(ada, "files__echo", "again"))[2] == "again"
    assert (await _say(bob, "files__echo", "a"))[0] == before


async def test_one_that_nobody_uses_is_ended(people: tuple[Actor, Actor], monkeypatch: pytest.MonkeyPatch) -> None:
    """Room is made for others: of more than the limit the one that was used longest ago goes."""
    ada, bob = people
    monkeypatch.setattr(commands, "MOST_PROCESSES", 1)
    await remote_mcp.connect(ada, "command:files")
    await remote_mcp.connect(bob, "command:files")
    for _ in range(300):
        if len(_programs()) == 1:
            break
        await asyncio.sleep(0.1)
    assert len(_programs()) == 1
    assert (await _say(ada, "files__echo", "a"))[1] == "1"
