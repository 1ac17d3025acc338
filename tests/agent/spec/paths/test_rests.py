"""Values of several segments: told by bodies that repeat them, at depths next to each other."""

import json
from functools import reduce

import msgspec
import pytest

from agent.spec import calling
from agent.spec.calling import Arguments
from agent.spec.encoding import Unfit
from agent.spec.infer import conclude
from agent.spec.merge import merge
from agent.spec.model import Exchange, Spec
from agent.spec.observe import observe, observe_all
from agent.spec.readers import openapi_read
from agent.spec.serving import serving, spread
from agent.spec.writers import openapi, samples, typescript

FILES = ("a.txt", "notes/todo.md", "data/raw/x.csv", "notes", "Report 1.txt")


def _call(method: str, path: str, body: object, status: int = 200) -> Exchange:
    url = f"https://a.example/api{path}".replace(" ", "%20")
    content = json.dumps(body).encode() if body is not None else b""
    return Exchange(f"{method}{path}", method, url, status, response_headers=(("content-type", "application/json"),), response_body=content)


def _files() -> list[Exchange]:
    """Files that are written and read, with checkpoints; one is moved, one deleted, one is not there."""
    calls = [_call(method, f"/files/{path}", {"path": path, "name": path[-4:], "size": 7}) for path in FILES for method in ("GET", "PUT")]
    calls += [_call("GET", f"/files/{path}/checkpoints", [{"id": "c1", "at": 3}]) for path in FILES[:3]]
    calls += [_call("DELETE", "/files/old/b.txt", None, 204), _call("GET", "/files/no/such/thing", {"message": "not found"}, 404)]
    return [*calls, _call("GET", "/files/gone/x.md/checkpoints", {"message": "not found"}, 404), _call("GET", "/files", [{"path": "a.txt"}])]


def _templates(spec: Spec) -> list[str]:
    return [f"{operation.method} {operation.template}" for operation in spec.operations]


def test_the_path_of_a_file_is_one_parameter() -> None:
    """Also in calls whose answers repeat nothing; what comes after several is a literal."""
    spec = conclude(observe_all(_files()))
    assert _templates(spec) == [
        "GET /api/files",
        "GET /api/files/{path}",
        "PUT /api/files/{path}",
        "DELETE /api/files/{path}",
        "GET /api/files/{path}/checkpoints",
    ]
    one = next(operation for operation in spec.operations if operation.template.endswith("}"))
    (parameter,) = one.parameters
    assert parameter.has_slashes and parameter.example in FILES and parameter.evidence.total == len(FILES) + 1
    written = openapi.document(spec)["paths"]["/api/files/{path}"]["get"]["parameters"][0]
    assert written["x-multi-segment"] is True and openapi_read.read(openapi.document(spec)).operations[1].parameters[0].has_slashes


def test_the_order_and_the_parts_of_a_capture_change_nothing() -> None:
    """Heard call by call, from the last to the first."""
    calls = _files()
    assert conclude(reduce(merge, map(observe, reversed(calls)))) == conclude(observe_all(calls))


def test_slashes_stay_in_calls_clients_and_samples() -> None:
    """A call goes to the operation that fits it most closely, and never out of the API."""
    spec = conclude(observe_all(_files()))
    found = calling.find(spec, "GET /api/files/data/raw/x.csv")
    assert found is not None and found.path == {"path": "data/raw/x.csv"}
    assert calling.build(spec, found.operation, Arguments(path={"path": "my notes/ä.md"}), is_strict=True).target == "/api/files/my%20notes/%C3%A4.md"
    with pytest.raises(Unfit):
        calling.build(spec, found.operation, Arguments(path={"path": "../admin"}), is_strict=True)
    served = serving(spec.operations, "GET", "/api/files/data/raw/x.csv/checkpoints")
    assert served is not None and spread(served.operation) == "/api/files/{+path}/checkpoints" and served.values == {"path": "data/raw/x.csv"}
    assert '"/api/files/{+path}"' in typescript.document(spec, client=True)
    nested = msgspec.structs.replace(found.operation.parameters[0], example="data/raw/x.csv")
    assert "/api/files/data/raw/x.csv" in samples.curl(samples.call_of(spec, msgspec.structs.replace(found.operation, parameters=(nested,))))


@pytest.mark.parametrize("key", ["name", "self"])
def test_names_and_links_of_resources_are_no_paths(key: str) -> None:
    """`projects/p/locations/l` is told by what is there too, as are links; each collection stays one."""
    paths = [f"projects/p{n}x/locations/l{m}x" for n in range(2) for m in range(2)] + ["projects/p0x", "projects/p1x", "projects"]
    calls = [_call("GET", f"/{path}", {key: path, "kind": "a", "size": number}) for number, path in enumerate(paths)]
    if key == "name":
        calls = calls[:-1]
    assert all("/api/projects" in template for template in _templates(conclude(observe_all(calls))))
