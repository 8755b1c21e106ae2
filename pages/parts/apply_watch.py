"""The notice that an apply or a roll back is done: said once, to whoever asked for it, when it is."""

import streamlit as st

from pages.parts.i18n import ngettext
from pages.parts.toasts import say
from storage import plans
from storage.core import Store, StoreError
from storage.plans import ApplyOutcome
from storage.processes import Request

_KEY = "applies_watched"  # in the session: (process, number of the request) → the request, what to call the process


def watch(process: str, request: Request, called: str) -> None:
    """Have ``announce_finished`` tell when this request of the process, ``called`` so in Markdown, is done."""
    st.session_state.setdefault(_KEY, {})[process, request.number] = (request, called)


def announce_finished(store: Store) -> bool:
    """Say which of those watched are done; the next run of the page shows it. False if there is nothing to say."""
    watched: dict[tuple[str, int], tuple[Request, str]] = st.session_state.get(_KEY, {})
    finished = {key: outcome for key, (request, _called) in watched.items() if (outcome := _outcome(store, key[0], request))}
    for key, outcome in finished.items():
        request, called = watched.pop(key)
        say(f"{called} · {outcome_text(request, outcome)}", ":material/done_all:")
    return bool(finished)


def _outcome(store: Store, process: str, request: Request) -> ApplyOutcome | None:
    try:
        return plans.outcome(store.process(process), request.action, request.apply or "")
    except StoreError:
        return None  # damaged, which the list of processes tells


def outcome_text(request: Request, outcome: ApplyOutcome) -> str:
    """What the apply or the roll back did."""
    if request.action == "apply":
        return ngettext("Labels applied to {count} image", "Labels applied to {count} images", outcome.changed)
    return ngettext("Labels of {count} image rolled back", "Labels of {count} images rolled back", outcome.changed)
