"""Many readers on two workers, one of which is killed in the middle. The long version is `python -m tests.bench.readers`."""

from pathlib import Path

import pytest

from agent import config
from agent.accounts import tokens, users
from db import engine
from tests import crowd


@pytest.mark.timeout(300)  # two servers start
async def test_no_reader_misses_or_repeats_an_event(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Forty readers of four runs: those of the killed worker go on at the other, as its runs do, and all have heard the same, each event once."""
    config.settings.cache_clear()
    async with engine.pool():
        profile = await users.sign_up("ada@example.com", "correct horse")
        token = (await tokens.create(users.actor_of(profile.id, "USER", profile.email, "api"), "test")).token
    found = await crowd.gather(token, crowd.script(tmp_path, 40, 0.1), runs=4, readers=10, kill_after=1.5)
    assert not found.wrong
    assert found.readers == 40
    assert found.reconnects >= 20
    assert found.interrupted == 0
