"""What an apply would do with any thresholds, kept while its dialog is open and shared by all who look."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.parts.data import get_index, get_store
from storage import applies
from storage.applies import Candidates
from storage.core import Store
from storage.detections import ApplyCounts, DetectionTable
from storage.plans import Rule
from storage.processes import Process
from storage.projects import Project


@dataclass(frozen=True)
class ApplyData:
    """The detections of a run, the images they can be applied to now, what thresholds choose on these, and an order to look at them."""

    table: DetectionTable
    candidates: Candidates
    counts: ApplyCounts
    to_look_at: list[str]


def load_apply_data(store: Store, process: Process, project: Project, rule: Rule) -> ApplyData:
    """The data for the dialog; files are read only the first time, and when labels of the project changed since."""
    index = get_index(str(store.root))
    index.refresh(project.id)
    newest = index.page(project.id, order="changed", descending=True, limit=1)
    # Every save makes its image the newest one; what comes or goes changes a count.
    mark = f"{index.counts(project.id)} {[(row.image, row.label_rev) for row in newest]}"
    return _load(str(store.root), process, project, rule, mark)


# What of a record decides which entry of the caches it leads to.
_KEYS: dict[str | type, Callable[[Any], Any]] = {
    Process: lambda process: (process.id, len(process.attempts)),
    Project: lambda project: (project.id, *(field.id for field in project.fields)),
    Rule: lambda rule: rule.model_dump_json(),
}


@st.cache_resource(max_entries=3, show_spinner=False, hash_funcs=_KEYS)
def _load(root: str, process: Process, project: Project, rule: Rule, mark: str) -> ApplyData:  # noqa: ARG001
    assert process.last is not None  # what can be applied was run
    table = _load_table(process, project, rule)
    found = applies.candidates(get_store(), project, process.last, get_index(root))
    counts = ApplyCounts(table, found.free)
    # In the order of the model's own thresholds: pictures that changed places with every move could not be compared.
    return ApplyData(table, found, counts, counts.to_look_at(rule.thresholds))


# Of 100,000 images the arrays take some 60 MB, so few are kept.
@st.cache_resource(max_entries=3, show_spinner=False, hash_funcs=_KEYS)
def _load_table(process: Process, project: Project, rule: Rule) -> DetectionTable:
    assert process.last is not None
    return applies.detection_table(process.last, project, rule)
