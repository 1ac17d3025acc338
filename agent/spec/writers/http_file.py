"""Writes a spec as an `.http` file, as JetBrains IDEs, VS Code's REST Client and Visual Studio run them. Credentials are variables at the top."""

import json
import re

from agent.spec.model import Operation, Spec
from agent.spec.secrets.redact import mask_text, mask_url
from agent.spec.writers import samples


def document(spec: Spec) -> str:
    """One request per operation, parted by `###`."""
    head = f"# {_line(spec.title)}\n@baseUrl = {_line(mask_url(spec.servers[0])) if spec.servers else 'https://example.com'}"
    head += "".join(
        f"\n@{name[2:-2]} = {placeholder}"
        for placeholder, name in _PLACEHOLDERS.items()
        if name in "".join(_request(spec, operation) for operation in spec.operations)
    )
    return "\n\n".join([head, *(_request(spec, operation) for operation in spec.operations)]) + "\n"


_BOUNDARY = "boundary"
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
    if isinstance(call.body, samples.Form):
        lines += [
            f"Content-Type: multipart/form-data; boundary={_BOUNDARY}",
            "",
            *(line for field in call.body.fields for line in _part(*field)),
            f"--{_BOUNDARY}--",
        ]
    elif isinstance(call.body, samples.Upload):
        lines += ["", f"< ./{call.body.name}"]
    elif call.body is not None:
        lines += [
            "",
            _inert(call.body if isinstance(call.body, str) else json.dumps(call.body, indent=2, ensure_ascii=False), is_json=not isinstance(call.body, str)),
        ]
    return "\n".join(lines)


def _part(name: str, value: str | samples.Upload) -> list[str]:
    """A field of a form between its boundaries."""
    told = f'Content-Disposition: form-data; name="{_line(_plain(name)).replace(chr(34), "%22")}"'
    if isinstance(value, samples.Upload):
        return [f"--{_BOUNDARY}", f'{told}; filename="{value.name}"', "", f"< ./{value.name}"]
    return [f"--{_BOUNDARY}", told, "", _inert(value)]


def _inert(text: str, *, is_json: bool = False) -> str:
    """A body that starts no other request, reads no file and fills no variable in."""
    plain = text.replace("{{", "{\\u007b") if is_json else _plain(text)
    return re.sub(r"(?m)^(?=###|[<>] |<@)", " ", plain.replace("\r", ""))


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
