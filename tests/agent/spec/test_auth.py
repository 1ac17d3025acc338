"""Credentials by differencing, with and without refusals."""

import msgspec
import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Headers, Spec
from agent.spec.observe import observe_all
from tests.agent.spec.synthetic import exchanges

_KEY = "9CY655ilriEwob3VCZlYOUFQHdCEUu4l8C3BKlNU"


def _spec(headers: Headers, query: str = "", has_refusals: bool = True) -> Spec:
    calls: list[Exchange] = []
    for call in exchanges("shop", 2)[0]:
        is_refused = call.status == 401
        if is_refused and not has_refusals:
            continue
        own = (("X-Client-Version", "4.2.1"), ("Cookie", "theme=dark; _ga=GA1.2.3.4"), *(() if is_refused else headers))
        calls.append(msgspec.structs.replace(call, url=call.url + ("" if is_refused else query), request_headers=own))
    return conclude(observe_all(calls))


@pytest.mark.parametrize("has_refusals", [True, False])
@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ((("Authorization", f"Bearer {_KEY}"),), "", {"bearerAuth"}),
        ((("Authorization", "Basic dXNlcjpwYXNz"),), "", {"basicAuth"}),
        ((("X-Auth-Token", _KEY),), "", {"xAuthToken"}),
        ((), f"?key={_KEY}", {"key"}),
        ((("DD-API-KEY", _KEY), ("DD-APPLICATION-KEY", _KEY[::-1])), "", {"ddApiKey", "ddApplicationKey"}),
    ],
)
def test_the_scheme_is_found(headers: Headers, query: str, expected: set[str], has_refusals: bool) -> None:
    """Bearer, basic, a key in a header or in the query, and two keys at once; nothing else is taken for a credential."""
    spec = _spec(headers, query, has_refusals)
    assert {scheme.name for scheme in spec.security_schemes} == expected
    assert {operation.security for operation in spec.operations} == {(tuple(sorted(expected)),)}
    assert not [parameter for operation in spec.operations for parameter in operation.parameters if parameter.name == "key"]


def test_no_credentials_no_schemes() -> None:
    """Constant headers and analytics cookies are no authentication."""
    spec = _spec(())
    assert spec.security_schemes == ()
    assert {operation.security for operation in spec.operations} == {()}
