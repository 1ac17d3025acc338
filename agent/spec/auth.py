"""Authentication by differencing: a credential is what granted calls have and refused calls lack.

Where nothing was refused, a constant value under a secret-looking name is a credential. Values are known as hashes and lengths only.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec

from agent.spec.merge import merge_field
from agent.spec.model import Evidence, SecurityScheme
from agent.spec.names import free
from agent.spec.secrets.finding import is_secret_name
from agent.spec.summary import Field, Route

HTTP_SCHEMES = ("basic", "bearer", "digest", "hawk", "negotiate", "dpop")
_PUBLIC = ("csrf", "xsrf", "idempotency", "request-id", "correlation", "trace", "client-version", "app-version", "locale", "currency", "timezone", "version")
_IDENTITIES = ("device", "client", "install", "visitor", "instance", "account", "tenant", "org", "user", "build", "release")
_KEYS = ("key", "appid", "apikey", "api_key", "api-key", "app_key", "token")
"""Names of what is sent in a query to say who asks: one constant value that looks generated is enough."""
_SIGNATURE = re.compile(r"(?:.*[-_])?(?:signature|sign|hmac)(?:[-_]?(?:sha)?[-_]?(?:1|256|384|512))?", re.IGNORECASE)
_SIGNED = {
    "aws4": "Requests are signed by AWS Signature Version 4.",
    "oauth": "Requests are signed (OAuth 1).",
    "hmac": "Requests are signed with a shared key (HMAC).",
    "signature": "Requests are signed (HTTP signatures).",
}
"""By how the name of the scheme begins."""
_SESSIONS = ("sess", "sid", "auth", "token", "jwt")
_NOT_A_SESSION = ("_ga", "_gid", "_fbp", "theme", "lang", "locale", "consent", "amplitude", "ajs_", "__utm", "_gcl", "optanon", "mp_")
_DIFFERENCE = 0.5
_OFTENER = 4


class Carriers(msgspec.Struct, frozen=True):
    """The fields that carry credentials, with the scheme that each one is."""

    schemes: Mapping[str, SecurityScheme]


def find_carriers(routes: list[Route]) -> Carriers:
    """The credentials of an API, by the key of the field that carries them."""
    granted, denied = sum(map(_granted, routes)), sum(map(_denied, routes))
    heard: dict[str, list[Field]] = {}
    for route in routes:
        for key, field in route.fields.items():
            heard.setdefault(key, []).append(field)
    totals = {key: merge_field(*fields) for key, fields in heard.items()}
    is_jwt = any(route.flags.get("jwt") for route in routes)
    calls = _Calls(granted, denied)
    found = {key for key, field in totals.items() if _is_credential(key, field, len(heard[key]), calls)}
    found |= {key for key, field in totals.items() if _makes_the_difference(key, field, calls) and (not found or _goes_with(key, found))}
    names: set[str] = set()
    schemes: dict[str, SecurityScheme] = {}
    for key in sorted(found):
        scheme = _scheme(key, totals[key], is_jwt, names)
        names.add(scheme.name)
        schemes[key] = scheme
    return Carriers(schemes)


def security_of(routes: list[Route], carriers: Carriers, usual: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """The alternatives of one operation. `usual` is what the API asks for where this operation was never granted."""
    granted = sum(map(_granted, routes))
    if not granted:
        sent = {carriers.schemes[key].name for route in routes for key in route.fields if key in carriers.schemes}
        return (tuple(sorted(sent)),) if sent else usual
    always: list[str] = []
    sometimes: list[str] = []
    for key, scheme in carriers.schemes.items():
        times = sum(route.fields[key].granted for route in routes if key in route.fields)
        if times >= granted * 0.9:
            always.append(scheme.name)
        elif times:
            sometimes.append(scheme.name)
    if always:
        return (tuple(sorted(always)),)
    if len(sometimes) > 1 and _share(routes, carriers, granted) >= 0.9:
        return tuple((name,) for name in sorted(sometimes))
    return (*((name,) for name in sorted(sometimes)), ()) if sometimes else ()


def used_carriers(carriers: Carriers, securities: Iterable[tuple[tuple[str, ...], ...]]) -> Carriers:
    """Those that an operation asks for. What none asks for is a parameter that holds a secret, not a way to sign in."""
    used = {name for security in securities for alternative in security for name in alternative}
    return Carriers({key: scheme for key, scheme in carriers.schemes.items() if scheme.name in used})


def usual_security(operations: list[tuple[tuple[str, ...], ...]]) -> tuple[tuple[str, ...], ...]:
    """What most operations ask for."""
    counts = {security: operations.count(security) for security in operations if security}
    return max(sorted(counts), key=lambda security: counts[security], default=())


def _share(routes: list[Route], carriers: Carriers, granted: int) -> float:
    return sum(route.fields[key].granted for route in routes for key in carriers.schemes if key in route.fields) / granted


def _granted(route: Route) -> int:
    return sum(outcome.seen.count for status, outcome in route.outcomes.items() if status[:1] in "23")


def _denied(route: Route) -> int:
    return route.outcomes["401"].seen.count if "401" in route.outcomes else 0


class _Calls(NamedTuple):
    granted: int
    denied: int


def _is_credential(key: str, field: Field, places: int, calls: _Calls) -> bool:
    """Whether its name and values say so, and the refusals do not speak against it."""
    where, _, name = key.partition(":")
    if where == "scheme" or _is_signature(key, field):
        return True
    value = _value(field)
    if _is_public(where, name) or not (value.is_constant or (where == "cookie" and value.shortest >= 20)):
        return False
    if where == "query" and name.lower() in _KEYS and value.is_random and value.is_constant and field.total > 1 and field.granted:
        return True
    is_named = is_secret_name(name) or (where == "cookie" and any(word in name.lower() for word in _SESSIONS))
    if calls.denied >= 2 and field.denied * 2 > calls.denied and not _helps(field, calls):
        return is_named and value.is_random and where != "cookie" and _is_always(field, calls)
    if (
        where in ("header", "query")
        and value.shortest >= 20
        and value.is_single
        and places > 1
        and field.total >= 5
        and value.is_random
        and not _is_identity(name)
    ):
        return True
    return is_named and value.shortest >= 6 and (places > 1 or field.total > 1 or where != "query")


def _makes_the_difference(key: str, field: Field, calls: _Calls) -> bool:
    """Whether calls with it were granted and calls without were refused, whatever it is called. All that a client always sends does that too."""
    where, _, name = key.partition(":")
    value = _value(field)
    return not _is_public(where, name) and calls.denied >= 2 and field.total >= 3 and value.is_constant and value.shortest >= 8 and _helps(field, calls)


def _helps(field: Field, calls: _Calls) -> bool:
    """Whether most refusals were of calls without it, or calls without it were refused far more often."""
    if not field.granted:
        return False
    without = _Calls(calls.granted - field.granted, calls.denied - field.denied)
    if field.granted / max(calls.granted, 1) - field.denied / max(calls.denied, 1) > _DIFFERENCE:
        return True
    return without.denied >= 2 and without.denied * (field.granted + field.denied) > _OFTENER * field.denied * sum(without)


def _is_always(field: Field, calls: _Calls) -> bool:
    return field.granted + field.denied >= sum(calls) * 0.9


def _goes_with(key: str, found: Iterable[str]) -> bool:
    """Whether it is the other half of a key that was found: `PLAID-CLIENT-ID` beside `PLAID-SECRET`."""
    maker = _maker(key)
    return bool(maker) and any(_maker(other) == maker for other in found)


def _maker(key: str) -> tuple[str, ...]:
    """The place and the first word of a name of several."""
    where, _, name = key.partition(":")
    words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word not in ("", "x")]
    return (where, words[0]) if len(words) > 1 and where in ("header", "query") else ()


class _Value(NamedTuple):
    """What the values of a field are like."""

    is_single: bool
    is_constant: bool
    is_random: bool
    shortest: int


def _value(field: Field) -> _Value:
    """Where nearly all are one generated value, what else came under the name is another thing: some operations have a parameter `key`."""
    hashes, lengths = field.hashes.values if field.hashes else {}, field.lengths.values if field.lengths else {}
    usual = {length: times for length, times in lengths.items() if times * 10 >= field.total * 9}
    if usual and max(hashes.values(), default=0) * 10 >= field.total * 9:
        lengths = usual
    is_random = bool(lengths) and all(length.endswith("random") for length in lengths)
    shortest = min((int(length.split(" ")[0]) for length in lengths), default=0)
    is_repeated = len(hashes) < max(2, sum(hashes.values()))
    return _Value(len(hashes) == 1, is_repeated and len(hashes) <= max(2, field.total // 8), is_random, shortest)


def _is_public(where: str, name: str) -> bool:
    lowered = name.lower()
    return any(word in lowered for word in _PUBLIC) or (where == "cookie" and lowered.startswith(_NOT_A_SESSION))


def _is_identity(name: str) -> bool:
    return any(word in name.lower() for word in _IDENTITIES)


def _is_signature(key: str, field: Field) -> bool:
    """A value that each request has of its own, under a name that says so."""
    where, _, name = key.partition(":")
    if where not in ("header", "query") or not _SIGNATURE.fullmatch(name):
        return False
    lengths = field.lengths.values if field.lengths else {}
    return bool(lengths) and all(int(length.split(" ")[0]) >= 20 for length in lengths)


def _scheme(key: str, field: Field, is_jwt: bool, names: set[str]) -> SecurityScheme:
    where, _, name = key.partition(":")
    evidence = Evidence(count=field.total)
    if where == "scheme" and name in HTTP_SCHEMES:
        return SecurityScheme(name=f"{name}Auth", kind="http", scheme=name, bearer_format="JWT" if is_jwt and name == "bearer" else "", evidence=evidence)
    if where == "scheme" and (signed := next((text for start, text in _SIGNED.items() if name.startswith(start)), "")):
        return SecurityScheme(
            name=free("signatureAuth", names),
            kind="signature",
            scheme=name,
            where="header",
            parameter="Authorization",
            description=signed,
            evidence=evidence,
        )
    if where == "scheme":
        return SecurityScheme(name=free("authorizationHeader", names), kind="apiKey", where="header", parameter="Authorization", evidence=evidence)
    is_signature = _is_signature(key, field)
    name_parts = name.lower() if name.isupper() else name
    readable = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name_parts))
    readable = readable[:1].lower() + readable[1:] or "key"
    kind = "signature" if is_signature else "apiKey"
    return SecurityScheme(name=free(readable, names), kind=kind, where=_place(where), parameter=name, evidence=evidence)


def _place(where: str) -> Literal["header", "query", "cookie"]:
    return "query" if where == "query" else "cookie" if where == "cookie" else "header"
