"""Signing in and out as forms, and what a forged form gets."""

import re
from urllib.parse import quote, urlencode, urljoin, urlsplit

import httpx

from tests.web.pages.conftest import Door
from web.auth import session_cookie

Doors = tuple[Door, Door, Door]


async def test_a_stranger_signs_up_and_is_in(doors: Doors) -> None:
    """A new account is signed in at once, with a session of its own."""
    stranger = doors[2]
    answer = await stranger.post("/signup", {"email": "eve@example.com", "password": "correct horse"}, at="/signup")
    assert answer.status_code == 303
    assert "eve@example.com" in (await stranger.get("/")).text


async def test_refused_forms_keep_what_was_typed(doors: Doors) -> None:
    """A taken e-mail, a weak password, a wrong one: the sentence stands over the form, the e-mail stays in it, never the password."""
    stranger = doors[2]
    taken = await stranger.post("/signup", {"email": "ada@example.com", "password": "correct horse"}, at="/signup")
    weak = await stranger.post("/signup", {"email": "eve@example.com", "password": "x"}, at="/signup")
    wrong = await stranger.post("/login", {"email": "ada@example.com", "password": "battery staple"}, at="/login")
    assert (taken.status_code, weak.status_code, wrong.status_code) == (409, 422, 401)
    for answer, email in ((taken, "ada@"), (weak, "eve@"), (wrong, "ada@")):
        assert 'role="alert"' in answer.text
        assert f'value="{email}example.com"' in answer.text
        assert "battery staple" not in answer.text


_ELSEWHERE = (
    "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "/\r\n/evil.example", "\\\\evil.example", "javascript:alert(1)", "evil.example",
    "/%2f/evil.example", " //evil.example", "/\u2028/evil.example", "/apis\r\nset-cookie: a=b",
)  # fmt: skip


async def test_no_form_leads_elsewhere(doors: Doors) -> None:
    """Wherever a page is told where to go next, a browser that follows stays with us; a path of ours is followed."""
    ada, _, stranger = doors
    here = str(ada.http.base_url).rstrip("/")

    async def after(wanted: str) -> list[httpx.Response]:
        stranger.http.cookies.clear()
        return [
            await stranger.post("/login", {"email": "ada@example.com", "password": "correct horse", "next": wanted}, at="/login"),
            await ada.get(f"/login?{urlencode({'next': wanted})}"),
            await ada.post("/confirm", {"secret": "correct horse", "next": wanted}, at="/confirm"),
            await ada.post(
                "/settings/keys",
                {"provider": "anthropic", "key": "sk-ant-0123456789", "name": f"key {len(wanted)}{hash(wanted)}"[:40], "next": wanted},
                at="/apis",
            ),
        ]

    assert {answer.headers["location"] for answer in await after("/apis")} == {"/apis"}
    for wanted in _ELSEWHERE:
        for answer in await after(wanted):
            followed = re.sub(r"[\t\r\n]", "", answer.headers["location"].strip()).replace("\\", "/")  # as browsers read an address
            assert urlsplit(urljoin(f"{here}/login", followed)).netloc == urlsplit(here).netloc, (wanted, answer.headers["location"])
            assert "a" not in answer.cookies


async def test_the_session_is_new_at_sign_in_and_gone_at_sign_out(doors: Doors) -> None:
    """A session that was planted in a browser is not taken over but ends, and the cookie of a signed-out one is worth nothing."""
    _, bob, stranger = doors
    planted = bob.http.cookies[session_cookie()]
    stranger.http.cookies.set(session_cookie(), planted)
    await stranger.post("/login", {"email": "ada@example.com", "password": "correct horse"}, at="/apis")
    token = next(cookie.value for cookie in stranger.http.cookies.jar if cookie.name == session_cookie() and cookie.domain)
    assert token
    assert token != planted
    assert (await bob.get("/apis")).headers["location"].startswith("/login")
    stranger.http.cookies.clear()
    stranger.http.cookies.set(session_cookie(), token)
    assert "ada@example.com" in (await stranger.get("/apis")).text
    assert (await stranger.post("/logout")).status_code == 303
    stranger.http.cookies.clear()
    stranger.http.cookies.set(session_cookie(), token)
    assert (await stranger.get("/")).headers["location"] == "/login"


async def test_a_form_without_its_token_changes_nothing(doors: Doors) -> None:
    """No token, somebody else's token, another site: each is refused for every kind of form."""
    ada, bob, _ = doors
    theirs = (await bob.get("/apis")).text.split('name="csrf" value="')[1].split('"')[0]
    for path in ("/", "/apis", "/settings", "/settings/tokens", "/settings/keys", "/logout", "/settings/delete-account"):
        for csrf in ("", theirs):
            assert (await ada.http.post(path, data={"csrf": csrf, "message": "x", "destination_url": "demo", "email": "ada@example.com"})).status_code == 403, (
                path
            )
    assert (await ada.post("/logout", **{"sec-fetch-site": "cross-site"})).status_code == 403
    assert (await ada.get("/apis")).status_code == 200


async def test_a_form_of_another_time_changes_nothing(doors: Doors) -> None:
    """A token dies with its session: neither one from before the sign-in nor one of an ended session is good afterwards."""
    stranger = doors[2]

    async def token(path: str) -> str:
        found = re.search(r'name="csrf" value="(\w+)"', (await stranger.get(path)).text)
        assert found
        return found[1]

    stale = [await token("/login")]
    form = {"email": "ada@example.com", "password": "correct horse"}
    await stranger.http.post("/login", data={"csrf": stale[0], **form})
    stale.append(await token("/apis"))
    await stranger.http.post("/logout", data={"csrf": stale[1]})
    await stranger.post("/login", form, at="/login")
    for csrf in stale:
        assert (await stranger.http.post("/settings", data={"csrf": csrf, "full_name": "x"})).status_code == 403
    assert (await stranger.http.post("/settings", data={"csrf": await token("/apis"), "full_name": "x"})).status_code == 303


async def test_pages_of_a_stranger(doors: Doors) -> None:
    """What needs an account leads to the sign-in page and from there on; a piece of a page says so in its place."""
    stranger = doors[2]
    assert (await stranger.get("/")).headers["location"] == "/login"
    for path in ("/apis", "/settings/security", "/credits", "/stream", "/panel?show=calls:x", "/search?q=x"):
        answer = await stranger.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"] == f"/login?next={quote(path)}"
    piece = await stranger.post("/c/00000000-0000-7000-8000-000000000000/messages", {"message": "hi"}, at="/login", **{"hx-request": "true"})
    assert piece.status_code == 401
    assert 'role="alert"' in piece.text
    assert "<html" not in piece.text
