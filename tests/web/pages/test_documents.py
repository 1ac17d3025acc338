"""The documentation as its owner works on it: evidence, templates, words, drift; in both languages, and for nobody else."""

import asyncio
import re
from html import unescape
from urllib.parse import unquote

import pytest

from agent import endpoints
from agent.accounts import users
from agent.documents import docs
from agent.endpoints import Endpoint
from agent.spec.decisions import Words
from agent.spec.model import Content, Operation, Response, Spec
from tests.web.pages.conftest import Door
from web.pages import reference

Doors = tuple[Door, Door, Door]
Form = dict[str, str | list[str]]


async def _documented(ada: Door) -> Endpoint:
    actor = await users.actor_by_email("ada@example.com", "web")
    made = await endpoints.create(actor, "demo")
    for path in ("/products", "/products/prod_1001", "/products/prod_1002", "/products/nope", "/app.css"):
        await ada.http.get(made.proxy_url + path)
    while (await endpoints.get(actor, made.id)).calls < 5:
        await asyncio.sleep(0.02)
    await docs.generate(actor, made.id)
    return made


async def test_a_field_leads_to_its_calls(doors: Doors) -> None:
    """From the list to the operation, from a field's counts to the calls, from there to one call."""
    ada = doors[0]
    made = await _documented(ada)
    listed = await ada.get(f"/apis/{made.slug}?tab=docs")
    assert f"/apis/{made.slug}?tab=docs&operation=getProduct" in unescape(listed.text)
    page = unescape((await ada.get(f"/apis/{made.slug}?tab=docs&operation=getProduct")).text)
    assert "Get a product" in page and re.search(r'evidence\?[^"]*price_cents"[^>]*>(\d+)/\1<', page)
    why = re.search(r'href="(/apis/[^"]+/evidence\?[^"]*price_cents)"', page)
    assert why
    evidence = unescape((await ada.get(why[1])).text)
    assert re.search(r"there in (\d+) of \1", evidence)
    call = re.search(r'href="(/calls/[0-9a-f-]+)"', evidence)
    assert call and (await ada.get(call[1])).status_code == 200


async def test_the_documentation_is_searched(doors: Doors) -> None:
    """By the words of operations, parameters and fields, which lead to their place on the operation's page; what was heard once is told apart."""
    ada = doors[0]
    made = await _documented(ada)
    found = unescape((await ada.get(f"/apis/{made.slug}?tab=docs&find=price_cents")).text)
    place = re.search(r'operation=(getProduct)#([^"]+price_cents)"', found)
    assert place and "The whole document" not in found
    assert f'id="{unquote(place[2])}"' in unescape((await ada.get(f"/apis/{made.slug}?tab=docs&operation=getProduct")).text)
    once = (await ada.get(f"/apis/{made.slug}?tab=docs&heard=once")).text
    assert "operation=listProducts" in once and "operation=getProduct" not in once
    assert (await ada.get(f"/apis/{made.slug}?tab=docs&heard=twice")).status_code == 422


def test_the_forms_of_a_body_are_told_apart() -> None:
    """A field that stands in two of them has one place on the page, and one box for its words."""
    named = {"type": "object", "properties": {"id": {"type": "string"}}}
    content = Content("application/json", {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]})
    operation = Operation("getPet", "GET", "/pet", responses=(Response("200", contents=(content,)),))
    spec = Spec(title="Pets", operations=(operation,), schemas={"Cat": named, "Dog": named})
    rows = reference.of(spec, operation, "pets", Words()).answers[0].rows
    assert [(row.name, row.form, row.again) for row in rows] == [("id", "Cat", False), ("id", "Dog", True)]


async def test_an_operation_is_called_from_its_page(doors: Doors) -> None:
    """The answer stands there with what was sent; what may change something is confirmed first, and what cannot be sent says why beside the form."""
    ada = doors[0]
    made = await _documented(ada)
    form: Form = {"operation": "getProduct", "to:path product_id": "prod_1001"}
    called = await ada.post(f"/apis/{made.slug}/call", form)
    assert "/products/prod_1001" in called.text and 'value="prod_1001"' in called.text and "price_cents" in called.text
    calls = (await endpoints.get(await users.actor_by_email("ada@example.com", "web"), made.id)).calls
    missing = await ada.post(f"/apis/{made.slug}/call", form | {"to:path product_id": ""})
    assert missing.status_code == 422 and missing.text.count('role="alert"') == 1
    assert (await ada.post(f"/apis/{made.slug}/call", {"operation": "nothing"})).status_code == 404
    assert (await doors[1].post(f"/apis/{made.slug}/call", form)).status_code == 404
    assert (await endpoints.get(await users.actor_by_email("ada@example.com", "web"), made.id)).calls == calls


async def test_what_may_change_something_is_confirmed(doors: Doors) -> None:
    """A POST is sent once its box is ticked; a body that is no JSON is not sent."""
    ada = doors[0]
    made = await _documented(ada)
    actor = await users.actor_by_email("ada@example.com", "web")
    await ada.http.post(made.proxy_url + "/orders", json={"product_id": "prod_1001", "quantity": 2})
    while (await endpoints.get(actor, made.id)).calls < 6:
        await asyncio.sleep(0.02)
    await docs.generate(actor, made.id)
    form: Form = {"operation": "createOrder", "body": '{"product_id": "prod_1002", "quantity": 1}'}
    assert (await ada.post(f"/apis/{made.slug}/call", form)).status_code == 409
    wrong = await ada.post(f"/apis/{made.slug}/call", form | {"body": "{", "confirm": "yes"})
    assert wrong.status_code == 400 and "is no JSON" in wrong.text
    assert (await endpoints.get(actor, made.id)).calls == 6
    sent = await ada.post(f"/apis/{made.slug}/call", form | {"confirm": "yes"})
    assert sent.status_code == 200 and 'class="card call"' in sent.text
    assert (await endpoints.get(actor, made.id)).calls == 7


async def test_templates_are_kept_split_and_put_back_by_buttons(doors: Doors) -> None:
    """Each form answers with the tab it stands on; what cannot be says why."""
    ada = doors[0]
    made = await _documented(ada)
    tab = f"/apis/{made.slug}?tab=endpoints"
    assert (await ada.post(f"/apis/{made.slug}/templates", {"template": "/products/{sku}", "verdict": "keep"})).headers["location"] == tab
    page = (await ada.get(tab)).text
    assert "/products/{sku}" in page and "kept by you" in page and "/app.css" in page
    await ada.post(f"/apis/{made.slug}/left-out", {"path": "/app.css"})
    await ada.post(f"/apis/{made.slug}/templates", {"template": "/products/{sku}", "verdict": "forget"})
    page = (await ada.get(tab)).text
    assert "/products/{product_id}" in page and "Nothing: everything that was heard is described." in page
    refused = await ada.post(f"/apis/{made.slug}/templates", {"template": "no path"})
    assert refused.status_code == 422 and 'role="alert"' in refused.text


async def test_only_what_was_changed_becomes_ones_own(doors: Doors) -> None:
    """The form carries every text; untouched ones stay generated, emptied ones go back to that."""
    ada = doors[0]
    made = await _documented(ada)
    form: Form = {"operation": "getProduct", "summary": "Get a product", "was:summary": "Get a product", "description": "By its number.", "was:description": ""}
    form |= {"field:200 name": "<b>As sold</b>", "was:field:200 name": ""}
    await ada.post(f"/apis/{made.slug}/words", form)
    page = (await ada.get(f"/apis/{made.slug}?tab=docs&operation=getProduct")).text
    assert "By its number." in page and "&lt;b&gt;As sold&lt;/b&gt;" in page and "<b>As sold" not in page
    actor = await users.actor_by_email("ada@example.com", "web")
    await docs.generate(actor, made.id)
    assert "By its number." in (await docs.get(actor, made.id, "markdown")).text
    await ada.post(f"/apis/{made.slug}/words", {"operation": "getProduct", "description": "", "was:description": "By its number."})
    assert "By its number." not in (await docs.get(actor, made.id, "markdown")).text


async def test_a_document_is_compared_on_the_page(doors: Doors) -> None:
    """What the traffic has that it lacks, and the reverse; what is no document gets a sentence."""
    ada = doors[0]
    made = await _documented(ada)
    text = '{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/products": {"get": {"responses": {"200": {"description": ""}}}}, "/x": {"get": {"responses": {}}}}}'
    token = re.search(r'name="csrf" value="(\w+)"', (await ada.get("/apis")).text)
    assert token
    answer = await ada.http.post(f"/apis/{made.slug}/drift", data={"csrf": token[1]}, files={"file": ("old.json", text, "application/json")})
    assert answer.status_code == 200
    assert "old.json" in answer.text and "Not documented" in answer.text and "Not heard" in answer.text
    wrong = await ada.http.post(f"/apis/{made.slug}/drift", data={"csrf": token[1]}, files={"file": ("old.json", "nothing", "application/json")})
    assert wrong.status_code == 422 and 'role="alert"' in wrong.text


@pytest.mark.parametrize("tab", ["docs", "docs&operation=getProduct", "endpoints", "changes"])
async def test_the_tabs_are_there_in_chinese_and_for_nobody_else(doors: Doors, tab: str) -> None:
    """Each renders; another user finds nothing."""
    ada, bob, _ = doors
    made = await _documented(ada)
    page = await ada.get(f"/apis/{made.slug}?tab={tab}", **{"accept-language": "zh"})
    assert page.status_code == 200
    assert (await bob.get(f"/apis/{made.slug}?tab={tab}")).status_code == 404
    for path in ("templates", "left-out", "words", "drift"):
        assert (await bob.post(f"/apis/{made.slug}/{path}")).status_code == 404
    assert (await bob.get(f"/apis/{made.slug}/evidence?operation=getProduct")).status_code == 404
