"""Authentication by differencing: a credential is what granted calls have and refused calls lack.

Where nothing was refused, a constant value under a secret-looking name is a credential. Values are known as hashes and lengths only.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from agent.spec.merge import merge_field
from agent.spec.model import Evidence, SecurityScheme
from agent.spec.redact import is_secret_name
from agent.spec.summary import Field, Route

HTTP_SCHEMES = ("basic", "bearer", "digest", "hawk", "negotiate", "dpop")
_PUBLIC = ("csrf", "xsrf", "idempotency", "request-id", "correlation", "trace", "client-version", "app-version", "locale", "currency", "timezone")
_IDENTITIES = ("device", "client", "install", "visitor", "instance", "account", "tenant", "org", "user", "build", "release")
_KEYS = ("key", "appid", "apikey", "api_key", "api-key", "app_key", "token")
"""Names of what is sent in a query to say who asks: one constant value that looks generated is enough."""
_SIGNATURE = re.compile(r"(?:.*[-_])?(?:signature|hmac)(?:[-_]?(?:sha)?[-_]?(?:1|256|384|512))?", re.IGNORECASE)
_NOT_A_SESSION = ("_ga", "_gid", "_fbp", "theme", "lang", "locale", "consent", "amplitude", "ajs_", "__utm", "_gcl", "optanon", "mp_")


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
    found = sorted(key for key, field in totals.items() if _is_credential(key, field, len(heard[key]), granted, denied))
    names: set[str] = set()
    schemes: dict[str, SecurityScheme] = {}
    for key in found:
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


def _is_credential(key: str, field: Field, places: int, granted: int, denied: int) -> bool:
    where, _, name = key.partition(":")
    lowered = name.lower()
    if where == "scheme":
        return True
    if _is_signature(key, field):
        return True
    if any(word in lowered for word in _PUBLIC) or (where == "cookie" and lowered.startswith(_NOT_A_SESSION)):
        return False
    hashes = len(field.hashes.values) if field.hashes else 0
    lengths = field.lengths.values if field.lengths else {}
    shortest = min((int(length.split(" ")[0]) for length in lengths), default=0)
    is_constant = hashes <= max(2, field.total // 8)
    is_random = bool(lengths) and all(length.endswith("random") for length in lengths)
    if where == "query" and lowered in _KEYS and is_random and hashes == 1 and field.total > 1 and field.granted:
        return True
    is_named = is_secret_name(name) or (where == "cookie" and any(word in lowered for word in ("sess", "sid", "auth", "token", "jwt")))
    if denied >= 2 and field.granted and field.total >= 3:
        differs = field.granted / max(granted, 1) - field.denied / denied
        if differs > 0.5 and is_constant and shortest >= 8:
            return True
        if field.denied / denied > 0.5:
            return False
    if (
        where in ("header", "query")
        and shortest >= 20
        and hashes == 1
        and places > 1
        and field.total >= 5
        and is_random
        and not any(word in lowered for word in _IDENTITIES)
    ):
        return True
    return is_named and is_constant and shortest >= 6 and (places > 1 or field.total > 1 or where != "query")


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
    if where == "scheme" and (name.startswith("aws4") or name == "signature"):
        return SecurityScheme(
            name="signatureAuth", kind="signature", scheme=name, where="header", parameter="Authorization", description=_signed(name), evidence=evidence
        )
    if where == "scheme":
        return SecurityScheme(name=_unique("authorizationHeader", names), kind="apiKey", where="header", parameter="Authorization", evidence=evidence)
    is_signature = _is_signature(key, field)
    name_parts = name.lower() if name.isupper() else name
    readable = "".join(part[:1].upper() + part[1:] for part in name_parts.replace("-", "_").split("_") if part.isalnum())
    readable = readable[:1].lower() + readable[1:] or "key"
    kind = "signature" if is_signature else "apiKey"
    return SecurityScheme(name=_unique(readable, names), kind=kind, where=_place(where), parameter=name, evidence=evidence)


def _signed(scheme: str) -> str:
    return "Requests are signed by AWS Signature Version 4." if scheme.startswith("aws4") else "Requests are signed (HTTP signatures)."


def _place(where: str) -> Literal["header", "query", "cookie"]:
    return "query" if where == "query" else "cookie" if where == "cookie" else "header"


def _unique(name: str, taken: set[str]) -> str:
    number, unique = 2, name
    while unique in taken:
        unique, number = f"{name}{number}", number + 1
    return unique
