"""What a machine is asked about a model, and the wait for its answer."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.data import get_store, is_alive, load_names
from pages.parts.i18n import _, duration
from pages.parts.text import plain
from storage import jobs
from storage.attempts import Message
from storage.core import Damaged, Store, StoreError, now
from storage.jobs import Answer, Job

POLL_S = 1.0  # seconds between looks while a machine is at it


class Unanswered(Exception):
    """The machine has not answered yet."""


# An answer never changes; that of a model on a thousand test images takes 0.1 s to read.
@st.cache_resource(max_entries=20, show_spinner=False)
def load_answer(root: str, job: str) -> Answer:  # noqa: ARG001
    """The answer to a job of the store at ``root``; Unanswered while there is none, which is not remembered."""
    try:
        found = jobs.read_answer(get_store(), job)
    except Damaged as error:  # said like whatever else a machine could not do
        return Answer(job=job, at=now(), seconds=0, message=Message(template=error.template, values=error.values))
    if found is None:
        raise Unanswered
    return found


def answers_of(store: Store, asked: Sequence[str]) -> list[Answer] | None:
    """The answers to all these jobs; None while one is missing."""
    try:
        return [load_answer(str(store.root), job) for job in asked]
    except Unanswered:
        return None


def jobs_of(store: Store, asked: Sequence[str]) -> list[Job] | None:
    """What was asked; None where it is not kept any more, or never was."""
    try:
        return [jobs.get(store, job) for job in asked]
    except StoreError:
        return None


def render_wait(asked: Sequence[Job], words: str) -> None:
    """Who is at it and since when; that the machine is gone, if it is."""
    machine = asked[0].machine
    name, root = plain(load_names(str(get_store().root)).machine(machine)), str(get_store().root)
    if not is_alive(root, machine):
        st.warning(_("Machine {machine} does not respond any more. Ask again: another one is chosen.").format(machine=name))
        return
    seconds = (now() - asked[0].at).total_seconds()
    st.info(words.format(machine=name, seconds=duration(seconds)), icon=":material/hourglass_top:")
