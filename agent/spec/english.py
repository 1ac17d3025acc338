"""English as far as names and sentences need it: one and many, `a` and `an`, acronyms. Where no rule is safe, a word stays as it is."""

_ACRONYMS = frozenset(
    """
    acl api cdn cors cpu crm css csv dns faq ftp gif gps gpu html http https iam iban id imap ip jpeg json jwks jwt kyc mfa nft oidc otp pdf png qr rss
    saml sdk sepa sku sms smtp sql ssh ssl sso svg tls totp tts ui uri url uuid vat vm vpc vpn xml yaml
    """.split()  # noqa: SIM905 - a list of them would be a page
)
_AN_LETTERS = "aefhilmnorsx"
"""Letters whose names begin with a vowel: `an SMS`, `a URL`."""
_MASS = frozenset(
    """
    access art clothing content csv data equipment feedback furniture health history html info information inventory json media metadata music news
    pricing timeline traffic usage weather xml yaml
    """.split()  # noqa: SIM905 - a list of them would be a page
)
"""Nouns that have no plural, or need none."""
_IRREGULAR = {
    **{word: word for word in ("series", "species", "sms", "dns", "css", "aws", "gps", "https", "stats", "analytics", "ios", "os", "kubernetes", "gas", "bus", "atlas", "canvas", "alias", "bias")},
    "people": "person", "children": "child", "indices": "index", "matrices": "matrix", "vertices": "vertex", "caches": "cache", "movies": "movie", "cookies": "cookie",
    "aliases": "alias", "axes": "axis", "buses": "bus", "gases": "gas", "quizzes": "quiz", "analyses": "analysis",
}  # fmt: skip


def singular(word: str) -> str:
    """The singular of an English plural, where the rule is safe."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes", "zzes", "tuses", "nuses", "ruses")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "news")) and len(word) > 2:
        return word[:-1]
    return word


def plural(word: str) -> str:
    """The plural, also of a word that is one already."""
    if singular(word) != word or word in _MASS or word.endswith(("s", "ing")) or word == "people":
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("x", "z", "ch", "sh")) else f"{word}s"


def indefinite_article(word: str) -> str:
    """`a` or `an`, as the word is spoken."""
    if word in _ACRONYMS:
        return "an" if word[0] in _AN_LETTERS else "a"
    return "an" if word[0] in "aeio" or (word[0] == "u" and not word.startswith(("us", "uni", "ut"))) else "a"


def spelled(sentence: str) -> str:
    """The sentence with its acronyms in capitals."""
    return " ".join(_acronym(word) for word in sentence.split(" "))


def _acronym(word: str) -> str:
    if word in _ACRONYMS:
        return word.upper()
    return f"{word[:-1].upper()}s" if word.endswith("s") and word[:-1] in _ACRONYMS else word
