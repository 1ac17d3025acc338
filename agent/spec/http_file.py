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
        f"\n@{name} = "
        for name in ("token", "apiKey", "credentials", "session", "signature")
        if f"{{{{{name}}}}}" in "".join(_request(spec, operation) for operation in spec.operations)
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
    lines.append(f"{call.method} {_filled('{{baseUrl}}' + call.url.removeprefix(server))}")
    lines += [f"{_line(name)}: {_filled(value)}" for name, value in call.headers]
    if call.body is not None:
        text = call.body if isinstance(call.body, str) else json.dumps(call.body, indent=2, ensure_ascii=False)
        lines += ["", re.sub(r"(?m)^(?=###|[<>] |<@)", " ", text.replace("\r", ""))]
    return "\n".join(lines)


def _filled(value: str) -> str:
    for placeholder, variable in _PLACEHOLDERS.items():
        value = value.replace(placeholder, variable)
    return _line(value)


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", mask_text(text)).strip()
