"""Evidence of fields travels in the document, and comes back out of it."""

import msgspec

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Spec
from agent.spec.observe import observe_all
from agent.spec.readers import openapi_read
from agent.spec.writers import openapi

JSON = (("content-type", "application/json"),)


def _heard() -> Spec:
    bodies: list[object] = [{"id": n, "note": None if n % 3 == 0 else "x", **({"tag": "t"} if n % 2 else {}), "parts": [{"k": 1}, {}]} for n in range(6)]
    calls = [
        Exchange(str(n), "GET", f"https://a.example/things/{n}", 200, response_headers=JSON, response_body=msgspec.json.encode(body), started_at=1e9 + n)
        for n, body in enumerate(bodies)
    ]
    return conclude(observe_all(calls))


def test_counts_come_back() -> None:
    """What was written is what is read, and a schema that was read carries none."""
    spec = _heard()
    document = openapi.document(spec)
    again = openapi_read.read(document)
    assert again.property_evidence == spec.property_evidence
    assert "x-evidence" not in msgspec.json.encode([response.contents for operation in again.operations for response in operation.responses]).decode()
    assert openapi.to_json(openapi.document(again)) == openapi.to_json(document)


def test_a_property_says_its_counts_and_times() -> None:
    """How many of how many, how often null, first and last when over all calls; in YAML on one line."""
    spec = _heard()
    properties = openapi.document(spec)["paths"]["/things/{thing_id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    times = {"firstSeen": "2001-09-09T01:46:40.000Z", "lastSeen": "2001-09-09T01:46:45.000Z"}
    assert properties["note"]["x-evidence"] == {"count": 6, "nulls": 2, **times}
    assert {name: properties["tag"]["x-evidence"][name] for name in ("count", "total")} == {"count": 3, "total": 6}
    assert properties["tag"]["x-evidence"].keys() >= times.keys() and properties["tag"]["x-evidence"] != {"count": 3, "total": 6, **times}
    assert properties["parts"]["items"]["properties"]["k"]["x-evidence"]["total"] == 12
    assert "x-evidence: {count: 3, total: 6, firstSeen:" in openapi.to_yaml(openapi.document(spec))


def test_evidence_can_be_left_out() -> None:
    """Then nothing of the traffic is in the document, not even that it was heard."""
    text = openapi.to_json(openapi.document(_heard(), evidence=False)).decode()
    assert "x-evidence" not in text and "captured" not in text and "x-left-out" not in text
