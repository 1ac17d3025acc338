"""Documents by the name of their format. A writer is imported when its format is asked for: a command that writes one document starts sooner.

Arazzo is not among them: it needs the calls beside the spec.
"""

from importlib import import_module
from typing import Any, Literal

from agent.spec.model import Spec

Format = Literal["openapi", "openapi-yaml", "markdown", "typescript", "graphql", "postman", "http"]


def document(spec: Spec, format: Format, *, evidence: bool = True) -> str:
    """The document, with its evidence where its format has room for that. Empty where a spec without GraphQL is asked for its schema."""
    match format:
        case "openapi":
            return _writer("openapi").to_json(_writer("openapi").document(spec, evidence=evidence)).decode()
        case "openapi-yaml":
            return _writer("openapi").to_yaml(_writer("openapi").document(spec, evidence=evidence))
        case "markdown":
            return _writer("markdown").document(spec, evidence=evidence)
        case "typescript":
            return _writer("typescript").document(spec, client=True)
        case "graphql":
            return _writer("sdl").document(spec) or ""
        case "postman":
            return _writer("openapi").to_json(_writer("postman").document(spec)).decode()
        case "http":
            return _writer("http_file").document(spec)


def _writer(module: str) -> Any:
    return import_module(f"agent.spec.writers.{module}")
