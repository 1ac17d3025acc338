"""What kind of API a call speaks: GraphQL, JSON-RPC, SOAP, gRPC, server-sent events, WebSocket, or else REST. And which operation it names."""

import re
from typing import Any
from urllib.parse import parse_qsl

from agent.spec import bodies, envelopes, introspection, messages
from agent.spec.envelopes import ANONYMOUS
from agent.spec.model import ApiType, Exchange
from agent.spec.redact import hide_variables, mask_text
from agent.spec.summary import NAMES_MAX, SAMPLE_MAX, Named, Node, Route, Sample, smallest

ORDER: tuple[ApiType, ...] = ("GraphQL", "JSON-RPC", "SOAP", "gRPC", "WebSocket", "SSE", "REST")


def count_kind(route: Route, exchange: Exchange, request: dict[str, str], response: dict[str, str], query: str, sent: Any, received: Any) -> None:
    """Counts the kind of one exchange in its route, whether a browser went there for a page, and what it says of its named operations and messages."""
    if request.get("content-type", "").startswith("application/graphql") and sent is bodies.ABSENT:
        sent = {"query": exchange.request_body.decode("utf-8", "replace")}
    kind, at = _kind_of(exchange, request, response, query, sent, received), int(exchange.started_at)
    route.kinds[kind] = route.kinds.get(kind, 0) + 1
    if request.get("sec-fetch-mode") == "navigate" or request.get("accept", "").startswith("text/html"):
        route.flags["page"] = route.flags.get("page", 0) + 1
    is_stream = response.get("content-type", "").startswith("text/event-stream")
    answers: list[Any] = [] if kind not in ("GraphQL", "JSON-RPC") else messages.values_of(exchange) if is_stream else _listed(received)
    if kind == "GraphQL":
        calls = _graphql_calls(query, sent)
        for number, one in enumerate(calls):
            _count_graphql(route, one, answers[number] if number < len(answers) else None, at)
    elif kind == "JSON-RPC":
        _count_rpc(route, sent, answers, at)
    elif kind == "SOAP":
        _count_soap(route, exchange, request)
    elif kind == "WebSocket":
        _count_subscriptions(route, exchange, at)
    elif kind == "gRPC":
        _named(route, route.path.rpartition("/")[2]).total += 1
    if kind in ("WebSocket", "SSE") or (kind == "GraphQL" and is_stream):
        messages.count_messages(route, exchange)


def kind_of_route(route: Route) -> ApiType:
    """The kind that most of its calls had. A WebSocket is opened at its address whatever else is asked there."""
    if route.kinds.get("WebSocket"):
        return "WebSocket"
    found: list[ApiType] = [kind for kind in ORDER if route.kinds.get(kind)]
    return max(found, key=lambda kind: (route.kinds[kind], kind != "REST")) if found else "REST"


def _kind_of(exchange: Exchange, request: dict[str, str], response: dict[str, str], query: str, sent: Any, received: Any) -> ApiType:
    received_type, sent_type = (response.get("content-type", ""), request.get("content-type", ""))
    if _is_socket(exchange, request):
        return "WebSocket"
    if "application/grpc" in sent_type or "application/grpc" in received_type or "grpc-status" in response or _is_connect(request, sent_type):
        return "gRPC"
    is_refused = exchange.status is not None and exchange.status >= 400
    if exchange.protocol == "graphql" or (_graphql_calls(query, sent) and (is_refused or _may_answer(received, _GRAPHQL_ANSWERS))):
        return "GraphQL"
    if (
        (type(sent) is dict or type(sent) is list)
        and (calls := _rpc_calls(sent))
        and ("jsonrpc" in calls[0] or is_refused or _may_answer(received, _RPC_ANSWERS))
    ):
        return "JSON-RPC"
    if received_type.startswith("text/event-stream"):
        return "SSE"
    return "SOAP" if "soapaction" in request or (exchange.request_body and _is_soap(exchange.request_body, sent_type)) else "REST"


def _is_socket(exchange: Exchange, request: dict[str, str]) -> bool:
    is_open = exchange.protocol in ("ws", "wss") or exchange.url.startswith(("ws://", "wss://")) or exchange.status == 101
    return is_open or request.get("upgrade", "").lower() == "websocket"


def _is_connect(request: dict[str, str], media_type: str) -> bool:
    return "connect-protocol-version" in request or "application/connect+" in media_type


def _is_soap(body: bytes, media_type: str) -> bool:
    """An envelope, alone or as the first part of one with attachments."""
    if b"<" not in body[:10] and not media_type.startswith("multipart/related"):
        return False
    head = body[:1000]
    return b"Envelope" in head and b"soap" in head.lower()


def _may_answer(received: Any, keys: frozenset[str]) -> bool:
    """Whether an answer may be one to such a request: nothing that could be read says nothing."""
    return all(type(one) is not dict or not one or keys & one.keys() for one in _listed(received))


def _listed(value: Any) -> list[Any]:
    return value if type(value) is list else [value]


def _graphql_calls(query: str, sent: Any) -> list[dict[str, Any]]:
    """The GraphQL requests of one call: a body, a batch of bodies, the form with uploaded files, or the query of the URL."""
    if type(sent) is dict and isinstance(sent.get("operations"), str) and "map" in sent:
        sent = hide_variables(bodies.decode(sent["operations"].encode()))
    if type(sent) is dict:
        return [sent] if _is_graphql(sent) else []
    if type(sent) is list:
        return [one for one in sent[:20] if type(one) is dict and _is_graphql(one)]
    if "query=" in query or "persistedQuery" in query:
        one: dict[str, Any] = dict(parse_qsl(query))
        if "variables" in one:
            one["variables"] = bodies.decode(one["variables"].encode())
        if _is_graphql(one):
            return [hide_variables(one)]
    return []


def _is_graphql(one: dict[str, Any]) -> bool:
    text = one.get("query")
    if isinstance(text, str) and re.match(_DOCUMENT, text):
        return True
    return "persistedQuery" in str(one.get("extensions", ""))[:200]


def _count_graphql(route: Route, one: dict[str, Any], received: Any, at: int) -> None:
    query = one.get("query")
    text = query if isinstance(query, str) else ""
    found = re.search(_OPERATION, text)
    name = one.get("operationName") or (found.group(2) if found else "") or ANONYMOUS
    named = _named(route, str(name))
    named.total += 1
    _count(named, "sent", one.get("variables"), at)
    _count(named, "received", received.get("data") if type(received) is dict else None, at)
    told = introspection.sdl_of(received)
    for masked in [mask_text(text)[:20000]] * bool(text) + [told] * bool(told):
        _keep_document(named, masked)


def _count_subscriptions(route: Route, exchange: Exchange, at: int) -> None:
    """What was asked in GraphQL over a socket, each with its first answer."""
    asked = [value for frame in exchange.frames if frame.direction == "sent" and b'"query"' in frame.data and type(value := bodies.decode(frame.data)) is dict]
    calls = {str(one.get("id")): one["payload"] for one in asked if type(one.get("payload")) is dict and _is_graphql(one["payload"])}
    answers: dict[str, Any] = {}
    for frame in exchange.frames if calls else ():
        if frame.direction == "received" and type(value := bodies.decode(frame.data)) is dict and type(value.get("payload")) is dict:
            answers.setdefault(str(value.get("id")), value["payload"])
    for id_, one in calls.items():
        _count_graphql(route, hide_variables(one), answers.get(id_), at)


def _rpc_calls(sent: Any) -> list[dict[str, Any]]:
    return [
        one
        for one in _listed(sent)[:50]
        if type(one) is dict and isinstance(one.get("method"), str) and ("jsonrpc" in one or ({"params", "id"} <= one.keys() <= _RPC_KEYS))
    ]


def _count_rpc(route: Route, sent: Any, received: list[Any], at: int) -> None:
    answers = {str(one.get("id")): one for one in received if type(one) is dict}
    for one in _rpc_calls(sent):
        named = _named(route, one["method"])
        named.total += 1
        _count(named, "sent", one.get("params"), at)
        _count(named, "received", answers.get(str(one.get("id")), {}).get("result"), at)


def _count_soap(route: Route, exchange: Exchange, request: dict[str, str]) -> None:
    sent, received = envelopes.opened(exchange.request_body), envelopes.opened(exchange.response_body)
    action = re.split(r"[/#:]", request.get("soapaction", "").strip('" '))[-1] or (sent.name.removesuffix("Request") if sent else "")
    if not action:
        return
    named = _named(route, action)
    named.total += 1
    at = int(exchange.started_at)
    if sent:
        _count(named, "sent", sent.value, at)
        _keep_document(named, mask_text(exchange.request_body.decode("utf-8", "replace"))[:20000])
    _count(named, "received", received.value if received and received.name != "Fault" else None, at)


def _named(route: Route, name: str) -> Named:
    named = route.named.get(name)
    if named is None:
        if len(route.named) >= NAMES_MAX * 2:
            route.named = smallest(route.named, NAMES_MAX)
        named = route.named[name] = Named()
    return named


def _keep_document(named: Named, text: str) -> None:
    documents = named.documents = named.documents or Sample()
    if text in documents.values:
        documents.values[text] += 1
    else:
        bodies.admit(documents, text, "", SAMPLE_MAX)


def _count(named: Named, side: str, value: Any, at: int) -> None:
    if value is None or value is bodies.ABSENT:
        return
    node: Node = getattr(named, side) or Node()
    setattr(named, side, node)
    bodies.count(node, value, "", at=at)


_GRAPHQL_ANSWERS = frozenset({"data", "errors", "error", "message", "extensions"})
_RPC_ANSWERS = frozenset({"result", "error"})
_RPC_KEYS = frozenset({"method", "params", "id", "version", "auth", "session", "token"})
"""Of a call of version 1; more keys are another API's."""
_DOCUMENT = r"\s*(?:#[^\n]*\n\s*)*(?:(?:query|mutation|subscription|fragment)\b[^{]*)?\{"
_OPERATION = r"\b(query|mutation|subscription)\s+([A-Za-z_]\w*)"
"""Both are for GraphQL: most runs need not compile them."""
