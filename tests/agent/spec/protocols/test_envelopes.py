"""Operations that are named inside of a call: what each takes and gives, and a sample whose halves belong together."""

import json
from typing import Any

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Operation
from agent.spec.observe import observe_all
from agent.spec.protocols import envelopes
from agent.spec.writers import openapi

_SOAP = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>{}</s:Body></s:Envelope>"


def _heard(*calls: tuple[str, str], media_type: str = "application/json", path: str = "/") -> Operation:
    kind = (("Content-Type", media_type),)
    exchanges = [
        Exchange(str(n), "POST", f"https://api.example{path}", 200, kind, sent.encode(), kind, received.encode()) for n, (sent, received) in enumerate(calls)
    ]
    spec = conclude(observe_all(exchanges))
    assert b"hunter2" not in openapi.to_json(openapi.document(spec))
    return spec.operations[0]


def _soap(inside: str, answer: str) -> tuple[str, str]:
    return _SOAP.format(inside), _SOAP.format(answer)


def test_soap_methods_have_their_fields() -> None:
    """From the elements of the envelopes, numbers as numbers; a fault is no answer; the sample is a whole envelope, without its password."""
    operation = _heard(
        _soap("<m:GetPrice><m:Item>Apple</m:Item><wsse:Password Type='text'>hunter2</wsse:Password></m:GetPrice>", "<GetPriceResponse><Price>1.9</Price></GetPriceResponse>"),
        _soap("<m:GetPrice><m:Item>Pear</m:Item></m:GetPrice>", "<Fault><faultcode>x</faultcode></Fault>"),
        media_type="text/xml",
        path="/StockService.asmx",
    )  # fmt: skip
    assert (operation.id, operation.api_type) == ("stockService", "SOAP")
    assert [(one.direction, one.name, sorted(one.schema["properties"]), one.schema["required"]) for one in operation.messages] == [
        ("sent", "GetPrice", ["Item", "Password"], ["Item"]),
        ("received", "GetPriceResponse", ["Price"], ["Price"]),
    ]
    assert operation.messages[1].schema["properties"]["Price"] == {"type": "number"}
    assert str(operation.request[0].example).startswith("<s:Envelope")


def test_json_rpc_methods_have_their_parameters_and_results() -> None:
    """Apart for each method, also in a batch; the sample's answer is the answer of its request."""
    frame = {"jsonrpc": "2.0", "id": 7}
    calls: list[tuple[Any, Any]] = [
        ({**frame, "method": "sum", "params": [1, 2]}, {**frame, "result": 3}),
        ({**frame, "method": "sum", "params": [4]}, {**frame, "result": 4}),
        ([{**frame, "method": "who", "params": {"user": 1}}], [{**frame, "result": {"name": "Ada"}}]),
    ]
    operation = _heard(*[(json.dumps(sent), json.dumps(received)) for sent, received in calls])
    assert (operation.id, operation.operation_names) == ("jsonrpc", ("sum", "who"))
    assert [(one.direction, one.name, one.schema["type"]) for one in operation.messages] == [
        ("sent", "sum", "array"), ("received", "sum result", "integer"), ("sent", "who", "object"), ("received", "who result", "object"),
    ]  # fmt: skip
    assert operation.request[0].example == {"jsonrpc": "2.0", "id": 1, "method": "sum", "params": [1]}
    assert operation.responses[0].contents[0].example == {"jsonrpc": "2.0", "id": 1, "result": 3}


def test_a_graphql_sample_is_one_operation() -> None:
    """Its document, its variables and its answer, not those of another; a password is hidden whatever its variable is called."""
    login: dict[str, Any] = {"query": "mutation In($p: String!) { login(password: $p) { ok } }", "operationName": "In", "variables": {"p": "hunter2"}}
    other: dict[str, Any] = {"query": "query Me($id: ID!) { user(id: $id) { name } }", "operationName": "Me", "variables": {"id": "u1"}}
    answers = {"In": {"data": {"login": {"ok": True}}}, "Me": {"data": {"user": {"name": "Ada"}}}}
    operation = _heard(*[(json.dumps(one), json.dumps(answers[one["operationName"]])) for one in (login, other, other)], path="/graphql")
    assert operation.id == "graphql"
    assert operation.request[0].example == {"operationName": "Me", "query": other["query"], "variables": {"id": "u1"}}
    assert operation.responses[0].contents[0].example == {"data": {"user": {"name": "Ada"}}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (_SOAP.format("<a><b>1</b><b>2</b><c/><d>x &amp; y</d><e><![CDATA[<z>]]></e></a>"), {"b": [1, 2], "c": "", "d": "x & y", "e": "<z>"}),
        (_SOAP.format("<!-- no --><a xsi:nil='true'/>"), {}),
        (_SOAP.format("<a>"), None),
        ("<Envelope>" + "<a>" * 10_000, None),
        ("<!DOCTYPE x [<!ENTITY y 'z'>]>" + _SOAP.format("<a><b>&y;</b></a>"), {"b": "&y;"}),
        ('{"Envelope": 1}', None),
    ],
)
def test_an_envelope_is_opened(body: str, expected: Any) -> None:
    """Whatever is in it: entities of its own stay what they are, and what is broken or too deep is none."""
    found = envelopes.opened(body.encode())
    assert (found.value if found else None) == expected
