"""The choice of a target machine: every machine with what it is, and why it can or cannot be chosen now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import streamlit as st

from pages.parts.data import is_alive, process_cache, sees
from pages.parts.i18n import _, moment, ngettext, number
from pages.parts.text import explain, plain
from pages.parts.widget_state import begin, held, place_of, start_of
from storage import actions, machines
from storage.core import Store
from storage.machines import MACHINES, Info, Machine
from storage.processes import Process
from storage.progress import read_status

_GIB = 2**30


@dataclass(frozen=True)
class Candidate:
    """A machine with its last report and its unfinished processes, oldest first; ``obstacle`` is None if it can be chosen."""

    machine: Machine
    info: Info | None
    busy: tuple[Process, ...]
    obstacle: actions.Obstacle | None


def render_machine_picker(store: Store, widget: str) -> Candidate | None:
    """The machine chosen; None if none can be, with what to do then."""
    found = load_candidates(store)
    free = {candidate.machine.id: candidate for candidate in found if candidate.obstacle is None}
    if held(widget) not in free:  # it was taken or went away since
        # One that is idle rather than one with a queue.
        begin(widget, min(free, key=lambda identifier: len(free[identifier].busy), default=None))
    if free:
        key, begins = start_of(widget)
        st.radio(
            _("Target machine"),
            list(free),
            place_of(begins, list(free)),
            key=key,
            format_func=lambda identifier: plain(free[identifier].machine.name),
            captions=[_describe(candidate) for candidate in free.values()],
        )
    else:
        _render_none()
    for candidate in found:
        if candidate.obstacle:
            st.caption(f":material/block: **{plain(candidate.machine.name)}**  \n{_describe(candidate)}")
    return free.get(held(widget))


def load_candidates(store: Store) -> list[Candidate]:
    """Every machine, by name; a damaged one is said and hides no other."""
    listing = MACHINES.list(store)
    for error in listing.damaged:
        st.warning(explain(error), icon=":material/broken_image:")
    processes, _damaged = process_cache(str(store.root)).load()
    held = [process for process in reversed(processes) if actions.holds_machine(process)]
    return [_candidate(store, machine, held) for machine in listing.items]


def _candidate(store: Store, machine: Machine, held: Sequence[Process]) -> Candidate:
    busy = tuple(process for process in held if process.spec.machine == machine.id)
    obstacle = actions.obstacle(machine, is_alive(str(store.root), machine.id), busy)
    return Candidate(machine, machines.read_info(store, machine.id), busy, obstacle)


def _describe(candidate: Candidate) -> str:
    """Why it can or cannot be chosen, and what it is, as Markdown."""
    parts = [_standing(candidate), *_equipment(candidate.info), plain(candidate.machine.description)]
    return " · ".join(part for part in parts if part)


def _standing(candidate: Candidate) -> str:
    if candidate.obstacle == "disabled":
        return _("disabled by the administrator")
    if candidate.obstacle == "silent":
        return _silence(candidate.info)
    if not candidate.busy:
        return _("free")
    # The one that runs; those behind it wait themselves.
    spec = candidate.busy[0].spec
    what = plain(spec.template.name) if sees(spec.project) else _("a process of another project")
    text = _("busy with {process}").format(process=what) + _until(candidate.busy[0])
    if candidate.obstacle:
        return text
    return text + ", " + _("a new process waits as number {number}").format(number=number(len(candidate.busy)))


def _silence(info: Info | None) -> str:
    if info is None:
        return _("its worker has never reported")
    words = _("its worker was shut down at {at}") if info.left else _("does not respond since {at}")
    return words.format(at=moment(info.at))


def _until(process: Process) -> str:
    status = read_status(process.last.paths) if process.last else None
    if status is None or status.seconds_left is None:
        return ""
    return " " + _("until about {at}").format(at=moment(status.at + timedelta(seconds=status.seconds_left)))


def _equipment(info: Info | None) -> list[str]:
    if info is None:
        return []
    gpus = ", ".join(f"{plain(gpu.name)} ({_gigabytes(gpu.memory)})" for gpu in info.gpus)
    return [ngettext("{count} core", "{count} cores", info.cores), _gigabytes(info.memory), gpus or _("no graphics card")]


def _gigabytes(memory: int) -> str:
    return _("{size} GB").format(size=number(memory / _GIB, 0 if memory >= 10 * _GIB else 1))


def _render_none() -> None:
    st.warning(_("No machine can be chosen now. Wait for one, or ask the administrator to set one up."), icon=":material/dns:")
    with st.expander(_("Use this computer"), icon=":material/terminal:"):
        st.markdown(_("Start a worker in a shell, in Fieldmark's folder, and leave it running:"))
        st.code("python cli.py worker", language="bash")
    st.button(_("Look again"), icon=":material/refresh:")
