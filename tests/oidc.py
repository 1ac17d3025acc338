"""An OpenID Connect provider in a process of its own, the settings that offer it, and a person who signs in there."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from agent import config
from tests.live import free_port


@contextmanager
def provider(*people: dict[str, Any]) -> Iterator[str]:
    """Its address; it knows these people by their claims."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    for person in people:
        command += ["--user-claims", msgspec.json.encode(person).decode()]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield _issuer(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def offer(issuer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings that an operator gives."""
    monkeypatch.setenv("WIRETALK_OIDC_ISSUER", issuer)
    monkeypatch.setenv("WIRETALK_OIDC_CLIENT_ID", "wiretalk")
    monkeypatch.setenv("WIRETALK_OIDC_CLIENT_SECRET", "secret-1")
    config.settings.cache_clear()


async def visit(url: str, person: str) -> dict[str, str]:
    """What the browser brings back after the person has signed in there."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as browser:
        answer = await browser.post(url, data={"sub": person})
    assert answer.status_code in (302, 303), answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def _issuer(url: str) -> str:
    """What the provider calls itself, once it answers."""
    until = time.monotonic() + 60
    while True:
        try:
            return httpx.get(f"{url}/.well-known/openid-configuration", trust_env=False).json()["issuer"]
        except httpx.HTTPError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
