"""The wires (which adapter speaks which protocol), the providers worth offering by name, and asking a server what it has and whether it works."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

import msgspec

from agent.errors import Problem
from agent.messages import Message, Text
from agent.providers import anthropic, clients, failures, guide, openai_chat, openai_responses, scripted
from agent.providers.base import Connection, Failure, Finish, ModelRequest, PartStart, ProviderEvent, Stream, ToolSpec, Usage, Wire

WIRES: dict[Wire, Stream] = {
    "anthropic": anthropic.stream,
    "openai": openai_responses.stream,
    "openai-compatible": openai_chat.stream,
    "builtin": guide.stream,
    "scripted": scripted.stream,
}


class Preset(msgspec.Struct, frozen=True):
    """A known provider. Without a `default_model` the first of its list is taken; `keys_at` is empty where none is needed."""

    name: str
    title: str
    wire: Wire
    base_url: str
    default_model: str = ""
    requires_auth: bool = True
    auth_header: str = ""
    keys_at: str = ""


PRESETS: tuple[Preset, ...] = (
    Preset("anthropic", "Anthropic", "anthropic", "https://api.anthropic.com", "claude-sonnet-5-5", keys_at="https://console.anthropic.com/settings/keys"),
    Preset("openai", "OpenAI", "openai", "https://api.openai.com/v1", "gpt-5.5", keys_at="https://platform.openai.com/api-keys"),
    Preset("ollama", "Ollama", "openai-compatible", "http://127.0.0.1:11434/v1", requires_auth=False),
    Preset("vllm", "vLLM", "openai-compatible", "http://127.0.0.1:8000/v1", requires_auth=False),
    Preset("lm-studio", "LM Studio", "openai-compatible", "http://127.0.0.1:1234/v1", requires_auth=False),
    Preset("openrouter", "OpenRouter", "openai-compatible", "https://openrouter.ai/api/v1", "openrouter/auto", keys_at="https://openrouter.ai/settings/keys"),
    Preset("groq", "Groq", "openai-compatible", "https://api.groq.com/openai/v1", "openai/gpt-oss-120b", keys_at="https://console.groq.com/keys"),
    Preset("mistral", "Mistral", "openai-compatible", "https://api.mistral.ai/v1", "mistral-large-latest", keys_at="https://console.mistral.ai/api-keys"),
    Preset("deepseek", "DeepSeek", "openai-compatible", "https://api.deepseek.com/v1", "deepseek-v4-flash", keys_at="https://platform.deepseek.com/api_keys"),
    Preset(
        "google",
        "Google Gemini",
        "openai-compatible",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "gemini-3.5-flash",
        keys_at="https://aistudio.google.com/apikey",
    ),
    Preset("litellm", "LiteLLM proxy", "openai-compatible", "http://127.0.0.1:4000/v1", keys_at="the administrator of the proxy"),
)


class TestResult(msgspec.Struct, frozen=True):
    """What a test found. `sentence` says it to people; `code` is the catalogue's where it failed; `takes_tools` decides whether the agent can act."""

    __test__ = False  # not a test class, whatever its name makes pytest think

    ok: bool
    sentence: str
    model: str = ""
    code: str | None = None
    takes_tools: bool = False
    milliseconds: int = 0


_TEST_SECONDS = 60
_HINT_SECONDS = 5.0
_CALLED = re.compile(r"/(?:chat/completions|completions|responses|models|(?:v1/)?messages)$")
_SHUNNED_SECONDS = 60.0
_ELSEWHERE = frozenset({"provider_unreachable", "provider_overloaded", "provider_failed"})
_failed_at: dict[str, float] = {}  # base URL → when; forgotten with the process
_MOST_MODELS = 1000
_NO_CHAT = re.compile(r"embed|whisper|tts|dall-e|moderation|transcribe|realtime|audio|image|rerank|babbage|davinci|sora|ocr", re.IGNORECASE)
_TOOL = ToolSpec("get_time", "The time now.", {"type": "object", "properties": {}})


async def answer(connections: tuple[Connection, ...], request: ModelRequest) -> AsyncGenerator[ProviderEvent, None]:
    """The first address that answers: one that cannot be reached or fails before it began hands over to the next. One that did is tried last for a while."""
    order = sorted(connections, key=lambda connection: _failed_at.get(connection.base_url, 0.0) > time.monotonic() - _SHUNNED_SECONDS)
    spent = Usage()  # at addresses that then failed
    for number, connection in enumerate(order, 1):
        began, told = False, Usage()
        async with aclosing(cast("Any", WIRES[connection.wire](connection, request))) as events:
            async for event in events:
                if isinstance(event, Failure) and not began and event.code in _ELSEWHERE:
                    _failed_at[connection.base_url] = time.monotonic()
                    if number < len(order):
                        spent += told
                        break
                began = began or isinstance(event, PartStart)
                if isinstance(event, Usage):
                    told = event
                    event = spent + told
                yield event
            else:
                return


async def list_models(connection: Connection, seconds: float = _TEST_SECONDS) -> tuple[str, ...]:
    """The names of the server's models that can chat, in its order. Raises the `provider_*` problems, egress_refused, invalid_url."""
    path = f"/v1/models?limit={_MOST_MODELS}" if connection.wire == "anthropic" else "/models"
    try:
        async with asyncio.timeout(seconds):
            response = await clients.get(connection, path)
    except Exception as error:
        failure = failures.from_error(error, connection, "")
        raise Problem(failure.code, failure.message) from None
    try:
        names = _names(msgspec.json.decode(response.content))
    except (msgspec.DecodeError, LookupError, TypeError, AttributeError):
        raise Problem("provider_rejected", failures.not_a_stream(response.text, connection).message) from None
    return tuple(dict.fromkeys(name.removeprefix("models/") for name in names if not _NO_CHAT.search(name)))


async def test(connection: Connection, model: str) -> TestResult:
    """Ask the model for a word, with a tool on offer, and say exactly what failed."""
    if not model:
        try:
            model = next(iter(await list_models(connection)), "")
        except Problem as problem:
            advice = await _hint(connection, "", Failure(problem.code, problem.detail))
            return TestResult(False, problem.detail + advice, code=problem.code)
        if not model:
            return TestResult(False, f"`{clients.host_of(connection)}` answers but has no model. Load one there, then test again.", code="provider_rejected")
    started = time.monotonic()
    ending = await _ask(connection, model, (_TOOL,))
    takes_tools = True
    if isinstance(ending, Failure) and ending.code == "provider_rejected" and re.search("tool|function", ending.message, re.IGNORECASE):
        ending, takes_tools = await _ask(connection, model, ()), False
    if isinstance(ending, Failure):
        return TestResult(False, ending.message + await _hint(connection, model, ending), model, ending.code)
    took = round((time.monotonic() - started) * 1000)
    limits = "" if takes_tools else " It takes no tools, so it can talk but not act."
    return TestResult(True, f"`{model}` answered in {took} ms.{limits}", model, takes_tools=takes_tools, milliseconds=took)


async def _ask(connection: Connection, model: str, tools: tuple[ToolSpec, ...]) -> Finish | Failure:
    request = ModelRequest(model=model, system="", messages=(Message("user", (Text("Answer with the word OK."),)),), tools=tools, max_tokens=64)
    ending: Finish | Failure = failures.cut(connection)
    try:
        async with asyncio.timeout(_TEST_SECONDS), aclosing(cast("Any", WIRES[connection.wire](connection, request))) as answer:
            async for event in answer:
                if isinstance(event, Finish | Failure):
                    ending = event
    except TimeoutError:
        told = f"`{clients.host_of(connection)}` took the request and did not finish an answer within {_TEST_SECONDS} s."
        return Failure("provider_unreachable", f"{told} It may be loading the model: test again in a minute, or look at its log.")
    return ending


async def _hint(connection: Connection, model: str, failure: Failure) -> str:
    """What to do instead: a model that there is, or the address at which its API answers."""
    if failure.code in ("provider_cut", "provider_unreachable"):
        if "certificate" in failure.message or "took the request" in failure.message:
            return ""
        return await _other_scheme(connection) or (" Start it there, or correct the base URL." if "nothing answers" in failure.message else "")
    if failure.code != "provider_rejected" or " redirects to " in failure.message:
        return ""
    try:
        names = await list_models(connection, _HINT_SECONDS) if model else ()
    except Problem:
        return await _other_path(connection)
    if not model:
        return await _other_path(connection)
    if model in names and connection.wire != "openai-compatible":
        return " A server that imitates OpenAI's API is added as *OpenAI-compatible*."
    if not names or model in names:
        return ""
    shown = ", ".join(f"`{name}`" for name in names[:8])
    return f" It has {shown}{' and others' if len(names) > 8 else ''}."


async def _other_path(connection: Connection) -> str:
    """The same server's address at which there are models, where one of the usual ones is it."""
    base, mark, query = connection.base_url.partition("?")
    base = base.rstrip("/")
    root = _CALLED.sub("", base)
    usual = [root] if connection.wire == "anthropic" or root.endswith("/v1") else [root, f"{root}/v1", f"{root.removesuffix('/api')}/v1", f"{root}/api/v1"]
    if found := await _with_models(connection, [url for url in dict.fromkeys(usual) if url != base], mark + query):
        return f" Its API answers at `{found}`: use that as the base URL."
    return "" if connection.wire == "anthropic" or base.endswith("/v1") else " Its base URL may have to end in `/v1`."


async def _with_models(connection: Connection, urls: list[str], query: str) -> str:
    """The first of these addresses that has models, or none."""
    asked = (list_models(msgspec.structs.replace(connection, base_url=url + query), _HINT_SECONDS) for url in urls)
    found = await asyncio.gather(*asked, return_exceptions=True)
    return next((url for url, names in zip(urls, found, strict=True) if isinstance(names, tuple) and names), "")


async def _other_scheme(connection: Connection) -> str:
    """Whether the server speaks the other of `http` and `https`. No key is sent to find out."""
    scheme, _, rest = connection.base_url.partition("://")
    other = {"http": "https", "https": "http"}.get(scheme.lower(), "")
    try:
        await list_models(Connection(connection.wire, f"{other}://{rest}"), _HINT_SECONDS)
    except Problem as problem:
        if problem.code in ("provider_cut", "provider_unreachable") and "certificate" not in problem.detail:
            return ""
        if problem.code not in ("provider_auth", "provider_unreachable", "provider_rejected"):
            return ""
    return f" It speaks `{other}`: begin the base URL with `{other}://`."


def _names(document: Any) -> list[str]:
    """From `{"data": [{"id": …}]}`, `{"models": [{"name": …}]}` or a bare list of either."""
    found: Any = document.get("data", document.get("models")) if isinstance(document, dict) else document
    return [str(entry if isinstance(entry, str) else entry.get("id") or entry["name"]) for entry in found]
