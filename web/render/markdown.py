"""Markdown from models and users as safe HTML, whole or block by block while it streams.

Raw HTML is shown as text, images and remote links never become requests: a link to another host is shown with its address, and only
a link into this server can be followed. What comes out carries no `data-*`, `hx-*` or `style`, whatever went in, and no `id` but the places of a
document's own headings, under a prefix.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from agent.spec.writers.markdown import CONTENTS, anchor

_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "del", "s"),
    *("table", "thead", "tbody", "tr", "th", "td", "a", "span", "div", "button"),
}
_ATTRIBUTES: dict[str, set[str]] = {
    **{tag: {"class"} for tag in ("span", "div", "code", "pre", "th", "td")},
    "a": {"href", "class"},
    "ol": {"start"},
    "button": {"class", "type"},
    "pre": {"class", "tabindex"},
    **{tag: {"id"} for tag in ("h1", "h2", "h3", "h4", "h5", "h6")},
    "div": {"class", "tabindex"},
}
_ALIGNED = {"text-align:right": "num", "text-align:center": "mid"}
_PLACE = "at-"
_HIGHLIGHT_LIMIT = 60_000
_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def render(text: str, *, own: str = "", copy: str = "Copy") -> str:
    """The whole text as HTML. `own` is this server's base URL, `copy` the label of the button on code."""
    return "".join(render_blocks(text, own=own, copy=copy))


def document(text: str, *, own: str = "", copy: str = "Copy", has_contents: bool = True) -> str:
    """An API's documentation as HTML, where its links lead to its headings. Without `has_contents` the title and the list of operations, which a page may have itself, are left out."""
    if not has_contents:
        text = "\n\n".join(block for block in split_blocks(text)[1:] if not block.startswith(CONTENTS))
    return _html(text, own, copy, is_open=False, places=Counter())


def render_blocks(text: str, *, own: str = "", copy: str = "Copy") -> list[str]:
    """One string of HTML for each block at the top level. All but the last stay as they are however the text goes on."""
    return [_block(source, own, copy) for source in split_blocks(text)]


def split_blocks(text: str) -> list[str]:
    """The source of each block at the top level; joined, they are the text up to blank lines at its ends."""
    lines = text.split("\n")
    starts = [token.map[0] for token in _parser().parse(text) if token.level == 0 and token.nesting >= 0 and token.map]
    if not starts:
        return []
    return ["\n".join(lines[start:end]).rstrip("\n") for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]


class Stream:
    """A text that grows: `feed` gives the blocks that closed since, `tail` is the block that is still open.

    Only the open block is parsed again, so the cost of a piece does not grow with the length of the answer.
    """

    def __init__(self, *, own: str = "", copy: str = "Copy") -> None:
        self._own, self._copy = own, copy
        self._open = ""
        self.blocks = 0

    def feed(self, text: str) -> list[str]:
        self._open += text
        whole, newline, rest = self._open.rpartition("\n")
        sources = split_blocks(whole + newline)  # a line that may still grow, such as `---`, closes nothing yet
        if len(sources) < 2:
            return []
        self._open = sources[-1] + (whole + newline)[len(whole.rstrip("\n")) :] + rest
        self.blocks += len(sources) - 1
        return [_block(source, self._own, self._copy) for source in sources[:-1]]

    @property
    def tail(self) -> str:
        """The open block as far as it has come. Code is highlighted only when it is closed."""
        return _html(self._open, self._own, self._copy, is_open=True) if self._open.strip() else ""

    def close(self) -> str:
        """The last block, for good."""
        return _block(self._open, self._own, self._copy) if self._open.strip() else ""


def code(text: str, language: str = "") -> str:
    """Source as highlighted spans, escaped; plain where the language is unknown or the text very long."""
    lexer = _lexer(language.lower()) if language and len(text) < _HIGHLIGHT_LIMIT else None
    return highlight(text, lexer, _FORMATTER) if lexer else escape(text)


@lru_cache(4096)
def _block(source: str, own: str, copy: str) -> str:
    """A closed block. Remembered, because a chat shows its history again at every load."""
    return _html(source, own, copy, is_open=False)


def _html(source: str, own: str, copy: str, *, is_open: bool, places: Counter[str] | None = None) -> str:
    html = _parser().render(source.rstrip("\n"), {"own": own, "copy": copy, "is_open": is_open, "places": places})
    return nh3.clean(
        html.replace("<th></th>", "<td></td>"),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
        id_prefix=_PLACE,
    )


@lru_cache(1)
def _parser() -> MarkdownIt:
    """Reference definitions are off: one would change blocks that are closed already. So is everything that fetches."""
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 30}, renderer_cls=_Renderer)
    return parser.enable(["table", "strikethrough"]).disable(["reference", "html_block", "html_inline", "autolink"])


@lru_cache(64)
def _lexer(language: str) -> Any:
    try:
        return get_lexer_by_name({"curl": "bash", "shell": "bash"}.get(language, language), stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


class _Renderer(RendererHTML):
    """Code with its language and a copy button, tables that scroll, links that cannot leave."""

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        words = token.info.split()
        language = words[0] if words else ""
        body = escape(token.content) if env["is_open"] else code(token.content, language)
        bar = f'<div class="code-bar"><span>{escape(language)}</span><button class="copy" type="button">{escape(env["copy"])}</button></div>'
        return f'<div class="code">{bar}<pre tabindex="0"><code>{body}</code></pre></div>\n'

    def code_block(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return self.fence(tokens, idx, options, env)

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        token = tokens[idx]
        label = self.renderInlineAsText(token.children or [], options, env) or "image"
        return f'<span class="outside">{escape(label)} <code>{escape(str(token.attrGet("src") or ""))}</code></span>'

    def heading_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        title = self.renderInlineAsText(tokens[idx + 1].children or [], options, env)
        return f"<{tokens[idx].tag}>" if env["places"] is None else f'<{tokens[idx].tag} id="{escape(anchor(title, env["places"]))}">'

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        address = str(tokens[idx].attrGet("href") or "")
        if address.startswith("#"):  # where headings have no ids, its words are all there is to it
            return "" if env["places"] is None else f'<a href="#{_PLACE}{escape(address[1:])}">'
        inside = _inside(address, env["own"])
        return f'<a href="{escape(inside)}">' if inside else '<span class="outside">'

    def link_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        address = _address_of(tokens, idx)
        if address.startswith("#"):
            return "" if env["places"] is None else "</a>"
        if _inside(address, env["own"]):
            return "</a>"
        shown = "".join(token.content for token in tokens[:idx]).strip()
        return "</span>" if shown.endswith(address) else f" <code>{escape(address)}</code></span>"

    def table_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return '<div class="scroll" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return "</table></div>\n"

    def td_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        cell = tokens[idx]
        aligned = _ALIGNED.get(str(cell.attrGet("style"))) if tokens[idx + 1].content else None
        return f'<{cell.tag} class="{aligned}">' if aligned else f"<{cell.tag}>"

    th_open = td_open


def _address_of(tokens: Sequence[Token], close: int) -> str:
    """The address of the link that this token closes. Links do not nest."""
    opening = next(token for token in reversed(tokens[:close]) if token.type == "link_open")
    return str(opening.attrGet("href") or "")


def _inside(address: str, own: str) -> str:
    """The address when it is one of this server's own pages, else nothing."""
    try:
        there, here = urlsplit(address), urlsplit(own)
    except ValueError:
        return ""
    if there.scheme in ("http", "https") and own and (there.scheme, there.netloc) == (here.scheme, here.netloc):
        return address
    return address if not there.scheme and not there.netloc and address.startswith("/") and not address.startswith(("//", "/\\")) else ""
