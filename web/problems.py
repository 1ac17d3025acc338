"""Every failure leaves through one envelope: a problem document for programs, OpenAI's for its clients, a page for people.

The page of somebody who is signed in stands inside the application, with its navigation (`web.pages.around`).
"""

import re
import secrets
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.response import Redirect, Template
from litestar.routes import HTTPRoute

from agent.choices import accepted
from agent.db_errors import as_problem
from agent.errors import CATALOGUE, Problem
from agent.rates import Rate

log = structlog.get_logger()
_OPENAI_CODES = {"context_full": "context_length_exceeded"}  # by which clients know that they have to shorten
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
_BY_STATUS = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 429: "rate_limited", 503: "unavailable"}


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The exception handler of the application."""
    problem = problem_of(error, request)
    if problem.code == "internal":
        problem.extra["request_id"] = secrets.token_hex(6)
        log.error("request.failed", request=problem.extra["request_id"], method=request.method, path=request.scope["path"], exc_info=error)
    headers = _headers(problem) | _allow(request, problem)
    if request.scope["path"].startswith("/v1/"):
        return Response(openai_document(problem), status_code=problem.status, headers=headers)
    if problem.code == "unauthenticated" and _is_visit(request):
        return Redirect(f"/login?next={quote(_place(request))}", status_code=303)
    if is_page(request):
        context = {
            "problem": problem,
            "request": request,
            "shell": request.scope["state"].get("shell"),
            "panel": None,
            "query": "",
            "found": [],
            "back": _came_from(request),
        }
        return Template("error.html", context=context, status_code=problem.status, headers=headers)
    return Response(problem.document(), status_code=problem.status, media_type="application/problem+json", headers=headers)


def problem_of(error: Exception, request: Request[Any, Any, Any] | None = None) -> Problem:
    """What an exception amounts to for the one who asked; of a request, with what may stand where one of a few values is taken."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValidationException):
        return _invalid(error, request)
    if isinstance(error, HTTPException):
        code = _BY_STATUS.get(error.status_code, "bad_request" if error.status_code < 500 else "internal")
        if error.status_code == 400 and isinstance(error.__cause__, SerializationException):
            code = "invalid_json"
        says_more = error.detail and code not in ("internal", *_BY_STATUS.values())
        return Problem(code, error.detail if says_more else CATALOGUE[code].title + ".")
    if isinstance(error, msgspec.ValidationError):
        return Problem("invalid_arguments", str(error) + ".")
    if isinstance(error, msgspec.DecodeError | UnicodeDecodeError | RecursionError):
        return Problem("invalid_json", "The body is not valid JSON.")
    return as_problem(error) or Problem("internal", "Something broke on our side.")


def openai_document(problem: Problem) -> dict[str, Any]:
    """A failure in the shape that OpenAI's clients read."""
    kind = _OPENAI_TYPES.get(problem.status, "invalid_request_error" if problem.status < 500 else "server_error")
    return {"error": {"message": problem.sentence(), "type": kind, "code": _OPENAI_CODES.get(problem.code, problem.code), "param": problem.extra.get("field")}}


def is_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a person's browser asks, and not a program."""
    path = request.scope["path"]
    return "text/html" in request.headers.get("accept", "") and not path.startswith(("/api/", "/v1/", "/mcp"))


def _invalid(error: ValidationException, request: Request[Any, Any, Any] | None) -> Problem:
    found: list[Any] = error.extra if isinstance(error.extra, list) else []
    fields = [_field(str(item.get("key", "")), str(item.get("message", ""))) for item in found if isinstance(item, dict)]
    if any("JSON is malformed" in field["message"] or "decod" in field["message"].lower() for field in fields):
        return Problem("invalid_json", "The body is not valid JSON.")
    fields = [{**field, "message": ". ".join(filter(None, (field["message"], _choices(field, request))))} for field in fields]
    sentence = "; ".join(f"`{field['field']}`: {field['message']}" for field in fields) or error.detail
    return Problem("invalid_arguments", f"{sentence}.", errors=fields)


def _choices(field: dict[str, str], request: Request[Any, Any, Any] | None) -> str:
    if request is None or not field["message"].startswith("Invalid enum value"):
        return ""
    taken = request.route_handler.parsed_fn_signature.parameters
    name = field["field"].partition("[")[0]
    whole, path = (taken[name], field["field"].removeprefix(name)) if name in taken else (taken["data"], field["field"])
    return accepted(msgspec.json.schema(whole.annotation), path)


def _field(key: str, message: str) -> dict[str, str]:
    """What is wrong with which value; the framework calls the whole body `data`, and one that is not there is a KeyError to it."""
    if key != "data":
        return {"field": key, "message": message}
    named = re.search(r"field `([^`]+)`$", message)
    return {"field": named[1] if named else "body", "message": "It is missing, send one JSON object" if message == "'data'" else message}


def _allow(request: Request[Any, Any, Any], problem: Problem) -> dict[str, str]:
    """What the address takes instead of the method that it does not take."""
    if problem.code != "method_not_allowed":
        return {}
    parts = [part for part in request.scope["path"].split("/") if part]
    taken = {method for route in request.app.routes if isinstance(route, HTTPRoute) and _fits(route, parts) for method in route.methods}
    return {"allow": ", ".join(sorted(taken))} if taken else {}


def _fits(route: HTTPRoute, parts: list[str]) -> bool:
    try:
        return len(route.path_components) == len(parts) and all(
            component == part if isinstance(component, str) else (not component.parser or bool(component.parser(part)))
            for component, part in zip(route.path_components, parts, strict=True)
        )
    except ValueError:  # of a parser: it is no id
        return False


def _headers(problem: Problem) -> dict[str, str]:
    headers = {"cache-control": "no-store"}
    if retry_after := problem.extra.get("retry_after"):
        headers["retry-after"] = str(int(retry_after))
        if limit := problem.extra.get("limit"):
            headers |= Rate(int(limit), 0, int(retry_after)).headers
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    return headers


def _is_visit(request: Request[Any, Any, Any]) -> bool:
    """Whether a person opens a page, so that signing in leads on to it."""
    return request.method == "GET" and is_page(request) and request.headers.get("hx-request") != "true"


def _came_from(request: Request[Any, Any, Any]) -> str:
    """The page of ours whose form was refused, to go back to; empty where a page was only opened."""
    came = urlsplit(request.headers.get("referer", ""))
    return f"{came.path}?{came.query}".rstrip("?") if request.method != "GET" and came.netloc == request.headers.get("host") else ""


def _place(request: Request[Any, Any, Any]) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return f"{request.scope['path']}?{query}" if query else request.scope["path"]
