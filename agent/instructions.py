"""Instructions that a model reads, from `prompts/`: rendered strictly, so that a variable that is missing is an error."""

import hashlib
from functools import cache
from pathlib import Path

import jinja2
import msgspec

_PROMPTS = Path(__file__).resolve().parent.parent / "prompts"
_ENVIRONMENT = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701  # plain text for a model


class Instructions(msgspec.Struct, frozen=True):
    """`hash` is that of their source, which is recorded with a run."""

    text: str
    hash: str


class _Source(msgspec.Struct, frozen=True):
    template: jinja2.Template
    hash: str


def render(name: str, **values: object) -> Instructions:
    """Those of `prompts/<name>.md.j2`."""
    source = _source(name)
    return Instructions(source.template.render(**values), source.hash)


@cache
def _source(name: str) -> _Source:
    text = (_PROMPTS / f"{name}.md.j2").read_text()
    return _Source(_ENVIRONMENT.from_string(text), hashlib.sha256(text.encode()).hexdigest()[:16])
