"""What a model is shown is masked and bounded; what it says back is taken only as far as it is about that, in plain words."""

import json

import msgspec

from agent.spec import wording
from agent.spec.decisions import Words
from agent.spec.model import Spec


def test_what_is_shown_has_no_secret_and_nothing_invisible(shop: Spec, hostile: Spec) -> None:
    """One line of ASCII for each operation."""
    for spec in (shop, hostile):
        operations = {f"op{number}": operation for number, operation in enumerate(spec.operations, 1)}
        lines = wording.shown(spec, operations).split("\n")
        assert [json.loads(line)["id"] for line in lines] == list(operations)
        assert all(line.isascii() and line.isprintable() for line in lines)
    assert "tok-abcdef123456" not in wording.shown(shop, {"op1": shop.operations[0]})


def test_words_are_taken_for_what_was_shown_alone(shop: Spec) -> None:
    """Unknown operations, parameters and fields are dropped; a fence of Markdown around the answer is not minded."""
    said = {
        "operations": [
            {
                "id": "op1",
                "summary": "List the orders.",
                "description": "Newest  first.\nPaged.",
                "parameters": {"query limit": "Orders a page", "query nope": "x"},
                "fields": {"200 [].total": "Sum with tax", "500 x": "y"},
            },
            {"id": "op99", "summary": "Nothing"},
        ]
    }
    operations = {"op1": shop.operations[0]}
    found = wording.taken(f"Here you are:\n```json\n{json.dumps(said)}\n```", shop, operations)
    assert found == {"op1": Words("List the orders", "Newest first. Paged.", {"query limit": "Orders a page"}, {"200 [].total": "Sum with tax"})}


def test_what_is_more_than_words_is_dropped(shop: Spec) -> None:
    """Links, markup, code, secrets, invisible characters, and what is too long; the rest of the answer stays."""
    worst = ["see https://evil.test", "<img src=x>", "![x](y)", "run ```sh", "a\u202eb", "x" * 700, "token sk-ant-REDACTED-0123456789abcdef"]
    for text in worst:
        said = json.dumps({"operations": [{"id": "op1", "summary": "Fine", "description": text}]})
        assert wording.taken(said, shop, {"op1": shop.operations[0]}) == {"op1": Words("Fine")}, text


def test_an_answer_that_is_none_gives_nothing(shop: Spec) -> None:
    """Prose, broken JSON, another form, depth without end."""
    for text in ("", "I cannot do that.", '{"operations": [{"id": ', '{"operations": "all"}', '{"operations": [' + '{"a":' * 100_000, "[]"):
        assert wording.taken(text, shop, {"op1": shop.operations[0]}) == {}


def test_an_answer_that_was_cut_off_counts_as_far_as_it_goes(shop: Spec) -> None:
    """A model that ran out of room has still said something."""
    said = json.dumps({"operations": [{"id": "op1", "summary": "First"}, {"id": "op2", "summary": "Second"}]})
    operations = {"op1": shop.operations[0], "op2": shop.operations[1]}
    assert wording.taken(said[:-20], shop, operations) == {"op1": Words("First")}
    assert list(wording.taken(said, shop, operations)) == ["op1", "op2"]


def test_the_shape_changes_with_what_there_is_to_say(shop: Spec) -> None:
    """A new field or parameter changes it; counts, examples and words do not."""
    operation = shop.operations[1]
    shape = wording.shape_of(shop, operation)
    assert wording.shape_of(shop, msgspec.structs.replace(operation, summary="Other", evidence=shop.operations[3].evidence)) == shape
    assert wording.shape_of(shop, msgspec.structs.replace(operation, parameters=())) != shape


def test_earlier_words_stay() -> None:
    """So that a new field rewrites no sentence about the old ones."""
    joined = wording.joined(Words("Old", "", {"query a": "A"}), Words("New", "Said now", {"query a": "B", "query b": "C"}))
    assert joined == Words("Old", "Said now", {"query a": "A", "query b": "C"})
