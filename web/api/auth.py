"""Signing in by API, sessions, the second factor, passwords, and other services that vouch for a person."""

from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody

from agent import my_data
from agent.accounts import identity_providers, mfa, oauth, recovery, sessions, sign_in, tokens, users
from agent.accounts.users import Profile
from agent.actor import Actor, require_scope
from agent.paging import Page
from web.api.request import ApiRequest
from web.auth import cookie, csrf_cookie, session_cookie, signed_in
from web.origin import origin_of

AnyRequest = Request[Actor | None, str | None, State]


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`otp`: a code of the authenticator app or a backup code, where the account has a second factor."""

    email: str
    password: str
    otp: str | None = None


class TokenAnswer(msgspec.Struct, frozen=True):
    token: str


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The account's password, or a code of its second factor."""

    secret: str


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    current: str
    password: str


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: str


class Reset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: str
    password: str


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: str


class BackupCodes(msgspec.Struct, frozen=True):
    """Shown this once."""

    backup_codes: list[str]


class Services(msgspec.Struct, frozen=True):
    """What the operator offers, at `/oauth/{key}/start` in a browser, and what is joined to this account."""

    offered: list[identity_providers.Offer]
    linked: list[oauth.Linked]


@post("/auth/token", status_code=200, summary="A token for a password", tags=["accounts"])
async def password_token(request: AnyRequest, data: JSONBody[Credentials]) -> TokenAnswer:
    """A new API token with every scope, for programs that have only e-mail and password."""
    actor = await sign_in.with_password(data.email, data.password, origin_of(request), "api", data.otp)
    return TokenAnswer((await tokens.create(actor, "password sign-in")).token)


@post("/auth/login", status_code=200, summary="Sign in with a cookie", tags=["accounts"])
async def login(request: AnyRequest, data: JSONBody[Credentials]) -> Response[Profile]:
    """Sets the login cookie; a session that the visitor brought ends."""
    origin = origin_of(request)
    actor = await sign_in.with_password(data.email, data.password, origin, otp=data.otp)
    if old := request.cookies.get(session_cookie()):
        await sessions.close(old)
    token = await sessions.open_session(actor, origin)
    cookies = [cookie(session_cookie(), token, lifetime=int(sessions.LIFETIME.total_seconds())), cookie(csrf_cookie(), "", lifetime=0)]
    return Response(await users.get(actor, actor.user_id), cookies=cookies)


@post("/auth/logout", status_code=204, summary="Sign out", tags=["accounts"], responses={204: ResponseSpec(None, description="Signed out.")})
async def logout(request: AnyRequest) -> Response[None]:
    """Ends the session of the cookie."""
    if token := request.cookies.get(session_cookie()):
        await sessions.close(token)
    return Response(None, status_code=204, cookies=[cookie(session_cookie(), "", lifetime=0)])


@get("/auth/sessions", guards=[signed_in], summary="Where I am signed in", tags=["accounts"])
async def list_sessions(request: ApiRequest) -> Page[sessions.Session]:
    """The live login sessions, last seen first."""
    return Page(await sessions.list_(request.user))


@delete("/auth/sessions/{session_id:uuid}", guards=[signed_in], summary="End a session", tags=["accounts"])
async def delete_session(request: ApiRequest, session_id: FromPath[UUID]) -> None:
    """Signs that browser out."""
    require_scope(request.user, "write")
    await sessions.revoke(request.user, session_id)


@get("/auth/mfa", guards=[signed_in], summary="My second factor", tags=["accounts"])
async def get_mfa(request: ApiRequest) -> mfa.State:
    """Whether one is in force, and how many backup codes are left."""
    return await mfa.state(request.user.user_id)


@post("/auth/mfa/enrol", status_code=200, guards=[signed_in], summary="Begin a second factor", tags=["accounts"])
async def enrol_mfa(request: ApiRequest, data: JSONBody[Confirmation]) -> mfa.Enrolment:
    """The secret for an authenticator app, as text and QR code. Not in force before it is confirmed."""
    require_scope(request.user, "write")
    await sign_in.confirm(request.user, data.secret, origin_of(request))
    return await mfa.enrol(request.user)


@post("/auth/mfa/confirm", status_code=200, guards=[signed_in], summary="Put the second factor in force", tags=["accounts"])
async def confirm_mfa(request: ApiRequest, data: JSONBody[Code]) -> BackupCodes:
    """With the app's first code. Every other session ends."""
    require_scope(request.user, "write")
    codes = await mfa.confirm(request.user, data.code, origin_of(request))
    await sessions.close_all(request.user.user_id, but=request.cookies.get(session_cookie(), ""))
    return BackupCodes(codes)


@post("/auth/mfa/backup-codes", status_code=200, guards=[signed_in], summary="New backup codes", tags=["accounts"])
async def renew_codes(request: ApiRequest, data: JSONBody[Confirmation]) -> BackupCodes:
    """The old ones end."""
    require_scope(request.user, "write")
    await sign_in.confirm(request.user, data.secret, origin_of(request))
    return BackupCodes(await mfa.renew_backup_codes(request.user))


@post("/auth/mfa/disable", status_code=204, guards=[signed_in], summary="Turn the second factor off", tags=["accounts"])
async def disable_mfa(request: ApiRequest, data: JSONBody[Confirmation]) -> None:
    """Needs the password or a code."""
    require_scope(request.user, "write")
    await sign_in.confirm(request.user, data.secret, origin_of(request))
    await mfa.disable(request.user)


@post("/auth/password", status_code=204, guards=[signed_in], summary="Change my password", tags=["accounts"])
async def change_password(request: ApiRequest, data: JSONBody[NewPassword]) -> None:
    """Every other session ends."""
    require_scope(request.user, "write")
    await sign_in.confirm(request.user, data.current, origin_of(request))
    await recovery.change_password(request.user, data.password, keep=request.cookies.get(session_cookie(), ""))


@post("/auth/password/forgot", status_code=202, summary="Ask for a reset link", tags=["accounts"])
async def forgot_password(request: AnyRequest, data: JSONBody[Address]) -> None:
    """The answer is the same whether there is such an account or not."""
    await recovery.ask_reset(data.email, origin_of(request))


@post("/auth/password/reset", status_code=204, summary="Set a password by link", tags=["accounts"])
async def reset_password(request: AnyRequest, data: JSONBody[Reset]) -> None:
    """Every session ends. Where the e-mail was not proven before, so do tokens, connected programs, keys and MCP servers: somebody else may have added them."""
    await recovery.reset(data.token, data.password, origin_of(request), cut_off=my_data.cut_off)


@post("/auth/verification", status_code=202, guards=[signed_in], summary="Ask for a link that proves my e-mail", tags=["accounts"])
async def ask_verification(request: ApiRequest) -> None:
    """Sent by mail."""
    require_scope(request.user, "write")
    await recovery.ask_verification(request.user)


@post("/auth/verification/confirm", status_code=204, summary="Prove an e-mail by its link", tags=["accounts"])
async def verify_email(data: JSONBody[Proof]) -> None:
    """The token is in the link."""
    await recovery.verify(data.token)


@get("/auth/oauth", guards=[signed_in], summary="Services that vouch for me", tags=["accounts"])
async def list_services(request: ApiRequest) -> Services:
    """Joining one needs a browser."""
    return Services(identity_providers.offers(), await oauth.linked(request.user))


@delete("/auth/oauth/{provider:str}", guards=[signed_in], summary="Unlink a service", tags=["accounts"])
async def unlink_service(request: ApiRequest, provider: FromPath[str]) -> None:
    """Refused where nothing else would let the person in again."""
    require_scope(request.user, "write")
    await oauth.unlink(request.user, provider)


ROUTES = (
    password_token, login, logout, list_sessions, delete_session, get_mfa, enrol_mfa, confirm_mfa, renew_codes, disable_mfa, change_password, forgot_password,
    reset_password, ask_verification, verify_email, list_services, unlink_service,
)  # fmt: skip
