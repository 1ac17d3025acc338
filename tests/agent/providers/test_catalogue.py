"""The providers on offer, their lists of models, and the test button."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import get_args

import pytest

from agent.errors import CATALOGUE, Problem
from agent.providers import catalogue
from agent.providers.base import Connection, Wire
from tests import replay
from tests.certificates import certificate
from tests.replay import Reply

KEY = "sk-abcdefghijkl0123"
WIRES: tuple[Wire, ...] = ("anthropic", "openai", "openai-compatible")


def _connect(wire: Wire, upstream: replay.Upstream) -> Connection:
    return Connection(wire, upstream.anthropic if wire == "anthropic" else upstream.openai, KEY)


def test_every_wire_has_an_adapter() -> None:
    """The table and the type say the same."""
    assert set(catalogue.WIRES) == set(get_args(Wire))


def test_presets_are_usable_as_they_are() -> None:
    """Names are unique, a base URL is complete, who wants a key says where to get one."""
    assert len({preset.name for preset in catalogue.PRESETS}) == len(catalogue.PRESETS) == 11
    for preset in catalogue.PRESETS:
        assert preset.wire in WIRES
        assert preset.base_url.startswith(("https://", "http://127.0.0.1:"))
        assert not preset.base_url.endswith("/")
        assert bool(preset.keys_at) == preset.requires_auth


@pytest.mark.parametrize("wire", WIRES)
async def test_lists_the_models_that_chat(wire: Wire) -> None:
    """In the server's order, once each, without Google's prefix and without models for other purposes."""
    with replay.serve(models=("b-large", "models/a-small", "text-embedding-3", "whisper-1", "b-large")) as upstream:
        assert await catalogue.list_models(_connect(wire, upstream)) == ("b-large", "a-small")


async def test_reads_a_list_in_other_shapes() -> None:
    """Ollama's own, and a bare list."""
    for document in ({"models": [{"name": "qwen"}]}, [{"id": "qwen"}], ["qwen"]):
        with replay.serve(models=Reply(json=document)) as upstream:
            assert await catalogue.list_models(_connect("openai-compatible", upstream)) == ("qwen",)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(status=401, json={"error": {"message": f"bad key {KEY}"}}), "provider_auth"),
        (Reply(text="<html>"), "provider_rejected"),
        (Reply(json={"data": 7}), "provider_rejected"),
    ],
)
async def test_a_list_that_fails_is_a_problem(reply: Reply, code: str) -> None:
    """With the code of what is wrong, and without the key."""
    with replay.serve(models=reply) as upstream, pytest.raises(Problem) as caught:
        await catalogue.list_models(_connect("openai", upstream))
    assert caught.value.code == code
    assert KEY not in caught.value.detail


@pytest.mark.parametrize("wire", WIRES)
async def test_a_provider_that_works(wire: Wire) -> None:
    """It says so with the time it took; without a model the first of the list is tried."""
    with replay.serve([{"text": "OK"}]) as upstream:
        found = await catalogue.test(_connect(wire, upstream), "")
    assert (found.ok, found.model, found.takes_tools, found.code) == (True, "small", True, None)
    assert found.sentence.startswith("`small` answered in ")
    assert upstream.requests[0].body["model"] == "small"


async def test_a_model_without_tools_is_said_to_be_one() -> None:
    """It can talk, but the agent cannot act with it."""
    refusal = Reply(status=400, json={"error": {"message": "qwen does not support tools"}})
    with replay.serve(refusal, [{"text": "OK"}]) as upstream:
        found = await catalogue.test(_connect("openai-compatible", upstream), "qwen")
    assert (found.ok, found.takes_tools) == (True, False)
    assert found.sentence.endswith("It takes no tools, so it can talk but not act.")
    assert "tools" not in upstream.requests[1].body


@pytest.mark.parametrize("wire", WIRES)
async def test_an_unknown_model_comes_with_those_there_are(wire: Wire) -> None:
    """The provider's sentence, then what it has."""
    with replay.serve(Reply(status=404, json={"error": {"message": "model: large5", "type": "not_found_error"}})) as upstream:
        found = await catalogue.test(_connect(wire, upstream), "large5")
    assert (found.ok, found.code) == (False, "provider_rejected")
    assert found.sentence == "`127.0.0.1` does not know the model `large5`, or the base URL is wrong (404): model: large5. It has `small`, `large`."


async def test_a_base_url_without_its_version_is_suspected() -> None:
    """The commonest mistake has its own hint."""
    with replay.serve(Reply(status=404, text="page not found"), models=Reply(status=404, text="page not found")) as upstream:
        found = await catalogue.test(Connection("openai-compatible", upstream.url, KEY), "small")
    assert found.sentence.endswith("page not found. Its base URL may have to end in `/v1`.")


@pytest.mark.parametrize("wire", WIRES)
async def test_a_bad_key_is_said_to_be_bad(wire: Wire) -> None:
    """With the provider's sentence, without the key."""
    with replay.serve(Reply(status=401, json={"error": {"message": f"invalid key {KEY}"}})) as upstream:
        found = await catalogue.test(_connect(wire, upstream), "small")
    assert (found.ok, found.code) == (False, "provider_auth")
    assert found.sentence == "`127.0.0.1` refused the key (401): invalid key •••."
    assert found.code in CATALOGUE


@contextlib.asynccontextmanager
async def _answering(tls: ssl.SSLContext | None = None) -> AsyncGenerator[str]:
    """A server that has its models below `/v1` and nothing else; gives its host and port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            if (first := await reader.read(1)) == b"\x16":  # how TLS begins
                return writer.close()
            head = first + await reader.readuntil(b"\r\n\r\n")
            is_list = head.startswith(b"GET /v1/models ")
            body = b'{"data": [{"id": "small"}]}' if is_list else b"404 page not found"
            status = b"200 OK" if is_list else b"404 Not Found"
            writer.write(b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (status, len(body), body))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("path", ["", "/", "/api", "/chat/completions", "/v1/chat/completions", "/v1/models"])
@pytest.mark.parametrize("model", ["", "small"])
async def test_the_address_of_the_api_is_found(path: str, model: str) -> None:
    """Whoever gives another address of the server is told the one at which there are models."""
    async with _answering() as host:
        found = await catalogue.test(Connection("openai-compatible", f"http://{host}{path}", KEY), model)
    assert not found.ok
    assert found.sentence.endswith(f"Its API answers at `http://{host}/v1`: use that as the base URL.")


async def test_the_other_scheme_is_named_and_no_key_is_sent_to_find_out() -> None:
    """`https://` for a server that speaks plain HTTP."""
    async with _answering() as host:
        found = await catalogue.test(Connection("openai-compatible", f"https://{host}/v1", KEY), "small")
    assert found.sentence.endswith("It speaks `http`: begin the base URL with `http://`.")


async def test_a_certificate_of_nobody_known(tmp_path: Path) -> None:
    """The sentence says why it is not trusted and what may be done."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate(tmp_path, "localhost"))
    async with _answering(tls) as host:
        found = await catalogue.test(Connection("openai-compatible", f"https://{host}/v1", KEY), "small")
    assert (found.ok, found.code) == (False, "provider_unreachable")
    assert "is not trusted: self-signed certificate. Give it a certificate of a known authority" in found.sentence


async def test_no_key_where_one_is_wanted() -> None:
    """Nobody is told that a key was refused that was never sent."""
    with replay.serve(Reply(status=401, json={"error": {"message": "Missing."}})) as upstream:
        found = await catalogue.test(Connection("openai-compatible", upstream.openai), "small")
    assert found.sentence == "`127.0.0.1` wants a key, and none was sent (401): Missing."


async def test_nothing_at_the_address_is_said() -> None:
    """Also when no model was named."""
    found = await catalogue.test(Connection("openai", "http://127.0.0.1:9/v1", KEY), "")
    assert not found.ok
    assert found.code in {"provider_unreachable", "egress_refused"}


async def test_what_to_do_next_is_said() -> None:
    """A server that is not started, one without a model, and one of another protocol."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = await catalogue.test(Connection("openai-compatible", f"http://127.0.0.1:{unused.getsockname()[1]}/v1"), "")
    assert nobody.sentence.endswith("Start it there, or correct the base URL.")
    with replay.serve(models=()) as upstream:
        empty = await catalogue.test(Connection("openai-compatible", upstream.openai), "")
    assert empty.sentence == "`127.0.0.1` answers but has no model. Load one there, then test again."
    with replay.serve(Reply(status=404, text="404 page not found")) as upstream:
        other = await catalogue.test(Connection("anthropic", upstream.anthropic), "")
    assert other.sentence.endswith("A server that imitates OpenAI's API is added as *OpenAI-compatible*.")
