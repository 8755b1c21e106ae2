"""Texts of people and of the store inside Streamlit's Markdown."""

import re

from pages.parts.i18n import said
from storage.core import StoreError

# A colon before a letter begins an emoji, an icon or a colour in Streamlit's Markdown.
_SPECIAL = re.compile(r"([\\`*_\[\]<>$~#|]|:(?=\w))")


def plain(text: str) -> str:
    """``text`` as Markdown that shows exactly it: names and paths are full of underscores."""
    return _SPECIAL.sub(r"\\\1", text)


def explain(error: StoreError) -> str:
    """What the store refused, in the reader's language, as Markdown."""
    return plain(said(error.template, error.values))
