"""A model in ONNX format: a machine is asked to write it, then it can be downloaded."""

import streamlit as st

from pages.parts.guard import User, demand, live
from pages.parts.i18n import _, said
from pages.parts.model_jobs import POLL_S, answers_of, jobs_of, render_wait
from pages.parts.model_texts import megabytes
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import jobs, models
from storage.core import Store, StoreError
from storage.jobs import Answer
from storage.models import Listed
from storage.templates import READERS

_JOBS, _REFUSAL = "onnx_jobs", "onnx_refusal"  # of the session: model → job, and why the last one failed


def render_onnx_button(store: Store, listed: Listed, user: User) -> None:
    """The download where there is a file, else the button that asks for it."""
    size = models.onnx_size(store, listed.model)
    if size is not None:
        about = _("{size}; for ONNX Runtime, which needs neither Fieldmark nor torch").format(size=megabytes(size))
        st.link_button("ONNX", f"/api/models/{listed.model.id}/onnx", icon=":material/download:", help=about)
        return
    about = _("A machine writes the model for ONNX Runtime and checks on real images that it gives the same results.")
    reason = user.why_not("models", "edit")
    if listed.model.base_model in READERS:
        reason = _("This model goes by what is written, and there is no ONNX for reading. Train one from {base} for that.").format(
            base=READERS[listed.model.base_model]
        )
    st.button(
        _("Make ONNX file"),
        key="make_onnx",
        icon=":material/deployed_code_update:",
        disabled=reason is not None or _job_of(listed) is not None,
        help=reason or about,
        on_click=_ask,
        args=(store, listed, user),
    )


def render_onnx_progress(store: Store, listed: Listed) -> None:
    """How far the machine is that was asked, and why it did not succeed."""
    if refusal := st.session_state.pop(_REFUSAL, None):
        st.error(refusal, icon=":material/error:")
    if _job_of(listed):
        live(_follow, run_every=POLL_S)(store, listed)


def _follow(store: Store, listed: Listed) -> None:
    job = _job_of(listed)
    asked = jobs_of(store, [job]) if job else None
    answers = answers_of(store, [job]) if job and asked else None
    if asked and answers is None:
        render_wait(asked, _("Machine {machine} writes the ONNX file and checks it on real images, {seconds} so far."))
        if st.button(_("Ask again"), key="onnx_again", help=_("If it takes too long, or the machine is gone")):
            _forget(listed)
            st.rerun()
        return
    _forget(listed)
    if answers:
        _say_outcome(listed, answers[0])
    # The whole page: the button becomes a link, and the looks end.
    st.rerun()


def _say_outcome(listed: Listed, answer: Answer) -> None:
    if answer.message:
        st.session_state[_REFUSAL] = plain(said(answer.message.template, answer.message.values))
    else:
        say(_("The ONNX file of {model} is there").format(model=plain(listed.entry.name)), ":material/deployed_code:")


def _ask(store: Store, listed: Listed, user: User) -> None:
    try:
        demand("models", "edit", listed.model.project)
        job = jobs.ask(store, "onnx", listed.model.id, jobs.choose_machine(store).id, user.account)
    except StoreError as error:
        st.session_state[_REFUSAL] = explain(error)
        return
    st.session_state.setdefault(_JOBS, {})[listed.model.id] = job.id


def _job_of(listed: Listed) -> str | None:
    found: str | None = st.session_state.get(_JOBS, {}).get(listed.model.id)
    return found


def _forget(listed: Listed) -> None:
    st.session_state.get(_JOBS, {}).pop(listed.model.id, None)
