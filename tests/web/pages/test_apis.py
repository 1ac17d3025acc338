"""The pages of an API: made, read, changed and deleted by its owner, and invisible to others."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import msgspec

from agent import endpoints
from agent.accounts import users
from agent.billing import ledger
from agent.documents import docs
from agent.recorder import Heard, store_heard
from agent.tools.endpoints import ENDPOINT_PRICE
from tests.web.pages.conftest import Door
from web.pages.shell import LIVE_CALLS

Doors = tuple[Door, Door, Door]


async def _made() -> endpoints.Endpoint:
    return await endpoints.create(await users.actor_by_email("ada@example.com", "web"), "demo")


async def test_an_api_is_made_with_its_price(doors: Doors) -> None:
    """The form does what the tool does: 25 credits, then the API's page."""
    ada = doors[0]
    answer = await ada.post("/apis", {"destination_url": "demo"})
    assert answer.headers["location"] == "/apis/demo-shop"
    assert "75 credits" in (await ada.get("/apis/demo-shop")).text


async def test_an_unusable_address_is_told_and_kept(doors: Doors) -> None:
    """Nonsense and forbidden addresses get their own sentence; nothing is charged."""
    ada = doors[0]
    for address in ("ftp://example.com", "http://", "https://user:pw@example.com:99999/"):
        answer = await ada.post("/apis", {"destination_url": address})
        assert answer.status_code in (403, 422), address
        assert 'role="alert"' in answer.text
        assert f'value="{address}"' in answer.text
    assert "100 credits" in (await ada.get("/apis")).text


async def test_nothing_of_one_user_is_seen_by_another(doors: Doors) -> None:
    """Pages, panel, downloads, forms and search of a foreign API answer as if it were not there."""
    _, bob, _ = doors
    made = await _made()
    for path in (
        f"/apis/{made.slug}",
        f"/apis/{made.slug}?tab=settings",
        f"/apis/{made.id}",
        f"/apis/{made.slug}/download/openapi",
        f"/stream?live=calls:{made.slug}",
        f"/docs/{made.slug}",
    ):
        assert (await bob.get(path)).status_code == 404, path
    for path in ("docs", "settings", "delete"):
        assert (await bob.post(f"/apis/{made.slug}/{path}")).status_code == 404, path
    assert "Demo shop" not in (await bob.get(f"/panel?show=calls:{made.slug}")).text
    assert "Demo shop" not in (await bob.get("/search?q=demo")).text


async def test_a_form_changes_only_what_was_changed_in_it(doors: Doors) -> None:
    """Two tabs show the same settings: the later save, of another field, takes nothing of the earlier one back."""
    ada = doors[0]
    made = await _made()
    page = (await ada.get(f"/apis/{made.slug}?tab=settings")).text
    shown = {"shown": unescape(re.findall(r'name="shown" value="([^"]+)"', page)[0]), "name": made.name, "status": "ACTIVE"}
    path = f"/apis/{made.slug}/settings"
    await ada.post(path, {**shown, "description": "One\r\ntwo", "is_public": "yes", "status": "REVIEW"})
    await ada.post(path, {**shown, "description": "", "tags": "a"})
    actor = await users.actor_by_email("ada@example.com", "web")
    found = await endpoints.get(actor, made.id)
    assert (found.description, found.is_public, found.status, found.tags) == ("One\ntwo", True, "REVIEW", ["a"])


async def test_settings_are_changed_along_allowed_states(doors: Doors) -> None:
    """Name, tags and publication are stored; a state that cannot follow is refused with the states that can."""
    ada, _, stranger = doors
    made = await _made()
    path = f"/apis/{made.slug}/settings"
    await ada.post(path, {"name": "Corner shop", "tags": "a, b ,", "is_public": "yes", "status": "INACTIVE"})
    changed = await endpoints.get(await users.actor_by_email("ada@example.com", "web"), made.id)
    assert (changed.name, changed.tags, changed.is_public, changed.status) == ("Corner shop", ["a", "b"], True, "INACTIVE")
    refused = await ada.post(path, {"name": "Corner shop", "status": "REVIEW"})
    assert refused.status_code == 409
    assert "ARCHIVED" in refused.text
    assert (await stranger.get(f"/docs/{made.slug}")).status_code == 404


async def test_changes_stand_beside_the_page(doors: Doors) -> None:
    """The panel's third tab: a sentence before anything is documented; the settings name states in words."""
    ada = doors[0]
    made = await _made()
    panel = (await ada.get(f"/panel?show=changes:{made.slug}")).text
    assert 'data-show="changes:demo-shop"' in panel
    assert "No changes found" in panel
    settings = (await ada.get(f"/apis/{made.slug}?tab=settings")).text
    assert '<option value="ACTIVE" selected>Capturing</option>' in settings


async def test_documents_need_calls_and_are_public_only_by_choice(doors: Doors) -> None:
    """Without calls a sentence, with calls a page; strangers read it once it is published, with an ETag."""
    ada, _, stranger = doors
    made = await _made()
    assert (await ada.post(f"/apis/{made.slug}/docs")).status_code == 409
    actor = await users.actor_by_email("ada@example.com", "web")
    await ada.http.get(f"{made.proxy_url}/products/prod_1001")
    while not (await endpoints.get(actor, made.id)).calls:
        await asyncio.sleep(0.05)
    await ada.post(f"/apis/{made.slug}/docs")
    assert "/products" in (await ada.get(f"/apis/{made.slug}?tab=docs")).text
    assert (await stranger.get(f"/docs/{made.slug}")).status_code == 404
    await endpoints.update(actor, made.id, endpoints.EndpointChange(is_public=True))
    public = await stranger.get(f"/docs/{made.slug}")
    assert public.status_code == 200
    assert public.headers["etag"]
    assert (await stranger.get(f"/docs/{made.slug}/typescript")).status_code == 200
    assert (await stranger.get(f"/docs/{made.slug}/word")).status_code == 404


async def test_a_cut_recording_is_told(doors: Doors) -> None:
    """A file that is no capture gets a sentence on the page it was sent from."""
    ada = doors[0]
    made = await _made()
    page = await ada.get("/apis")
    token = page.text.split('name="csrf" value="')[1].split('"')[0]
    answer = await ada.http.post(f"/apis/{made.slug}/import", data={"csrf": token}, files={"file": ("x.har", b'{"log": {"entr', "application/json")})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


async def test_a_recording_begins_an_api_at_the_price_of_one(doors: Doors) -> None:
    """From the page and by the API: what became of the file is said, credits are taken once, and nothing for what cannot be read."""
    ada = doors[0]
    actor = await users.actor_by_email("ada@example.com", "web")
    credits = (await ledger.balance(actor)).credits
    token = (await ada.get("/apis")).text.split('name="csrf" value="')[1].split('"')[0]
    har = {"log": {"version": "1.2", "entries": [{"request": {"method": "GET", "url": "https://api.nowhere.invalid/a"}, "response": {"status": 200}}]}}
    answer = await ada.http.post("/recordings", data={"csrf": token}, files={"file": ("x.har", json.dumps(har).encode(), "application/json")})
    assert answer.status_code == 200
    assert "1 call was imported." in answer.text and "/apis/api-nowhere-invalid/docs" in answer.text
    refused = await ada.http.post("/recordings", data={"csrf": token}, files={"file": ("x.har", b"nothing", "application/json")})
    assert refused.status_code == 422 and 'role="alert"' in refused.text
    assert (await ledger.balance(actor)).credits == credits - ENDPOINT_PRICE


async def test_the_table_goes_back_and_forth(doors: Doors) -> None:
    """Older, then Newer is the first page again; a filter stays; a slip in the filter is told on the page."""
    ada, made = doors[0], await _made()
    owner = (await users.actor_by_email("ada@example.com", "web")).user_id
    at = datetime(2026, 11, 21, tzinfo=UTC)
    heard = [Heard(made.id, owner, "GET", f"https://x.example/things/{n}", status=200, started_at=at + timedelta(seconds=n)) for n in range(LIVE_CALLS + 5)]
    await store_heard(heard)
    first = (await ada.get(f"/apis/{made.slug}?q=/things/")).text
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older and 'rel="prev"' not in first
    last = (await ada.get(unescape(older[1]))).text
    assert (last.count('id="call-'), 'rel="next"' in last, "q=%2Fthings%2F" in last) == (5, False, True)
    newer = re.search(r'href="([^"]+)" rel="prev"', last)
    assert newer
    again = (await ada.get(unescape(newer[1]))).text
    assert re.findall(r'id="call-([\w-]+)"', again) == re.findall(r'id="call-([\w-]+)"', first)
    slip = await ada.get(f"/apis/{made.slug}?q=stauts:500")
    assert slip.status_code == 422
    assert "Did you mean" in slip.text
    assert 'value="stauts:500"' in slip.text


async def test_a_large_published_api_is_read_by_its_operations(doors: Doors) -> None:
    """A list to search and a page for each, without how often anything was heard; all on one page only where that is asked for."""
    stranger = doors[2]
    made = await _made()
    actor = await users.actor_by_email("ada@example.com", "web")
    answer = {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"weight_kg": {"type": "number"}}}}}}
    paths = {f"/{name}s": {"get": {"operationId": f"list_{name}", "summary": f"List {name}s", "responses": {"200": answer}}} for name in "abcdefghijklmnop"}
    await docs.give(actor, made.id, msgspec.json.encode({"openapi": "3.1.0", "info": {"title": "Fruit", "version": "1"}, "paths": paths}))
    here = f"/docs/{made.slug}"
    assert (await stranger.get(f"{here}?operation=list_a")).status_code == 404
    await endpoints.update(actor, made.id, endpoints.EndpointChange(is_public=True))
    front = (await stranger.get(here)).text
    assert "Fruit" in front and f'href="{here}?operation=list_a"' in front and "weight_kg" not in front and "not heard" not in front
    found = (await stranger.get(f"{here}?find=list+bs")).text
    assert "1 of 16 operations" in found and "operation=list_b" in found and "operation=list_a" not in found
    one = (await stranger.get(f"{here}?operation=list_a")).text
    assert "weight_kg" in one and "List as" in one and "List bs" not in one and "Base URL" not in one and f'href="{here}"' in one
    assert (await stranger.get(f"{here}?operation=nothing")).status_code == 404
    whole = (await stranger.get(f"{here}?whole=true")).text
    assert whole.count("weight_kg") >= 16 and "operation=list_a" not in whole


async def test_two_apis_of_one_name_are_told_apart(doors: Doors) -> None:
    """By what their addresses have, which is not shown of one alone."""
    ada = doors[0]
    await _made()
    assert '<span class="small quiet mono">demo-shop</span>' not in (await ada.get("/apis")).text
    await _made()
    page = (await ada.get("/apis")).text
    assert '<span class="small quiet mono">demo-shop</span>' in page and '<span class="small quiet mono">demo-shop-2</span>' in page
