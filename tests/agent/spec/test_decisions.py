"""Decisions find their place again in every new document, and say nothing about what is gone."""

import msgspec

from agent.spec import decisions
from agent.spec.decisions import Decisions, Words, Written
from agent.spec.model import Pin, Spec


def test_words_find_their_place_again(shop: Spec) -> None:
    """An operation, a parameter, a field of a shared schema; those of a person win over those of a model."""
    decided = Decisions(
        edits={"GET /orders": Words(summary="All orders", parameters={"query limit": "How many"}, fields={"200 [].line-items[].sku": "Stock number"})},
        written={
            "GET /orders": Written(Words(summary="Lists", description="Newest first", fields={"200 [].note": "A remark"})),
            "GET /orders/{}": Written(Words(summary="One order")),
            "GET /gone": Written(Words(summary="Never")),
        },
    )
    spec = decisions.apply(shop, decided)
    listed, _, one, _ = spec.operations
    assert (listed.summary, listed.description, one.summary) == ("All orders", "Newest first", "One order")
    assert [parameter.description for parameter in listed.parameters] == ["How many", ""]
    order = spec.schemas["Order"]["properties"]
    assert order["line-items"]["items"]["properties"]["sku"]["description"] == "Stock number"
    assert order["note"]["description"] == "A remark"
    assert "description" not in shop.schemas["Order"]["properties"]["note"]


def test_a_renamed_parameter_changes_no_key(shop: Spec) -> None:
    """Words are about the operation, whatever its parameters are called."""
    one = shop.operations[2]
    renamed = msgspec.structs.replace(one, template="/orders/{number}")
    assert decisions.key_of(one) == decisions.key_of(renamed) == "GET /orders/{}"


def test_a_pin_replaces_an_earlier_one_for_the_same_paths() -> None:
    """So that a template cannot be kept under two names, or kept and rejected."""
    first = decisions.pinned(Decisions(), Pin("/a/{id}"))
    second = decisions.pinned(decisions.pinned(first, Pin("/b")), Pin("/a/{name}", "reject"))
    assert second.pins == (Pin("/a/{name}", "reject"), Pin("/b"))
    assert decisions.unpinned(second, "/b").pins == (Pin("/a/{name}", "reject"),)


def test_an_emptied_text_is_taken_back() -> None:
    """A parameter's or a field's by an empty text, a summary by name."""
    before = decisions.edited(Decisions(), "GET /x", Words("S", "D", {"query q": "Q"}, {"200 a": "A"}))
    after = decisions.edited(before, "GET /x", Words(parameters={"query q": ""}, fields={"200 a": ""}))
    assert after.edits == {"GET /x": Words("S", "D")}
    assert decisions.taken_back(decisions.taken_back(after, "GET /x", "summary"), "GET /x", "description") == Decisions()
