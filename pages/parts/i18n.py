"""Texts, numbers, dates and times as the person looking reads them; catalogues are read straight from ``.po`` files."""

import gettext
import io
from datetime import datetime, tzinfo
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from babel import dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("en", "ru")
LOCALES = Path(__file__).resolve().parent.parent / "locales"
_WORDS = ("state", "kind", "allowed")  # values that are words of ours, so translated; all others are people's


def language() -> str:
    """The language chosen in the sidebar, else the browser's, else English."""
    chosen = st.session_state.get("lang") or (st.context.locale or "en")[:2].lower()  # a browser says ru-RU
    return chosen if chosen in LANGUAGES else "en"


def _(text: str) -> str:
    """``text`` in the reader's language."""
    return _catalogue(language()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The form for ``count``, with the count put in for ``{count}``."""
    return _catalogue(language()).ngettext(one, many, count).format(count=number(count))


def said(template: str, values: dict[str, Any]) -> str:
    """A message of storage or worker: the template translated, then filled in."""
    # Records keep template and values apart, since a catalogue cannot know a sentence that was filled in.
    filled = {name: _words(value) if name in _WORDS and isinstance(value, str) else value for name, value in values.items()}
    try:
        return Formatter().vformat(_(template), (), _Lenient(filled))
    except ValueError:  # a value that does not fit its format, in a file of another version
        return template


def _words(value: str) -> str:
    """A word of ours, or several with commas between them, translated one by one."""
    return ", ".join(_(word) for word in value.split(", "))


def store_messages() -> dict[str, str]:
    """Templates of everything the store may refuse, with their translations; for components that get refusals over HTTP."""
    catalogue = _catalogue(language())
    return {template: text for template in _store_templates() if (text := catalogue.gettext(template)) != template}


@cache
def _store_templates() -> tuple[str, ...]:
    with (LOCALES / "messages.pot").open("rb") as file:
        found = read_po(file)
    return tuple(
        message.id
        for message in found
        if isinstance(message.id, str) and any(path.startswith(("storage/", "server/")) for path, _ in message.locations)
    )


def number(value: float | None, digits: int = 0) -> str:
    """A number with ``digits`` decimals; a dash if there is none."""
    return (
        "–"
        if value is None
        else str(numbers.format_decimal(value, format="#,##0" + ("." + "0" * digits if digits else ""), locale=language()))
    )


def small_number(value: float | None) -> str:
    """A learning rate: two significant digits, however small."""
    # Rounded first, as a pattern counts decimals and not significant digits.
    return "–" if value is None else str(numbers.format_decimal(float(f"{value:.2g}"), format="0.########", locale=language()))


def separators() -> str:
    """Decimal and thousands separator, for charts that format numbers themselves."""
    return str(numbers.get_decimal_symbol(language()) + numbers.get_group_symbol(language()))


def moment(value: datetime | None, *, seconds: bool = False) -> str:
    """Date and time in the reader's time zone; the year only where it is not the current one."""
    if value is None:
        return "–"
    year = "" if value.year == datetime.now(value.tzinfo).year else "yyyy "
    pattern = f"d MMM {year}HH:mm" + (":ss" if seconds else "")
    return str(dates.format_datetime(value, pattern, tzinfo=zone(), locale=language()))


def duration(seconds: float | None) -> str:
    """A time span by its two largest units; a dash if there is none."""
    if seconds is None:
        return "–"
    # Not below zero: begin and end may come from two hosts whose clocks differ.
    whole = max(0, round(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    if hours:
        return _("{hours} h {minutes} min").format(hours=number(hours), minutes=minutes)
    return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=whole % 60) if minutes else _("{seconds} s").format(seconds=whole)


class _Lenient(dict[str, Any]):
    """Values of a message; one that is missing (a file of another version) shows as its name, not as a broken page."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    if code == "en":
        return gettext.NullTranslations()
    # Compiled in memory, 2 ms a language: a .mo file beside it could be older than its source.
    with (LOCALES / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def zone() -> tzinfo | None:
    """The reader's time zone; None, which is UTC to whoever formats a time, for one that this host does not know."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return None  # unknown to this host's data: times stay in UTC, as they are stored
