"""Forms of one API: what it forwards and keeps, pausing, saved filters."""

from typing import Any

from agent import controls, endpoints
from agent.accounts import users
from agent.calls import call_filters
from agent.endpoints import Endpoint


async def _made() -> Endpoint:
    return await endpoints.create(await users.actor_by_email("ada@example.com", "web"), "http://127.0.0.1:8999")


async def test_the_settings_form_keeps_what_it_shows(doors: Any) -> None:
    """A key typed once is hidden from then on and stays when the form is sent again; numbers come back."""
    ada, made = doors[0], await _made()
    actor = await users.actor_by_email("ada@example.com", "web")
    at = f"/apis/{made.slug}?tab=settings"
    form = {
        "inject_headers": "X-Api-Key: sk_live_0123456789abcdef",
        "rate_limit": "60",
        "sampling": "50",
        "exclude": "/health*",
        "secrets_body": "drop",
        "allowed_methods": "get, POST",
    }
    assert (await ada.post(f"/apis/{made.slug}/controls", form, at=at)).status_code == 303
    page = await ada.get(at)
    assert "sk_live" not in page.text and "••••cdef" in page.text
    again = await ada.post(f"/apis/{made.slug}/controls", {**form, "inject_headers": "X-Api-Key: ••••cdef"}, at=at)
    assert again.status_code == 303
    found = await controls.get(actor, made.id)
    assert (found.rate_limit, found.sampling, found.paths.exclude, found.secrets.body, found.allowed_methods) == (
        60,
        0.5,
        ("/health*",),
        "drop",
        ["GET", "POST"],
    )
    assert found.inject_headers[0].shown == "••••cdef"


async def test_a_wrong_number_is_told(doors: Any) -> None:
    """On the form, and nothing changes."""
    ada, made = doors[0], await _made()
    for wrong in ({"rate_limit": "many"}, {"sampling": "101"}, {"timeout_s": "-1"}, {"allowed_methods": "GET;DROP"}, {"inject_headers": "Host: x"}):
        refused = await ada.post(f"/apis/{made.slug}/controls", wrong, at=f"/apis/{made.slug}?tab=settings")
        assert refused.status_code == 422, wrong
        assert 'role="alert"' in refused.text


async def test_pause_stop_and_resume(doors: Any) -> None:
    """Each a click."""
    ada, made = doors[0], await _made()
    actor = await users.actor_by_email("ada@example.com", "web")
    for do, status in (("pause", "REVIEW"), ("stop", "INACTIVE"), ("resume", "ACTIVE")):
        assert (await ada.post(f"/apis/{made.slug}/state", {"do": do})).status_code == 303
        assert (await endpoints.get(actor, made.id)).status == status


async def test_filters_are_saved_and_read(doors: Any) -> None:
    """By name; one that cannot be read is told and the calls are shown all the same; a stranger changes nothing."""
    ada, bob, made = doors[0], doors[1], await _made()
    actor = await users.actor_by_email("ada@example.com", "web")
    assert (await ada.post(f"/apis/{made.slug}/filters", {"name": "Broken", "q": "status:5xx"})).status_code == 303
    (kept,) = await call_filters.saved(actor, made.id)
    assert "Broken" in (await ada.get(f"/apis/{made.slug}")).text
    wrong = await ada.get(f"/apis/{made.slug}?q=took:soon")
    assert (wrong.status_code, "is no duration" in wrong.text) == (422, True)
    assert (await bob.post(f"/apis/{made.slug}/filters/{kept.id}/delete")).status_code == 404
    assert (await ada.post(f"/apis/{made.slug}/filters/{kept.id}/delete")).status_code == 303
    assert await call_filters.saved(actor, made.id) == []
