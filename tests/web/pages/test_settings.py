"""Settings: the look, tokens, keys and the end of an account."""

import re

from agent.accounts import tokens, users
from tests.web.pages.conftest import Door

Doors = tuple[Door, Door, Door]


async def test_theme_and_language_hold_everywhere(doors: Doors) -> None:
    """Stored with the user and in a cookie, so that pages without a user have them too; nonsense is ignored."""
    ada = doors[0]
    await ada.post("/settings", {"theme": "dark", "language": "zh", "full_name": "Ada", "username": "ada"}, at="/settings")
    for path in ("/settings", "/login?next=x", "/nothing"):
        page = (await ada.http.get(path, follow_redirects=True)).text
        assert 'data-theme="dark"' in page
        assert 'lang="zh-Hans"' in page
    page = (await doors[2].get("/login", cookie='wiretalk_look=x"><script>.<b>')).text
    assert 'data-theme="system"' in page
    assert "<script>." not in page


async def test_a_token_is_shown_once(doors: Doors) -> None:
    """On the page that answers and never again; revoked, it is worth nothing. It may read, unless more is ticked."""
    ada = doors[0]
    ticked = re.findall(r'name="scopes" value="(\w+)" checked', (await ada.get("/settings/security")).text)
    assert ticked == ["read"]
    page = (await ada.post("/settings/tokens", {"name": "laptop", "scopes": ["read"]}, at="/settings/security")).text
    token = page.split('class="secret"')[1].split("<code")[1].split(">")[1].split("<")[0]
    actor = await tokens.actor_of(token)
    assert actor is not None
    assert actor.scopes == {"read"}
    later = (await ada.get("/settings/security")).text
    assert token not in later
    path = later.split('action="/settings/tokens/')[1].split('"')[0]
    await ada.post(f"/settings/tokens/{path}", at="/settings/security")
    assert await tokens.actor_of(token) is None


async def test_a_key_is_never_shown_again(doors: Doors) -> None:
    """Its end is; a bad one is refused without being repeated; another user does not see it."""
    ada, bob, _ = doors
    await ada.post("/settings/keys", {"provider": "openai", "key": "sk-secret-key-9876"}, at="/settings/keys")
    page = (await ada.get("/settings/keys")).text
    assert "••••9876" in page
    assert "sk-secret" not in page
    assert "9876" not in (await bob.get("/settings/keys")).text
    refused = await ada.post("/settings/keys", {"provider": "openai", "key": "two words"}, at="/settings/keys")
    assert refused.status_code == 422
    assert "two words" not in refused.text


async def test_an_account_ends_only_with_its_email(doors: Doors) -> None:
    """A wrong e-mail changes nothing; the right one deletes everything and signs out."""
    ada = doors[0]
    assert "not the e-mail" in (await ada.post("/settings/delete-account", {"email": "bob@example.com"}, at="/settings/data")).text
    assert (await ada.post("/settings/delete-account", {"email": "ada@example.com"}, at="/settings/data")).headers["location"] == "/login"
    assert (await ada.get("/")).headers["location"] == "/login"
    assert await users.actor_by_email("bob@example.com")


async def test_a_providers_address_and_model_can_be_changed(doors: Doors) -> None:
    """By whom it belongs to, from the page that lists it; somebody else's stays as it is."""
    ada, bob, _ = doors
    await ada.post("/settings/providers", {"name": "near", "base_url": "http://127.0.0.1:11434/v1", "default_model": "m"}, at="/settings/keys")
    action = re.findall(r'action="(/settings/providers/[0-9a-f-]{36})"', (await ada.get("/settings/keys")).text)[0]
    changed = {"base_url": "http://127.0.0.1:8000/v1 http://127.0.0.1:8001/v1", "default_model": "larger"}
    await bob.post(action, {**changed, "default_model": "bobs"}, at="/settings/keys")
    assert (await ada.post(action, changed, at="/settings/keys")).status_code == 303
    page = (await ada.get("/settings/keys")).text
    assert "http://127.0.0.1:8000/v1 → http://127.0.0.1:8001/v1" in page
    assert 'value="larger"' in page
    assert "bobs" not in page
