"""How templates are rendered: autoescape, strict about unknown names, with the catalogue, formats and the CSRF token at hand.

The language and the theme of a visitor ride in a small cookie, so that even a sign-in or an error page has them without a query.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError, pass_context
from jinja2.runtime import Context
from litestar import Request
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig
from markupsafe import Markup, escape

from agent.config import settings
from agent.errors import Problem
from web.auth import csrf_token
from web.pages import look
from web.pages.blocks import VERBS
from web.render import catalogue, formats, jsontree, markdown

_HERE = Path(__file__).resolve().parent.parent


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    engine = JinjaTemplateEngine.from_environment(environment())
    engine.register_template_callable("csrf_token", _csrf)
    return TemplateConfig(instance=engine)


def environment() -> Environment:
    """A new environment over `web/templates`."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=400,
    )
    made.globals.update(_globals())
    made.filters.update(_filters())
    return made


def _globals() -> dict[str, Any]:
    return {
        "_": pass_context(lambda context, sentence, **values: catalogue.say(_language(context), sentence, **values)),
        "_n": pass_context(lambda context, one, many, n: catalogue.count(_language(context), one, many, n)),
        "csrf_token": pass_context(_csrf),
        "look": pass_context(lambda context: look.of(_request(context))),
        "languages": catalogue.LANGUAGES,
        "asset": _asset(_HERE / "static"),
        "base_url": lambda: settings().base_url,
        "json_tree": jsontree.tree,
        "card": pass_context(_card),
    }


def _filters() -> dict[str, Any]:
    return {
        "size": formats.size,
        "client": formats.client,
        "told": _told,
        "duration": formats.duration,
        "clock": formats.clock,
        "iso": formats.iso,
        "number": pass_context(lambda context, value: formats.number(value, _language(context))),
        "moment": pass_context(lambda context, value: formats.moment(value, _language(context))),
        "ago": pass_context(lambda context, value: formats.ago(value, language=_language(context))),
        "markdown": pass_context(lambda context, text: Markup(markdown.render(text, **_around(context)))),  # noqa: S704  # cleaned by nh3
        "document": pass_context(lambda context, text, **how: Markup(markdown.document(text, **_around(context), **how))),  # noqa: S704  # the same
        "code": _code,
        "pretty": jsontree.pretty,
        "ticks": _ticks,
        "verb": pass_context(lambda context, name: catalogue.say(_language(context), VERBS[name]) if name in VERBS else name),
        "urlpart": lambda text: quote(str(text), safe=""),
        "anchor": lambda place: str(place).replace(" ", "-"),
        "status_class": _status_class,
    }


def _around(context: Context) -> dict[str, str]:
    return {"own": settings().base_url, "copy": catalogue.say(_language(context), "Copy")}


def _card(context: Context, tool: Any) -> Markup:
    """The result of a tool call as the thing it is; none where what is stored is not of the shape that the tool gives, as in a chat from elsewhere."""
    template = context.environment.get_template("parts/card.html")
    try:
        return Markup(template.render({"t": tool, "request": context.get("request")}))  # noqa: S704  # rendered with autoescape
    except (UndefinedError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
        return Markup("")


def _code(text: str, language: str = "") -> Markup:
    return Markup(markdown.code(text, language))  # noqa: S704  # escaped by the highlighter


def _ticks(text: str) -> Markup:
    """A sentence of ours with `names` in backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped before


def _told(problem: Problem) -> str:
    """What a problem's own sentence says beyond its title; nothing where it only repeats it."""
    said = problem.detail.lower().rstrip(".").removeprefix("there is ").replace("this ", "the ", 1)
    return "" if said == problem.title.lower() else problem.detail


def _status_class(status: int | None) -> str:
    """`s2` for 2xx and so on; `s0` where there was no answer."""
    return f"s{status // 100}" if status else "s0"


def _asset(folder: Path) -> Any:
    """`asset("css/base.css")`: its address with a mark of its content, so that it can be kept for ever."""
    marks: dict[str, str] = {}

    def address(name: str) -> str:
        if name not in marks:
            marks[name] = sha256((folder / name).read_bytes()).hexdigest()[:8]
        return f"/static/{name}?{marks[name]}"

    return address


def _language(context: Context) -> str:
    return look.of(_request(context)).language


def _request(context: Context) -> Request[Any, Any, Any] | None:
    found = context.get("request")
    return found if isinstance(found, Request) else None


def _csrf(context: Mapping[str, Any]) -> str:
    request = context.get("request")
    return csrf_token(request) if isinstance(request, Request) else ""
