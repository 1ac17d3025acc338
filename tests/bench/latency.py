"""What stands between a model and its reader: time to the first word over the bare SDK on the same replay, and a hundred answers at once."""

import asyncio
import json
import time
from collections.abc import Iterator
from statistics import median

import httpx
from openai import AsyncOpenAI

from tests import replay
from tests.bench.agent_server import Door, serving

ROUNDS, CROWD = 40, 100
_WORDS = [{"text": "The quick brown fox jumps over the lazy dog. " * 8}]


def figures() -> Iterator[tuple[str, float, str]]:
    """Interleaved, so that a busy machine slows both sides alike."""
    with serving() as door:
        with replay.serve(*[_WORDS] * (2 * ROUNDS + 10)) as upstream:
            _add(door, "quick", upstream.openai)
            ours, bare = asyncio.run(_interleaved(door, upstream.openai))
        yield "agent.first_word.bare", median(bare) * 1000, "ms, median"
        yield "agent.first_word.ours", median(ours) * 1000, "ms, median"
        yield "agent.first_word.added", median(a - b for a, b in zip(ours, bare, strict=True)) * 1000, "ms, median of the pairs"
        slow = replay.Reply(parts=[{"text": "word " * 200}], delay=0.05)
        with replay.serve(*[slow] * (CROWD + 1)) as upstream:
            _add(door, "slow", upstream.openai)
            alone = asyncio.run(_crowd(door, 1))
            crowd = asyncio.run(_crowd(door, CROWD))
        yield "agent.crowd.finished", sum(ended for ended, _, _ in crowd), f"of {CROWD} at once, one worker"
        yield "agent.crowd.seconds", max(took for _, took, _ in crowd), f"s for the last one, {alone[0][1]:.2f} alone"
        yield "agent.crowd.longest_gap", max(gap for _, _, gap in crowd), f"s between two pieces, {alone[0][2]:.2f} alone"


def _add(door: Door, name: str, url: str) -> None:
    with door.client() as client:
        client.post("/api/v1/providers", json={"name": name, "base_url": url, "default_model": "m", "requires_auth": False}).raise_for_status()


async def _interleaved(door: Door, url: str) -> tuple[list[float], list[float]]:
    ours, bare = list[float](), list[float]()
    sdk = AsyncOpenAI(api_key="none", base_url=url, max_retries=0)
    async with httpx.AsyncClient(base_url=door.url, headers={"authorization": f"Bearer {door.token}"}, trust_env=False, timeout=60) as client:
        for number in range(ROUNDS + 3):
            a, b = await _ours(client, "quick"), await _bare(sdk)
            if number >= 3:  # the first ones open connections
                ours.append(a)
                bare.append(b)
    await sdk.close()
    return ours, bare


async def _bare(sdk: AsyncOpenAI) -> float:
    began, first = time.perf_counter(), 0.0
    async for chunk in await sdk.chat.completions.create(model="m", messages=[{"role": "user", "content": "hello"}], stream=True):
        if not first and chunk.choices and chunk.choices[0].delta.content:
            first = time.perf_counter() - began
    return first


async def _ours(client: httpx.AsyncClient, provider: str) -> float:
    began, first = time.perf_counter(), 0.0
    async with client.stream("POST", "/api/v1/chat", json={"message": "hello", "provider": provider, "stream": True}) as stream:
        async for line in stream.aiter_lines():
            if not first and '"text-delta"' in line:
                first = time.perf_counter() - began
    return first


async def _crowd(door: Door, count: int) -> list[tuple[bool, float, float]]:
    async with httpx.AsyncClient(
        base_url=door.url, headers={"authorization": f"Bearer {door.token}"}, trust_env=False, timeout=120, limits=httpx.Limits(max_connections=None)
    ) as client:
        return list(await asyncio.gather(*(_one(client) for _ in range(count))))


async def _one(client: httpx.AsyncClient) -> tuple[bool, float, float]:
    """Whether it finished, how long it took, and the longest silence between two pieces of text."""
    began, last, gap, ended = time.perf_counter(), 0.0, 0.0, False
    async with client.stream("POST", "/api/v1/chat", json={"message": "hello", "provider": "slow", "stream": True}) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data: {"):
                kind = json.loads(line[6:])["type"]
                ended = ended or kind == "finish"
                if kind == "text-delta":
                    now = time.perf_counter()
                    gap, last = max(gap, now - last if last else 0.0), now
    return ended, time.perf_counter() - began, gap
