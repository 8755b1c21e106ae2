"""What came of a trial: the wait for the machine, who answered, and the pages with what was found on them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from pages.parts.data import Names, sees
from pages.parts.guard import User, demand, live
from pages.parts.i18n import _, moment, ngettext, number, said
from pages.parts.links import set_link
from pages.parts.model_jobs import answers_of
from pages.parts.model_trial import model_trial
from pages.parts.text import explain, plain
from storage import jobs, models
from storage.core import Store, StoreError, check_id
from storage.jobs import Answer, Job, TriedPage
from storage.machines import Machine
from storage.models import Listed

PATIENCE_S = 20  # a machine that has just started needs half of it to load torch
_POLL_S = 0.5


def read_job(store: Store) -> Job | None:
    """The trial in the address; None if there is none, or none any more, or none for the person looking."""
    try:
        job = jobs.get(store, check_id(st.query_params.get("job", "")))
        project = models.read(store, job.model).model.project
    except StoreError:
        return None
    return job if job.kind == "try" and sees(project) else None


def render_no_job() -> None:
    """What to do when there is nothing to show yet, or any more."""
    if "job" in st.query_params:
        gone = _("What was tried under this address is not kept any more; that is a day. Drop the documents again.")
        st.info(gone, icon=":material/history:")
    else:
        st.caption(_("Drop documents like those the model was trained on: each page is shown with what the model finds on it."))


def render_job(store: Store, job: Job, chosen: Listed, able: Sequence[Machine], names: Names, user: User) -> None:
    """Everything about the job; ``chosen`` is the model in the select box, ``able`` are the machines that could be asked."""
    try:
        tried, found = models.read(store, job.model), answers_of(store, [job.id])
    except StoreError as error:  # damaged
        st.error(explain(error))
        return
    answer = found[0] if found else None
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(_headline(job, answer, tried, names), width="content")
        if chosen.model.id != job.model:
            _again_button(store, job, chosen, job.machine if any(machine.id == job.machine for machine in able) else None, user)
    if answer is None:
        live(_wait, run_every=_POLL_S)(store, job, able, names, user)
    elif answer.message:
        st.error(plain(said(answer.message.template, answer.message.values)), icon=":material/error:")
        _offer_others(store, job, able, user)
    if answer is None or not answer.message:
        _render_pages(job, answer, tried)


def _headline(job: Job, answer: Answer | None, tried: Listed, names: Names) -> str:
    pages = ngettext("{count} page", "{count} pages", len(job.pages))
    line = f"**{plain(tried.entry.name)}** · {pages}"
    if answer is None or answer.message:
        return line
    device = _("graphics card") if answer.device.startswith("cuda") else _("processor")
    words = _("machine {machine} answered in {seconds} s ({device}), {at}")
    said_by = words.format(
        machine=plain(names.machine(job.machine)), seconds=number(answer.seconds, 1), device=device, at=moment(answer.at)
    )
    return f"{line} · {said_by}"


def _wait(store: Store, job: Job, able: Sequence[Machine], names: Names, user: User) -> None:
    if jobs.read_answer(store, job.id) is not None:
        st.rerun()
    machine = plain(names.machine(job.machine))
    seconds = (datetime.now(UTC) - job.at).total_seconds()
    if seconds < PATIENCE_S:
        words = _("Machine {machine} looks at the pages, {seconds} s so far; the first time it needs some to get ready.")
        st.info(words.format(machine=machine, seconds=number(max(0, seconds))), icon=":material/hourglass_top:")
        return
    words = _("Machine {machine} has not answered for {seconds} s. It may be busy or gone; an answer that comes yet is shown.")
    st.warning(words.format(machine=machine, seconds=number(seconds)), icon=":material/hourglass_disabled:")
    _offer_others(store, job, able, user)


def _offer_others(store: Store, job: Job, able: Sequence[Machine], user: User) -> None:
    """Buttons that ask another machine, or the same one again."""
    others = [machine for machine in able if machine.id != job.machine]
    with st.container(horizontal=True):
        for machine in others[:3]:
            words = _("Ask {machine}").format(machine=plain(machine.name))
            if st.button(words, key=f"ask_{machine.id}", icon=":material/dns:"):
                _ask_again(store, job, job.model, machine.id, user)
        if st.button(_("Ask again"), key="ask_again", icon=":material/refresh:"):
            _ask_again(store, job, job.model, None, user)


def _again_button(store: Store, job: Job, chosen: Listed, machine: str | None, user: User) -> None:
    words = _("Try these pages with {model}").format(model=plain(chosen.entry.name))
    if st.button(words, key="try_again", type="primary", icon=":material/science:"):
        _ask_again(store, job, chosen.model.id, machine, user)


def _ask_again(store: Store, job: Job, model: str, machine: str | None, user: User) -> None:
    try:
        demand("models", "view")
        asked = jobs.ask_again(store, job, model, jobs.choose_machine(store, machine).id, user.account)
    except StoreError as error:
        st.error(explain(error))
        return
    set_link("job", asked.id)
    st.rerun()


def _render_pages(job: Job, answer: Answer | None, tried: Listed) -> None:
    model = tried.model
    places = {field.id: place for place, field in enumerate(model.fields)}
    fields = [
        {
            "id": field.id,
            "name": field.name,
            "colour": field.colour,
            "least": model.rule.thresholds.get(field.id),
            "most": model.rule.limits.get(field.id),
        }
        for field in model.fields
    ]
    tried_pages: Sequence[TriedPage | None] = answer.pages if answer else [None] * len(job.pages)
    pages = [
        {
            "name": page.name,
            "width": page.width,
            "height": page.height,
            "address": f"/api/jobs/{job.id}/pages/{number_}",
            **_found(found, places),
        }
        for number_, (page, found) in enumerate(zip(job.pages, tried_pages, strict=True))
    ]
    model_trial(model.task, fields, pages, {"model": tried.entry.name, "model_id": model.id}, key=job.id)


def _found(page: TriedPage | None, places: dict[str, int]) -> dict[str, Any]:
    if page is None:
        return {"found": None, "problem": None}
    problem = said(page.message.template, page.message.values) if page.message else None
    rows = [[places[found.field], found.score, found.xyxy, found.text, found.read] for found in page.detections]
    return {"found": rows, "problem": problem}
