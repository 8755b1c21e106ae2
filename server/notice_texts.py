"""A notice as text outside the pages: in the language of whoever gets it, with the address that shows more."""

from urllib.parse import urlencode

from storage import catalogues
from storage.attempts import Message
from storage.notices import Notice, target


def said(message: Message, language: str | None) -> str:
    """The message in this language, English without one."""
    return catalogues.said(language or "en", message.template, message.values)


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
