"""Sentences for operations: what a person would write who knows nothing but the path."""

import pytest

from agent.spec.model import ApiType, Operation, Paging
from agent.spec.phrasing import paging_words, summary_of, told_apart

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
    ("GET", "/block_types/slug/{slug}", False, "Get a block type by slug"),
    ("GET", "/block_types/slug/{slug}/documents/name/{name}", False, "Get a document of a block type by name"),
    ("GET", "/albums/artist/{artist}", True, "List albums by artist"),
    ("GET", "/users/profile/{profile_id}", False, "Get a user profile"),
    ("POST", "/artifacts/filter", False, "Filter artifacts"),
    ("PROPFIND", "/calendars/{name}", False, "Ask for the properties of a calendar"),
    ("POST", "/artifacts/latest/filter", False, "Filter latest artifacts"),
    ("GET", "/v1/me/playlists", True, "List playlists of the current user"),
    ("GET", "/project_statuses/{id}", False, "Get a project status"),
    ("GET", "/", False, "Get the root"),
    ("GET", "/api/v1", False, "Get the root"),
    ("GET", "/Road", True, "List roads"),
    ("GET", "/issues/{id}/timeline", True, "List the timeline of an issue"),
    ("GET", "/v1/{name}", False, "Get a resource by name"),
    ("POST", "/v1/{name}:setIamPolicy", False, "Set IAM policy of a resource"),
    ("POST", "/v1/operations/{id}:cancel", False, "Cancel an operation"),
    ("GET", "/users/me/subscriptions", True, "List subscriptions of the current user"),
    ("POST", "/my/ships/{id}/refuel", False, "Create a refuel for a ship of the current user"),
    ("GET", "/app/api/rest/v1/messages/{id}", False, "Get a message"),
    ("GET", "/subscriptions/{id}/providers/Microsoft.Compute/hostGroups/{name}", False, "Get a host group of a subscription"),
    ("GET", "/entries/{id}/regions={regions}", False, "Get a region of an entry"),
    ("POST", "/accounts/sign_in", False, "Sign in"),
    ("GET", "/dns_records/{id}", False, "Get a DNS record"),
    ("GET", "/sms/{id}/urls", True, "List URLs of an SMS"),
    ("GET", "/GroupV2/{id}/members/{m}", False, "Get a member of a group v2"),
    ("GET", "/repos/{id}/releases/latest", False, "Get the latest release of a repo"),
    ("GET", "/posts/recent", True, "List recent posts"),
    ("GET", "/2/tweets/search/all", True, "Search all tweets"),
    ("POST", "/tokens/new", False, "Create a new token"),
    ("GET", "/users/by", True, "List users by"),
    ("POST", "/api/chat.update", False, "Update chat"),
    ("GET", "/api/views.open", False, "Open views"),
    ("GET", "/api/team.info", False, "Get the team info"),
    ("GET", "/api/admin.users.list", True, "List admin users"),
    ("POST", "/bot/getMe", False, "Get me of bot"),
    ("POST", "/{id}/setWebhook", False, "Set webhook"),
    ("POST", "/{id}/logOut", False, "Log out"),
    ("POST", "/accounts/balance/get", False, "Get account balance"),
    ("POST", "/transfers/list", False, "List transfers"),
    ("POST", "/friends/requests/accept/{id}", False, "Accept a friend request"),
    ("POST", "/{name}/importJobs", False, "Create an import job"),
    ("PUT", "/tools/log-level", False, "Replace the tool log level"),
    ("GET", "/2010-04-01/Accounts/{sid}", False, "Get an account"),
    ("POST", "/v1/{id}/{id_2}", False, "Update a resource by ID"),
    ("POST", "/state/create_or_update", False, "Create or update a state"),
    ("POST", "/payments/cancelOrRefund", False, "Cancel or refund payments"),
    ("POST", "/source_definitions/list_private", True, "List private source definitions"),
    ("POST", "/users/list_teams", True, "List teams of users"),
    ("GET", "/api/admin.apps.approved.list", True, "List admin approved apps"),
    ("GET", "/jobs/{id}/files/delivered", True, "List delivered files of a job"),
    ("GET", "/jobs/{id}/feed", False, "Get the feed of a job"),
    ("GET", "/containers/json", True, "List container JSON"),
    ("GET", "/images/{id}/get", False, "Get an image"),
    ("GET", "/get", False, "Send a GET request"),
    ("POST", "/payments/getResultOf3ds2", False, "Get result of 3ds2 of payments"),
    ("GET", "/stats/h5pc/md5sum", False, "Get the stats h5 pc md5 sum"),
    ("GET", "/models/viewer3d", False, "Get the model viewer 3d"),
    ("GET", "/oauth2callback", False, "Get the oauth2 callback"),
    ("GET", "/scores/games/{season}", True, "List score games"),
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
        ("XML-RPC", "/xmlrpc.php", (), "Call an XML-RPC method"),
    ],
)
def test_other_kinds_say_what_they_are(api_type: ApiType, template: str, names: tuple[str, ...], sentence: str) -> None:
    """Their paths say little; their kinds and names say more."""
    assert summary_of("POST", template, is_list=False, api_type=api_type, names=names) == sentence


def test_summaries_are_told_apart() -> None:
    """Two operations never have one title: the format, version, parameter or method says which is which, and the others stay as they are."""
    templates = ["/a.json", "/a.xml", "/v1/b", "/v2/b", "/c/{id}", "/c/{id}/{slug}", "/d/{id}", "/e/{id}/x/y", "/e/x/{id}/y", "/e/{id}/y"]
    operations = [Operation(str(number), "GET", template, summary=summary_of("GET", template, is_list=False)) for number, template in enumerate(templates)]
    operations.append(Operation("post", "POST", "/d/{id}", summary="Get a d"))
    said = [operation.summary for operation in told_apart(operations)]
    assert said[:7] == ["Get the a as JSON", "Get the a as XML", "Get the b (v1)", "Get the b (v2)", "Get a c by ID", "Get a c by slug", "Get a d (GET)"]
    assert len(set(said)) == len(said)
    listed = [
        Operation(template, "GET", template, summary="List records of a domain") for template in ("/domains/{id}/records", "/domains/{id}/records/{type}")
    ]
    assert [operation.summary for operation in told_apart(listed)] == ["List records of a domain", "List records of a domain by type"]


def test_what_pages_says_so() -> None:
    """The words that a reader looks for first; what goes back is left to who knows the API."""
    paging = Paging("cursor", ("ending_before", "starting_after", "limit"), "has_more")
    assert [paging_words(paging, name) for name in (*paging.parameters, "expand")] == ["", "Where the page begins.", "How many to have on a page.", ""]
    assert paging_words(Paging("cursor", ("token",), "meta.next"), "token") == "Where the page begins, as the answer before tells in `meta.next`."
    assert [paging_words(Paging(kind, (kind,)), kind) for kind in ("page", "offset")] == ["Which page to have.", "How many to skip."]
