"""Everything about one machine: how it stands with it, what it runs, its figures and its load over time."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import streamlit as st

from pages.parts.data import Names, sees
from pages.parts.guard import page_link
from pages.parts.i18n import _, moment, ngettext, number
from pages.parts.links import linked_choice, process_page
from pages.parts.live_chart import live_chart
from pages.parts.machine_chart import load_figure, load_frame
from pages.parts.machine_looks import LOOKS, is_live, running, standing, standing_name
from pages.parts.machine_picker import Candidate
from pages.parts.machine_texts import gigabytes, memory_text, percent, until, versions, worker_command
from pages.parts.project_reading import language_name
from pages.parts.states import state_name
from pages.parts.text import plain
from storage import machine_load
from storage.core import Store
from storage.machines import Info
from storage.processes import Process

_HOURS = {"1": 1, "24": 24}  # what the chart can show, by its code in the address


def render_heading(candidate: Candidate) -> None:
    """State, name and whether processes may wait there."""
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        code = standing(candidate)
        st.badge(standing_name(code), icon=LOOKS[code].icon, color=LOOKS[code].colour)
        st.subheader(plain(candidate.machine.name), anchor=False, width="content")
        if candidate.machine.queue:
            st.badge(_("Queue allowed"), icon=":material/low_priority:", color="gray")


def render_advice(store: Store, candidate: Candidate) -> None:
    """What keeps the machine from working, and what to do; for one that works how to start its worker another time."""
    if not candidate.machine.enabled:
        st.info(_disabled(candidate), icon=":material/block:")
    info, name = candidate.info, candidate.machine.name
    if info is None:
        st.info(_("Its worker has never reported. Start it on that machine:"), icon=":material/terminal:")
        _render_command(store, name)
    elif not is_live(candidate):
        words = (
            _("Its worker was shut down at {at}. To have it back:")
            if info.left
            else _("It does not respond since {at}. Check that it is on and reaches the store, then start its worker there:")
        )
        st.warning(words.format(at=moment(info.at)), icon=":material/wifi_off:")
        _render_command(store, name)
    else:
        with st.expander(_("How to start its worker"), icon=":material/terminal:", key="worker_command"):
            _render_command(store, name)


def render_new(store: Store) -> None:
    """How a machine comes to be in the list at all."""
    st.markdown(_("A machine enters itself when its worker starts there for the first time:"))
    _render_command(store, None)


def render_work(candidate: Candidate, names: Names) -> None:
    """The process that runs, until when, and those that wait, each as a link."""
    current = running(candidate)
    if not candidate.busy:
        st.caption(_("No process is on this machine."))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for process in candidate.busy:
            if process.spec.project in names.hidden:
                st.caption(":material/lock: " + _("A process of another project"), width="content")
                continue
            at = until(process) if process is current else None
            what = _("runs until about {at}").format(at=at) if at else state_name(process.state.value)
            page_link(
                process_page(process.spec.kind),
                label=f"{plain(process.spec.template.name)} · {plain(names.project(process.spec.project))} · {what}",
                icon=":material/play_arrow:" if process is current else ":material/schedule:",
                query_params={"process": process.id},
            )


def render_figures(candidate: Candidate) -> None:
    """Load, memory, disk and graphics cards, as last reported."""
    info = candidate.info
    if info is None:
        return
    live = is_live(candidate)
    figures = {
        _("CPU load"): (percent(info.load if live else None), ngettext("{count} core", "{count} cores", info.cores)),
        _("Memory"): (percent(info.memory_used / info.memory if live else None), memory_text(info.memory_used, info.memory, live=live)),
        _("Disk free"): (gigabytes(info.disk_free if live else None), _("of {total}").format(total=gigabytes(info.disk))),
    }
    for place, gpu in enumerate(info.gpus, start=1):
        name = _("Graphics card {number}").format(number=number(place)) if len(info.gpus) > 1 else _("Graphics card")
        figures[name] = (percent(gpu.load if live else None), f"{gpu.name} · {memory_text(gpu.memory_used, gpu.memory, live=live)}")
    with st.container(horizontal=True, gap="large"):
        for name, (figure, more) in figures.items():
            with st.container(width="content", gap="xxsmall"):
                st.metric(name, figure, width="content")
                st.caption(plain(more))
    st.caption(_("Host {host}, worker started {since}, last seen {at}.").format(**_origin(info)) + "  \n" + plain(versions(info)))
    if info.languages:
        st.caption(_("Reads pages in: {languages}").format(languages=plain(", ".join(map(language_name, info.languages)))))
    else:
        st.caption(_("Reads pages in English alone; other languages need Debian's packages tesseract-ocr-…"))


def render_load(store: Store, candidate: Candidate) -> None:
    """The load over the last hour or day."""
    hours = _HOURS[_choose_span()]
    until_now = datetime.now(UTC)
    # As the reader's clock shows it: Plotly draws a time as it is written.
    offset = timedelta(minutes=-(st.context.timezone_offset or 0))
    frame = load_frame(machine_load.read(store, candidate.machine.id, hours, until_now), offset)
    if frame.empty:
        st.caption(_("Nothing was reported in this time. While the worker runs, a point is added each minute."))
        return
    shown = until_now.replace(tzinfo=None) + offset
    span = (shown - timedelta(hours=hours), shown)
    live_chart(load_figure(frame, _curve_names(frame.columns), span, key=f"{candidate.machine.id} {hours}"), key="machine_load")


def _choose_span() -> str:
    options = {"1": _("Last hour"), "24": _("Last day")}
    chosen: str = linked_choice(st.segmented_control, _("Load"), options, "hours", None, "1", label_visibility="collapsed", required=True)
    return chosen


def _curve_names(columns: "pd.Index[str]") -> dict[str, str]:
    names = {"load": _("CPU load"), "memory": _("Memory")}
    for column in columns:
        if column.startswith("gpu"):
            place, _found, memory = column.removeprefix("gpu").partition("_")
            words = _("Graphics card {number}, memory") if memory else _("Graphics card {number}")
            names[column] = words.format(number=number(int(place) + 1))
    return names


def _disabled(candidate: Candidate) -> str:
    """What does not go on here while the machine is disabled."""
    words = _("Disabled: no process starts here, and nothing is tried here on the Testing page.")
    waiting = [process for process in candidate.busy if process is not running(candidate)]
    if waiting:
        words += " " + ngettext("{count} process waits until it is enabled.", "{count} processes wait until it is enabled.", len(waiting))
    if current := running(candidate):
        words += " " + _ends(candidate, current)
    return words


def _ends(candidate: Candidate, process: Process) -> str:
    words = (
        _("Process {process} runs to its end.")
        if candidate.machine.when_disabled == "finish"
        else _("Process {process} is being stopped; it goes on when the machine is enabled.")
    )
    return words.format(process=plain(process.spec.template.name) if sees(process.spec.project) else _("of another project"))


def _render_command(store: Store, name: str | None) -> None:
    st.code(worker_command(store, name), language="bash")
    st.caption(_("In a shell, in Fieldmark's folder there; leave it running. Where the store lies under another path, give that path."))


def _origin(info: Info) -> dict[str, str]:
    return {"host": plain(info.host), "since": moment(info.since), "at": moment(info.at, seconds=True)}
