"""Names of shared components: after where they stand, in words for as long as there are any."""

from collections import Counter

import pytest

from agent.spec.component_names import Place, name_of, place_of, within


@pytest.mark.parametrize(
    ("method", "template", "place"),
    [
        ("GET", "/v1/customers/{id}/cards/{card}", Place("cards", "customers")),
        ("POST", "/bot/getChatMember", Place("Chat Member", "bot")),
        ("POST", "/accounts/get", Place("accounts")),
        ("POST", "/orders/{id}/cancel", Place("orders")),
        ("GET", "/repos/{id}/releases/latest", Place("releases", "repos")),
        ("GET", "/hooks.json", Place("hooks")),
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
    assert name_of(Counter([Place("2d data")]), (), {}) == "Object2DData" and name_of(Counter([Place("用户")]), (), {}) == "Object"
