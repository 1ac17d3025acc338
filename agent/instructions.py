"""Instructions that a model reads, from `prompts/`: rendered strictly, so that a variable that is missing is an error."""

from functools import cache
from pathlib import Path

import jinja2

_PROMPTS = Path(__file__).resolve().parent.parent / "prompts"


def render(name: str, **values: object) -> str:
    """The text of `prompts/<name>.md.j2`."""
    return _template(name).render(**values)


@cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701  # plain text for a model
    return environment.from_string((_PROMPTS / f"{name}.md.j2").read_text())
