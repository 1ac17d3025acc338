"""From a provider's raw events to ours: the driver that every adapter shares, and the open parts of one answer.

The driver sees to the promise of `base`: whatever happens, exactly one `Finish` or `Failure`, and it comes last.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Hashable, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, NamedTuple, Protocol, cast

import httpx2
import msgspec

from agent.providers import failures, sse
from agent.providers.base import Connection, Failure, Finish, FinishReason, PartDelta, PartEnd, PartKind, PartStart, ProviderEvent, Usage

_DRAIN_SECONDS = 0.2
_MOST_TOKENS = 1_000_000_000
_SURROGATE = re.compile("[\ud800-\udfff]")


class Unreadable(ValueError):
    """An event that is not JSON, or not of the shape that its protocol gives it."""


class Reducer(Protocol):
    """One answer being read. `ending` is set once the provider's terminal event was seen."""

    ending: Finish | Failure | None

    def feed(self, event: dict[str, Any]) -> Iterable[ProviderEvent]:
        """What one raw event adds."""
        ...

    def done(self) -> bool:
        """Whether nothing more is to be expected."""
        ...

    def close(self) -> Iterable[ProviderEvent]:
        """What is still to be said once the stream is over."""
        ...


async def answer(connection: Connection, model: str, ask: Callable[[], Awaitable[httpx2.Response]], reducer: Reducer) -> AsyncIterator[ProviderEvent]:
    """Send a request and read its answer. Raises nothing but cancellation."""
    failure: Failure | None = None
    try:
        response = await ask()
        async with _closing(response):
            if failure := await _unexpected(response, connection):
                yield failure
                return
            yield Usage()
            chunks = response.aiter_bytes()
            async with aclosing(sse.events(chunks)) as events:
                async for event in events:
                    for item in _feed(reducer, event, connection, model):
                        yield item
                    if reducer.done():
                        await _drain(chunks)
                        break
    except Exception as error:
        failure = failures.unreadable(connection) if isinstance(error, Unreadable | sse.TooLarge) else failures.from_error(error, connection, model)
    for item in reducer.close():
        yield item
    # A connection that breaks after the closing event takes nothing away from the answer.
    yield reducer.ending or failure or failures.cut(connection)


class Arguments(NamedTuple):
    """A tool call's arguments, or why there are none."""

    input: dict[str, Any] | None
    problem: str | None = None


class Parts:
    """The open parts of one answer. A key is whatever the provider tells parts apart by."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._open: dict[Hashable, tuple[int, PartKind, list[str]]] = {}
        self._count = 0
        self.has_calls = False
        self.has_any = False

    def __contains__(self, key: Hashable) -> bool:
        return key in self._open

    def open_keys(self) -> list[Hashable]:
        return list(self._open)

    def start(self, key: Hashable, kind: PartKind, call_id: object = None, name: object = None) -> PartStart:
        """Open a part; `name` is turned back into the tool's own. A name or an id that is no text is none."""
        part_id = self._count
        self._count += 1
        if key in self._open:  # begun twice: the first stays open until the answer ends
            self._open[(key, part_id)] = self._open.pop(key)
        self._open[key] = (part_id, kind, [])
        self.has_any = True
        self.has_calls |= kind == "tool_call"
        called = name if isinstance(name, str) else None
        return PartStart(part_id, kind, call_id if isinstance(call_id, str) else None, self._names.get(called, called) if called else None)

    def add(self, key: Hashable, text: str) -> Iterable[PartDelta]:
        """More text of an open part; none for none."""
        if key in self._open and (kept := storable(text)):
            part_id, _, texts = self._open[key]
            texts.append(kept)
            yield PartDelta(part_id, kept)

    def text(self, key: Hashable) -> str:
        return "".join(self._open[key][2])

    def end(self, key: Hashable, meta: dict[str, Any] | None = None, *, raw: str | None = None) -> Iterable[PartEnd]:
        """Close a part. `raw` replaces what came of a call's arguments, where the provider repeats them whole."""
        if key not in self._open:
            return
        part_id, kind, texts = self._open.pop(key)
        if kind != "tool_call":
            yield PartEnd(part_id, meta=meta)
            return
        raw = "".join(texts) if raw is None else raw
        found = arguments(raw)
        yield PartEnd(part_id, found.input, raw, found.problem, meta)


def arguments(raw: str) -> Arguments:
    """Read a tool call's arguments. Nothing at all, and `null`, mean none."""
    text = raw.strip()
    if text.startswith("{}") and len(text) > 2:
        text = text[2:].strip()  # a placeholder in front of what then streams
    if not text:
        return Arguments({})
    try:
        value: Any = msgspec.json.decode(text)
        if isinstance(value, str):
            value = msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError) as error:
        return Arguments(None, f"the arguments are not valid JSON ({error})")
    if value is None:
        return Arguments({})
    if not isinstance(value, dict):
        return Arguments(None, "the arguments are not a JSON object")
    return Arguments(cast("dict[str, Any]", value))


def closing(reason: FinishReason, parts: Parts) -> Finish:
    """A finish: some servers say `stop`, or nothing, although they called tools, or that they called tools although they did not."""
    if reason == "tool_calls" and not parts.has_calls:
        return Finish("stop")
    return Finish("tool_calls" if reason == "stop" and parts.has_calls else reason)


def number(values: Mapping[str, Any] | None, *path: str) -> int:
    """A count somewhere in a usage object, or 0. A server of a user's own could say anything, also what would give back to a quota."""
    value: Any = values
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return int(min(max(value, 0), _MOST_TOKENS)) if isinstance(value, int | float) else 0


def storable(text: str) -> str:
    """Text that a database and UTF-8 can hold: no NUL, no half characters."""
    return _SURROGATE.sub("\ufffd", text.replace("\x00", "")) if text else ""


def _feed(reducer: Reducer, event: sse.Event, connection: Connection, model: str) -> Iterable[ProviderEvent]:
    """What one event adds, and also what it had added before it turned out to be damaged: a part whose beginning was not told cannot end."""
    if event.data.strip() == "[DONE]":
        yield from reducer.feed({"type": "[DONE]"})
        return
    data = _decoded(event.data)
    if isinstance(data, list) and data:
        data = cast("list[Any]", data)[0]
    if not isinstance(data, dict):
        return
    found = cast("dict[str, Any]", data)
    kind = str(found.get("type") or event.name)
    try:
        yield from reducer.feed({**found, "type": kind})
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise Unreadable from error
    if kind == "response.failed":
        found = cast("dict[str, Any]", found.get("response") or found)
    if kind in {"error", "response.failed"} or found.get("error"):
        reducer.ending = failures.from_said(failures.read(found), None, connection, model)


def _decoded(data: str) -> object:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        try:
            return json.loads(data)  # takes half characters, which servers that cut text by code units send
        except (ValueError, RecursionError):
            raise Unreadable from None


@asynccontextmanager
async def _closing(response: httpx2.Response) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await response.aclose()


async def _unexpected(response: httpx2.Response, connection: Connection) -> Failure | None:
    """The failure of an answer that is a document. One that only claims to be is read on as a stream."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"text/html", "application/json"}:
        return None
    body = (await response.aread()).decode("utf-8", "replace")
    if body.lstrip().startswith(("data:", "event:", ":")):
        return None
    said = failures.read(body)
    return failures.from_said(said, None, connection, "") if said.kinds else failures.not_a_stream(body, connection)


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Read on to the end, which mostly is there already, so that the connection can be used again."""
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for _ in chunks:
                pass
    except (TimeoutError, httpx2.HTTPError, httpx2.StreamError):
        pass
