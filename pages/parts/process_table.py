"""The table of processes: which ones, and what stands in their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import Names, is_alive
from pages.parts.i18n import _, duration, moment, number
from pages.parts.states import COLOURS, LOOKS, kind_name, shown_state, state_name
from storage.core import Store
from storage.processes import Process, State
from storage.progress import Status, read_status


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


def columns() -> dict[str, Any]:
    """How the columns of ``table_frame`` are shown."""
    labels, colours = zip(*((_chip(state), COLOURS[look.colour]) for state, look in LOOKS.items()), strict=True)
    text, config = st.column_config.TextColumn, st.column_config
    return {
        # The only kind of column with coloured chips.
        "state": config.MultiselectColumn(_("State"), options=labels, color=colours, width=160),
        "template": text(_("Template"), width=110),
        "project": text(_("Project"), width=120),
        "machine": text(_("Machine"), width=75),
        "share": config.ProgressColumn(_("Progress"), format="percent", min_value=0, max_value=1, width=85),
        # Text: number columns follow the browser's language, not the one chosen here.
        "iterations": text(_("Iterations"), alignment="right", width=90),
        "ap": text(_("AP"), alignment="right", width=55, help=_("Average precision on the test images, from 0 to 1")),
        "loss": text(_("Loss"), alignment="right", width=60),
        "left": text(_("~ Time left"), alignment="right", width=105),
        "started": text(_("Started"), width=110),
        "kind": text(_("Kind"), width=110),
        "author": text(_("Author"), width=80),
    }


def _row(store: Store, process: Process, names: Names) -> dict[str, Any]:
    status = read_status(process.last.paths) if process.last else None
    running = process.state in (State.RUNNING, State.STOPPING)
    return {
        "state": [_chip(shown_state(process, is_alive(str(store.root), process.spec.machine)))],
        "template": process.spec.template.name,
        "project": names.project(process.spec.project),
        "machine": names.machine(process.spec.machine),
        "share": status.iteration / status.iterations if status and status.iterations else None,
        "iterations": iterations_text(status),
        "ap": number(status.ap, 3) if status else "–",
        "loss": number(status.loss, 3) if status else "–",
        "left": duration(status.seconds_left) if status and running else "–",  # else a stale promise
        "started": moment(process.attempts[0].claim.at if process.attempts else None),
        "kind": kind_name(process.spec.kind),
        "author": process.spec.author,
    }


def iterations_text(status: Status | None) -> str:
    """Iterations done of all."""
    return f"{number(status.iteration)} / {number(status.iterations)}" if status and status.iterations else "–"


def _chip(state: str) -> str:
    return f"{LOOKS[state].sign} {state_name(state)}"
