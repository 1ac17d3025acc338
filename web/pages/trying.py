"""An operation called from its own page, as the tool calls it: to the API's own address only, with the credentials that stay here."""

from typing import Any

import msgspec
from litestar import post
from litestar.params import FromPath
from litestar.response import Template

from agent import endpoints
from agent.calls.resending import READS
from agent.documents import curation
from agent.errors import Problem
from agent.operations import Called
from agent.spec.model import Operation
from agent.tools import invoke
from agent.tools.registry import Context
from web.pages.apis import Asked, api_page
from web.pages.shell import PageRequest, form_of, signed_in_actor

_PLACES = {"path": "path", "query": "query", "header": "headers", "cookie": "cookies"}


class Tried(msgspec.Struct, frozen=True):
    """What the form held, and the answer to it where there is one."""

    form: dict[str, str]
    answer: Called | None = None


@post("/apis/{slug:str}/call", status_code=200)
async def call(request: PageRequest, slug: FromPath[str]) -> Template:
    """The operation's page again, with the answer. What may change something there must be confirmed."""
    actor, form = signed_in_actor(request), await form_of(request)
    found = await endpoints.find(actor, slug)
    operation = (await curation.found_operation(actor, found.id, form.get("operation", ""))).operation
    tried, problem = Tried(form), None
    try:
        if operation.method not in READS and form.get("confirm") != "yes":
            raise Problem(
                "approval_needed", f"{operation.method} may change something at the API.", remedy="Confirm that it should be sent.", method=operation.method
            )
        made = await invoke.invoke(Context(actor), "operation_call", {"operation": operation.id, "endpoint": str(found.id), **_arguments(operation, form)})
        tried = Tried(form, made.data)
    except Problem as failure:
        problem = failure
    return await api_page(request, found, "docs", problem=problem, asked=Asked(operation.id), tried=tried)


ROUTES = (call,)


def _arguments(operation: Operation, form: dict[str, str]) -> dict[str, Any]:
    """Empty boxes are nothing; a body is JSON unless the API takes another kind."""
    given: dict[str, Any] = {}
    for key, value in form.items():
        where, _, name = key.removeprefix("to:").partition(" ")
        if key.startswith("to:") and where in _PLACES and value:
            given.setdefault(_PLACES[where], {})[name] = value
    text = form.get("body", "").strip()
    if text:
        given["body"] = _body(text, is_json=any("json" in content.media_type for content in operation.request) or not operation.request)
    return given


def _body(text: str, *, is_json: bool) -> Any:
    if not is_json:
        return text
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Problem("invalid_json", f"The body is no JSON: {error}.", remedy="Mend it, and send it again.") from error
