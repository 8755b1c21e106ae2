"""The server's own words in the reader's language, which stands for one request."""

from contextvars import ContextVar

from storage.catalogues import catalogue, said
from storage.core import StoreError

language: ContextVar[str] = ContextVar("language", default="en")


def _(text: str) -> str:
    """``text`` in the reader's language."""
    return catalogue(language.get()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The form for ``count``, with the count put in for ``{count}``."""
    return catalogue(language.get()).ngettext(one, many, count).format(count=count)


def told(error: StoreError) -> str:
    """A refusal as a sentence."""
    return said(language.get(), error.template, error.values)
