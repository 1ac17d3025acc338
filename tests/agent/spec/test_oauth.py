"""OAuth flows in the traffic."""

import pytest
from openapi_spec_validator import validate

from agent.spec.comparing import diff
from agent.spec.infer import conclude
from agent.spec.model import Exchange, Spec
from agent.spec.observe import observe_all
from agent.spec.readers import openapi_read
from agent.spec.writers import openapi

_FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
_JSON = (("Content-Type", "application/json"),)
_BEARER = (("Authorization", "Bearer 9CY655ilriEwob3VCZlYOUFQHdCEUu4l8C3BKlNU"),)


def _heard(form: str, *paths: str) -> Spec:
    calls = [Exchange(f"{n}", "GET", "https://api.example/items", 200, _BEARER, b"", _JSON, b'[{"id": 1}]') for n in range(4)]
    calls += [Exchange("t", "POST", "https://api.example/oauth/token", 200, _FORM, form.encode(), _JSON, b'{"access_token": "x", "expires_in": 60}')]
    calls += [Exchange(path, "GET", "https://api.example" + path, 302, response_headers=(("Location", "/login"),)) for path in paths]
    return conclude(observe_all(calls))


def test_the_flow_of_a_machine_is_told_with_its_scopes() -> None:
    """The token's address and scopes; the document is valid and comes back; the secret is not in it."""
    spec = _heard("grant_type=client_credentials&scope=read+write&client_id=app&client_secret=Zq8wErT5yUi0pAs3dFg7")
    (scheme,) = spec.security_schemes
    assert (scheme.kind, scheme.flows) == (
        "oauth2",
        {"clientCredentials": {"tokenUrl": "https://api.example/oauth/token", "scopes": {"read": "", "write": ""}}},
    )
    document = openapi.document(spec)
    validate(document)
    assert diff.compare(spec, openapi_read.read(document)) == ()
    assert b"Zq8wErT5yUi0pAs3dFg7" not in openapi.to_json(document)


def test_the_flow_of_a_person_needs_the_page_that_asked() -> None:
    """Without its address the flow could not be written; then the bearer stays what it is."""
    form = "grant_type=authorization_code&code=abc&redirect_uri=x"
    assert [scheme.kind for scheme in _heard(form).security_schemes] == ["http"]
    (scheme,) = _heard(form, "/oauth/authorize?response_type=code&client_id=app").security_schemes
    assert (scheme.flows or {})["authorizationCode"]["authorizationUrl"] == "https://api.example/oauth/authorize"


@pytest.mark.parametrize("form", ["", "grant_type=urn:ietf:params:oauth:grant-type:device_code", "name=x"])
def test_what_is_no_flow_changes_nothing(form: str) -> None:
    """A bearer is a bearer."""
    assert [scheme.kind for scheme in _heard(form).security_schemes] == ["http"]


def test_scopes_are_those_that_a_person_was_asked_for() -> None:
    """They stand in the address of the page that asks."""
    spec = _heard("grant_type=authorization_code&code=abc", "/oauth/authorize?response_type=code&client_id=app&scope=orders.read%20orders.write")
    assert (spec.security_schemes[0].flows or {})["authorizationCode"]["scopes"] == {"orders.read": "", "orders.write": ""}
