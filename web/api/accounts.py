"""Users and tokens."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody

from agent.accounts import tokens, users
from agent.accounts.users import Profile, ProfileChange
from agent.actor import Actor, require_scope
from agent.config import settings
from agent.errors import Problem
from agent.paging import Page, bounded
from web.api.request import ApiRequest
from web.auth import confirmed, signed_in
from web.origin import origin_of

AnyRequest = Request[Actor | None, str | None, State]


class SignUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    password: str
    full_name: str | None = None


class TokenWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    scopes: list[str] | None = None
    expires_at: datetime | None = None
    secret: str | None = None


class UserChange(ProfileChange, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`secret`: the password, or a code of the second factor, which another e-mail of one's own needs."""

    secret: str | None = None


@post("/users", summary="Sign up", tags=["accounts"])
async def sign_up(request: AnyRequest, data: JSONBody[SignUp]) -> Profile:
    """A new account with its 100 credits. An administrator may make one even where sign-up is closed."""
    is_admin = request.user is not None and request.user.is_admin
    if not settings().signup and not is_admin:
        raise Problem("signup_closed", "Sign-up is closed on this server.")
    return await users.sign_up(data.email, data.password, via="api", full_name=data.full_name, origin=None if is_admin else origin_of(request))


@get("/users", guards=[signed_in], summary="Everybody", tags=["accounts"])
async def list_users(request: ApiRequest, limit: FromQuery[int | None] = None, cursor: FromQuery[str | None] = None) -> Page[Profile]:
    """For administrators, newest first."""
    return await users.list_(request.user, limit=bounded(limit), cursor=cursor)


@get("/users/me", guards=[signed_in], summary="Who am I", tags=["accounts"])
async def get_me(request: ApiRequest) -> Profile:
    """The account behind the token or cookie."""
    return await users.get(request.user, request.user.user_id)


@get("/users/{user_id:uuid}", guards=[signed_in], summary="One user", tags=["accounts"])
async def get_user(request: ApiRequest, user_id: FromPath[UUID]) -> Profile:
    """Oneself, or anyone for an administrator."""
    return await users.get(request.user, user_id)


@put("/users/{user_id:uuid}", guards=[signed_in], summary="Change a user", tags=["accounts"])
async def put_user(request: ApiRequest, user_id: FromPath[UUID], data: JSONBody[UserChange]) -> Profile:
    """Name, user name, e-mail, phone, preferences; role and suspension for administrators.

    Whoever has the e-mail can choose a new password, so that another one is taken from a session that was confirmed within ten minutes, or with `secret`.
    """
    require_scope(request.user, "write")
    if data.email is not None:
        await confirmed(request, data.secret)
    wanted = {name: getattr(data, name) for name in ProfileChange.__struct_fields__}
    return await users.update(request.user, user_id, ProfileChange(**wanted))


@delete("/users/{user_id:uuid}", guards=[signed_in], summary="Delete a user", tags=["accounts"])
async def delete_user(request: ApiRequest, user_id: FromPath[UUID]) -> None:
    """The account and everything in it. A login session must have been confirmed within ten minutes."""
    require_scope(request.user, "write")
    if request.auth == "cookie":
        await confirmed(request)
    await users.delete(request.user, user_id)


@get("/tokens", guards=[signed_in], summary="My tokens", tags=["accounts"])
async def list_tokens(request: ApiRequest) -> Page[tokens.Token]:
    """By name and prefix; the tokens themselves are not stored."""
    return Page(await tokens.list_(request.user))


@post("/tokens", guards=[signed_in], summary="A new token", tags=["accounts"])
async def create_token(request: ApiRequest, data: JSONBody[TokenWish]) -> tokens.NewToken:
    """Shown this once. A login session must have been confirmed within ten minutes, or gives the password along as `secret`."""
    require_scope(request.user, "write")
    if request.auth == "cookie":
        await confirmed(request, data.secret)
    return await tokens.create(request.user, data.name, data.scopes, data.expires_at)


@delete("/tokens/{token_id:uuid}", guards=[signed_in], summary="Revoke a token", tags=["accounts"])
async def delete_token(request: ApiRequest, token_id: FromPath[UUID]) -> None:
    """Works at once."""
    require_scope(request.user, "write")
    await tokens.revoke(request.user, token_id)


ROUTES = (
    sign_up,
    list_users,
    get_me,
    get_user,
    put_user,
    delete_user,
    list_tokens,
    create_token,
    delete_token,
)
