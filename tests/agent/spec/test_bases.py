"""What all paths begin with: no resource, where there are several behind it."""

import pytest

from agent.spec.bases import base_of
from agent.spec.infer import conclude
from agent.spec.model import Exchange
from agent.spec.observe import observe_all


@pytest.mark.parametrize(
    ("templates", "base"),
    [
        (["/files.xro/1.0/Files", "/files.xro/1.0/Folders/{id}", "/files.xro/1.0/Inbox"], "/files.xro/1.0"),
        (["/shop/orders", "/shop/orders/{id}", "/shop/customers"], ""),
        (["/users", "/users/{id}", "/users/roles", "/users/teams"], ""),
        (["/users/{id}/a", "/users/{id}/b", "/users/{id}/c"], ""),
        (["/pal/Payment/v68/authorise", "/pal/Payment/v68/cancel", "/pal/Payment/v68/refund"], "/pal"),
        (["/me/orders", "/me/addresses", "/me/teams"], ""),
        (["/a", "/b", "/c"], ""),
        ([], ""),
    ],
)
def test_a_base_is_what_stands_before_several_resources(templates: list[str], base: str) -> None:
    """Neither a resource nor what something is done to, nor whose all of it is."""
    assert base_of(templates) == base


def test_nothing_is_named_after_the_base() -> None:
    """Operations, their sentences and their tags are about what comes behind it; the paths stay whole."""
    calls = [
        Exchange(f"{noun}{number}", "GET", f"https://api.example/rest-service/files.xro/{noun}", 200, response_body=b"{}")
        for noun in ("folders", "inbox", "associations")
        for number in range(3)
    ]
    found = conclude(observe_all(calls)).operations
    assert [(one.id, one.summary, one.tags) for one in found if one.template == "/rest-service/files.xro/folders"] == [
        ("getFolders", "Get folders", ("folders",))
    ]
