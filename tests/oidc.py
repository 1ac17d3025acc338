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

_TRIES = 5


@contextmanager
def provider(*people: dict[str, Any]) -> Iterator[str]:
    """Its address; it knows these people by their claims."""
    process, issuer = _started(people)
    with process:
        try:
            yield issuer
        finally:
            process.terminate()


def _started(people: tuple[dict[str, Any], ...]) -> tuple[subprocess.Popen[bytes], str]:
    """The process and what it calls itself, on a port that nobody took in between."""
    for _ in range(_TRIES):
        port = free_port()
        command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
        for person in people:
            command += ["--user-claims", msgspec.json.encode(person).decode()]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if issuer := _issuer(f"http://127.0.0.1:{port}", process):
            return process, issuer
        process.kill()
        process.wait()
    raise RuntimeError("The provider found no port.")


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


def _issuer(url: str, process: subprocess.Popen[bytes]) -> str:
    """What the provider calls itself, once it answers; empty where somebody else answers there."""
    until = time.monotonic() + 60
    while True:
        try:
            answer = httpx.get(f"{url}/.well-known/openid-configuration", trust_env=False)
            return answer.json()["issuer"] if answer.is_success else ""
        except httpx.HTTPError:
            if process.poll() is not None:
                return ""
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
