"""The samples in a document run as they stand: copied out of the Markdown, with a credential in place of the placeholder."""

import asyncio
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.live import wiretalk

RUNNERS = {"sh": ["sh"], "python": [sys.executable], "js": ["node", "--input-type=module"]}
BLOCK = re.compile(r"^```(sh|python|js)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


async def _run(language: str, text: str, folder: Path) -> str:
    """What a sample prints."""
    runner = RUNNERS[language]
    process = await asyncio.create_subprocess_exec(
        *runner, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=folder
    )
    out, err = await asyncio.wait_for(process.communicate(text.encode()), 60)
    assert process.returncode == 0, (text, err.decode())
    return out.decode()


async def test_samples_run_against_the_demo(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Reading, searching, creating and a GraphQL query, in curl, Python and JavaScript."""
    offered = [language for language, runner in RUNNERS.items() if shutil.which(runner[0]) and (language != "sh" or shutil.which("curl"))]
    async with wiretalk(monkeypatch) as client:
        made = (await client.post("/api/v1/endpoints", json={"destination_url": "demo"})).json()
        base, signed_in = f"/api/v1/endpoints/{made['id']}", {"authorization": "Bearer demo-token"}
        await client.get(made["proxy_url"] + "/products?tag=tools")
        for number in (1001, 1002, 1003):
            await client.get(f"{made['proxy_url']}/products/prod_{number}")
            await client.post(f"{made['proxy_url']}/orders", json={"product_id": f"prod_{number}", "quantity": 2}, headers=signed_in)
        await client.post(f"{made['proxy_url']}/graphql", json={"query": "query Names { products { id name } }"})
        while (await client.get(base)).json()["calls"] < 8:
            await asyncio.sleep(0.05)
        await client.post(f"{base}/documentation")
        found = BLOCK.findall((await client.get(f"{base}/markdown")).text)
        assert len(found) == 4 * len(RUNNERS)
        for language, text in found:
            if language in offered:
                printed = await _run(language, text.replace("YOUR_TOKEN", "demo-token"), tmp_path)
                assert '"id"' in printed or '"items"' in printed, (text, printed)
