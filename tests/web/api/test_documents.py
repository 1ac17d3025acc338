"""The owner's decisions about documents by REST: what survives, what is refused, what is shown."""

import json

import pytest

from tests.live import wiretalk


async def test_pins_words_and_evidence_by_rest(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Capture, document, rename a template, describe, document again: all of it is still there, in every format."""
    async with wiretalk(monkeypatch) as client:
        made = (await client.post("/api/v1/endpoints", json={"destination_url": "demo"})).json()
        base = f"/api/v1/endpoints/{made['id']}"
        for path in ("/products", *(f"/products/prod_{number}" for number in range(1001, 1005)), "/products/nope", "/style.css"):
            await client.get(made["proxy_url"] + path)
        while (await client.get(base)).json()["calls"] < 7:
            pass
        await client.post(f"{base}/documentation")
        before = (await client.get(f"{base}/templates")).json()
        product = next(one for one in before["templates"] if "{" in one["template"])
        assert (product["template"], product["pin"]) == ("/products/{product_id}", None) and 0.5 < product["confidence"] <= 1
        assert len(product["samples"]) >= 4
        pinned = (await client.put(f"{base}/templates", json={"template": "/products/{sku}"})).json()
        assert next(one for one in pinned["templates"] if "{" in one["template"])["pin"] == "keep"
        words = {"summary": "Fetch a product", "fields": {"200 price_cents": "Before tax"}, "parameters": {"path sku": "Stock keeping unit"}}
        assert (await client.patch(f"{base}/words", params={"operation": "GET /products/{sku}"}, json=words)).status_code == 200
        await client.get(made["proxy_url"] + "/products/prod_1005")
        await client.post(f"{base}/documentation")
        document = (await client.get(f"{base}/openapi.json")).json()
        operation = document["paths"]["/products/{sku}"]["get"]
        assert (operation["summary"], operation["parameters"][0]["description"]) == ("Fetch a product", "Stock keeping unit")
        assert operation["x-evidence"]["count"] >= 5
        assert "Before tax" in json.dumps(document)
        plain = await client.get(f"{base}/openapi.json", params={"evidence": "false"})
        assert "x-evidence" not in plain.text and plain.headers["etag"] != (await client.get(f"{base}/openapi.json")).headers["etag"]
        assert "GET {{baseUrl}}/products/prod_" in (await client.get(f"{base}/http")).text
        kinds = {name: (await client.get(f"{base}/{name}")).headers["content-type"] for name in ("markdown", "typescript", "http")}
        assert kinds == {"markdown": "text/markdown; charset=utf-8", **dict.fromkeys(("typescript", "http"), "text/plain; charset=utf-8")}
        why = (await client.get(f"{base}/evidence", params={"operation": operation["operationId"], "place": "200 price_cents"})).json()
        assert why["values"] >= 4 and why["documented"]["count"] >= 4
        call = (await client.get(f"/api/v1/calls/{why['is_in'][0]['id']}")).json()
        assert call["summary"]["path"].startswith("/demo/products/prod_")
        again = await client.patch(f"{base}/words", params={"operation": operation["operationId"]}, json={"summary": None})
        assert again.json()["edits"]["GET /products/{}"]["fields"] == {"200 price_cents": "Before tax"}
        assert (await client.get(f"{base}/openapi.json")).json()["paths"]["/products/{sku}"]["get"]["summary"] == "Get a product"
        assert (await client.delete(f"{base}/templates", params={"template": "/products/{sku}"})).json()["pins"] == []


async def test_drift_and_refusals_by_rest(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that lacks something, and requests that mean nothing."""
    async with wiretalk(monkeypatch) as client:
        made = (await client.post("/api/v1/endpoints", json={"destination_url": "demo"})).json()
        base = f"/api/v1/endpoints/{made['id']}"
        assert (await client.post(f"{base}/drift", content=b"{}")).json()["code"] == "not_documented"
        await client.get(made["proxy_url"] + "/products")
        while not (await client.get(base)).json()["calls"]:
            pass
        await client.post(f"{base}/documentation")
        document = (await client.get(f"{base}/openapi.json")).json()
        assert (await client.post(f"{base}/drift", json=document)).json()["findings"] == []
        document["paths"]["/gone"] = {"get": {"responses": {"200": {"description": "ok"}}}}
        found = (await client.post(f"{base}/drift", json=document)).json()
        assert [(one["kind"], one["template"], one["is_breaking"]) for one in found["findings"]] == [("unheard", "/gone", False)]
        for method, path, sent, code in (
            ("PUT", "/templates", {"template": "nonsense"}, "invalid_arguments"),
            ("POST", "/left-out", {"path": "/nope"}, "not_found"),
            ("PATCH", "/words?operation=nope", {"summary": "x"}, "operation_not_found"),
            ("GET", "/evidence?operation=nope", None, "operation_not_found"),
            ("POST", "/drift", "text", "unreadable_document"),
        ):
            refused = await client.request(method, base + path, json=sent)
            assert refused.json()["code"] == code, (path, refused.text)
