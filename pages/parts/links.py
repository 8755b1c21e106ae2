"""Where links lead, and widgets whose value stands in the page's address, so that a view can be sent to somebody.

Streamlit's own ``bind="query-params"`` writes the option's text, which differs from language to language; here the
address carries the code.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from storage.templates import RunKind

_DIALOG = "dialog"  # of the address


def process_page(kind: RunKind) -> str:
    """The page of processes of this kind, as ``st.switch_page`` and ``st.page_link`` take it."""
    return "processes.py" if kind == "auto-label" else "training_processes.py"


def template_page(kind: RunKind) -> str:
    """The page of templates of this kind."""
    return "templates.py" if kind == "auto-label" else "training_templates.py"


def open_dialog(name: str) -> None:
    """Open the page's dialog of this name with the next run; it stands in the address."""
    set_link(_DIALOG, name)


def asked_dialog() -> str | None:
    """The dialog that the address asks for."""
    return st.query_params.get(_DIALOG)


def close_dialog() -> None:
    """Forget what the address asks for, which the next run would open again."""
    set_link(_DIALOG, None)


def linked_select(
    label: str, options: dict[str, str], parameter: str, *, placeholder: str, on_change: Callable[[], None] | None = None
) -> str | None:
    """A select box over ``options`` whose choice is the address's ``parameter``; None if nothing is chosen."""
    return linked_choice(st.selectbox, label, options, parameter, on_change, None, index=None, placeholder=placeholder)


def linked_choice(
    widget: Any,
    label: str,
    options: dict[str, str],
    parameter: str,
    on_change: Callable[[], None] | None,
    default: str | None,
    **look: Any,
) -> Any:
    """A widget that chooses one of ``options``, whose choice is the address's ``parameter``, ``default`` if it has none of them.

    ``options`` maps codes to texts, no two alike: the browser tells by the text which one was chosen.
    """
    key = f"linked_{parameter}"

    def changed() -> None:
        # In the callback, so before the run that reads the address: it would put the old choice back.
        set_link(parameter, st.session_state[key] or None)
        if on_change:
            on_change()

    # The address wins on every run: it also changes when the browser goes back.
    wanted = st.query_params.get(parameter)
    # What the address names may be deleted meanwhile; the widget would raise.
    st.session_state[key] = wanted if wanted in options else default
    return widget(label, list(options), key=key, format_func=lambda code: options.get(code, code), on_change=changed, **look)


def linked_toggle(label: str, parameter: str, on_change: Callable[[], None] | None = None) -> bool:
    """A toggle whose state is the address's ``parameter``."""
    key = f"linked_{parameter}"

    def changed() -> None:
        set_link(parameter, "1" if st.session_state[key] else None)
        if on_change:
            on_change()

    # The address wins on every run: it also changes when the browser goes back.
    st.session_state[key] = is_on(parameter)
    return st.toggle(label, key=key, on_change=changed)


def is_on(parameter: str) -> bool:
    """Whether the toggle of this parameter is on."""
    return st.query_params.get(parameter) == "1"


def set_link(parameter: str, value: str | None) -> None:
    """Put ``value`` into the address, or take the parameter out of it."""
    if value is None:
        st.query_params.pop(parameter, None)
    else:
        st.query_params[parameter] = value


def bring_along() -> None:
    """Put into the address what the page was asked for.

    Links from a page to itself leave the address as it was, and a reload, or a run of the page's own, would lead back.
    """
    st.query_params.from_dict(st.query_params.to_dict())
