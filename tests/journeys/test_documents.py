"""Documents of captured traffic before the judges of their formats: the validators that other people would use. One run of each for all files."""

import difflib
import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from graphql import build_schema
from openapi_spec_validator import validate

from agent.spec import steady
from agent.spec.comparing import diff
from agent.spec.infer import conclude
from agent.spec.model import Spec
from agent.spec.observe import observe_all
from agent.spec.readers import inputs
from agent.spec.writers import arazzo, openapi, postman, sdl, typescript

NODE = Path(__file__).resolve().parents[1] / "node"
SECONDS = 110
_REDOCLY = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
_TSC = ("--strict", "--noEmit", "--target", "es2022", "--module", "es2022", "--lib", "es2022,dom", "--skipLibCheck")


class Described(NamedTuple):
    """The spec of each capture by name, and the folder with all its documents."""

    specs: dict[str, Spec]
    folder: Path


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Described]:
    captures = Path(__file__).resolve().parents[3] / "shared/bench/discovery"
    if not captures.exists():
        pytest.skip("needs the captures beside the repository, ../shared/bench/discovery")
    folder, specs = tmp_path_factory.mktemp("documents"), dict[str, Spec]()
    for path in sorted((*captures.glob("dev/*.har"), *captures.glob("real/*.har"), *captures.glob("real/*.flows"))):
        calls = list(inputs.read(path.read_bytes()))
        spec = specs[path.stem] = conclude(observe_all(calls))
        (folder / f"{path.stem}.yaml").write_text(openapi.to_yaml(openapi.document(spec)))
        (folder / f"{path.stem}.types.ts").write_text(typescript.document(spec))
        (folder / f"{path.stem}.client.ts").write_text(typescript.document(spec, client=True))
        (folder / f"{path.stem}.postman.json").write_bytes(openapi.to_json(postman.document(spec)))
        steps = arazzo.document(spec, calls[:8], openapi_url=f"./{path.stem}.yaml")
        if steps["workflows"]:
            (folder / f"{path.stem}.arazzo.yaml").write_text(openapi.to_yaml(steps))
    yield Described(specs, folder)
    shutil.rmtree(folder)


def _node(script: Path | str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules/@redocly").exists():
        pytest.skip("needs node and the tools in tests/node, which `make test` installs")
    return subprocess.run(
        [node, str(script), *arguments], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False, env={**os.environ, **_REDOCLY}
    )


def test_openapi_is_valid(described: Described) -> None:
    """By openapi-spec-validator."""
    for spec in described.specs.values():
        validate(json.loads(openapi.to_json(openapi.document(spec))))


def test_openapi_and_arazzo_pass_the_linter(described: Described) -> None:
    """`redocly lint` finds no error, only what nobody can hear: descriptions of tags, a licence, answers that never came."""
    names = sorted(path.name for path in described.folder.glob("*.yaml"))
    done = _node(NODE / "node_modules/@redocly/cli/bin/cli.js", "lint", *names, "--format=json", "--max-problems=1000", cwd=described.folder)
    problems = [problem for report in _reports(done.stdout) for problem in report["problems"]]
    assert [problem for problem in problems if problem["severity"] == "error"] == [] and done.returncode == 0, done.stderr[:2000]
    assert problems and len(names) > len(described.specs)


def _reports(text: str) -> Iterator[dict[str, Any]]:
    """One JSON document for each file that was linted."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        report, at = decoder.raw_decode(text, at)
        yield report
        at = text.find("{", at)


def test_typescript_compiles(described: Described) -> None:
    """Types alone, and with the client, under `--strict`."""
    names = sorted(path.name for path in described.folder.glob("*.ts"))
    done = _node(NODE / "node_modules/typescript/lib/tsc.js", *_TSC, *names, cwd=described.folder)
    assert done.returncode == 0, done.stdout[:2000]


def test_graphql_builds(described: Described) -> None:
    """Each SDL, where GraphQL was heard."""
    texts = {name: text for name, spec in described.specs.items() if (text := sdl.document(spec))}
    assert "mixed_a" in texts and all(build_schema(text).query_type for text in texts.values())


def test_postman_reads_its_collections(described: Described) -> None:
    """Postman's own reader finds every operation, a URL with a host in each, and no variable that the collection does not declare."""
    names = sorted(path.name for path in described.folder.glob("*.postman.json"))
    done = _node("--input-type=commonjs", "-e", _READ_COLLECTIONS, str(NODE), *names, cwd=described.folder)
    assert done.returncode == 0, done.stderr[:2000]
    for name, found in json.loads(done.stdout).items():
        assert found["wrong"] == [] and found["requests"] >= len(described.specs[name.removesuffix(".postman.json")].operations), name


def test_ten_more_calls_change_little(described: Described) -> None:
    """A document that is written again keeps its order, its names and its examples: it changes where the ten calls told something new."""
    captures = Path(__file__).resolve().parents[3] / "shared/bench/discovery/dev"
    for name in ("asana", "github", "petstore", "traccar"):
        calls = list(inputs.read((captures / f"{name}.har").read_bytes()))
        held_back = set(random.Random(3).sample(range(len(calls)), 10))
        before = conclude(observe_all(call for number, call in enumerate(calls) if number not in held_back))
        after = steady.settle(described.specs[name], before)
        old, new = (openapi.to_yaml(openapi.document(spec, evidence=False)).splitlines() for spec in (before, after))
        changed = [line for line in difflib.unified_diff(old, new, lineterm="", n=0) if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        assert len(changed) <= len(old) * 0.02 + 10, (name, len(old), changed)
        assert {operation.id for operation in before.operations} <= {operation.id for operation in after.operations}, name
        lost = [change for change in diff.compare(before, after) if change.kind in ("REMOVED_ENDPOINT", "METHOD_REMOVED", "AUTH_CHANGED")]
        assert not lost, (name, lost)


_READ_COLLECTIONS = """
const [tools, ...names] = process.argv.slice(1);
const { Collection } = require(tools + '/node_modules/postman-collection');
const report = {};
for (const name of names) {
  const collection = new Collection(JSON.parse(require('fs').readFileSync(name)));
  const wrong = [];
  let requests = 0;
  collection.forEachItem((item) => {
    requests += 1;
    const url = collection.variables.replace(item.request.url.toString(), collection.variables);
    if (!item.request.method || !/^(https?|wss?):\\/\\/[^/]+/.test(url) || /{{/.test(url)) wrong.push(item.request.method + ' ' + url);
  });
  report[name] = { requests, wrong };
}
console.log(JSON.stringify(report));
"""
