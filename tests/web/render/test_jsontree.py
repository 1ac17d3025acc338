"""JSON bodies fold, and cannot break the page."""

import json

from web.render import jsontree


def test_a_body_becomes_a_tree_with_every_value_escaped() -> None:
    """Names and values of a captured body are text, whatever they contain."""
    tree = jsontree.tree(json.dumps({"<script>": "<img onerror=x>", "n": [1, 2.5, True, None], "empty": {}}))
    assert tree is not None
    assert "<script>" not in tree
    assert "<img" not in tree
    assert "<details open>" in tree


def test_what_is_no_tree_is_left_to_plain_text() -> None:
    """Broken JSON, a bare value, too deep and too long."""
    for text in ("{", '"text"', "[" * 100_000, "[" + "1," * 400_000 + "1]"):
        assert jsontree.tree(text) is None


def test_a_tree_is_bounded() -> None:
    """A body of a fifty thousand members does not make a page of as many."""
    tree = jsontree.tree(json.dumps(list(range(50_000))))
    assert tree is not None
    assert len(tree) < 200_000
    assert "more" in tree
