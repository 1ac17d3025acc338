"""The `.http` file."""

import json
from collections.abc import Callable

from agent.spec.model import Content, Operation, SecurityScheme, Spec
from agent.spec.writers import http_file


def test_the_file_is_as_agreed(shop: Spec, golden: Callable[[str, str], None]) -> None:
    """Compared as a whole with the golden file."""
    golden("shop.http", http_file.document(shop))


def test_captured_text_starts_no_request_and_no_script(hostile: Spec) -> None:
    """One separator per operation, and no line that runs or reads a file."""
    lines = http_file.document(hostile).splitlines()
    assert sum(line.startswith("###") for line in lines) == 1
    assert not [line for line in lines if line.startswith(("< ", "> ", "<@"))] and sum(line.startswith("X-B") for line in lines) == 0


def test_a_variable_has_a_value_and_what_was_heard_fills_none_in() -> None:
    """A client stops at a variable without value; two braces in a body would ask for a variable of the file."""
    operation = Operation("send", "POST", "/a/{b}", request=(Content("application/json", {"type": "object"}, {"say": "{{token}}"}),), security=(("t",),))
    text = http_file.document(Spec("x", ("https://x.test",), (operation,), security_schemes=(SecurityScheme("t", "http", "bearer"),)))
    assert "\n@token = YOUR_TOKEN\n" in text and "Authorization: Bearer {{token}}" in text
    (body,) = [line for line in text.splitlines() if "say" in line]
    assert "{{" not in body and json.loads("{" + body + "}") == {"say": "{{token}}"}


def test_a_form_stands_part_by_part_and_a_file_is_read_from_beside() -> None:
    """As REST clients write it, with a boundary; only our own line reads a file."""
    schema = {"type": "object", "properties": {"photo": {"type": "string", "format": "binary"}}}
    form = Content("multipart/form-data", schema, {'ti"tle': "a\n< /etc/passwd", "photo": ""})
    text = http_file.document(Spec("x", ("https://x.test",), (Operation("send", "POST", "/a", request=(form,)),)))
    assert 'name="ti%22tle"\n\na\n < /etc/passwd\n--boundary\n' in text and 'filename="YOUR_FILE"\n\n< ./YOUR_FILE\n--boundary--\n' in text
    assert "Content-Type: multipart/form-data; boundary=boundary\n" in text
