"""OAuth 2 flows that were seen: a request for a token with its `grant_type`, and the page that asks a person, with its `response_type`.

A flow is told only where every address that OpenAPI demands of it was heard.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from agent.spec.auth import Carriers
from agent.spec.summary import Node, Route

_FLOWS = {"authorization_code": "authorizationCode", "client_credentials": "clientCredentials", "password": "password"}


def with_flows(carriers: Carriers, routes: Mapping[tuple[str, str], Route]) -> Carriers:
    """The carriers, where the bearer is known to come from a token endpoint of the same API."""
    flows = _flows(routes)
    if not flows or "scheme:bearer" not in carriers.schemes:
        return carriers
    bearer = msgspec.structs.replace(carriers.schemes["scheme:bearer"], kind="oauth2", scheme="", bearer_format="", flows=flows)
    return Carriers({**carriers.schemes, "scheme:bearer": bearer})


def _flows(routes: Mapping[tuple[str, str], Route]) -> dict[str, Any]:
    asking = [route.origin + template for (template, _), route in sorted(routes.items()) if {"query:response_type", "query:client_id"} <= route.fields.keys()]
    flows: dict[str, Any] = {}
    scopes = _asked_scopes(routes)
    for (template, method), route in sorted(routes.items()):
        grants = _texts(route, "grant_type")
        if method != "POST" or not grants or not _hands_out_tokens(route):
            continue
        address = route.origin + template
        flow: dict[str, Any] = {"tokenUrl": address, "scopes": dict.fromkeys(sorted(scopes | _words(_texts(route, "scope"))), "")}
        if "refresh_token" in grants:
            flow["refreshUrl"] = address
        for grant in sorted(grants & _FLOWS.keys()):
            if grant != "authorization_code":
                flows.setdefault(_FLOWS[grant], flow)
            elif asking:
                flows.setdefault(_FLOWS[grant], {"authorizationUrl": asking[0], **flow})
    return flows


def _texts(route: Route, name: str) -> set[str]:
    """The values of a field of the requests."""
    nodes = [content.node.properties.get(name) for content in route.requests.values() if content.node is not None]
    return {text for node in nodes if node is not None and node.sample is not None for text in node.sample.values}


def _asked_scopes(routes: Mapping[tuple[str, str], Route]) -> set[str]:
    """What the page that asks a person was asked for."""
    fields = [route.fields["query:scope"] for route in routes.values() if {"query:scope", "query:client_id"} <= route.fields.keys()]
    return _words(text for field in fields if field.node and field.node.sample for text in field.node.sample.values)


def _words(texts: Iterable[str]) -> set[str]:
    return {one for text in texts for one in text.split()}


def _hands_out_tokens(route: Route) -> bool:
    nodes: list[Node | None] = [content.node for status, outcome in route.outcomes.items() if status[:1] == "2" for content in outcome.contents.values()]
    return any(node is not None and "access_token" in node.properties for node in nodes)
