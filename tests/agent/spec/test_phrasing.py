"""Sentences for operations: what a person would write who knows nothing but the path."""

import pytest

from agent.spec.model import ApiType
from agent.spec.phrasing import summary_of

SAID = [
    ("GET", "/api/v3/pets", True, "List pets"),
    ("GET", "/api/v3/pets/{pet_id}", False, "Get a pet"),
    ("POST", "/pets", False, "Create a pet"),
    ("POST", "/v1/customers/{id}", False, "Update a customer"),
    ("PUT", "/users/{id}/avatar", False, "Replace the avatar of a user"),
    ("DELETE", "/repos/{owner}/{repo}/issues/{number}/lock", False, "Delete the lock of an issue"),
    ("POST", "/repos/{owner}/{repo}/issues/{number}/comments", False, "Create a comment for an issue"),
    ("POST", "/orders/{id}/cancel", False, "Cancel an order"),
    ("GET", "/pet/findByStatus", True, "Find pet by status"),
    ("POST", "/pet/{id}/uploadImage", False, "Upload image of a pet"),
    ("GET", "/customers/me", False, "Get the current customer"),
    ("GET", "/v1/me/playlists", True, "List playlists of the current user"),
    ("GET", "/project_statuses/{id}", False, "Get a project status"),
    ("GET", "/", False, "Get the root"),
    ("GET", "/api/v1", False, "Get the root"),
]


@pytest.mark.parametrize(("method", "template", "is_list", "sentence"), SAID)
def test_an_operation_is_told_in_plain_words(method: str, template: str, is_list: bool, sentence: str) -> None:
    """Verbs by method, actions by the last segment, owners by their ids."""
    assert summary_of(method, template, is_list=is_list) == sentence


@pytest.mark.parametrize(
    ("api_type", "template", "names", "sentence"),
    [
        ("WebSocket", "/socket", (), "Open a WebSocket"),
        ("SSE", "/v1/prices/stream", (), "Stream events"),
        ("gRPC", "/shop.v1.Catalog/ListProducts", (), "Call ListProducts by gRPC"),
        ("GraphQL", "/graphql", ("Viewer",), "Run the GraphQL operation Viewer"),
        ("GraphQL", "/graphql", ("A", "B"), "Run a GraphQL operation"),
        ("SOAP", "/ws", ("urn:shop/GetOrder",), "Call GetOrder by SOAP"),
        ("JSON-RPC", "/rpc", (), "Call a JSON-RPC method"),
    ],
)
def test_other_kinds_say_what_they_are(api_type: ApiType, template: str, names: tuple[str, ...], sentence: str) -> None:
    """Their paths say little; their kinds and names say more."""
    assert summary_of("POST", template, is_list=False, api_type=api_type, names=names) == sentence
