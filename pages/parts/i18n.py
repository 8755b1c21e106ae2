"""Texts, numbers, dates and times as the person looking reads them."""

from datetime import datetime, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from babel import dates, numbers
from babel.messages.pofile import read_po

from storage import catalogues
from storage.catalogues import catalogue

LANGUAGES, LOCALES = catalogues.LANGUAGES, catalogues.LOCALES


def language() -> str:
    """The language chosen in the sidebar, else the browser's, else English."""
    chosen = st.session_state.get("lang") or (st.context.locale or "en")[:2].lower()  # a browser says ru-RU
    return chosen if chosen in LANGUAGES else "en"


def _(text: str) -> str:
    """``text`` in the reader's language."""
    return catalogue(language()).gettext(text)


def ngettext(one: str, many: str, count: int) -> str:
    """The form for ``count``, with the count put in for ``{count}``."""
    return catalogue(language()).ngettext(one, many, count).format(count=number(count))


def said(template: str, values: dict[str, Any]) -> str:
    """A message of storage or worker in the reader's language."""
    return catalogues.said(language(), template, values)


def store_messages() -> dict[str, str]:
    """Templates of what the store may refuse and why a page was not read, translated; for components that get them over HTTP."""
    texts = catalogue(language())
    return {template: text for template in _store_templates() if (text := texts.gettext(template)) != template}


@cache
def _store_templates() -> tuple[str, ...]:
    with (LOCALES / "messages.pot").open("rb") as file:
        found = read_po(file)
    return tuple(
        message.id
        for message in found
        if isinstance(message.id, str) and any(path.startswith(("storage/", "server/", "worker/reading/")) for path, _ in message.locations)
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


def zone() -> tzinfo | None:
    """The reader's time zone; None, which is UTC to whoever formats a time, for one that this host does not know."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return None  # unknown to this host's data: times stay in UTC, as they are stored
