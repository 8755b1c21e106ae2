"""Texts in the reader's language, for whoever is no page: the server's own HTML, e-mail. The catalogues are those of ``pages/locales``."""

import gettext
import io
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("en", "ru")
LOCALES = Path(__file__).resolve().parent.parent / "pages" / "locales"
_WORDS = ("state", "kind", "allowed")  # values that are words of ours, so translated; all others are people's


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
    """A refusal or message: its template translated, then filled in."""
    texts = catalogue(language)
    filled = {name: texts.gettext(value) if name in _WORDS and isinstance(value, str) else value for name, value in values.items()}
    return Formatter().vformat(texts.gettext(template), (), filled)


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
