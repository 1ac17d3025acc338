"""Curl commands as people paste them."""

import pytest

from agent.spec.infer import conclude
from agent.spec.observe import observe_all
from agent.spec.readers import curl
from agent.spec.readers.reading import Unreadable


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
        ('curl https://x.test/a --data-raw $\'{"t":"\\x41 \\101 \\U0001F600"}\'', "POST", "https://x.test/a", '{"t":"A A \U0001f600"}'.encode()),
        (
            'curl ^"https://x.test/a?b=1^&c=2^" ^\r\n  --data-raw ^"^{^\\^"name^\\^":^\\^"x y^\\^",^\\^"p^\\^":^\\^"100^%^\\^"^}^"',
            "POST",
            "https://x.test/a?b=1&c=2",
            b'{"name":"x y","p":"100%"}',
        ),
        ('curl "https://x.test/a" ^\n  --data-raw "{""name"":""x""}"', "POST", "https://x.test/a", b'{"name":"x"}'),
        ("curl.exe 'https://x.test/a' `\n  -d '{\\\"a\\\": 1}'", "POST", "https://x.test/a", b'{"a": 1}'),
        ('curl -X PUT https://x.test/a -d @- <<EOF\n{"a": 1}\nEOF\n', "PUT", "https://x.test/a", b'{"a": 1}'),
        ("curl -T file.txt https://x.test/up", "PUT", "https://x.test/up", b""),
        ("curl https://x.test/a -d ''", "POST", "https://x.test/a", b""),
        ("curl --json '{\"a\":' --json '1}' https://x.test/a", "POST", "https://x.test/a", b'{"a":1}'),
        ("curl -sSfLo out.json https://x.test/a | jq '.[] | .id'", "GET", "https://x.test/a", b""),
        ("TOKEN=$(curl -ivXDELETE https://x.test/a)", "DELETE", "https://x.test/a", b""),
        ("curl https://x.test/a --url-query 'q=a b' > out 2>&1", "GET", "https://x.test/a?q=a+b", b""),
        ("curl \u2018https://x.test/a\u2019", "GET", "https://x.test/a", b""),
        ("```bash\ncurl https://x.test/a \\ \n  -X POST  # now\n```", "POST", "https://x.test/a", b""),
        ('BASE=https://x.test\ncurl "$BASE/a"', "GET", "https://x.test/a", b""),
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
        ("Cookie", "s=1"),
        ("User-Agent", "agent"),
        ("Authorization", "Basic bWU6cHc="),
        ("Content-Type", "application/x-www-form-urlencoded"),
    )


def test_what_curl_reads_from_a_file_is_not_known() -> None:
    """The request is there, and counts as cut off."""
    found = curl.parse("curl https://x.test/a -d @body.json -b cookies.txt -H 'Content-Type: application/json'")
    assert (found.method, found.request_body, found.request_truncated) == ("POST", b"", True)
    assert found.request_headers == (("Content-Type", "application/json"),)


def test_one_command_may_ask_more_than_once() -> None:
    """Several addresses, and `--next`; one whose host is a variable that nobody set is left out."""
    reading = curl.read(b"curl https://x.test/a https://x.test/b -d 1 --next https://x.test/c\ncurl $HOST/d\n")
    assert [(found.method, found.url[-1]) for found in reading] == [("POST", "a"), ("POST", "b"), ("GET", "c")]
    assert reading.skipped == ("Command 2 was left out: The host of `http://$HOST/d` is not known.",)


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
