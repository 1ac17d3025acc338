"""Samples that say what was sent, and can do nothing else."""

import ast
import shlex
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.spec.model import Content, MessageFormat, Operation, Parameter, Spec
from agent.spec.schemas.bodies import Binary, decode_multipart
from agent.spec.writers import postman, samples
from agent.spec.writers.samples import Call

TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12) | st.sampled_from(
    ["'; rm -rf / #", "$(id)", "`id`", '"""', "\\", "${x}", "</script>", "\u2028"]
)
CALLS = st.builds(
    Call,
    st.sampled_from(["GET", "POST", "PURGE"]),
    TEXT.map(lambda text: "https://x.test/" + text),
    st.lists(st.tuples(st.just("X-A"), TEXT), max_size=1).map(tuple),
    st.none() | TEXT | st.dictionaries(TEXT, TEXT | st.none() | st.booleans(), max_size=2),
    st.booleans(),
)


@settings(max_examples=100, deadline=None)
@given(CALLS)
def test_a_shell_finds_one_command_with_our_words(call: Call) -> None:
    """Quoting holds for every text."""
    words = (
        shlex.split(samples.curl(call).replace("\\\n", " ")) if "\n" not in call.url + str(call.body) + str(call.headers) else shlex.split(samples.curl(call))
    )
    assert words[0] == "curl" and call.url in words and all(f"{name}: {value}" in words for name, value in call.headers)


@settings(max_examples=100, deadline=None)
@given(CALLS)
def test_python_parses_to_one_call_of_constants(call: Call) -> None:
    """Nothing in the arguments is code."""
    tree = ast.parse(samples.python(call))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    made = next(node for node in calls if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and node.func.value.id == "httpx")
    assert all(ast.literal_eval(argument) is not ... for argument in [*made.args, *(keyword.value for keyword in made.keywords)])
    assert call.url in [ast.literal_eval(argument) for argument in made.args]


def test_javascript_parses() -> None:
    """Under node, with the worst texts in every place."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, which `make test` installs")
    worst = "'\"`${x}</script>\u2028\n\\"
    call = Call("PO`ST", worst, (("X", worst),), {worst: [worst, None, True]})
    message = MessageFormat("sent", "hello", {"type": "string"}, worst)
    socket = samples.websocket(Spec("x", ("https://x.test",)), Operation("open", "GET", "/", api_type="WebSocket", messages=(message,)))
    text = "\n".join("{" + part + "}" for part in (samples.javascript(call), samples.javascript(call._replace(streams=True)), socket))
    done = subprocess.run([node, "--input-type=module", "--check", "-"], input=text, text=True, capture_output=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    assert "</script>" not in text


def test_an_operation_gives_required_values_and_placeholders(shop: Spec) -> None:
    """The first way to sign in, the example body with its secret hidden."""
    call = samples.call_of(shop, shop.operations[1])
    assert call.headers == (("Idempotency-Key", "text"), ("Authorization", "Bearer YOUR_TOKEN"), ("Content-Type", "application/json"))
    assert call.url == "https://api.shop.test/v1/orders" and call.body["payment_token"] == "••••3456"
    assert samples.curl(samples.call_of(shop, shop.operations[2])) == "curl https://api.shop.test/v1/orders/123e4567-e89b-42d3-a456-426614174000"


def test_a_query_in_the_path_takes_the_parameters_behind_it() -> None:
    """One question mark, whoever writes the call."""
    operation = Operation("search", "GET", "/rest?method=search", parameters=(Parameter("page", "query", {"type": "integer"}, required=True, example=5),))
    spec = Spec("x", ("https://x.test",), (operation,))
    assert samples.call_of(spec, operation).url == "https://x.test/rest?method=search&page=5"
    assert postman.document(spec)["item"][0]["request"]["url"]["raw"] == "{{baseUrl}}/rest?method=search&page=5"


def test_examples_are_made_from_schemas(shop: Spec) -> None:
    """Required properties only, through references, without end in recursion."""
    assert samples.example({"$ref": "#/components/schemas/Order"}, shop) == {
        "id": "123e4567-e89b-42d3-a456-426614174000",
        "total": 1.5,
        "note": "text",
        "status": "OPEN",
    }
    loop = Spec(
        "x",
        schemas={"A": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/A"}}}, "B": {"$ref": "#/components/schemas/B"}},
    )
    assert "a" in samples.example(loop.schemas["A"], loop) and samples.example(loop.schemas["B"], loop) == "text"


FORM = {"type": "object", "properties": {"title": {"type": "string"}, "photo": {"type": "string", "format": "binary"}}}


def test_a_form_and_a_file_are_sent_as_such_by_every_sample(tmp_path: Path) -> None:
    """Run as they are written, with curl, Python and Node, against a server: the same fields, the file as a file, a list field by field."""
    heard: list[tuple[str, bytes]] = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.headers["content-type"], self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Server)
    Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "YOUR_FILE").write_bytes(b"\x89PNG")
    form = Content("multipart/form-data", FORM, {"title": "@a; 'b'", "photo": "", "tag": ["x", "y"]})
    spec = Spec("x", (f"http://127.0.0.1:{server.server_port}",))
    for content in (form, Content("image/png", {"type": "string", "format": "binary"})):
        call = samples.call_of(spec, Operation("send", "POST", "/a", request=(content,)))
        for command, script in ((["sh"], samples.curl(call)), ([sys.executable], samples.python(call)), (_node(), samples.javascript(call))):
            subprocess.run(
                [*command, "-"] if command[0] != "sh" else command, input=script, text=True, cwd=tmp_path, capture_output=True, check=True, timeout=60
            )
    server.shutdown()
    server.server_close()
    assert [kind.partition(";")[0] for kind, _ in heard] == ["multipart/form-data"] * 3 + ["image/png"] * 3
    for kind, body in heard[:3]:
        fields = decode_multipart(body, kind)
        assert fields["title"] == "@a; 'b'" and isinstance(fields["photo"], Binary) and body.count(b'name="tag"') == 2
    assert [body for _, body in heard[3:]] == [b"\x89PNG"] * 3


def _node() -> list[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node, which `make test` installs")
    return [node, "--input-type=module"]
