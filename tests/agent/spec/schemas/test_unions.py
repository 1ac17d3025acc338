"""When objects are a union that a field tells apart, and when they are one kind of object with optional keys."""

import json
import random
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

from agent.spec import steady, tool_schemas
from agent.spec.comparing import diff, drift
from agent.spec.infer import conclude
from agent.spec.model import Exchange, Spec
from agent.spec.observe import observe_all
from agent.spec.readers import openapi_read
from agent.spec.schemas.bodies import count
from agent.spec.schemas.pool import Pool
from agent.spec.schemas.unions import union_of
from agent.spec.summary import Node
from agent.spec.writers import markdown, openapi, samples, typescript
from tests import tool_rules

_JSON = (("content-type", "application/json"),)


def _node(*values: Any) -> Node:
    node = Node()
    for value in values:
        count(node, value, "")
    return node


def _blocks(number: int) -> list[dict[str, Any]]:
    """Blocks of a page: the key of each kind goes by the kind."""
    chance = random.Random(number)
    kinds = ({"kind": "text", "text": "a b"}, {"kind": "image", "url": "https://x.test/a.png", "width": 3}, {"kind": "rule"}, {"kind": "gap"})
    return [{"id": f"b{at}", **chance.choice(kinds)} for at in range(number)]


def _spec(bodies: list[dict[str, Any]]) -> Spec:
    heard = [
        Exchange(f"e{at}", "POST", "https://api.test/blocks", 201, _JSON, json.dumps(body | {"id": "x"}).encode(), _JSON, json.dumps(body).encode())
        for at, body in enumerate(bodies)
    ]
    return conclude(observe_all(heard))


def test_the_field_that_settles_the_keys_is_found() -> None:
    """By what it does, whatever it is called; values with the same keys are one variant."""
    union = union_of([_node(*_blocks(60))])
    assert union is not None and union.field == "kind"
    assert [(variant.values, tuple(variant.keys)) for variant in union.variants] == [
        (("gap", "rule"), ("id", "kind")),
        (("image",), ("id", "kind", "url", "width")),
        (("text",), ("id", "kind", "text")),
    ]


def test_few_objects_and_chance_make_no_union() -> None:
    """Eight objects prove nothing, nor do keys that come and go as they like, nor one key that one state has more."""
    chance = random.Random(7)
    loose = [{"state": chance.choice("ab"), **{key: 1 for key in "cdefg" if chance.random() < 0.5}} for _ in range(60)]
    closed = [{"state": "closed", "closed_at": 1} if at % 2 else {"state": "open"} for at in range(60)]
    assert union_of([_node(*_blocks(8))]) is union_of([_node(*loose)]) is union_of([_node(*closed)]) is None


def test_a_value_that_came_once_warns_of_others() -> None:
    """A schema that names the values would refuse the next one."""
    known = [{"type": "a", "x": 1} if at % 2 else {"type": "b", "y": 1} for at in range(30)]
    assert union_of([_node(*known)])
    assert union_of([_node(*known, {"type": "c", "z": 1}, {"type": "d", "z": 1})]) is None


def test_a_union_is_told_by_name_and_discriminator() -> None:
    """Shared schemas, one for each variant; the document is valid by its own words, and so are its examples."""
    spec = _spec(_blocks(60))
    schema = spec.schemas["Block"]
    assert schema["discriminator"] == {
        "propertyName": "kind",
        "mapping": {value: f"#/components/schemas/Block{name}" for value, name in {"gap": "Gap", "image": "Image", "rule": "Gap", "text": "Text"}.items()},
    }
    assert spec.schemas["BlockImage"]["required"] == ["id", "kind", "url", "width"]
    assert spec.schemas["BlockImage"]["properties"]["kind"] == {"type": "string", "const": "image"}
    assert (
        spec.property_evidence["/components/schemas/BlockText/properties/text"].total
        == spec.property_evidence["/components/schemas/BlockText/properties/text"].count
    )
    document = openapi.document(spec)
    media = document["paths"]["/blocks"]["post"]["responses"]["201"]["content"]["application/json"]
    check = Draft202012Validator({**media["schema"], "components": document["components"]})
    assert check.is_valid(media["example"]) and all(check.is_valid(block) for block in _blocks(99))
    assert not check.is_valid({"id": "b", "kind": "image", "text": "a"}) and not check.is_valid({"id": "b", "kind": "film"})


def test_request_bodies_are_unions_too() -> None:
    """They stand at one place only, and are named after the operation."""
    spec = _spec(_blocks(60))
    (content,) = spec.operations[0].request
    assert content.schema["$ref"].rpartition("/")[2] in spec.schemas
    assert "discriminator" in spec.schemas[content.schema["$ref"].rpartition("/")[2]]


def test_alike_objects_elsewhere_teach_their_variant() -> None:
    """A list that holds one kind only is of the same union."""
    mixed, images = _node(_blocks(60)), _node([block for block in _blocks(80) if block["kind"] == "image"])
    pool = Pool()
    pool.add(mixed, "blocks")
    pool.add(images, "blocks")
    pool.settle()
    assert "discriminator" in pool.schemas["Block"]
    assert pool.schema(mixed)["items"] == pool.schema(images)["items"] == {"$ref": "#/components/schemas/Block"}


def test_objects_of_one_variant_join_the_union_from_elsewhere() -> None:
    """Two films alone are no union; where films are one variant of a union, they are of it. With a key more they are something else."""
    mixed = _node([block | ({"bits": 8, "codec": "h", "seconds": 2} if block["kind"] == "image" else {}) for block in _blocks(60)])
    texts, other = _node(*[{"id": "t", "kind": "text", "text": "a"}] * 2), _node(*[{"id": "t", "kind": "text", "text": "a", "more": 1}] * 2)
    pool = Pool()
    for node, name in ((mixed, "blocks"), (texts, "texts"), (other, "others")):
        pool.add(node, name)
    pool.settle()
    assert pool.schema(texts) == {"$ref": "#/components/schemas/Block"}
    assert "more" in pool.schema(other)["properties"]


def test_a_document_with_a_union_is_read_back_as_it_was() -> None:
    """With its evidence; and against itself it has neither changes nor drift."""
    spec = _spec(_blocks(60))
    again = openapi_read.read(openapi_read.parse(openapi.to_json(openapi.document(spec))))
    assert openapi.document(again) == openapi.document(spec)
    assert diff.compare(spec, again) == () and drift.compare(again, spec).findings == []


def test_drift_sees_through_a_union() -> None:
    """What a document calls required lacks in other variants, and a value that it does not list is told."""
    block = {"type": "object", "properties": {"id": {"type": "string"}, "kind": {"type": "string", "enum": ["text", "rule", "gap"]}}, "required": ["text"]}
    block["properties"] |= {"text": {"type": "string"}, "url": {"type": "string"}, "width": {"type": "string"}}
    answers = {"201": {"description": "", "content": {"application/json": {"schema": block}}}}
    document = openapi_read.read({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/blocks": {"post": {"responses": answers}}}})
    found = {finding.text for finding in drift.compare(document, _spec(_blocks(60))).of("contradiction")}
    assert "`kind` of the 201 answer has the value `image`, which the document does not list." in found
    assert "`width` of the 201 answer is also integer, and documented as string." in found
    assert [text for text in found if text.startswith("`text` of the 201 answer is documented as always there, and lacked in ") and text.endswith(" of 60.")]


def test_an_object_that_turns_out_a_union_keeps_its_name() -> None:
    """And so do its variants when a field is new; what the discriminator points at goes with them."""
    plain, first = _spec([{"id": "a", "kind": "text", "text": "x", "url": "y", "width": 1}] * 3), _spec(_blocks(60))
    named = msgspec.structs.replace(plain, schemas={"Piece": plain.operations[0].responses[0].contents[0].schema})
    settled = steady.settle(first, named)
    assert settled.schemas["Piece"]["discriminator"] == first.schemas["Block"]["discriminator"]
    renamed = msgspec.structs.replace(first, schemas={f"My{name}" if name == "BlockImage" else name: schema for name, schema in first.schemas.items()})
    again = steady.settle(_spec([{**block, **({"alt": "z"} if block["kind"] == "image" else {})} for block in _blocks(60)]), renamed)
    assert again.schemas["Block"]["discriminator"]["mapping"]["image"] == "#/components/schemas/MyBlockImage"
    assert "alt" in again.schemas["MyBlockImage"]["properties"]


def test_every_kind_of_document_tells_the_variants() -> None:
    """TypeScript by literals, Markdown by a table, a tool by alternatives that every vendor takes, a sample by one of them."""
    spec = _spec(_blocks(60))
    name = spec.operations[0].request[0].schema["$ref"].rpartition("/")[2]
    assert f"export type {name} = {name}Gap | {name}Image | {name}Text;" in typescript.document(spec)
    assert 'kind: "gap" | "rule";' in typescript.document(spec)
    assert "| `gap` or `rule` | `BlockGap` |" in markdown.document(spec)
    (tool,) = tool_schemas.typed(spec)
    assert tool_rules.faults(tool.name, tool.description, tool.input_schema) == []
    assert [option["properties"]["kind"]["enum"] for option in tool.input_schema["properties"]["body"]["anyOf"]] == [["gap", "rule"], ["image"], ["text"]]
    assert samples.example(spec.schemas["Block"], spec) == {"id": "text", "kind": "gap"}


def test_a_new_variant_is_told_as_a_change() -> None:
    """New to read breaks a reader; what one variant gained is told of that variant."""
    more = [*_blocks(60), *[{"id": "x", "kind": "film", "url": "y", "seconds": 3}] * 20]
    more = [{**block, **({"alt": "z"} if block["kind"] == "image" else {})} for block in more]
    changes = {(change.is_breaking, change.description) for change in diff.compare(_spec(_blocks(60)), _spec(more))}
    assert (True, '`POST /blocks`: in the 201 response, `kind` may also be "film".') in changes
    assert (False, '`POST /blocks`: in the 201 response, where `kind` is "image", `alt` is new and required.') in changes
    assert (False, '`POST /blocks`: in the request, `kind` may also be "film".') in changes
