"""The API's own description: valid, whole, and with examples that are good ones."""

from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.web.pages.conftest import Door
from tests.web.pages.conftest import doors as doors
from web.console import EXAMPLES

_TAKE_NO_BODY = ("logout", "verification", "stop", "next", "continue", "fork", "documentation", "models", "test", "accept", "restore")


async def test_the_description_is_whole(doors: tuple[Door, Door, Door]) -> None:
    """Every operation says what it does and, where it reads one, its body; each example fits its schema; what may be null is a list of types."""
    document: dict[str, Any] = (await doors[2].get("/api/openapi.json")).json()
    validate(document)
    assert "WIRETALK_TOKEN" in document["info"]["description"]
    operations = {(path, method): operation for path, item in document["paths"].items() for method, operation in item.items()}
    assert [at for at, operation in operations.items() if not operation.get("description")] == []
    assert [at for at, one in operations.items() if at[1] in ("post", "put", "patch") and "requestBody" not in one and not at[0].endswith(_TAKE_NO_BODY)] == []
    for path, example in EXAMPLES.items():
        shown = operations[path, "post"]["requestBody"]["content"]["application/json"]
        assert shown["example"] == example
        Draft202012Validator({**shown["schema"], "components": document["components"]}).validate(example)
    assert document["components"]["schemas"]["Meter"]["properties"]["left"] == {"type": ["integer", "null"]}
