"""Every sentence of the product in every language it ships in, read once from `web/locale/*.po`. The English sentence is the key."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

LANGUAGES: dict[str, str] = {"en": "English", "zh": "简体中文"}
DEFAULT = "en"
_FOLDER = Path(__file__).resolve().parent.parent / "locale"


def say(language: str, sentence: str, **values: object) -> str:
    """The sentence in a language, its `{names}` filled in. An unknown sentence is given as it is."""
    found = _texts(language).get(sentence) or sentence
    return found.format(**values) if values else found


def count(language: str, one: str, many: str, n: int) -> str:
    """`{n} call` or `{n} calls`: the form that the number takes in the language."""
    forms = _plurals(language).get(one)
    text = forms[_plural_index(language, n)] if forms else (one if n == 1 else many)
    return text.format(n=f"{n:,}")


def chosen(accepted: str) -> str:
    """The best language for an `Accept-Language` header."""
    wanted = [part.split(";")[0].strip().lower()[:2] for part in accepted.split(",")]
    return next((code for code in wanted if code in LANGUAGES), DEFAULT)


def known(language: str) -> Iterable[str]:
    """The keys that a language has a sentence for."""
    return {*_texts(language), *_plurals(language)}


@lru_cache(8)
def _texts(language: str) -> dict[str, str]:
    return {str(m.id): str(m.string) for m in _read(language) if isinstance(m.id, str) and m.id and m.string}


@lru_cache(8)
def _plurals(language: str) -> dict[str, tuple[str, ...]]:
    return {str(m.id[0]): tuple(str(form) for form in m.string) for m in _read(language) if isinstance(m.id, tuple) and isinstance(m.string, tuple)}


@lru_cache(8)
def _plural_index(language: str, n: int) -> int:
    return 0 if language == "zh" or Locale(language).plural_form(n) == "one" else 1


def _read(language: str) -> list[Message]:
    with (_FOLDER / f"{language}.po").open("rb") as file:
        return list(read_po(file, locale=language))
