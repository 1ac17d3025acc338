"""Names of operations and parameters: short, said once, without what is the same for a whole API."""

import pytest

from agent.spec.names import acting, operation_id, parameter_name, resource_path


@pytest.mark.parametrize(
    ("template", "resources"),
    [
        ("/api/v3/pets/{pet_id}", "pets/{pet_id}"),
        ("/app/api/rest/v1/messages", "messages"),
        ("/G2M/rest/organizers/{key}", "organizers/{key}"),
        ("/1/boards/{id}/actions", "boards/{id}/actions"),
        ("/customvision/v3.2/training/projects", "customvision/training/projects"),
        ("/projects/{id}/api/keys", "projects/{id}/api/keys"),
        ("/subscriptions/{id}/providers/Microsoft.Compute/disks/{name}", "subscriptions/{id}/disks/{name}"),
        ("/v1", ""),
    ],
)
def test_resources_begin_after_the_base(template: str, resources: str) -> None:
    """Versions, `api`, `rest` and who provides something are no resources."""
    assert "/".join(resource_path(template)) == resources


@pytest.mark.parametrize(
    ("before", "echoed", "name"),
    [("pets", "", "pet_id"), ("v1beta1", "name", "name"), ("2.0", "", "id"), ("videos", "videoId", "video_id"), ("posts", "_id", "post_id"), ("users", "login", "user_login")],
)  # fmt: skip
def test_parameters_are_named_once(before: str, echoed: str, name: str) -> None:
    """After a version there is no word to take, and a field of several words needs none before it."""
    assert parameter_name(before, "word", [], echoed) == name


def test_a_verb_behind_a_colon_names_the_operation() -> None:
    """As in APIs that follow Google's rules for custom methods."""
    assert operation_id("POST", "/operations/{id}:cancel", is_list=False) == "cancelOperation"
    assert operation_id("POST", "/{name}:setIamPolicy", is_list=False) == "setIamPolicy"
    assert operation_id("GET", "/{name}", is_list=False) == "getByName"


@pytest.mark.parametrize(
    ("method", "template", "name"),
    [
        ("POST", "/{id}/getMe", "getMe"),
        ("POST", "/api/admin.conversations.rename", "renameAdminConversations"),
        ("GET", "/api/views.open", "openViews"),
        ("POST", "/item/public_token/get", "getItemPublicToken"),
        ("POST", "/v1/payment_intents/{id}", "updatePaymentIntent"),
        ("POST", "/friends/accept/{id}", "acceptFriends"),
        ("POST", "/{name}/importJobs", "createImportJob"),
        ("GET", "/feeds/latest.atom", "getFeedsLatestAtom"),
        ("GET", "/block_types/slug/{slug}", "getBlockTypeBySlug"),
        ("POST", "/work_pools/{name}/queues/filter", "filterWorkPoolQueues"),
    ],
)  # fmt: skip
def test_calls_that_are_named_after_what_they_do_keep_their_verbs(method: str, template: str, name: str) -> None:
    """`createGetMe` would say the opposite."""
    path = "/" + "/".join(resource_path(template))
    assert operation_id(acting(method, template), path, is_list=False) == name
