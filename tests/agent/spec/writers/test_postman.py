"""The Postman collection, and the `.http` file."""

import json
from collections.abc import Callable

from agent.spec.model import Content, Operation, Parameter, Spec
from agent.spec.writers import postman


def test_the_collection_is_as_agreed(shop: Spec, golden: Callable[[str, str], None]) -> None:
    """Compared as a whole with the golden file."""
    golden("shop.postman.json", json.dumps(postman.document(shop), indent=2, ensure_ascii=False) + "\n")


def test_what_the_schema_of_2_1_demands_is_there(shop: Spec, hostile: Spec) -> None:
    """Name and schema in `info`; each request with a method and a URL object; each answer with a number."""
    for spec in (shop, hostile, Spec("x")):
        document = postman.document(spec)
        assert document["info"]["schema"].endswith("/v2.1.0/collection.json") and isinstance(document["item"], list)
        for folder in document["item"]:
            for item in folder["item"]:
                assert isinstance(item["request"]["url"]["path"], list) and item["request"]["method"].isupper()
                assert all(isinstance(answer["code"], int) for answer in item["response"])


def test_credentials_are_variables(shop: Spec) -> None:
    """None is written out."""
    requests = {item["name"]: item["request"] for folder in postman.document(shop)["item"] for item in folder["item"]}
    assert requests["List orders"]["auth"] == {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]}
    assert requests["Get an order"]["auth"] == {"type": "noauth"}


def test_a_variable_is_a_whole_segment_of_a_path() -> None:
    """Postman fills in no other; where it is a part of one, its value stands, and a file is chosen by hand."""
    parameters = tuple(Parameter(name, "path", {"type": "string"}, True, example=value) for name, value in (("job", "a b"), ("id", "7")))
    form = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}, "say": {"type": "string"}}}
    content = Content("multipart/form-data", form, {"file": "string", "say": "{{token}}"})
    (item,) = postman.document(Spec("x", operations=(Operation("go", "POST", "/{id}/{job}:stop", parameters=parameters, request=(content,)),)))["item"]
    url, body = item["request"]["url"], item["request"]["body"]
    assert url["path"] == [":id", "a%20b:stop"] and url["variable"] == [{"key": "id", "value": "7"}]
    assert body["formdata"][0] == {"key": "file", "src": [], "type": "file"}
    raw = postman.document(Spec("x", operations=(Operation("go", "POST", "/", request=(Content("application/json", {}, {"say": "{{token}}"}),)),)))
    text = raw["item"][0]["request"]["body"]["raw"]
    assert "{{" not in text and json.loads(text) == {"say": "{{token}}"}


def test_a_last_slash_is_an_empty_segment() -> None:
    """As Postman reads and writes it."""
    (item,) = postman.document(Spec("x", operations=(Operation("list", "GET", "/users/"),)))["item"]
    assert item["request"]["url"] == {"raw": "{{baseUrl}}/users/", "host": ["{{baseUrl}}"], "path": ["users", ""]}
