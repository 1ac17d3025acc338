"""Security headers on every answer of our own. The proxy's answers are the upstream's and pass by this door."""

from litestar.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


def policy(*, form_action: str) -> str:
    """The content security policy of a page whose form leads on to another place."""
    return _POLICY.replace("form-action 'self'", f"form-action 'self' {form_action}")


def with_security_headers(app: ASGIApp, *, is_secure: bool) -> ASGIApp:
    """Wrap an ASGI app; a header the app has set itself stays."""
    added = (*_HEADERS, (b"strict-transport-security", b"max-age=31536000")) if is_secure else _HEADERS

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                names = {name.lower() for name, _ in headers}
                message["headers"] = [*headers, *((name, value) for name, value in added if name not in names)]
            await send(message)

        await app(scope, receive, send_with_headers)

    return wrapped
