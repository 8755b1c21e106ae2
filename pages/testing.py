"""Testing: documents are dropped, a machine has a model look at them, and what it found is shown; nothing enters a project."""

import streamlit as st

from pages.parts.data import get_store, load_names
from pages.parts.guard import page_link, require
from pages.parts.i18n import _
from pages.parts.links import set_link
from pages.parts.model_table import load_models
from pages.parts.model_trial import document_drop
from pages.parts.testing_choice import load_able_machines, render_machine_choice, render_model_choice, render_no_machine
from pages.parts.testing_result import read_job, render_job, render_no_job
from pages.parts.text import explain
from storage.models import Listed

# Before anything is read: the router's list alone would be no lock.
user = require("models", "view")

store = get_store()


def render(found: list[Listed]) -> None:
    """What to try with what, and what came of it."""
    able, job = load_able_machines(str(store.root)), read_job(store)
    model_column, machine_column = st.columns([2, 1])
    with model_column:
        listed = render_model_choice(found, job.model if job else None)
    with machine_column:
        machine = render_machine_choice(able)
    if not able:
        render_no_machine()
    obstacle = None if able else _("No machine answers now")
    document_drop(listed.model.id, machine, obstacle, on_asked=lambda job: set_link("job", job))
    if job:
        render_job(store, job, listed, [machine for machine, _busy in able], load_names(str(store.root)), user)
    else:
        render_no_job()


def render_empty() -> None:
    """What to do when there is no model yet."""
    st.info(_("There is no model to try yet. Every process publishes one when it completes."), icon=":material/science:")
    page_link("training_processes.py", label=_("Training processes"), icon=":material/list:")
    page_link("processes.py", label=_("Auto-labelling processes"), icon=":material/list:")


st.title(_("Testing"))
loaded = load_models()
for error in loaded.damaged:
    st.warning(explain(error), icon=":material/broken_image:")
if loaded.found:
    render(loaded.found)
else:
    render_empty()
