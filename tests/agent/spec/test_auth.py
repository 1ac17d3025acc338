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


def test_a_secret_that_no_operation_asks_for_is_a_parameter() -> None:
    """A login token in a query, beside the cookie that all calls have, is no scheme; its value is not shown."""
    cookie = (("Cookie", "JSESSIONID=node0abcdefghijklmnop12345"),)
    calls = [Exchange(str(n), "GET", f"https://api.example/session{'?token=aB3dE5gH7jK9mN1pQ3sT5' if n < 2 else ''}", 200, cookie) for n in range(12)]
    spec = conclude(observe_all([*calls, *(Exchange(f"u{n}", "GET", "https://api.example/users", 200, cookie) for n in range(9))]))
    assert [scheme.parameter for scheme in spec.security_schemes] == ["JSESSIONID"]
    found = [parameter for operation in spec.operations for parameter in operation.parameters]
    assert [(parameter.name, parameter.where, parameter.example) for parameter in found] == [("token", "query", None)]


def test_what_is_another_each_time_is_no_credential() -> None:
    """Two passwords in two calls to set them are values of a form; one that comes again is a key."""
    for second, expected in (("other-words-9", ["basicAuth"]), ("correct-horse-1", ["basicAuth", "storePassword"])):
        calls = [
            Exchange(str(n), "POST", f"https://api.example/setup?storePassword={value}", 200, (("Authorization", "Basic YTpi"),))
            for n, value in enumerate(("correct-horse-1", second))
        ]
        assert [scheme.name for scheme in conclude(observe_all(calls)).security_schemes] == expected


def test_a_signature_is_no_parameter() -> None:
    """It is a part of signing in, beside the key, and differs in each call; AWS signs in the query too."""
    calls = [
        Exchange(str(n), "POST", "https://pay.example/payments", 201, (("X-Api-Key", _KEY), ("X-Signature", f"{n:x}{'0a1b2c3d4e5f' * 4}")), b'{"amount": 1}')
        for n in range(4)
    ]
    spec = conclude(observe_all(calls))
    assert {scheme.name: scheme.kind for scheme in spec.security_schemes} == {"xApiKey": "apiKey", "xSignature": "signature"}
    assert [(operation.security, operation.parameters) for operation in spec.operations] == [((("xApiKey", "xSignature"),), ())]
    signed = "https://files.example/report.pdf?X-Amz-Signature="
    spec = conclude(observe_all([Exchange(str(n), "GET", f"{signed}{n}{'0a1b2c3d4e5f' * 4}", 200) for n in range(4)]))
    assert [(scheme.kind, scheme.where) for scheme in spec.security_schemes] == [("signature", "query")]


def test_one_operation_is_enough_for_a_key_in_the_query() -> None:
    """Under one of the usual names, where the value looks generated; a plain word stays a parameter."""
    for value, expected in ((_KEY, ["key"]), ("paris", [])):
        spec = conclude(observe_all([Exchange(str(n), "GET", f"https://maps.example/geocode?q={n}&key={value}", 200) for n in range(3)]))
        assert [scheme.name for scheme in spec.security_schemes] == expected


def test_what_a_client_always_sends_is_no_credential_beside_one() -> None:
    """A version, a tenant and a client's id are lacking in refused calls too; the halves of one key belong together."""
    always = (("X-Api-Version", "2024-01-01"), ("X-Tenant-Id", "c9bf9e57-1685-4c89-bafb-ff5af830be8a"), ("OpenAI-Organization", "org-abcdefgh1234"))
    spec = _spec((("Authorization", f"Bearer {_KEY}"), *always))
    assert [scheme.name for scheme in spec.security_schemes] == ["bearerAuth"]
    assert {name.lower() for name, _ in always} <= {parameter.name for operation in spec.operations for parameter in operation.parameters}
    spec = _spec((("PLAID-CLIENT-ID", "5f1a2b3c4d5e6f7a8b9c0d1e"), ("PLAID-SECRET", _KEY), *always[:1]))
    assert [scheme.name for scheme in spec.security_schemes] == ["plaidClientId", "plaidSecret"]


@pytest.mark.parametrize(("refused_without", "status"), [(3, 401), (0, 401), (3, 403)])
@pytest.mark.parametrize("place", ["header", "query"])
def test_a_key_that_is_refused_at_times_is_a_key(refused_without: int, status: int, place: str) -> None:
    """Most refused calls had it, being expired or of no use there; nearly all granted ones had it too."""

    def call(n: int, code: int, key: str = _KEY) -> Exchange:
        headers = (("X-Auth-Token", key),) if key and place == "header" else ()
        return Exchange(
            f"{code}{n}{key}", "GET", f"https://api.example/v1/{'users' if n % 2 else 'teams'}" + f"?access_token={key}" * (place == "query"), code, headers
        )

    calls = [*(call(n, 200) for n in range(40)), *(call(n, status) for n in range(5)), *(call(n, status, "") for n in range(refused_without))]
    spec = conclude(observe_all(calls))
    assert [scheme.where for scheme in spec.security_schemes] == [place]
    assert {len(operation.security) for operation in spec.operations} == {1}


@pytest.mark.parametrize(
    ("authorization", "scheme"),
    [
        ("HMAC-SHA256 Credential=app&Signature={}", "hmac-sha256"),
        ('OAuth oauth_consumer_key="k", oauth_signature="{}"', "oauth"),
        ("AWS4-HMAC-SHA256 Credential=A/b, Signature={}", "aws4-hmac-sha256"),
    ],
)
def test_signing_schemes_are_told(authorization: str, scheme: str) -> None:
    """What signs each request is no key that could be sent again."""
    calls = [Exchange(str(n), "GET", "https://api.example/v1/users", 200, (("Authorization", authorization.format(f"{n:x}" + _KEY)),)) for n in range(4)]
    assert [(one.kind, one.scheme) for one in conclude(observe_all(calls)).security_schemes] == [("signature", scheme)]


def test_a_session_may_change_with_each_call() -> None:
    """Frameworks that keep the session in the cookie send a new one each time; the token against forged requests beside it is none."""
    calls = [
        Exchange(str(n), "GET", f"https://app.example/api/{page}", 200, (("Cookie", f"connect.sid=s%3A{n:x}{_KEY}; XSRF-TOKEN={n:x}{_KEY}"),))
        for page in ("users", "teams")
        for n in range(12)
    ]
    assert [(one.name, one.where) for one in conclude(observe_all(calls)).security_schemes] == [("connectSid", "cookie")]
