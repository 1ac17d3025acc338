"""Values against schemas of a spec, hostile ones too."""

import time

from agent.spec import validation
from agent.spec.model import Spec


def test_what_does_not_fit_is_told_with_its_place() -> None:
    """In a sentence, through references; what fits is told by nothing."""
    spec = Spec("t", schemas={"Pet": {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}}}})
    fits = validation.matcher(spec)
    assert fits({"$ref": "#/components/schemas/Pet"}, {"tags": ["a"]}) is None
    assert fits({"$ref": "#/components/schemas/Pet"}, {"tags": ["a", 5]}) == "5 is not of type 'string' (at `tags[1]`)"


def test_endless_references_end() -> None:
    """A schema that only refers to itself refuses nothing."""
    spec = Spec("t", schemas={"A": {"$ref": "#/components/schemas/A"}})
    assert validation.mismatch(spec, {"$ref": "#/components/schemas/A"}, 1) is None


def test_references_that_double_end_soon() -> None:
    """A small schema whose references lead to a billion of others refuses nothing, and takes no time over it."""
    parts = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(30)} | {"a30": {"type": "object"}}
    began = time.process_time()
    assert validation.mismatch(Spec(""), {"$ref": "#/$defs/a0", "$defs": parts}, {}) is None
    assert time.process_time() - began < 10
    assert validation.mismatch(Spec(""), {"$ref": "#/$defs/a29", "$defs": parts}, 5)
