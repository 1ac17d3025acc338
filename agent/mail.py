"""Mail to users, by the server that `WIRETALK_SMTP_URL` names. Without one nothing is sent; the log and the caller are told."""

from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

from agent.config import settings
from agent.errors import Problem

log = structlog.get_logger()
_PORTS = {"smtp": 587, "smtps": 465}
_TIMEOUT_SECONDS = 20


def is_set_up() -> bool:
    return settings().smtp_url is not None


async def send(to: str, subject: str, text: str) -> None:
    """Raises conflict where no mail server is set, mail_failed when it refuses."""
    configured = settings().smtp_url
    if configured is None:
        log.warning("mail.not_sent", reason="WIRETALK_SMTP_URL is not set", subject=subject)
        raise Problem("conflict", "This server sends no mail.", remedy="Ask its administrator for the link; they find it under Users.")
    server = urlsplit(configured.get_secret_value())
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings().mail_from or f"wiretalk@{server.hostname}", to, subject
    message.set_content(text)
    try:
        await aiosmtplib.send(
            message,
            hostname=server.hostname,
            port=server.port or _PORTS.get(server.scheme, 25),
            username=unquote(server.username) if server.username else None,
            password=unquote(server.password) if server.password else None,
            use_tls=server.scheme == "smtps",
            timeout=_TIMEOUT_SECONDS,
        )
    except (aiosmtplib.SMTPException, OSError) as error:
        log.warning("mail.failed", error=type(error).__name__, subject=subject)
        raise Problem("mail_failed", "The mail server did not take the message.") from error
    log.info("mail.sent", subject=subject)
