"""Invented APIs of many styles, with the templates that are true of them: a check against tuning on a few known APIs.

Each style lists templates; `{name:kind}` draws from a pool of that kind that belongs to the parameter's place. Bodies follow one contract per
template, some repeat the path value, lists name the ids of the pool. Seeded: the same style and seed give the same calls.
"""

import json
import random
import re
from collections.abc import Iterator

from agent.spec.model import Exchange
from tests.agent.spec.styles import STYLES

_WORDS = """
    alpha blog brave bright cosmic data docs engine fast global green happy hidden internal legacy lucky main media mobile new old open orders
    portal quick rapid red sandbox search shop silent smart solid super tiny tools true urban vivid web wild young
""".split()  # noqa: SIM905 - words read better as a text
_NAMES = """
    anna ben carla david elena frank gina hugo irene jack karin luis maria nina oscar paul rosa sam tina victor
""".split()  # noqa: SIM905 - words read better as a text
_FIELDS = """
    title description status created_at updated_at count size color owner priority visibility language score price total notes locked enabled
    kind region width height duration email phone address city country level rank weight summary category labels position quantity version
    source target
""".split()  # noqa: SIM905 - words read better as a text
_CHOICES = {
    "region": ["eu", "na", "kr", "asia"],
    "game": ["wow", "overwatch", "diablo", "hearthstone"],
    "mode": ["ranked", "casual", "arena"],
    "country": ["DE", "FR", "US", "GB", "JP", "IT"],
    "currency": ["EUR", "USD", "GBP", "JPY", "CHF"],
    "currency2": ["SEK", "NOK", "DKK", "PLN", "CZK"],
    "vcs": ["gh", "bb"],
    "media": ["movie", "tv", "person"],
    "window": ["day", "week"],
    "access": ["all-access", "desktop", "mobile-app"],
    "agent": ["user", "spider"],
    "gran": ["daily", "monthly"],
    "locale": ["en-US", "de-DE", "fr-FR"],
    "year": ["2021", "2022", "2023", "2024"],
    "zones": ["county", "forecast", "fire"],
    "health": ["passing", "warning", "critical", "any"],
    "scope": ["global", "enterprise"],
    "period": ["last-day", "last-week", "last-month"],
    "emoji": ["%F0%9F%91%8D", "%F0%9F%98%80", "%F0%9F%8E%89"],
}


def exchanges(style: str, seed: int = 1) -> tuple[list[Exchange], set[tuple[str, str]]]:
    """The calls of a style, and its true operations as (method, template with `{}`)."""
    draw = random.Random(f"{style} {seed}")
    calls: list[tuple[str, str, str, str]] = []
    true: set[tuple[str, str]] = set()
    pools: dict[str, list[str]] = {}
    for entry in re.split(r"[|\n]", STYLES[style].strip()):
        methods, _, template = entry.strip().partition(" ")
        for method in methods.split(","):
            times = max(1, round(40 ** draw.random()))
            true.add((method, re.sub(r"\{[^}]*\}", "{}", template.replace(":pair}", "},{}"))))
            calls += [(method, template, *_fill(template, pools, draw)) for _ in range(times)]
    draw.shuffle(calls)
    contracts = {template: _contract(template, style) for _, template, _, _ in calls}
    return [_exchange(number, call, contracts[call[1]], pools, draw) for number, call in enumerate(calls)], true


def _fill(template: str, pools: dict[str, list[str]], draw: random.Random) -> tuple[str, str]:
    """A path of the template, and its last value. A value belongs to the values before it."""
    place, last = "", ""
    parts: list[str] = []
    for part in template.strip("/").split("/"):
        match = re.match(r"(.*)\{(\w+):(\w+)\}(.*)", part)
        place += "/" + part
        if not match:
            parts.append(part)
            continue
        kind = match.group(3)
        shared = re.sub(r"[a-z]+:", "", place.rpartition("/")[0].rpartition("/")[2] + kind) if kind not in _CHOICES else kind
        pool = pools.setdefault(shared + "".join(parts[-3:-1] if kind not in _CHOICES and len(parts) > 2 and draw.random() < 0.7 else []), [])
        if not pool:
            pool += [_value(kind, draw) for _ in range(12 if kind not in _CHOICES else 1)] if kind not in _CHOICES else _CHOICES[kind]
        last = pool[min(int(draw.expovariate(0.35)), len(pool) - 1)]
        parts.append(match.group(1) + last + match.group(4))
    return "/" + "/".join(parts), last


def _value(kind: str, draw: random.Random) -> str:
    def letters(alphabet: str, length: int) -> str:
        return "".join(draw.choice(alphabet) for _ in range(length))

    slug = draw.choice(_WORDS) if draw.random() < 0.125 else f"{draw.choice(_WORDS)}-{draw.choice(_WORDS)}"
    base62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    made = {
        "slug": slug,
        "snake": slug.replace("-", "_"),
        "word": letters("abcdefghijklmnopqrstuvwxyz", 3),
        "user": draw.choice(_NAMES) + draw.choice(["", "7", "_" + draw.choice(_NAMES), "-" + draw.choice(_NAMES), "corp"]),
        "int": str(draw.randint(100, 9_999_999)),
        "small": str(draw.randint(1, 400)),
        "tiny": str(draw.randint(1, 30)),
        "uuid": f"{letters('0123456789abcdef', 8)}-{letters('0123456789abcdef', 4)}-4{letters('0123456789abcdef', 3)}-a{letters('0123456789abcdef', 3)}-{letters('0123456789abcdef', 12)}",
        "token": letters(base62, 22),
        "email": f"{draw.choice(_NAMES)}.{draw.choice(_NAMES)}@{draw.choice(_WORDS)}.example",
        "domain": f"{draw.choice(_WORDS)}{draw.choice(_WORDS)}.{draw.choice(['org', 'com', 'example'])}",
        "ip": ".".join(str(draw.randint(1, 250)) for _ in range(4)),
        "semver": f"{draw.randint(0, 5)}.{draw.randint(0, 20)}.{draw.randint(0, 9)}",
        "sid": "AC" + letters("0123456789abcdef", 32),
        "sid2": "SM" + letters("0123456789abcdef", 32),
        "sid3": "CA" + letters("0123456789abcdef", 32),
        "pod": f"{slug}-{letters('bcdfghjklmnpqrstvwxz2456789', 9)}-{letters('bcdfghjklmnpqrstvwxz2456789', 5)}",
        "prefixed": "cart_01" + letters("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24),
        "prefixed2": "item_01" + letters("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24),
        "prefixed3": "order_01" + letters("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24),
        "gift": f"{letters(base62[:26], 4)}-{letters(base62[:26] + '0123456789', 4)}-{letters('0123456789', 4)}",
        "run": f"{draw.choice(['manual', 'scheduled'])}__2024-0{draw.randint(1, 9)}-1{draw.randint(0, 9)}T00:00:00+00:00",
        "upper": "_".join(draw.choice(_WORDS).upper() for _ in range(2)),
        "image": f"{draw.choice(_WORDS)}%2F{slug}",
        "title": "_".join(word.capitalize() for word in slug.split("-")),
        "code3": letters(base62[:26], 3),
        "code4": "K" + letters(base62[:26], 3),
        "code5": letters(base62[:26], 5),
        "sha": letters("0123456789abcdef", 40),
        "pair": f"{draw.randint(1, 99)},{draw.randint(1, 99)}",
        "zone": letters(base62[:26], 2) + draw.choice("CZ") + letters("0123456789", 3),
        "snowflake": draw.choice("6789") + letters("0123456789", 17),
        "word8": letters(base62, 8),
        "address": "0x" + letters("0123456789abcdef", 40),
        "date": f"2024-0{draw.randint(1, 9)}-1{draw.randint(0, 9)}",
    }
    return made[kind]


def _contract(template: str, style: str) -> list[tuple[str, str, float]]:
    """Fields with their type and how often each is there."""
    draw = random.Random(f"{style} {template}")
    names = draw.sample(_FIELDS, draw.randint(4, 9))
    return [(name, draw.choice(["text", "text", "int", "bool", "number", "object"]), 1.0 if draw.random() < 0.6 else draw.uniform(0.3, 0.9)) for name in names]


def _exchange(
    number: int, call: tuple[str, str, str, str], contract: list[tuple[str, str, float]], pools: dict[str, list[str]], draw: random.Random
) -> Exchange:
    method, template, path, last = call
    is_item = template.endswith(("}", "}.json"))
    status = 204 if method == "DELETE" else 201 if method == "POST" and not is_item else 200
    body = b"" if status == 204 else json.dumps(_answer(template, last, contract, is_item, pools, draw)).encode()
    if draw.random() < 0.06:
        status, body = draw.choice([404, 401, 429]), b'{"error": {"code": 1, "message": "no"}}'
    sent = b"" if method in ("GET", "DELETE") else json.dumps({name: _scalar(kind, draw) for name, kind, _ in contract[:3]}).encode()
    headers = (("Content-Type", "application/json"),)
    authorization = () if status == 401 else (("Authorization", "Bearer abcdefabcdefabcdefabcdef"),)
    return Exchange(
        str(number), method, "https://api.example.com" + path, status, headers + authorization, sent, headers if body else (), body, started_at=1.7e9 + number
    )


def _answer(template: str, last: str, contract: list[tuple[str, str, float]], is_item: bool, pools: dict[str, list[str]], draw: random.Random) -> object:
    name = re.findall(r"\{(\w+):", template)
    item = {key: _scalar(kind, draw) for key, kind, share in contract if draw.random() < share}
    if is_item:
        if random.Random(template).random() < 0.55:
            item[name[-1] if random.Random(template + "n").random() < 0.5 else "name"] = last
        return item
    ids = [value for key in sorted(pools) if key.startswith(template.rpartition("/")[2]) for value in pools[key]]
    if template.endswith("s") and ids:
        return {"items": [{**item, "name": draw.choice(ids)} for _ in range(draw.randint(0, 4))], "total": 4}
    return item


def _scalar(kind: str, draw: random.Random) -> object:
    choices: Iterator[object] = iter(
        (
            " ".join(draw.sample(_WORDS, 3)),
            draw.randint(1, 999),
            draw.random() < 0.5,
            draw.random() * 100,
            {"id": draw.randint(1, 99), "label": draw.choice(_WORDS)},
        )
    )
    return dict(zip(("text", "int", "bool", "number", "object"), choices, strict=True))[kind]
