"""The journal's filters, all of which stand in the page's address."""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

import streamlit as st

from pages.parts.data import Names
from pages.parts.i18n import _, language, zone
from pages.parts.journal_names import short
from pages.parts.journal_texts import entity_names, operation_names, person_name
from pages.parts.links import linked_select, set_link
from pages.parts.text import plain
from storage.journal import Filter

FROM, TO, BY, ENTITY, OPERATION, THREAD, OBJECT = PARAMETERS = ("from", "to", "by", "entity", "operation", "thread", "object")
BEFORE, ENTRY = "before", "entry"  # where the page begins, and the row that is open
_FORMATS = {"ru": "DD.MM.YYYY", "en": "DD/MM/YYYY"}


def wanted() -> Filter:
    """What the address asks for; days are those of the reader's time zone."""
    asked = st.query_params
    until = _midnight(asked.get(TO), days=1)
    return Filter(
        by=asked.get(BY),
        operation=asked.get(OPERATION),
        entity=asked.get(ENTITY),
        id=asked.get(OBJECT),
        thread=asked.get(THREAD),
        since=_midnight(asked.get(FROM)),
        until=until - timedelta(microseconds=1) if until else None,
    )


def download_address(form: str, chosen: Filter) -> str:
    """Where the journal as a file is got, cut down to what is chosen."""
    words = {"object" if name == "id" else name: value for name, value in chosen.words().items()}
    moments = {"since": chosen.since, "until": chosen.until}
    query = urlencode({**words, **{name: moment.isoformat() for name, moment in moments.items() if moment}})
    return f"/api/journal.{form}" + (f"?{query}" if query else "")


def render_filters(names: Names) -> None:
    """The row of filters, and below it what else the list is narrowed to."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _linked_date(_("From"), FROM)
        _linked_date(_("To"), TO)
        linked_select(_("Person"), _people(names), BY, placeholder=_("Everybody"), on_change=to_newest)
        linked_select(_("About"), _sorted(entity_names()), ENTITY, placeholder=_("Everything"), on_change=_entity_changed)
        linked_select(_("Operation"), _operations(), OPERATION, placeholder=_("All operations"), on_change=to_newest)
    _render_narrowed()


def narrow(parameter: str, value: str) -> None:
    """Show only entries of which this is so."""
    set_link(parameter, value)
    to_newest()


def to_newest() -> None:
    """Back to the first page: another filter has other pages."""
    set_link(BEFORE, None)
    set_link(ENTRY, None)


def clear() -> None:
    """Show everything."""
    for parameter in PARAMETERS:
        set_link(parameter, None)
    to_newest()


def is_narrowed() -> bool:
    """Whether any filter is set."""
    return any(parameter in st.query_params for parameter in PARAMETERS)


def _render_narrowed() -> None:
    """What no select box shows: one process, one thing; and the way back to everything."""
    if not is_narrowed():
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for parameter, text in ((THREAD, _("Process {id}")), (OBJECT, _("Only {id}"))):
            if identifier := st.query_params.get(parameter):
                label = plain(text.format(id=short(identifier)))
                st.button(
                    label,
                    key=f"drop_{parameter}",
                    icon=":material/close:",
                    help=_("Take this filter off"),
                    on_click=_drop,
                    args=(parameter,),
                )
        st.button(_("Clear the filters"), key="clear_filters", type="tertiary", on_click=clear)


def _drop(parameter: str) -> None:
    set_link(parameter, None)
    to_newest()


def _entity_changed() -> None:
    # An operation belongs to one kind of thing; of another nothing would be found.
    entity, operation = st.query_params.get(ENTITY), st.query_params.get(OPERATION)
    if entity and operation and not operation.startswith(f"{entity}."):
        set_link(OPERATION, None)
    to_newest()


def _operations() -> dict[str, str]:
    entity = st.query_params.get(ENTITY)
    # Signing in is done to an account.
    kinds = {"account": ("account", "session")}.get(entity or "", (entity,))
    return {code: name for code, name in operation_names().items() if entity is None or code.split(".")[0] in kinds}


def _people(names: Names) -> dict[str, str]:
    codes = ["local", *names.people, *(f"worker:{machine}" for machine in names.machines)]
    # Whoever the address names, too: somebody in a shell is entered nowhere.
    if (asked := st.query_params.get(BY)) and asked not in codes:
        codes.append(asked)
    return _sorted({code: person_name(code, names) for code in codes})


def _sorted(texts: dict[str, str]) -> dict[str, str]:
    # No two alike: the browser tells by the text which one was chosen.
    unique = {code: f"{text} ({code})" if list(texts.values()).count(text) > 1 else text for code, text in texts.items()}
    return dict(sorted(unique.items(), key=lambda item: item[1].casefold()))


def _linked_date(label: str, parameter: str) -> None:
    """A day that is the address's ``parameter``."""
    key = f"linked_{parameter}"

    def changed() -> None:
        chosen: date | None = st.session_state[key]
        set_link(parameter, chosen.isoformat() if chosen else None)
        to_newest()

    # The address wins on every run: it also changes when the browser goes back.
    st.session_state[key] = _day(st.query_params.get(parameter))
    st.date_input(label, key=key, format=_FORMATS[language()], on_change=changed, width=150)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _midnight(text: str | None, days: int = 0) -> datetime | None:
    day = _day(text)
    try:
        return datetime.combine(day + timedelta(days=days), time(), zone() or UTC).astimezone(UTC) if day else None
    except OverflowError:  # beyond the calendar: somebody typed it into the address
        return None
