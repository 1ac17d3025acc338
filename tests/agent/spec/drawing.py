"""Draws the values of invented APIs: ids of many kinds for paths, texts for bodies."""

import random

WORDS = """
    alpha archive atlas basin beacon blog bright canyon cedar charts cosmic delta docs ember engine falcon fast field garden global green harbor hidden
    internal island jobs junction kernel lagoon legacy lucky main maple media meadow mobile new north ocean old open orders orchid pioneer portal quick
    rapid red river sandbox search shop silent smart solid summit super timber tiny tools urban valley violet web wild willow young zephyr
""".split()  # noqa: SIM905 - words read better as a text
NAMES = [
    "anna",
    "ben",
    "carla",
    "david",
    "elena",
    "frank",
    "gina",
    "hugo",
    "irene",
    "jack",
    "karin",
    "luis",
    "maria",
    "nina",
    "oscar",
    "paul",
    "rosa",
    "sam",
    "tina",
    "victor",
    "wendy",
    "yusuf",
]
FIELDS = """
    title description status created_at updated_at count size color owner priority visibility language score price total notes locked enabled kind
    region width height duration email phone address city country level rank weight summary category labels position quantity version source target
    author comment currency deadline domain file format group history icon image key_points link location members message metadata method mode number
    options order origin parent period permissions platform preview progress project provider rating reason reference release role rules scope settings
""".split()  # noqa: SIM905 - words read better as a text
CHOICES = {
    "states": ["active", "pending", "failed", "archived", "draft", "queued", "closed", "running"],
    "country": ["de", "fr", "us", "gb", "jp", "it"],
    "currency": ["EUR", "USD", "GBP", "JPY", "CHF"],
    "lang": ["en", "de", "fr", "pt-BR"],
    "locale": ["en-US", "de-DE", "fr-FR", "ja-JP"],
    "year": ["2019", "2020", "2021", "2022", "2023"],
    "sport": ["football", "tennis", "hockey"],
    "indicator": ["gdp", "population", "inflation", "exports"],
    "gran": ["hour", "day", "month"],
    "zone": ["eu-west1", "us-east4", "asia-south1"],
    "platform": ["euw1", "na1", "kr"],
    "record": ["A", "AAAA", "MX", "TXT", "CNAME"],
    "vcs": ["git", "hg"],
    "event": ["m.room.message", "m.room.topic", "m.reaction"],
    "namespace": ["identifiers", "chassis"],
}
_HEX = "0123456789abcdef"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DIGITS = "0123456789"
_BASE62 = _UPPER + _UPPER.lower() + _DIGITS
_BARE = "bcdfghjklmnpqrstvwxz2456789"


def draw_text(draw: random.Random, kind: str) -> str:
    """A text of a body."""
    day = f"202{draw.randint(1, 5)}-0{draw.randint(1, 9)}-1{draw.randint(0, 9)}"
    if kind == "time":
        return f"{day}T0{draw.randint(0, 9)}:4{draw.randint(0, 9)}:00Z"
    if kind == "date":
        return day
    if kind == "uri":
        return f"https://{draw.choice(WORDS)}.example/{draw.choice(WORDS)}/{draw.randint(1, 999)}"
    return " ".join(draw.choice(WORDS) for _ in range(8 if kind == "sentence" else 2)).capitalize()


def draw_value(kind: str, draw: random.Random) -> str:
    """One value of a kind, as it stands in a path."""

    def some(alphabet: str, length: int) -> str:
        return "".join(draw.choice(alphabet) for _ in range(length))

    if kind == "degree":
        return f"{draw.choice(['', '-'])}{draw.randint(10, 60)}.{some(_DIGITS, 4)}"
    word, other = draw.choice(WORDS), draw.choice(WORDS)
    slug = word if draw.random() < 0.125 else f"{word}-{other}" if draw.random() < 0.7 else f"{word}-{other}-{draw.choice(WORDS)}"
    user = draw.choice(NAMES) + draw.choice(["", "", "7", "_" + draw.choice(NAMES), "-" + draw.choice(NAMES), "corp", str(draw.randint(1960, 2009))])
    uuid = f"{some(_HEX, 8)}-{some(_HEX, 4)}-4{some(_HEX, 3)}-a{some(_HEX, 3)}-{some(_HEX, 12)}"
    day = f"202{draw.randint(1, 5)}-0{draw.randint(1, 9)}-1{draw.randint(0, 9)}"
    made = {
        "slug": slug,
        "word": word,
        "snake": slug.replace("-", "_"),
        "camel": word + other.capitalize(),
        "pascal": word.capitalize() + other.capitalize(),
        "title": f"{word.capitalize()} {other.capitalize()}",
        "user": user,
        "atuser": f"@{user}:{word}.example",
        "room": f"!{some(_BASE62, 18)}:{word}.example",
        "alias": f"#{slug}:{other}.example",
        "bucket": f"{word}-{other}-{draw.choice(['prod', 'dev', 'logs', 'eu'])}",
        "file": "/".join([word, other][: draw.randint(1, 2)]) + f"/{draw.choice(WORDS)}.{draw.choice(['txt', 'png', 'csv', 'md'])}",
        "tiny": str(draw.randint(1, 30)),
        "small": str(draw.randint(1, 900)),
        "int": str(draw.randint(1000, 9_999_999)),
        "big": str(draw.randint(10**15, 10**16)),
        "uuid": uuid,
        "braced": "{" + uuid + "}",
        "hex24": some(_HEX, 24),
        "sha": some(_HEX, 40),
        "token": some(_BASE62, 22),
        "short": some(_BASE62, 7),
        "nano": some(_BASE62 + "_-", 21),
        "base64": some(_BASE62, draw.choice([11, 14, 15])) + draw.choice(["", "=", "=="]),
        "ulid": "01" + some("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24),
        "prefixed": f"{word[:3]}_{some(_BASE62, 14)}",
        "pod": f"{slug}-{some(_BARE, 9)}-{some(_BARE, 5)}",
        "email": f"{user}@{word}.example",
        "phone": "+" + some("123456789", 2) + some(_DIGITS, 9),
        "ip": ".".join(str(draw.randint(1, 250)) for _ in range(4)),
        "mac": ":".join(some(_HEX, 2) for _ in range(6)),
        "fqdn": f"{word}-{other}.{draw.choice(['com', 'org', 'net'])}",
        "zonedot": f"{word}{other}.com.",
        "semver": f"{draw.randint(0, 5)}.{draw.randint(0, 20)}.{draw.randint(0, 9)}",
        "date": day,
        "compact": day.replace("-", ""),
        "range": f"{day}..2026-01-0{draw.randint(1, 9)}",
        "csv": ",".join(str(draw.randint(100, 999)) for _ in range(draw.randint(2, 4))),
        "codes": ",".join(some(_UPPER, 3) for _ in range(draw.randint(2, 4))),
        "pair": f"{some(_UPPER, 3)}-{some(_UPPER, 3)}",
        "latlon": f"{draw.randint(10, 60)}.{some(_DIGITS, 4)},{draw.randint(-60, -10)}.{some(_DIGITS, 4)}",
        "iata": some(_UPPER, 3),
        "flight": some(_UPPER, 2) + str(draw.randint(10, 4999)),
        "ticker": some(_UPPER, draw.randint(2, 4)),
        "isbn": "978" + some(_DIGITS, 10),
        "doi": f"10.{draw.randint(1000, 9999)}/{word}.{draw.randint(1, 999)}",
        "work": f"OL{draw.randint(1000, 999999)}W",
        "branch": draw.choice(["main", "develop", f"feature/{slug}", f"fix/{word}"]),
        "repo": f"{word}/{slug}",
        "constant": f"{word}_{other}".upper(),
        "cell": f"{draw.choice(_UPPER[:8])}{draw.randint(1, 40)}",
        "volume": f"{word}:vm-{draw.randint(100, 999)}-disk-{draw.randint(0, 3)}",
        "emoji": draw.choice(["👍", "😀", "🎉", "❤"]),
        "country3": some(_UPPER, 3),
        "plate": f"{some(_UPPER, 2)}{draw.randint(10, 99)}{some(_UPPER, 3)}",
        "postcode": str(draw.randint(10000, 99999)),
        "order": f"ORD-{draw.randint(2020, 2025)}-{draw.randint(100, 99999):05d}",
    }
    return made[kind]
