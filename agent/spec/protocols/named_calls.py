"""Calls that name inside which operation they mean: GraphQL, JSON-RPC, XML-RPC and SOAP. Which they are, and what was sent and came back, by the operation's name.

Whether a call speaks one of these at all is decided in `kinds`.
"""

import re
from typing import Any
from urllib.parse import parse_qsl

from agent.spec.model import Exchange
from agent.spec.protocols import envelopes, introspection, xml_rpc
from agent.spec.protocols.envelopes import ANONYMOUS
from agent.spec.schemas import bodies
from agent.spec.secrets.places import hide_variables
from agent.spec.secrets.redact import mask_text
from agent.spec.summary import NAMES_MAX, SAMPLE_MAX, Named, Node, Route, Sample, smallest

_RPC_KEYS = frozenset({"method", "params", "id", "version", "auth", "session", "token"})
"""Of a call of version 1; more keys are another API's."""
_BY_ID = frozenset({"variables", "operationName", "doc_id", "documentId", "queryId", "query_id", "query_hash"})
"""Of a request for a document that only the server has."""
_DOCUMENT = r"\s*(?:#[^\n]*\n\s*)*(?:(?:query|mutation|subscription|fragment)\b[^{]*)?\{"
_OPERATION = r"\b(query|mutation|subscription)\s+([A-Za-z_]\w*)"
"""Both are for GraphQL: most runs need not compile them."""
_WRONG = (
    r"validation.?(?:error|failed)|syntax.?error|invalid.?syntax|parse.?(?:error|failed)|cannot query field|undefined.?field|field.?undefined"
    r"|unknown (?:field|argument|type|fragment|directive)|(?:field|argument|type)\b.{1,200}(?:doesn.?t exist|does not exist|not found in type|is undefined|not accepted)"
)
"""How servers say so, in a message or a code."""


def graphql_calls(exchange: Exchange, query: str, sent: Any, received: Any) -> list[dict[str, Any]]:
    """The GraphQL requests of one call: a body, a batch of bodies, the form with uploaded files, or the query of the URL."""
    return _written(query, sent) or _by_id(exchange, query, sent, received)


def rpc_calls(sent: Any) -> list[dict[str, Any]]:
    """The JSON-RPC calls of a body, of version 2 or 1."""
    return [
        one
        for one in listed(sent)[:50]
        if type(one) is dict and isinstance(one.get("method"), str) and ("jsonrpc" in one or ({"params", "id"} <= one.keys() <= _RPC_KEYS))
    ]


def listed(value: Any) -> list[Any]:
    """What stands alone is a list of one."""
    return value if type(value) is list else [value]


def count_graphql(route: Route, one: dict[str, Any], received: Any, at: int) -> None:
    """Counts one GraphQL request with its answer."""
    query = one.get("query")
    text = query if isinstance(query, str) else ""
    found = re.search(_OPERATION, text)
    name = one.get("operationName") or (found.group(2) if found else "") or ANONYMOUS
    named = named_in(route, str(name))
    named.total += 1
    _count(named, "sent", one.get("variables"), at)
    _count(named, "received", received.get("data") if type(received) is dict else None, at)
    told = introspection.sdl_of(received)
    for masked in [mask_text(text)[:20000]] * (bool(text) and not _is_wrong(received)) + [told] * bool(told):
        _keep_document(named, masked)


def count_subscriptions(route: Route, exchange: Exchange, at: int) -> None:
    """What was asked in GraphQL over a socket, each with its first answer."""
    asked = [value for frame in exchange.frames if frame.direction == "sent" and b'"query"' in frame.data and type(value := bodies.decode(frame.data)) is dict]
    calls = {str(one.get("id")): one["payload"] for one in asked if type(one.get("payload")) is dict and _is_graphql(one["payload"])}
    answers: dict[str, Any] = {}
    for frame in exchange.frames if calls else ():
        if frame.direction == "received" and type(value := bodies.decode(frame.data)) is dict and type(told := value.get("payload")) in (dict, list):
            answers.setdefault(str(value.get("id")), told if type(told) is dict else {"errors": told})
    for id_, one in calls.items():
        count_graphql(route, hide_variables(one), answers.get(id_), at)


def count_rpc(route: Route, sent: Any, received: list[Any], at: int) -> None:
    """Counts the calls of one body, each with the answer of its id."""
    answers = {str(one.get("id")): one for one in received if type(one) is dict}
    for one in rpc_calls(sent):
        named = named_in(route, one["method"])
        named.total += 1
        _count(named, "sent", one.get("params"), at)
        _count(named, "received", answers.get(str(one.get("id")), {}).get("result"), at)


def count_xml_rpc(route: Route, exchange: Exchange, at: int) -> None:
    """Counts the call of one body with its answer."""
    call = xml_rpc.called(exchange.request_body)
    if call is None:
        return
    named = named_in(route, call.method)
    named.total += 1
    _count(named, "sent", call.params, at, xml_rpc.UNNAMED)
    _count(named, "received", xml_rpc.answered(exchange.response_body), at)


def count_soap(route: Route, exchange: Exchange, request: dict[str, str]) -> None:
    """Counts what one envelope asks for, by its action or its element."""
    sent, received = envelopes.opened(exchange.request_body), envelopes.opened(exchange.response_body)
    action = re.split(r"[/#:]", request.get("soapaction", "").strip('" '))[-1] or (sent.name.removesuffix("Request") if sent else "")
    if not action:
        return
    named = named_in(route, action)
    named.total += 1
    at = int(exchange.started_at)
    if sent:
        _count(named, "sent", sent.value, at)
        _keep_document(named, mask_text(exchange.request_body.decode("utf-8", "replace"))[:20000])
    _count(named, "received", received.value if received and received.name != "Fault" else None, at)


def named_in(route: Route, name: str) -> Named:
    """What is known of one operation of a route, under its name."""
    named = route.named.get(name)
    if named is None:
        if len(route.named) >= NAMES_MAX * 2:
            route.named = smallest(route.named, NAMES_MAX)
        named = route.named[name] = Named()
    return named


def _written(query: str, sent: Any) -> list[dict[str, Any]]:
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


def _by_id(exchange: Exchange, query: str, sent: Any, received: Any) -> list[dict[str, Any]]:
    """A GraphQL request without its document, at an address that says so, with an answer that looks so: `/graphql/8Xk2/UserByName?variables=…`."""
    address = exchange.url.partition("?")[0]
    if "graphql" not in address or type(received) is not dict or "data" not in received:
        return []
    one: dict[str, Any] = sent if type(sent) is dict else dict(parse_qsl(query))
    if not one.keys() & _BY_ID:
        return []
    variables = one.get("variables")
    last = address.rstrip("/").rpartition("/")[2]
    name = one.get("operationName") or one.get("fb_api_req_friendly_name") or (last if re.fullmatch(r"(?!graphql|query)[A-Za-z_]\w*", last) else "")
    return [{"operationName": name, "variables": bodies.decode(variables.encode()) if isinstance(variables, str) else variables}]


def _is_graphql(one: dict[str, Any]) -> bool:
    text = one.get("query")
    if isinstance(text, str) and re.match(_DOCUMENT, text):
        return True
    return "persistedQuery" in str(one.get("extensions", ""))[:200]


def _is_wrong(received: Any) -> bool:
    """Whether a server refused a document for what it asks: such a one says nothing of the schema. Who may ask, and how often, is another matter."""
    if type(received) is not dict or received.get("data") is not None:
        return False
    return any(re.search(_WRONG, str(error)[:2000], re.IGNORECASE) for error in listed(received.get("errors"))[:20] if type(error) is dict)


def _keep_document(named: Named, text: str) -> None:
    documents = named.documents = named.documents or Sample()
    if text in documents.values:
        documents.values[text] += 1
    else:
        bodies.admit(documents, text, "", SAMPLE_MAX)


def _count(named: Named, side: str, value: Any, at: int, name: str = "") -> None:
    if value is None or value is bodies.ABSENT:
        return
    node: Node = getattr(named, side) or Node()
    setattr(named, side, node)
    bodies.count(node, value, name, at=at)
