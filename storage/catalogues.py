"""Texts in a language, out of the catalogues in ``pages/locales``: for pages, the server's own HTML, and e-mail."""

import gettext
import io
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from babel import numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from storage.attempts import Message

LANGUAGES = ("en", "ru")
LOCALES = Path(__file__).resolve().parent.parent / "pages" / "locales"
# Values that are words of ours, or several with commas between them, so translated; all others are people's.
_WORDS = ("state", "kind", "allowed")


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The texts of a language; English ones are in the source itself."""
    if language == "en":
        return gettext.NullTranslations()
    # Compiled in memory, 2 ms a language: a .mo file beside it could be older than its source.
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        texts = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def said(language: str, template: str, values: dict[str, Any]) -> str:
    """A refusal or message: its template translated, then filled in, with numbers as people write them."""
    # Records keep template and values apart, since a catalogue cannot know a sentence that was filled in.
    texts = catalogue(language)
    try:
        filled = {name: _translated(language, name, value) for name, value in values.items()}
        return _Filler(language).vformat(texts.gettext(template), (), _Lenient(filled))
    except ValueError:  # a value that does not fit its format, in a file of another version
        return template


def _translated(language: str, name: str, value: object) -> object:
    if isinstance(value, Message):  # a reason, say
        return said(language, value.template, value.values)
    if name in _WORDS and isinstance(value, str):
        return ", ".join(catalogue(language).gettext(word) for word in value.split(", "))
    return value


class _Filler(Formatter):
    """Fills in numbers the way they are written in a language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> Any:
        """A number without a format of its own: its thousands apart, and as many decimals as it has."""
        if isinstance(value, int | float) and not isinstance(value, bool) and not format_spec:
            return numbers.format_decimal(value, format="#,##0.##########", locale=self._language)
        return super().format_field(value, format_spec)


class _Lenient(dict[str, Any]):
    """Values of a message; one that is missing (a file of another version) shows as its name, not as a broken page."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def preferred(accepted: str) -> str:
    """The language of ours that a browser's ``Accept-Language`` puts first; English if it names none."""
    wanted = []
    for item in accepted.split(","):
        code, _, weight = item.partition(";q=")
        try:
            wanted.append((float(weight or 1), code.strip()[:2].lower()))
        except ValueError:  # not a browser's
            continue
    # Of equal weight, the first named.
    return next((code for _, code in sorted(wanted, key=lambda item: -item[0]) if code in LANGUAGES), "en")
