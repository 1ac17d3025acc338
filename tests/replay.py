"""A model provider on loopback: answers successive requests with successive turns and keeps what it was asked.

    with replay.serve([{"call": "endpoint_list", "arguments": {}}], [{"text": "You have none."}]) as upstream:
        Connection("anthropic", upstream.anthropic, "key")    # or upstream.openai for both of OpenAI's APIs

The path of a request chooses the dialect, so one server stands for every provider. A turn is a list of parts (see `dialects`),
the bytes of a recorded stream, a `Reply` for faults, or a function from the request to one of these.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import msgspec

from tests.dialects import Part, render


class Request(NamedTuple):
    """What was asked; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Reply(msgspec.Struct, frozen=True):
    """An answer with something special: another status with a JSON body, or a stream that is slow, cut off or ends early (after N bytes)."""

    parts: list[Part] = []
    stream: bytes = b""
    status: int = 200
    json: Any = None
    text: str | None = None
    headers: dict[str, str] = {}
    content_type: str = "text/event-stream"
    chunk: int = 0
    delay: float = 0
    cut: int | None = None
    trunc: int | None = None


Turn = list[Part] | bytes | Reply
Script = Turn | Callable[[Request], Turn]


class Upstream:
    """A running server. `requests` are those that asked a model, `others` the rest, such as lists of models."""

    def __init__(self, script: tuple[Script, ...], models: tuple[str, ...] | Reply) -> None:
        self.script, self.models = script, models
        self.requests: list[Request] = []
        self.others: list[Request] = []
        self.url = ""
        self._lock = threading.Lock()

    @property
    def anthropic(self) -> str:
        """The base URL for the Messages API."""
        return self.url

    @property
    def openai(self) -> str:
        """The base URL for Responses and Chat Completions."""
        return f"{self.url}/v1"

    def next(self, request: Request) -> Reply:
        """The turn for this request."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
        if number > len(self.script):
            return Reply(status=500, json={"error": {"message": f"the script has {len(self.script)} turns, this is request {number}"}})
        turn = self.script[number - 1]
        turn = turn(request) if callable(turn) else turn
        return turn if isinstance(turn, Reply) else Reply(stream=turn) if isinstance(turn, bytes) else Reply(parts=turn)


@contextmanager
def serve(*script: Script, models: tuple[str, ...] | Reply = ("small", "large")) -> Iterator[Upstream]:
    """A provider that plays the script, until the block ends."""
    upstream = Upstream(script, models)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"upstream": upstream}))
    upstream.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a small answer waits for the client's delayed acknowledgement
    upstream: Upstream

    def do_GET(self) -> None:
        self.upstream.others.append(Request("GET", self.path, self._headers(), None))
        models = self.upstream.models
        reply = models if isinstance(models, Reply) else Reply(json={"data": [{"id": model, "type": "model"} for model in models], "has_more": False})
        self._document(reply)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        request = Request("POST", self.path, self._headers(), json.loads(body))
        reply = self.upstream.next(request)
        if reply.json is not None or reply.text is not None:
            self._document(reply)
        else:
            self._stream(reply, reply.stream or render(self.path, reply.parts))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to stderr."""

    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _document(self, reply: Reply) -> None:
        body = json.dumps(reply.json) if reply.text is None else reply.text
        self.send_response(reply.status)
        kind = "application/json" if reply.text is None else reply.content_type
        for name, header in {"content-type": kind, "content-length": str(len(body.encode())), **reply.headers}.items():
            self.send_header(name, header)
        self.end_headers()
        self.wfile.write(body.encode())

    def _stream(self, reply: Reply, data: bytes) -> None:
        is_cut = reply.cut is not None
        data = data[: reply.cut if is_cut else reply.trunc]
        self.send_response(reply.status)
        for name, value in {"content-type": reply.content_type, "transfer-encoding": "chunked", **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        pieces = (
            [data[i : i + reply.chunk] for i in range(0, len(data), reply.chunk)]
            if reply.chunk
            else [event + b"\n\n" for event in data.split(b"\n\n") if event]
        )
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
            time.sleep(reply.delay)
        if is_cut:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")
