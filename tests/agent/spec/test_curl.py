"""Curl commands as people paste them."""

import pytest

from agent.spec import curl
from agent.spec.infer import conclude
from agent.spec.observe import observe_all
from agent.spec.reading import Unreadable


@pytest.mark.parametrize(
    ("command", "method", "url", "body"),
    [
        ("curl https://x.test/a", "GET", "https://x.test/a", b""),
        ("curl x.test", "GET", "http://x.test", b""),
        ("curl -XDELETE 'https://x.test/a b' --compressed -s", "DELETE", "https://x.test/a b", b""),
        ("curl -I https://x.test", "HEAD", "https://x.test", b""),
        ("curl https://x.test -d a=1 -d b=2", "POST", "https://x.test", b"a=1&b=2"),
        ("curl https://x.test --data-raw $'it\\'s \\u00e9\\n'", "POST", "https://x.test", "it's é\n".encode()),
        ("curl -G https://x.test/s?x=1 --data-urlencode 'q=a b'", "GET", "https://x.test/s?x=1&q=a+b", b""),
        ("curl --request=PUT --url https://x.test \\\n  -o out -m 5 --json '{\"a\": 1}'", "PUT", "https://x.test", b'{"a": 1}'),
        ('curl.exe ^"https://x.test/a^" ^\r\n  -X POST', "POST", "https://x.test/a", b""),
        (
            "curl https://x.test -F a=1 -F f=@x.txt",
            "POST",
            "https://x.test",
            b'--boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--boundary\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\n\r\n\r\n--boundary--\r\n',
        ),
    ],
)
def test_commands_become_requests(command: str, method: str, url: str, body: bytes) -> None:
    """Quotes, continuations and options as the shell and curl take them."""
    found = curl.parse(command)
    assert (found.method, found.url, found.request_body, found.status) == (method, url, body, None)


def test_headers_come_from_several_options() -> None:
    """A body without a type gets curl's own."""
    found = curl.parse("curl https://x.test -H 'A: b' -H 'Empty:' -u me:pw -b s=1 -A agent -d x")
    assert found.request_headers == (
        ("A", "b"),
        ("Authorization", "Basic bWU6cHc="),
        ("Cookie", "s=1"),
        ("User-Agent", "agent"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    )


def test_several_commands_in_one_text() -> None:
    """With prompts, comments and prose between them; the unusable one is reported."""
    reading = curl.read(b"# first\n$ curl https://x.test/a -d x\nsome words\ncurl -s\n> curl https://x.test/b; curl https://x.test/c\n")
    assert [found.url for found in reading][1:] == ["https://x.test/b", "https://x.test/c"] and "names no URL" in " ".join(reading.skipped)


@pytest.mark.parametrize("text", [b"hello", b"curl", b"curl 'https://x.test"])
def test_a_text_without_a_usable_command_is_refused(text: bytes) -> None:
    """With one sentence."""
    with pytest.raises(Unreadable, match="no curl command"):
        list(curl.read(text))


def test_commands_become_operations() -> None:
    """Nobody has answered them, and they still say what there is to ask."""
    commands = ("curl https://api.example.com/users/71 -H 'Accept: application/json'", 'curl https://api.example.com/users --json \'{"name": "x"}\'')
    spec = conclude(observe_all([curl.parse(command) for command in commands]))
    assert {(operation.method, operation.template) for operation in spec.operations} == {("GET", "/users/{user_id}"), ("POST", "/users")}
