"""The application's start and end."""

import asyncio
from pathlib import Path

import pytest

from agent.recorder import Recorder
from db import engine
from web.app import create_app


async def test_a_start_that_fails_leaves_nothing_open(database_url: str, tmp_path: Path) -> None:
    """The pool that was opened before the fault is closed, so that the next start in the process has one of its own."""
    (tmp_path / "file").write_text("no directory")
    app = create_app()
    app.state.recorder = Recorder(tmp_path / "file" / "spool")
    with pytest.RaisesGroup(NotADirectoryError, flatten_subgroups=True):
        async with app.lifespan():
            pass
    assert engine.DB.pool is None and "bell" not in {task.get_name() for task in asyncio.all_tasks()}
    app.state.recorder = Recorder(tmp_path / "spool")
    async with app.lifespan():
        assert await engine.current_pool().fetchval("SELECT 1") == 1
