"""The table of machines: what stands in its rows."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import Names
from pages.parts.i18n import _, moment, number
from pages.parts.machine_looks import LOOKS, Standing, is_live, running, standing, standing_name
from pages.parts.machine_picker import Candidate
from pages.parts.machine_texts import gigabytes, memory_text, percent, until, versions
from pages.parts.states import COLOURS
from storage.machines import Gpu, Info


def table_frame(found: Sequence[Candidate], names: Names) -> pd.DataFrame:
    """One row a machine, as text in the reader's language."""
    return pd.DataFrame([_row(candidate, names) for candidate in found])


def columns() -> dict[str, Any]:
    """How the columns of ``table_frame`` are shown."""
    labels, colours = zip(*((_chip(code), COLOURS[look.colour]) for code, look in LOOKS.items()), strict=True)
    text, config = st.column_config.TextColumn, st.column_config
    return {
        # The only kind of column with coloured chips.
        "standing": config.MultiselectColumn(_("State"), options=labels, color=colours, width=150),
        "name": text(_("Machine"), width=100),
        "process": text(_("Process"), width=110, help=_("What runs there now, by its template")),
        "until": text(_("Until about"), width=105),
        # Text: number columns follow the browser's language, not the one chosen here.
        "cores": text(_("Cores"), alignment="right", width=52),
        "load": text(_("CPU load"), alignment="right", width=100, help=_("Of all cores together")),
        "memory": text(_("Memory"), alignment="right", width=115, help=_("In use, of all")),
        "disk": text(_("Disk free"), alignment="right", width=130, help=_("Where the store is, as this machine sees it")),
        "gpus": text(_("Graphics cards"), width=190, help=_("Each with its load and its memory in use")),
        "seen": text(_("Last seen"), width=130),
        "versions": text(_("Versions"), width=270),
        "description": text(_("Description")),
    }


def _row(candidate: Candidate, names: Names) -> dict[str, Any]:
    code, process, live = standing(candidate), running(candidate), is_live(candidate)
    hidden = process is not None and process.spec.project in names.hidden
    machine = {
        "standing": [_chip(code)],
        "name": candidate.machine.name,
        "process": _("another project") if hidden else process.spec.template.name if process else "–",
        # Of a machine that is silent it would be a stale promise.
        "until": (until(process) if process and live else None) or "–",
    }
    return {**machine, **_figures(candidate.info, live=live), "description": candidate.machine.description}


def _figures(info: Info | None, *, live: bool) -> dict[str, str]:
    """What the worker reported; without a live one only what does not change."""
    if info is None:
        return dict.fromkeys(("cores", "load", "memory", "disk", "gpus", "seen", "versions"), "–")
    return {
        "cores": number(info.cores),
        "load": percent(info.load) if live else "–",
        "memory": memory_text(info.memory_used, info.memory, live=live),
        "disk": gigabytes(info.disk_free) if live else "–",
        "gpus": " · ".join(_gpu(gpu, live=live) for gpu in info.gpus) or "–",
        "seen": moment(info.at),
        "versions": versions(info),
    }


def _gpu(gpu: Gpu, *, live: bool) -> str:
    """One card: what it is doing if it reports now, and its name."""
    load = f"{percent(gpu.load)}, " if live else ""
    return f"{load}{memory_text(gpu.memory_used, gpu.memory, live=live)}, {gpu.name}"


def _chip(code: Standing) -> str:
    return f"{LOOKS[code].sign} {standing_name(code)}"
