"""What kind of API a call speaks: GraphQL, JSON-RPC, XML-RPC, SOAP, gRPC, server-sent events, WebSocket, or else REST. And which operation it names."""

from typing import Any

from agent.spec.model import ApiType, Exchange
from agent.spec.protocols import messages, named_calls, xml_rpc
from agent.spec.protocols.named_calls import listed
from agent.spec.schemas import bodies
from agent.spec.summary import Route

ORDER: tuple[ApiType, ...] = ("GraphQL", "JSON-RPC", "XML-RPC", "SOAP", "gRPC", "WebSocket", "SSE", "REST")


def count_kind(route: Route, exchange: Exchange, request: dict[str, str], response: dict[str, str], query: str, sent: Any, received: Any) -> None:
    """Counts the kind of one exchange in its route, whether a browser went there for a page, and what it says of its named operations and messages."""
    if request.get("content-type", "").startswith("application/graphql") and sent is bodies.ABSENT:
        sent = {"query": exchange.request_body.decode("utf-8", "replace")}
    kind, at = _kind_of(exchange, request, response, query, sent, received), int(exchange.started_at)
    route.kinds[kind] = route.kinds.get(kind, 0) + 1
    if request.get("sec-fetch-mode") == "navigate" or request.get("accept", "").startswith("text/html"):
        route.flags["page"] = route.flags.get("page", 0) + 1
    is_stream = response.get("content-type", "").startswith("text/event-stream")
    answers: list[Any] = [] if kind not in ("GraphQL", "JSON-RPC") else messages.values_of(exchange) if is_stream else listed(received)
    if kind == "GraphQL":
        calls = named_calls.graphql_calls(exchange, query, sent, received)
        for number, one in enumerate(calls):
            named_calls.count_graphql(route, one, answers[number] if number < len(answers) else None, at)
    elif kind == "JSON-RPC":
        named_calls.count_rpc(route, sent, answers, at)
    elif kind == "XML-RPC":
        named_calls.count_xml_rpc(route, exchange, at)
    elif kind == "SOAP":
        named_calls.count_soap(route, exchange, request)
    elif kind == "WebSocket":
        named_calls.count_subscriptions(route, exchange, at)
    elif kind == "gRPC":
        named_calls.named_in(route, route.path.rpartition("/")[2]).total += 1
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
    if exchange.protocol == "graphql" or (
        named_calls.graphql_calls(exchange, query, sent, received) and (is_refused or _may_answer(received, _GRAPHQL_ANSWERS))
    ):
        return "GraphQL"
    if (
        (type(sent) is dict or type(sent) is list)
        and (calls := named_calls.rpc_calls(sent))
        and ("jsonrpc" in calls[0] or is_refused or _may_answer(received, _RPC_ANSWERS))
    ):
        return "JSON-RPC"
    if received_type.startswith("text/event-stream"):
        return "SSE"
    if "soapaction" in request or (exchange.request_body and _is_soap(exchange.request_body, sent_type)):
        return "SOAP"
    return "XML-RPC" if exchange.request_body and xml_rpc.is_call(exchange.request_body) else "REST"


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
    return all(type(one) is not dict or not one or keys & one.keys() for one in listed(received))


_GRAPHQL_ANSWERS = frozenset({"data", "errors", "error", "message", "extensions"})
_RPC_ANSWERS = frozenset({"result", "error"})
