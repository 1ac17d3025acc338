"""What went wrong with a provider, as one `Failure`: a code of the catalogue and a sentence without secrets.

Takes an exception of an SDK or of the transport, an answer with an error status, or an error object from the middle of a stream.
"""

import re
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import anthropic
import httpx2
import msgspec
import openai
import structlog

from agent.errors import Problem
from agent.providers.base import Connection, Failure
from agent.providers.clients import host_of

log = structlog.get_logger()
LONGEST_RETRY_AFTER = 7 * 86_400.0
_SECRET = re.compile(r"\b(?:sk|pk|rk|gsk|xai|key|hf|nvapi|r8|csk|tgp)[-_][\w*.-]{6,}|\bAIza[\w-]{10,}|(?i:\b(?:bearer|basic|token)\s+)[\w.~+/=*-]{12,}")
_CALLED = re.compile(r"/(?:chat/completions|completions|responses|models|(?:v1/)?messages)/?$")
_TOO_LONG = re.compile(
    r"context[_ ](?:length|window|size)|(?:prompt|input|request) (?:is )?too (?:long|large)|maximum (?:context|prompt length|number of tokens)|too many (?:input )?tokens"
    r"|reduce the length|max_new_tokens` must be",
    re.IGNORECASE,
)
_PASSING = frozenset({401, 402, 403, 404, 408, 409, 425, 429, 503, 529})
_SOON = re.compile(r"(?:try again|retry) in (?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?) ?s)?", re.IGNORECASE)
_CORRECT_IT = "Correct the base URL in the settings."
_NO_CREDIT = re.compile(r"credit balance is too low|insufficient (?:credits?|balance|funds)", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")

_STATUS_OF_KIND: dict[str, int] = {
    "invalid_request_error": 400,
    "tool_use_failed": 400,
    "context_length_exceeded": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "api_error": 500,
    "server_error": 500,
    "internal_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class Said(NamedTuple):
    """A provider's error object: its sentence, and its words for the kind of error, lower case."""

    text: str = ""
    kinds: frozenset[str] = frozenset()
    status: int | None = None


def from_error(error: BaseException, connection: Connection, model: str) -> Failure:
    """What an exception means, whoever raised it. A bug of ours is logged, without values, and reported as `internal`."""
    chain = tuple(_causes(error))
    for cause in chain:
        if isinstance(cause, Problem):
            code = "provider_unreachable" if cause.code == "upstream_unreachable" else cause.code
            return Failure(code, clean(cause.detail, connection), retryable=code == "provider_unreachable")
        if isinstance(cause, anthropic.APIStatusError | openai.APIStatusError):
            return _from_response(cause.response, cause.response.text, connection, model)
    for cause in chain:
        if isinstance(cause, httpx2.TransportError):
            return _from_transport(cause, connection)
    if isinstance(error, TimeoutError | anthropic.APITimeoutError | openai.APITimeoutError):
        return _timed_out(connection)
    last = traceback.extract_tb(error.__traceback__)[-1:]
    log.error("provider.broke", error=type(error).__name__, at=[f"{frame.filename}:{frame.lineno}" for frame in last], host=host_of(connection))
    return Failure("internal", "The answer could not be read because of a mistake on our side.")


def _from_response(response: httpx2.Response, body: str, connection: Connection, model: str) -> Failure:
    """What an answer with an error status means; `body` is its text."""
    status = response.status_code
    if 300 <= status < 400:
        there = urlsplit(urljoin(connection.base_url, response.headers.get("location", "")))
        where = _CALLED.sub("", f"{there.scheme}://{there.netloc}{there.path}")
        told = clean(f"`{host_of(connection)}` redirects to `{where}`. Use that address as the base URL.", connection)
        return Failure("provider_rejected", told, remedy=_CORRECT_IT)
    if status in (403, 404) and is_page(body):
        why = "a firewall or a login stands before it" if status == 403 else "the base URL is not that of its API"
        return Failure("provider_auth" if status == 403 else "provider_rejected", f"`{host_of(connection)}` answered with a web page ({status}): {why}.")
    return from_said(read(body), status, connection, model, retry_after=_retry_after(response.headers))


def from_said(said: Said, status: int | None, connection: Connection, model: str, *, retry_after: float | None = None) -> Failure:
    """What an error object means. `status` is the HTTP one, None in the middle of a stream, where it was 200."""
    host = f"`{host_of(connection)}`"
    if status is None:
        status = said.status or next((_STATUS_OF_KIND[kind] for kind in sorted(said.kinds) if kind in _STATUS_OF_KIND), 500)
    if status in (429, 503, 529):
        retry_after = retry_after or _in_words(said.text)
    wait = _when(retry_after) if retry_after else ""

    def failure(code: str, lead: str, *, retryable: bool = False, remedy: str | None = None) -> Failure:
        return Failure(code, clean(_sentence(lead, said.text) + wait, connection), retryable, retry_after, remedy)

    if said.kinds & {"insufficient_quota", "billing_error"} or status == 402 or (status < 500 and _NO_CREDIT.search(said.text)):
        code = "provider_rate_limited" if status == 429 else "provider_rejected"
        return failure(code, f"The account at {host} has no credit left", remedy="Add credit there, or use another key or provider.")
    if status == 413 or "context_length_exceeded" in said.kinds or (status not in _PASSING and _TOO_LONG.search(said.text)):
        return failure("context_full", f"The conversation no longer fits into the model `{model}`")
    match status:
        case 403:
            return failure("provider_auth", f"{host} does not allow the request {'with this' if connection.api_key else 'without a'} key (403)")
        case 401:
            return failure("provider_auth", f"{host} refused the key ({status})" if connection.api_key else f"{host} wants a key, and none was sent ({status})")
        case 404 if not model:
            return failure("provider_rejected", f"{host} has no list of models at this base URL (404)")
        case 404:
            return failure("provider_rejected", f"{host} does not know the model `{model}`, or the base URL is wrong (404)")
        case 429:
            return failure("provider_rate_limited", f"{host} limits requests (429)", retryable=True)
        case 503 | 529:
            return failure("provider_overloaded", f"{host} is overloaded ({status})", retryable=True)
        case 408 | 409 | 425:
            return failure("provider_failed", f"{host} could not take the request now ({status})", retryable=True)
        case status if status >= 500:
            return failure("provider_failed", f"{host} failed ({status})", retryable=True)
        case _:
            return failure("provider_rejected", f"{host} rejected the request ({status})")


def not_a_stream(body: str, connection: Connection) -> Failure:
    """An answer with status 200 that is a web page or a whole document."""
    what = "a web page" if is_page(body) else "one document instead of a stream" if body.strip() else "nothing"
    return Failure("provider_rejected", f"`{host_of(connection)}` answered with {what}. Check that the base URL is that of its API.", remedy=_CORRECT_IT)


def is_page(body: str) -> bool:
    return body.lstrip()[:1] == "<"


def unreadable(connection: Connection) -> Failure:
    return Failure("provider_cut", f"The answer of `{host_of(connection)}` broke off or is damaged: a part of it cannot be read.", retryable=True)


def cut(connection: Connection) -> Failure:
    return Failure("provider_cut", f"The answer of `{host_of(connection)}` ended without its closing event.", retryable=True)


def read(body: str | bytes | Mapping[str, Any]) -> Said:
    """The error object in a body, in any of the shapes that servers use; the text itself where there is none."""
    if isinstance(body, str | bytes):
        try:
            value: Any = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            text = body if isinstance(body, str) else body.decode("utf-8", "replace")
            return Said("" if is_page(text) else text.strip())
    else:
        value = body
    while isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return Said(str(value) if isinstance(value, str) else "")
    return _said(value)


def clean(text: str, connection: Connection) -> str:
    """One line, at most 600 characters, without the key or anything that looks like one."""
    if len(connection.api_key) >= 4:
        text = text.replace(connection.api_key, "•••")
    text = _SECRET.sub("•••", _UNSAFE.sub(" ", text)).strip()
    return text if len(text) <= 600 else f"{text[:599]}…"


def _said(outer: dict[str, Any]) -> Said:
    error: Any = outer.get("error") or outer
    while isinstance(error, list) and error:
        error = error[0]
    if isinstance(error, str):
        return Said(error)
    if not isinstance(error, dict):
        return Said()
    text = error.get("message") or error.get("detail") or error.get("error_description") or error.get("msg") or ""
    if isinstance(text, list):
        text = "; ".join(str(item.get("msg", item)) if isinstance(item, dict) else str(item) for item in text[:3])
    raw: Any = error["metadata"].get("raw") if isinstance(error.get("metadata"), dict) else None
    if isinstance(raw, str) and raw:
        text = read(raw).text or text
    kinds = frozenset(str(error[key]).lower() for key in ("type", "code", "status") if error.get(key))
    code: Any = error.get("code") or error.get("status_code")
    return Said(str(text), kinds, int(code) if str(code).isdigit() and 400 <= int(code) < 600 else None)


def _from_transport(error: httpx2.TransportError, connection: Connection) -> Failure:
    host = f"`{host_of(connection)}`"
    match error:
        case httpx2.ConnectTimeout() | httpx2.PoolTimeout():
            return Failure("provider_unreachable", f"{host} could not be reached in time.", retryable=True)
        case httpx2.TimeoutException():
            return _timed_out(connection)
        case httpx2.ConnectError() if "CERTIFICATE" in str(error).upper():
            found = re.search(r"verify failed: ([^(]+?)[.\s]*(?:\(|$)", str(error))
            why = f": {found[1]}" if found else ""
            advice = "Give it a certificate of a known authority, or add its own to those the server trusts (`SSL_CERT_FILE`)."
            return Failure("provider_unreachable", f"The certificate of {host} is not trusted{why}. {advice}")
        case httpx2.ConnectError():
            return Failure("provider_unreachable", f"{host} could not be reached: nothing answers at `{urlsplit(connection.base_url).netloc}`.", retryable=True)
        case httpx2.LocalProtocolError() | httpx2.UnsupportedProtocol():
            return Failure("provider_rejected", f"{host} cannot be asked: the base URL or the key is not usable in a request.")
        case _:
            return Failure("provider_cut", f"The connection to {host} broke off in the middle of the answer.", retryable=True)


def _timed_out(connection: Connection) -> Failure:
    return Failure("provider_unreachable", f"`{host_of(connection)}` did not answer in time.", retryable=True)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the provider wants to be asked again, at most `LONGEST_RETRY_AFTER`."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "")
        try:
            seconds = float(value) * unit
        except ValueError:
            try:
                seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
            except (ValueError, TypeError):
                continue
        if seconds > 0:
            return min(seconds, LONGEST_RETRY_AFTER)
    return None


def _in_words(text: str) -> float | None:
    """Seconds, as some say them in their sentence only: `try again in 7m12.5s`."""
    found = _SOON.search(text)
    hours, minutes, seconds = (float(part or 0) for part in found.groups()) if found else (0.0, 0.0, 0.0)
    return min(hours * 3600 + minutes * 60 + seconds, LONGEST_RETRY_AFTER) or None


def _when(seconds: float) -> str:
    if seconds < 120:
        return f" It asks to wait {round(seconds) or 1} s."
    now = datetime.now(UTC)
    at = now + timedelta(seconds=seconds + 30)
    return f" It can be asked again from {at:%H:%M} UTC{'' if at.date() == now.date() else f' on {at:%Y-%m-%d}'}."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _sentence(lead: str, text: str) -> str:
    text = text.strip()
    if not text:
        return f"{lead}."
    return f"{lead}: {text}" if text[-1] in ".!?…" else f"{lead}: {text}."
