"""Calls that say inside which operation they mean, all to one address: what GraphQL, JSON-RPC, XML-RPC and SOAP send and get, by the operation's name."""

import re
from typing import Any, NamedTuple

from agent.spec.model import ApiType, Evidence, MessageFormat
from agent.spec.protocols import introspection, xml_elements, xml_rpc
from agent.spec.schemas.pool import Pool
from agent.spec.summary import Named, Node, Route

ANONYMOUS = "(anonymous)"
_MOST_BYTES = 1 << 20
_ENVELOPE = re.compile(rb"<(?:[\w.-]+:)?Envelope\b")
"""Before it there may be the head of a part."""


class Envelope(NamedTuple):
    """The element in the body of an envelope."""

    name: str
    value: Any


class Sample(NamedTuple):
    """What was sent and what came back, of one and the same operation."""

    request: Any
    answer: Any


def opened(body: bytes) -> Envelope | None:
    """What a SOAP envelope carries; None where it is none."""
    start = _ENVELOPE.search(body[:2000])
    if len(body) > _MOST_BYTES or not start:
        return None
    envelope = xml_elements.read(body[start.start() :].decode("utf-8", "replace"))
    inner = envelope.get("Envelope") if isinstance(envelope, dict) else None
    carried = inner.get("Body") if isinstance(inner, dict) else None
    name = next(iter(carried), "") if isinstance(carried, dict) else ""
    return Envelope(name, carried[name] or {}) if isinstance(carried, dict) and name else None


def sample(kind: ApiType, route: Route, pool: Pool) -> Sample | None:
    """A request and its answer that belong together, of the operation that was called most."""
    found = sorted(route.named.items(), key=lambda item: (-item[1].total, item[0]))
    if kind == "JSON-RPC" and found:
        name, named = found[0]
        frame = {"jsonrpc": "2.0", "id": 1}
        params = {} if named.sent is None else {"params": pool.example(named.sent)}
        return Sample({**frame, "method": name, **params}, None if named.received is None else {**frame, "result": pool.example(named.received)})
    if kind == "XML-RPC" and found:
        name, named = found[0]
        return Sample(xml_rpc.written(name, pool.example(named.sent) or []), None)
    for name, named in found if kind in ("GraphQL", "SOAP") else ():
        if text := _document(named):
            if kind == "SOAP":
                return Sample(text, None)
            request = {} if name == ANONYMOUS else {"operationName": name}
            request |= {"query": text} | ({} if named.sent is None else {"variables": pool.example(named.sent)})
            return Sample(request, None if named.received is None else {"data": pool.example(named.received)})
    return None


def formats(kind: ApiType, route: Route, pool: Pool, pointer: str) -> tuple[MessageFormat, ...]:
    """What each operation of a JSON-RPC, XML-RPC or SOAP address takes and gives."""
    if kind not in ("JSON-RPC", "XML-RPC", "SOAP"):
        return ()
    ending = "Response" if kind == "SOAP" else " result"
    found: list[MessageFormat] = []
    for name, named in sorted(route.named.items()):
        if named.sent is not None:
            found.append(MessageFormat("sent", name, *_shape(named.sent, pool, f"{pointer}/messages/{name}"), Evidence(count=named.sent.total)))
        if named.received is not None:
            answer = name + ending
            found.append(MessageFormat("received", answer, *_shape(named.received, pool, f"{pointer}/messages/{answer}"), Evidence(count=named.received.total)))
    return tuple(found)


def _shape(node: Node, pool: Pool, pointer: str) -> tuple[Any, Any]:
    return pool.schema(node, pointer), pool.example(node)


def _document(named: Named) -> str:
    heard = named.documents.values if named.documents else {}
    texts = [text for text in heard if not text.startswith(introspection.MARK)]
    return max(sorted(texts), key=lambda text: heard[text], default="")
