"""Signing in and out as forms, and what a forged form gets."""

from urllib.parse import quote

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


async def test_signing_in_goes_where_one_wanted_but_never_elsewhere(doors: Doors) -> None:
    """`next` is a path of ours or the start page."""
    for wanted, there in (("/apis", "/apis"), ("https://evil.example", "/"), ("//evil.example", "/"), ("/\\evil.example", "/")):
        stranger = doors[2]
        stranger.http.cookies.clear()
        answer = await stranger.post("/login", {"email": "ada@example.com", "password": "correct horse", "next": wanted}, at="/login")
        assert answer.headers["location"] == there


async def test_the_session_is_new_at_sign_in_and_gone_at_sign_out(doors: Doors) -> None:
    """A session that a visitor brings is not taken over, and the cookie of a signed-out one is worth nothing."""
    stranger = doors[2]
    stranger.http.cookies.set(session_cookie(), "planted")
    stranger.http.cookies.clear()
    await stranger.post("/login", {"email": "ada@example.com", "password": "correct horse"}, at="/login")
    token = stranger.http.cookies[session_cookie()]
    assert token != "planted"
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
