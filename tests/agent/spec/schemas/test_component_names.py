"""Names of shared components: after where they stand, in words for as long as there are any."""

from collections import Counter

import pytest

from agent.spec.schemas.bodies import count
from agent.spec.schemas.component_names import Place, name_of, place_of, shown_as, within
from agent.spec.summary import Node


@pytest.mark.parametrize(
    ("method", "template", "place"),
    [
        ("GET", "/v1/customers/{id}/cards/{card}", Place("cards", "customers")),
        ("POST", "/bot/getChatMember", Place("Chat Member", "bot")),
        ("POST", "/accounts/get", Place("accounts")),
        ("POST", "/orders/{id}/cancel", Place("orders")),
        ("GET", "/repos/{id}/releases/latest", Place("releases", "repos")),
        ("GET", "/hooks.json", Place("hooks")),
        ("POST", "/state/create_or_update", Place("state")),
        ("GET", "/{id}", Place("")),
    ],
)
def test_what_an_operation_gives_is_called_after_its_resource(method: str, template: str, place: Place) -> None:
    """Not after what is done, nor after which of many is asked for."""
    own, owner = place_of(method, template)
    assert (own.lower(), owner) == (place.own.lower(), place.owner)


def test_a_wrapper_says_nothing_and_an_error_stays_one_of_its_status() -> None:
    """`{"data": {…}}` of tasks holds a task, and what stands in that belongs to tasks."""
    assert within(Place("tasks"), "data") == Place("tasks") and within(within(Place("tasks"), "data"), "memberships") == Place("membership", "tasks")
    assert within(Place("error response", "Not found"), "error") == Place("error", "Not found")


def test_a_name_that_is_taken_gets_an_owner_then_a_key_and_a_number_in_the_end() -> None:
    """A reader knows from the name what it is; the number is for when there are no words left."""
    taken: dict[str, tuple[str, ...]] = {"Snippet": ("title",), "Error": ("code", "message")}
    assert name_of(Counter([Place("snippet", "video")]), ("title",), taken) == "VideoSnippet"
    assert name_of(Counter([Place("error", "Too many requests")]), ("message",), taken) == "TooManyRequestsError"
    mixed = Counter([Place("error", "Not found"), Place("error", "Forbidden")])
    assert name_of(mixed, ("message", "detail"), taken) == "ErrorWithDetail" and name_of(mixed, ("message",), taken) == "Error2"
    assert name_of(Counter({Place("files", "jobs"): 3, Place("error", "Not found"): 1}), ("name",), taken) == "File"
    assert name_of(Counter([Place("2d data")]), (), {}) == "Object2DData" and name_of(Counter([Place("用户")]), (), {}) == "Object"


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ({"tasks": [{"id": 1}]}, "task list"),
        ({"data": [{"id": 1}], "has_more": True}, "task list"),
        ({"numbers": [{"id": 1}], "page": 0}, "task list"),
        ({"message_id": 1, "photo": [{"width": 1}]}, "tasks"),
        ({"id": 1, "items": [{"sku": "a"}]}, "tasks"),
    ],
)
def test_a_page_of_things_is_none_of_them(body: dict[str, object], own: str) -> None:
    """An object around one list, named as such or with a count of pages; what has an id, or only some pictures, is a thing."""
    node = Node()
    count(node, body, "")
    assert shown_as(node, Place("tasks")) == Place(own)


def test_a_page_of_anything_is_named_after_nothing() -> None:
    """Pages of one shape belong to no resource."""
    assert name_of(Counter(Place(f"{name} list") for name in ("task", "user", "file")), ("next",), {}) == "Page"
    assert name_of(Counter([Place("task list"), Place("task list"), Place("user list")]), ("next",), {}) == "TaskList"
    assert name_of(Counter([Place("performance series")]), (), {}) == "PerformanceSeries"
