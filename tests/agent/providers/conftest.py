"""What the adapters' tests share: collecting an answer, and closing the shared client of each test's event loop."""

from collections.abc import AsyncIterator

import pytest

from agent import egress
from agent.config import settings


@pytest.fixture(autouse=True)
async def _close_clients(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.delenv("WIRETALK_PUBLIC_URL", raising=False)
    settings.cache_clear()
    yield
    await egress.close()
    settings.cache_clear()
