"""Which model is tried, and which machine is asked."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.data import get_store
from pages.parts.i18n import _, number
from pages.parts.links import linked_choice, linked_select, set_link
from storage import jobs
from storage.machines import Machine
from storage.models import Listed


@st.cache_data(ttl=3, show_spinner=False)
def load_able_machines(root: str) -> list[tuple[Machine, bool]]:  # noqa: ARG001
    """Machines that answer jobs now, the best first, and whether each is busy; at most 3 s old, since each question writes to the store."""
    store = get_store()
    return [(machine, jobs.is_busy(store, machine)) for machine in jobs.able_machines(store)]


def render_model_choice(found: Sequence[Listed], tried: str | None) -> Listed:
    """The model chosen; before somebody chooses the one that was ``tried``, else the newest of Models. ``found`` is not empty."""
    named = (st.query_params.get("model"), tried)
    promoted = [listed for listed in found if listed.entry.promoted]
    hidden = len(found) - len(promoted)
    # Whatever the toggle says, those that the address names are there to be chosen.
    shown = [listed for listed in found if listed.entry.promoted or _is_all() or not promoted or listed.model.id in named]
    by_id = {listed.model.id: listed for listed in shown}
    texts = {identifier: _text(listed, shown) for identifier, listed in by_id.items()}
    chosen = linked_choice(st.selectbox, _("Model"), texts, "model", None, tried if tried in by_id else shown[0].model.id)
    if promoted and hidden:
        st.session_state["testing_all"] = _is_all()
        st.toggle(_("Also models of auto-labelling that nobody promoted"), key="testing_all", on_change=_switch_all)
    return by_id[chosen]


def render_machine_choice(able: Sequence[tuple[Machine, bool]]) -> str | None:
    """The id of the machine to ask; None to leave that to the server."""
    names = {machine.id: _standing(machine, busy) for machine, busy in able}
    best = _("Chosen by itself: {machine}").format(machine=able[0][0].name) if able else _("No machine answers")
    return linked_select(_("Machine"), names, "machine", placeholder=best)


def render_no_machine() -> None:
    """How to get an answer where there is no machine to give one."""
    st.warning(_("No machine answers now, so nothing can be tried. Start a worker, or ask the administrator to."), icon=":material/dns:")
    with st.expander(_("Use this computer"), icon=":material/terminal:"):
        st.markdown(_("Start a worker in a shell, in Fieldmark's folder, and leave it running:"))
        st.code("python cli.py worker", language="bash")
    st.button(_("Look again"), icon=":material/refresh:", on_click=load_able_machines.clear)


def _text(listed: Listed, shown: Sequence[Listed]) -> str:
    """Name and quality, no two alike."""
    score = listed.model.accuracy if listed.model.task == "classes" else listed.model.map_50
    words = _("accuracy {score}") if listed.model.task == "classes" else _("AP@50 {score}")
    name = listed.entry.name
    if sum(other.entry.name == name for other in shown) > 1:
        name += f" …{listed.model.id[-4:]}"
    return name if score is None else name + " · " + words.format(score=number(score, 3))


def _standing(machine: Machine, busy: bool) -> str:
    return f"{machine.name} · " + (_("busy with a process") if busy else _("free"))


def _is_all() -> bool:
    return st.query_params.get("all") == "1"


def _switch_all() -> None:
    set_link("all", "1" if st.session_state["testing_all"] else None)
