"""The list of operations of the documentation page."""

from agent.spec.model import Content, Evidence, Operation, Parameter, Response, Spec
from web.pages import contents

_PET = {"type": "object", "properties": {"name": {"type": "string"}, "owner": {"type": "object", "properties": {"email": {"type": "string"}}}}}


def _spec(count: int) -> Spec:
    pets = tuple(
        Operation(f"getPet{n}", "GET", f"/pets{n}/{{id}}", f"Get pet {n}", tags=("odd" if n % 2 else "even",), evidence=Evidence(count=1 + n))
        for n in range(count)
    )
    asked = Operation(
        "findPets", "GET", "/find", tags=("odd",), parameters=(Parameter("limit", "query", {"type": "integer"}),),
        responses=(Response("200", contents=(Content("application/json", _PET),)),), evidence=Evidence(count=3),
    )  # fmt: skip
    return Spec(title="Pets", operations=(*pets, asked))


def test_every_word_is_found_somewhere() -> None:
    """In the operation itself, or in one parameter or field of it, which is told; words of both together too."""
    spec = _spec(2)
    assert [(line.operation.id, line.hits) for group in contents.of(spec, "EMAIL find").groups for line in group.lines] == [("findPets", ["200 owner.email"])]
    assert [line.operation.id for group in contents.of(spec, "get pet1").groups for line in group.lines] == ["getPet1"]
    assert contents.of(spec, "limit").groups[0].lines[0].hits == ["query limit"]
    assert contents.of(spec, "email limit").groups == [] and contents.of(spec, "nowhere").shown == 0


def test_many_stand_by_their_tags_and_what_was_heard_once_alone() -> None:
    """Few stay in one list; those of one tag come together, in the order in which the tags first do."""
    assert [group.name for group in contents.of(_spec(3)).groups] == [""]
    many = contents.of(_spec(20))
    assert [(group.name, len(group.lines)) for group in many.groups] == [("even", 10), ("odd", 11)]
    assert (many.total, many.once) == (21, 1)
    once = contents.of(_spec(20), only_once=True)
    assert [line.operation.id for group in once.groups for line in group.lines] == ["getPet0"] and once.shown == 1
