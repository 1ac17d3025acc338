"""The OpenAPI document: valid, stable, and without a secret."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from agent.spec.infer import conclude
from agent.spec.model import Content, Exchange, Operation, Parameter, Response, SecurityScheme, Spec
from agent.spec.observe import observe_all
from agent.spec.writers import arazzo, http_file, markdown, openapi, postman, sdl, typescript


def test_the_document_is_valid_and_the_same_every_time(shop: Spec, golden: Callable[[str, str], None]) -> None:
    """Compared as a whole with the golden file."""
    document = openapi.document(shop)
    validate(document)
    golden("shop.yaml", openapi.to_yaml(document))
    assert openapi.to_json(document) == openapi.to_json(openapi.document(shop))
    assert json.loads(openapi.to_json(document)) == document == yaml.safe_load(openapi.to_yaml(document))


def test_without_evidence_it_changes_only_where_the_api_does(shop: Spec) -> None:
    """Counts, times and samples are gone everywhere."""
    more = msgspec.structs.replace(shop, evidence=msgspec.structs.replace(shop.evidence, last_seen=1_770_000_000.0, samples=("z",)))
    assert openapi.document(shop, evidence=False) == openapi.document(more, evidence=False)
    assert "x-evidence" not in json.dumps(openapi.document(shop, evidence=False))


def test_a_hostile_or_empty_spec_is_still_valid(hostile: Spec) -> None:
    """Names are mended where OpenAPI restricts them, and references with them."""
    for spec in (hostile, Spec("")):
        validate(openapi.document(spec))


def test_only_components_that_an_operation_reaches_are_written() -> None:
    """Also through another component; one that only stands in itself is left out."""
    reference = {name: {"$ref": f"#/components/schemas/{name}"} for name in ("Order", "Line", "Lonely")}
    schemas = {
        "Lonely": {"type": "object", "properties": {"next": reference["Lonely"], "order": reference["Order"]}},
        "Order": {"type": "object", "properties": {"lines": {"type": "array", "items": reference["Line"]}}},
        "Line": {"type": "object", "properties": {"parent": reference["Line"]}},
    }
    answer = Response("200", contents=(Content("application/json", reference["Order"]),))
    document = openapi.document(Spec("a", operations=(Operation("a", "GET", "/a", responses=(answer,)),), schemas=schemas))
    validate(document)
    assert list(document["components"]["schemas"]) == ["Line", "Order"]


def test_path_parameters_are_those_of_the_template() -> None:
    """Undeclared ones are added, strangers dropped, headers that OpenAPI ignores left out."""
    operation = Operation(
        "a",
        "GET",
        "/a/{x}/{y}",
        parameters=(
            Parameter("y", "path", {"type": "integer"}),
            Parameter("z", "path", {}),
            Parameter("Accept", "header", {}),
            Parameter("q", "query", {}),
            Parameter("q", "query", {}),
        ),
    )
    found = openapi.document(Spec("a", operations=(operation,)))["paths"]["/a/{x}/{y}"]["get"]["parameters"]
    assert [(item["name"], item["in"], item.get("required", False)) for item in found] == [("x", "path", True), ("y", "path", True), ("q", "query", False)]


def test_unusual_methods_and_schemes_have_a_place() -> None:
    """Methods that 3.1 does not know stand in an extension; OAuth without flows is a bearer token, a signature a key with a mark."""
    schemes = (
        SecurityScheme("o", "oauth2"),
        SecurityScheme("f", "oauth2", flows={"clientCredentials": {"tokenUrl": "https://x.test/t"}}),
        SecurityScheme("s", "signature", "AWS4-HMAC-SHA256"),
        SecurityScheme("d", "http", "digest"),
    )
    document = openapi.document(Spec("a", operations=(Operation("p", "PROPFIND", "/a", responses=(Response("207"),)),), security_schemes=schemes))
    validate(document)
    assert list(document["paths"]["/a"]["x-additional-operations"]) == ["PROPFIND"]
    assert {name: scheme["type"] for name, scheme in document["components"]["securitySchemes"].items()} == {
        "o": "http",
        "f": "oauth2",
        "s": "apiKey",
        "d": "http",
    }


def test_an_enum_of_secrets_goes_and_an_example_is_hidden() -> None:
    """A rule with hidden values would be wrong."""
    schema = {
        "type": "object",
        "properties": {
            "token": {"type": "string", "enum": ["t1"], "default": "t1", "examples": ["t1"]},
            "AKIAIOSFODNN7EXAMPLE": {"const": "AKIAIOSFODNN7EXAMPLE"},
        },
        "required": ["AKIAIOSFODNN7EXAMPLE"],
    }
    content = Content("application/json", schema, {"token": "t1"})
    found = openapi.document(Spec("a", operations=(Operation("a", "GET", "/a", responses=(Response("200", contents=(content,)),)),)))["paths"]["/a"]["get"][
        "responses"
    ]["200"]["content"]["application/json"]
    assert found["schema"] == {"type": "object", "properties": {"token": {"type": "string", "examples": ["••••"]}, "••••MPLE": {}}, "required": ["••••MPLE"]}
    assert found["example"] == {"token": "••••"}


def test_a_hidden_example_fits_its_schema_still() -> None:
    """Where a format is promised, a value that nobody would take for one that was heard stands for the secret, and is not hidden itself."""
    stand_in, uuid = "123e4567-e89b-42d3-a456-426614174000", {"type": "string", "format": "uuid"}
    parameter = Parameter("share_token", "path", uuid, required=True, example="9f86d081-884c-4d65-9a2f-eaa0c55ad015")
    content = Content("application/json", {"type": "object", "properties": {"token": uuid}}, {"token": stand_in})
    operation = Operation("get", "GET", "/shares/{share_token}", parameters=(parameter,), responses=(Response("200", contents=(content,)),))
    told = openapi.document(Spec("x", operations=(operation,)))["paths"]["/shares/{share_token}"]["get"]
    assert told["parameters"][0]["example"] == stand_in and told["responses"]["200"]["content"]["application/json"]["example"] == {"token": stand_in}


def test_text_that_is_no_unicode_can_be_written() -> None:
    """A lone surrogate is escaped in both forms."""
    document = openapi.document(Spec("a\ud800b"))
    assert json.loads(openapi.to_json(document))["info"]["title"] == "a\ud800b" and openapi.to_yaml(document).encode()


SECRET = "aB3dE5gH7jK9mN1pQ3sT5vX7z"
BODIES: Callable[[str], list[Any]] = lambda secret: [  # noqa: E731  # a table, read where it is used
    {"id": 1, "password": secret},
    {"data": [{"api_key": secret, "name": "a"}]},
    {"note": f"use Bearer {secret} now"},
    {"url": f"https://x.test/?access_token={secret}"},
    {"credentials": {"secret": secret, "tokens": [secret]}},
    {"sk_live_" + secret: 1},
]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.integers(0, 5),
            st.sampled_from(["Authorization", "Cookie", "X-Api-Key", "X-Auth-Token"]),
            st.sampled_from(["", "?api_key=", "?token=", "?sig=", "?a=1&password="]),
            st.sampled_from([200, 201, 401, 500]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_no_planted_secret_reaches_any_document(calls: list[tuple[int, int, str, str, int]]) -> None:
    """From headers, queries, cookies, bodies and map keys, through inference, into each kind of document."""
    exchanges: list[Exchange] = []
    for number, (request, response, header, query, status) in enumerate(calls):
        value = {"Authorization": "Bearer " + SECRET, "Cookie": "sid=" + SECRET}.get(header, SECRET)
        bodies = [json.dumps(BODIES(SECRET)[index]).encode() for index in (request, response)]
        headers = (("Content-Type", "application/json"), ("Set-Cookie", f"sid={SECRET}; Path=/"), ("Location", f"/a?token={SECRET}"))
        exchanges.append(
            Exchange(
                str(number),
                "POST",
                f"https://x.test/a{request}" + (query + SECRET if query else ""),
                status,
                ((header, value), ("Content-Type", "application/json")),
                bodies[0],
                headers,
                bodies[1],
                started_at=1.7e9 + number,
            )
        )
    spec = conclude(observe_all(exchanges))
    documents = [
        openapi.to_yaml(openapi.document(spec)),
        markdown.document(spec),
        typescript.document(spec, client=True),
        json.dumps(postman.document(spec)),
        http_file.document(spec),
        json.dumps(arazzo.document(spec, exchanges)),
        sdl.document(spec) or "",
    ]
    assert [SECRET in document for document in documents] == [False] * 7


def test_a_deep_example_fits_its_schema() -> None:
    """Nothing is cut out of it that its schema calls for."""
    body: object = {"leaf": 1}
    for level in range(9):
        body = {f"level{level}": body, "name": "x"}
    calls = [
        Exchange(
            str(n),
            "GET",
            f"https://a.example/things/{n}00",
            200,
            response_headers=(("Content-Type", "application/json"),),
            response_body=json.dumps(body).encode(),
        )
        for n in range(1, 4)
    ]
    document = openapi.document(conclude(observe_all(calls)))
    content = document["paths"]["/things/{thing_id}"]["get"]["responses"]["200"]["content"]["application/json"]
    Draft202012Validator({**content["schema"], "components": document.get("components", {})}).validate(content["example"])
