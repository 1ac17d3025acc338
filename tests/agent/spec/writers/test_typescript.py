"""TypeScript that compiles under --strict, from any spec."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.spec.model import Content, Operation, Parameter, Response, Spec
from agent.spec.writers import typescript

ROOT = Path(__file__).resolve().parents[4]
COMPILER = ROOT / "tests/node/node_modules/typescript/lib/tsc.js"

USE = """
import { createClient } from "./shop";
const api = createClient({ baseUrl: "https://x.test", headers: { Authorization: "Bearer t" } });
async function use() {
  const made = await api("createOrder", { headers: { "Idempotency-Key": "k" }, body: { id: "a", total: 1, note: null, status: "OPEN" } });
  if (made.ok) { const total: number = made.data.total; console.log(total, made.data.labels?.["x"]); } else { console.log(made.error?.detail); }
  const list = await api("listOrders", { query: { limit: 3 } });
  if (list.ok) console.log(list.data.map((order) => order.parent?.id));
  // @ts-expect-error the path parameter is missing
  await api("getOrder", {});
  // @ts-expect-error no such status
  await api("createOrder", { headers: { "Idempotency-Key": "k" }, body: { id: "a", total: 1, note: null, status: "LOST" } });
}
void use;
"""


def compile_strictly(folder: Path, *options: str) -> None:
    node = shutil.which("node") or ""
    if not COMPILER.exists() or not node:
        pytest.skip("needs node and tests/node/node_modules/typescript, which `make test` installs")
    files = [str(path) for path in sorted(folder.glob("*.ts"))]
    command = [
        node,
        str(COMPILER),
        "--strict",
        "--noEmit",
        "--target",
        "ES2022",
        "--module",
        "ES2022",
        "--moduleResolution",
        "bundler",
        "--lib",
        "ES2022,DOM",
        *options,
        *files,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)  # our own compiler on our own files
    assert done.returncode == 0, done.stdout[:3000]


def test_the_module_is_as_agreed(shop: Spec, golden: Callable[[str, str], None]) -> None:
    """Compared as a whole with the golden file."""
    golden("shop.ts", typescript.document(shop, client=True))


def test_a_client_can_be_used_with_types(shop: Spec, tmp_path: Path) -> None:
    """Right calls compile and wrong ones do not, under more than --strict."""
    (tmp_path / "shop.ts").write_text(typescript.document(shop, client=True))
    (tmp_path / "use.ts").write_text(USE)
    compile_strictly(tmp_path, "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--noUnusedLocals")


def test_hostile_names_and_nothing_at_all_compile(hostile: Spec, tmp_path: Path) -> None:
    """In one run of the compiler; the captures of real APIs are compiled in `tests/journeys/test_documents.py`."""
    (tmp_path / "hostile.ts").write_text(typescript.document(hostile, client=True))
    (tmp_path / "empty.ts").write_text(typescript.document(Spec("empty"), client=True))
    compile_strictly(tmp_path)


def test_comments_and_names_cannot_be_left(hostile: Spec) -> None:
    """Every `*/` of the text is ours."""
    text = typescript.document(hostile)
    assert all(
        line.rstrip().endswith("*/") for line in text.splitlines() if "*/" in line and not line.lstrip().startswith(('"', "export", "path")) and '"' not in line
    )


def test_names_are_told_apart() -> None:
    """Ids that become one identifier, components named like a builtin, schemas of every form."""
    response = Response(
        "200",
        contents=(
            Content(
                "application/json",
                {"oneOf": [{"const": 1}, {"type": ["array", "null"], "items": False}, {"type": "object", "patternProperties": {"^a": {"type": "string"}}}]},
            ),
        ),
    )
    operations = (
        Operation("get-a", "GET", "/a", responses=(response,)),
        Operation("getA", "GET", "/b", parameters=(Parameter("q", "query", {"enum": ["x", 1, None]}),)),
    )
    text = typescript.document(Spec("x", operations=operations, schemas={"Record": {"type": "string"}, "a b": {}}))
    assert "export type GetAResponses = {\n  200: 1 | (Array<unknown> | null) | Record<string, string>;\n}" in text
    assert 'export type GetA2Query = {\n  q?: "x" | 1 | null;\n}' in text and "export type ApiRecord = string;" in text and "export type AB = unknown;" in text
