"""Walking through pages with the TypeScript client: it compiles strictly, and gets every thing once from a real server, however it pages."""

import json
import re
import shutil
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from agent.spec.model import Content, JsonSchema, Operation, Paging, Parameter, Response, Spec
from agent.spec.writers import typescript
from agent.spec.writers.typescript_paging import walk_of
from tests.agent.spec.writers.test_typescript import compile_strictly

PET: JsonSchema = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
PETS: JsonSchema = {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}}


def _operation(name: str, paging: Paging | None, properties: JsonSchema | None, *parameters: Parameter) -> Operation:
    schema = PETS if properties is None else {"type": "object", "properties": properties}
    told = (
        *parameters,
        *(Parameter(one, "query", {"type": "string"}) for one in (paging.parameters if paging else ()) if one not in [p.name for p in parameters]),
    )
    answer = Response("206" if name == "range" else "200", contents=(Content("application/json", schema),))
    where = paging.where if paging else "query"
    request = (Content("application/json", {"type": "object"}, {"paging": {"p": 0}} if name == "sent_zero" else {}),) if where == "body" else ()
    given = tuple(msgspec.structs.replace(one, where="header") for one in told) if where == "header" else () if where == "body" else told
    return Operation(name, "POST" if request else "GET", f"/{name}", parameters=given, request=request, responses=(answer,), pagination=paging)


SPEC = Spec(
    "paged",
    schemas={"Pet": PET, "Body": PET, "Input": PET},
    operations=(
        _operation("offset", Paging("offset", ("offset", "limit"), "offset"), {"items": PETS, "offset": {"type": "integer"}}, Parameter("offset", "query", {"type": "integer"})),
        _operation("page", Paging("page", ("page",), "has_more"), {"data": {"type": "object", "properties": {"pets": PETS}}, "has_more": {"type": "boolean"}}),
        _operation("zero", Paging("page", ("p",)), None, Parameter("p", "query", {"type": "integer"}, example=0)),
        _operation("cursor", Paging("cursor", ("page_token", "limit"), "meta.next"), {"pets": PETS, "meta": {"type": "object"}}),
        _operation("after", Paging("cursor", ("ending_before", "starting_after"), "has_more"), {"data": PETS, "has_more": {"type": "boolean"}}),
        _operation("address", Paging("cursor", ("cursor",), "next"), {"results": PETS, "next": {"type": ["string", "null"]}}),
        _operation("link", Paging("link"), None),
        _operation("sent", Paging("offset", ("from", "size"), where="body"), {"hits": {"type": "object", "properties": {"hits": PETS}}}),
        _operation("sent_zero", Paging("page", ("paging.p",), where="body"), {"items": PETS}),
        _operation("sent_cursor", Paging("cursor", ("cursor", "size"), "next_cursor", where="body"), {"results": PETS, "next_cursor": {"type": "string"}}),
        _operation("key", Paging("cursor", ("StartKey",), "LastKey", where="body"), {"Items": PETS, "LastKey": {"type": "object"}}),
        _operation("range", Paging("offset", ("range",), "content-range", where="header"), None),
        _operation("unitless", Paging("offset", ("range",), "content-range", where="header"), None),
        _operation("next_range", Paging("cursor", ("range",), "next-range", where="header"), None),
    ),
)  # fmt: skip

USE = """
import { createClient, items, pages } from "./paged.js";
declare const process: { argv: string[] };
const api = createClient({ baseUrl: process.argv[2]! });
const heard: Record<string, number[]> = {};
for (const id of ["offset", "page", "zero", "cursor", "after", "address", "link", "sent", "sent_zero", "sent_cursor", "key", "range", "unitless", "next_range"] as const) {
  heard[id] = [];
  for await (const pet of items(api, id, {})) heard[id].push(pet.id);
}
let count = 0;
for await (const page of pages(api, "after", { query: { starting_after: "4" } })) count += page.data?.length ?? 0;
// @ts-expect-error what has no pages cannot be walked
void (() => items(api, "nothing", {}));
console.log(JSON.stringify({ heard, count }));
"""


class _Server(BaseHTTPRequestHandler):
    """Seven pets, three a page, in fourteen ways."""

    def do_POST(self) -> None:
        way, sent = self.path[1:], json.loads(self.rfile.read(int(self.headers["content-length"] or 0)) or b"{}")
        start = {
            "sent": sent.get("from"),
            "sent_zero": 3 * sent.get("paging", {}).get("p", 0),
            "sent_cursor": sent.get("cursor"),
            "key": (sent.get("StartKey") or {}).get("id"),
        }
        pets, more = self._page(int(start[way] or 0))
        told = {
            "sent": {"hits": {"hits": pets}},
            "sent_zero": {"items": pets},
            "sent_cursor": {"results": pets, "next_cursor": str(pets[-1]["id"]) if more else None},
            "key": {"Items": pets} | ({"LastKey": {"id": pets[-1]["id"]}} if more else {}),
        }
        self._answer(200, {}, told[way])

    def _page(self, start: int) -> tuple[list[dict[str, int]], bool]:
        return [{"id": number + 1} for number in range(7)][start : start + 3], start + 3 < 7

    def _ranged(self, way: str) -> None:
        """With and without a unit, the second without a total; a range behind the last is refused."""
        start = int(re.findall(r"\d+", self.headers["range"] or "0")[0])
        pets, more = self._page(start)
        range_ = {"range": f"pets {start}-{start + len(pets) - 1}/7", "unitless": f"{start}-{start + len(pets) - 1}/*"}.get(way)
        told = {"content-range": range_} if range_ else {"next-range": f"id {start + 3}-; max=3"} if more else {}
        self._answer(206 if pets else 416, told, pets)

    def _answer(self, status: int, headers: dict[str, str], body: object) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        way, query = parts.path[1:], dict(parse_qsl(parts.query))
        if "range" in way or way == "unitless":
            return self._ranged(way)
        told = query.get("offset") or query.get("page_token") or query.get("starting_after") or query.get("cursor") or query.get("at") or "0"
        start = int(told) if way not in ("page", "zero") else 3 * (int(query.get("page", 1)) - 1 if way == "page" else int(query.get("p", 0)))
        pets, more = self._page(start)
        following = f"http://elsewhere.test/v1/pets?cursor={start + 3}" if more else None
        body = {
            "offset": {"items": pets, "offset": start},
            "page": {"data": {"pets": pets}, "has_more": more},
            "cursor": {"pets": pets, "meta": {"next": str(start + 3) if more else ""}},
            "after": {"data": pets, "has_more": more},
            "address": {"results": pets, "next": following},
        }.get(way, pets)
        link = {"link": f'<{self.path}?first=1>; rel="first", <http://x.test/link?at={start + 3}>; rel="next"'} if way == "link" and more else {}
        self._answer(200, link, body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def test_every_way_of_paging_gives_each_thing_once(tmp_path: Path) -> None:
    """Offset, page from one and from zero, cursor, the last id, an address, a Link header, in bodies and by ranges: seven things each, and two pages less from the middle."""
    (tmp_path / "paged.ts").write_text(typescript.document(SPEC, client=True))
    (tmp_path / "use.ts").write_text(USE)
    compile_strictly(tmp_path, "--noEmit", "false", "--outDir", str(tmp_path), "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--noUnusedLocals")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    server = HTTPServer(("127.0.0.1", 0), _Server)
    Thread(target=server.serve_forever, daemon=True).start()
    node = shutil.which("node") or ""
    done = subprocess.run([node, "use.js", f"http://127.0.0.1:{server.server_port}"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    server.shutdown()
    server.server_close()
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["heard"] == {operation.id: [1, 2, 3, 4, 5, 6, 7] for operation in SPEC.operations} and told["count"] == 3


@pytest.mark.parametrize(
    ("paging", "properties"),
    [
        (Paging("cursor", ("cursor",)), {"data": PETS}),
        (Paging("cursor", ("cursor",), "has_more"), {"data": PETS}),
        (Paging("cursor", ("before", "count"), "next"), {"data": PETS}),
        (Paging("page", ("page",)), {"cats": PETS, "dogs": PETS}),
        (None, {"data": PETS}),
    ],
)
def test_what_cannot_be_walked_is_not_offered(paging: Paging | None, properties: JsonSchema) -> None:
    """No next cursor in the answer, a parameter that only goes back, two lists of which either may be meant."""
    assert walk_of(SPEC, _operation("x", paging, properties)) is None
