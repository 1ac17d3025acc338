"""What the text of a URL decides."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.egress import Target, parse
from agent.errors import Problem

pytestmark = pytest.mark.usefixtures("public_server")


def test_parts_are_canonical() -> None:
    """Scheme and host are lowercased, the root dot goes, the default port is filled in, path and query stay as they are."""
    assert parse("HTTPS://API.Good.Example./a%2Fb//c?x=%20&x=1") == Target("https", "api.good.example", 443, "/a%2Fb//c?x=%20&x=1")


def test_an_international_name_becomes_punycode() -> None:
    """The name that is looked up is the one that is connected to."""
    assert parse("https://bücher.example/").host == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("url", "code", "rule"),
    [
        ("http://user:pw@good.example/", "invalid_url", "user name or password"),
        ("http://good.example/#x", "invalid_url", "fragment"),
        ("http://good.example:99999/", "invalid_url", "port"),
        ("http://127.1/", "invalid_url", "four decimal numbers"),
        ("ftp://good.example/", "invalid_url", "http://"),
        ("http://good.example/ x", "invalid_url", "blanks"),
        ("http://[::1]x:80/", "invalid_url", "host or port"),
        ("http://good.example:22/", "egress_refused", "another protocol"),
        ("http://10.0.0.1/", "egress_refused", "private or special"),
        ("http://printer.local/", "egress_refused", "internal network"),
        ("http://169.254.169.254/", "egress_refused", "metadata"),
    ],
)
def test_a_refusal_names_its_rule(url: str, code: str, rule: str) -> None:
    """The user reads why, and programs get the stable code."""
    with pytest.raises(Problem, match=rule) as refused:
        parse(url)
    assert refused.value.code == code


@given(st.text(max_size=60))
def test_any_text_gives_a_target_or_a_problem(text: str) -> None:
    """No input makes the parser raise anything else, and what it accepts has no delimiter left in its host."""
    for url in (text, f"http://{text}", f"https://good.example{text}"):
        try:
            target = parse(url)
        except Problem as problem:
            assert problem.code in {"invalid_url", "egress_refused"}
        else:
            assert not set(target.host) & set("/?#@\\% ")
            assert target.host.isascii()


def test_every_line_that_text_decides_gets_its_verdict(url_lines: list[Any]) -> None:
    """Each line whose stage is the text or a literal address, and each that must be allowed."""
    wrong = [line for line in url_lines if line.stage in {"parse", "address"} and _is_allowed(line.url)]
    wrong += [line for line in url_lines if line.verdict in {"ALLOW", "PIN"} and not _is_allowed(line.url)]
    assert wrong == []
    assert len(url_lines) > 150


def _is_allowed(url: str) -> bool:
    try:
        parse(url)
    except Problem:
        return False
    return True
