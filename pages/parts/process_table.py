"""The table of processes: which ones, and what stands in their rows."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import Names, is_alive
from pages.parts.i18n import _, duration, moment, number
from pages.parts.states import COLOURS, LOOKS, iterations_text, shown_state, state_name, task_of
from pages.parts.template_texts import score_name
from storage.core import Store
from storage.processes import Process, State
from storage.progress import read_status
from storage.projects import Task


@dataclass(frozen=True)
class Filter:
    """What the list is narrowed to; None does not narrow."""

    state: str | None
    project: str | None
    machine: str | None

    def keeps(self, store: Store, process: Process) -> bool:
        """Whether the process belongs into the list."""
        return (
            # Whether a machine is alive is asked last, as it costs a write to the store.
            self.project in (None, process.spec.project)
            and self.machine in (None, process.spec.machine)
            # By either state: who looks for Running means those that do not respond, too.
            and (self.state is None or self.state in (process.state, shown_state(process, is_alive(str(store.root), process.spec.machine))))
        )


def table_frame(store: Store, shown: Sequence[Process], names: Names) -> pd.DataFrame:
    """One row a process, as text in the reader's language; read of the store: the status of each one's last attempt."""
    return pd.DataFrame([_row(store, process, names) for process in shown])


def columns(shown: Sequence[Process], names: Names) -> dict[str, Any]:
    """How the columns of ``table_frame`` are shown."""
    chips = {_chip(state): COLOURS[look.colour] for state, look in LOOKS.items()} | {_disabled(): COLOURS["gray"]}
    text, config = st.column_config.TextColumn, st.column_config
    return {
        # The only kind of column with coloured chips; as wide as they are, since two words may stand in it.
        "state": config.MultiselectColumn(_("State"), options=list(chips), color=list(chips.values())),
        "template": text(_("Template"), width=105),
        "project": text(_("Project"), width=112),
        "machine": text(_("Machine"), width=70),
        "share": config.ProgressColumn(_("Progress"), format="percent", min_value=0, max_value=1, width=80),
        # Text: number columns follow the browser's language, not the one chosen here.
        "iterations": text(_("Iterations"), alignment="right", width=85),
        "ap": _score_column({task_of(process, names) for process in shown}),
        "loss": text(_("Loss"), alignment="right", width=60),
        "left": text(_("~ Time left"), alignment="right", width=105),
        "started": text(_("Started"), width=100),
        "author": text(_("Author"), width=65),
    }


def _score_column(tasks: Set[Task]) -> Any:
    """AP or accuracy: where there are processes of both tasks they share a column, which tells what stands in it."""
    meanings: dict[Task, str] = {
        "fields": _("Average precision on the test images, from 0 to 1"),
        "classes": _("Share of the test images whose class is right, from 0 to 1"),
    }
    shown = [task for task in meanings if task in tasks]
    title = ", ".join(score_name(task) for task in shown)
    meaning = ". ".join(f"{score_name(task)}: {meanings[task]}" for task in shown)
    return st.column_config.TextColumn(title, alignment="right", help=meaning)


def _row(store: Store, process: Process, names: Names) -> dict[str, Any]:
    status = read_status(process.last.paths) if process.last else None
    running = process.state in (State.RUNNING, State.STOPPING)
    return {
        "state": [
            _chip(shown_state(process, is_alive(str(store.root), process.spec.machine))),
            *([] if process.spec.enabled else [_disabled()]),
        ],
        "template": process.spec.template.name,
        "project": names.project(process.spec.project),
        "machine": names.machine(process.spec.machine),
        "share": status.iteration / status.iterations if status and status.iterations else None,
        "iterations": iterations_text(status),
        "ap": number(status.ap, 3) if status else "–",
        "loss": number(status.loss, 3) if status else "–",
        "left": duration(status.seconds_left) if status and running else "–",  # else a stale promise
        "started": moment(process.attempts[0].claim.at if process.attempts else None),
        "author": names.person(process.spec.author),
    }


def _chip(state: str) -> str:
    return f"{LOOKS[state].sign} {state_name(state)}"


def _disabled() -> str:
    return "⊘ " + _("disabled")
