"""Writes a spec as an `.http` file, as JetBrains IDEs, VS Code's REST Client and Visual Studio run them. Credentials are variables at the top."""

import json
import re

from agent.spec import samples
from agent.spec.model import Operation, Spec
from agent.spec.redact import mask_text, mask_url


def document(spec: Spec) -> str:
    """One request per operation, parted by `###`."""
    head = f"# {_line(spec.title)}\n@baseUrl = {_line(mask_url(spec.servers[0])) if spec.servers else 'https://example.com'}"
    head += "".join(
        f"\n@{name[2:-2]} = {placeholder}"
        for placeholder, name in _PLACEHOLDERS.items()
        if name in "".join(_request(spec, operation) for operation in spec.operations)
    )
    return "\n\n".join([head, *(_request(spec, operation) for operation in spec.operations)]) + "\n"


_PLACEHOLDERS = {
    "YOUR_TOKEN": "{{token}}",
    "YOUR_API_KEY": "{{apiKey}}",
    "YOUR_CREDENTIALS": "{{credentials}}",
    "YOUR_SESSION": "{{session}}",
    "YOUR_SIGNATURE": "{{signature}}",
}


def _request(spec: Spec, operation: Operation) -> str:
    call = samples.call_of(spec, operation)
    server = spec.servers[0].rstrip("/") if spec.servers else "https://example.com"
    lines = [f"### {_line(operation.summary or operation.id)}", f"# @name {re.sub(r'[^A-Za-z0-9_]', '_', operation.id)}"]
    lines.append(f"{call.method} {{{{baseUrl}}}}{_filled(call.url.removeprefix(server))}")
    lines += [f"{_line(name)}: {_filled(value)}" for name, value in call.headers]
    if call.body is not None:
        text = _plain(call.body) if isinstance(call.body, str) else json.dumps(call.body, indent=2, ensure_ascii=False).replace("{{", "{\\u007b")
        lines += ["", re.sub(r"(?m)^(?=###|[<>] |<@)", " ", text.replace("\r", ""))]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """What was heard fills no variable in."""
    return text.replace("{{", "{ {")


def _filled(value: str) -> str:
    value = _plain(value)
    for placeholder, variable in _PLACEHOLDERS.items():
        value = value.replace(placeholder, variable)
    return _line(value)


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", mask_text(text)).strip()
