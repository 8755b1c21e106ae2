"""A notice as text outside the pages: in the language of whoever gets it, with the address that shows more."""

import gettext
import io
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from storage.attempts import Message
from storage.notices import Notice, target

# Read here as well: the pages' own reading of it knows the language of whoever looks, and nobody does.
_LOCALES = Path(__file__).resolve().parent.parent / "pages" / "locales"


def said(message: Message, language: str | None) -> str:
    """The message in this language, English without one; its template where a value is missing (a file of another version)."""
    try:
        return _catalogue(language or "en").gettext(message.template).format(**message.values)
    except (KeyError, IndexError, ValueError):
        return message.template


def text_of(notice: Notice, language: str | None) -> str:
    """What happened and why, in one paragraph."""
    parts = [notice.message, notice.reason] if notice.reason else [notice.message]
    return ". ".join(said(part, language) for part in parts)


def link_to(notice: Notice, address: str) -> str:
    """The page that shows more, on the dashboard at ``address``."""
    place = target(notice)
    if place is None:
        return address
    page, parameters = place
    return f"{address}/{page}?{urlencode(parameters)}" if parameters else f"{address}/{page}"


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    path = _LOCALES / language / "LC_MESSAGES" / "messages.po"
    if language == "en" or not path.is_file():
        return gettext.NullTranslations()  # the texts in the source are English
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
