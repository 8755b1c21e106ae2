"""What pages read from the store, kept between reruns and shared by everybody who looks."""

import os
from array import array
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
import pandas as pd
import streamlit as st

from storage import machines, processes
from storage.attempts import Attempt
from storage.core import Damaged, NotFound, Store, head_revision, open_store
from storage.index import Index
from storage.machines import MACHINES
from storage.processes import Process, State
from storage.progress import Point, read_points
from storage.projects import PROJECTS, Project

# In these states nothing but a new request or a new revision can change a process, so its files need no second reading.
_SETTLED = frozenset({State.CREATED, State.STOPPED, State.COMPLETED, State.FAILED, State.APPLIED, State.ROLLED_BACK})


def get_store() -> Store:
    """The store that ``FIELDMARK_STORE`` names, ``./data`` without it."""
    return _open(os.environ.get("FIELDMARK_STORE", "data"))


@st.cache_resource(show_spinner=False)
def get_index(root: str) -> Index:
    """The index of the store at ``root``."""
    # A resource: one object for all sessions, where `cache_data` would hand each a pickled copy.
    return Index(_open(root))


@dataclass(frozen=True)
class Names:
    """What ids are called; an id that is not there belongs to something deleted or damaged."""

    projects: dict[str, Project]
    machines: dict[str, str]

    def project(self, identifier: str) -> str:
        """The project's name."""
        return self.projects[identifier].name if identifier in self.projects else identifier

    def machine(self, identifier: str) -> str:
        """The machine's name."""
        return self.machines.get(identifier, identifier)


@st.cache_data(ttl=5, show_spinner=False)
def load_names(root: str) -> Names:
    """Names of projects and machines of the store at ``root``; at most 5 s old."""
    store = _open(root)
    projects = {project.id: project for project in PROJECTS.list(store).items}
    return Names(projects, {machine.id: machine.name for machine in MACHINES.list(store).items})


@st.cache_data(ttl=3, show_spinner=False)
def is_alive(root: str, machine: str) -> bool:
    """Whether the machine responds; asked at most every 3 s, since each question writes to the store."""
    return machines.is_alive(_open(root), machine)


class ProcessCache:
    """All processes, with those read again that can have changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Spec revision, requests, process. Without a lock: two sessions at once read one twice, and both find the same.
        self._known: dict[str, tuple[int, int, Process]] = {}

    def load(self) -> tuple[list[Process], list[Damaged]]:
        """What ``processes.list_processes`` returns: newest first, and apart from them what could not be read."""
        found: list[Process] = []
        damaged: list[Damaged] = []
        for process in reversed(processes.list_ids(self._store)):
            try:
                found.append(self._get(process))
            except Damaged as error:
                damaged.append(error)
            except NotFound:
                continue
        return found, damaged

    def _get(self, process: str) -> Process:
        paths = self._store.process(process)
        # Two listings in place of all its files; on NFS they are fresh, where `stat` may be 44 s old.
        seen = head_revision(paths.folder, "spec"), processes.count_requests(self._store, process)
        known = self._known.get(process)
        if known and known[:2] == seen and known[2].state in _SETTLED:
            return known[2]
        # After `seen`: what comes in between makes the entry look older than it is, never newer.
        read = processes.get(self._store, process)
        self._known[process] = (*seen, read)
        return read


@st.cache_resource(show_spinner=False)
def process_cache(root: str) -> ProcessCache:
    """The one cache of the store at ``root``."""
    return ProcessCache(_open(root))


class Curves:
    """The curves of one process, read on from where the last reading ended."""

    def __init__(self) -> None:
        self._lock = Lock()
        # Attempt → byte from which its metrics are still unread.
        self._offsets: dict[int, int] = {}
        # 8 bytes a value; as Python's floats in lists they would take 32.
        self._trained = {name: array("d") for name in ("iteration", "loss", "lr")}
        self._evaluated: list[Point] = []

    def read(self, attempts: tuple[Attempt, ...]) -> tuple[pd.DataFrame, list[Point]]:
        """Iteration, loss and lr as a frame, and the evaluations; a resumed attempt's points replace those it repeats."""
        # All who watch share this: two readings from one offset would put every point in twice.
        with self._lock:
            for attempt in attempts:
                if attempt.number >= max(self._offsets, default=0):  # an older one that wakes up counts no more
                    self._read_on(attempt)
            # Copies: an array whose memory a frame shares can grow no more.
            return pd.DataFrame({name: np.array(values) for name, values in self._trained.items()}), list(self._evaluated)

    def _read_on(self, attempt: Attempt) -> None:
        points, end = read_points(attempt.paths, self._offsets.get(attempt.number, 0))
        if points and not self._offsets.get(attempt.number):
            # Resumed from a checkpoint, which may be older than where the attempt before it got.
            self._cut(points[0].iteration)
        self._offsets[attempt.number] = end
        for point in points:
            if point.loss is None:
                self._evaluated.append(point)
                continue
            for name, values in self._trained.items():
                values.append(getattr(point, name) if getattr(point, name) is not None else float("nan"))

    def _cut(self, first: int) -> None:
        """Drop what an earlier attempt did from iteration ``first`` on."""
        kept = int(np.searchsorted(np.array(self._trained["iteration"]), first))
        for values in self._trained.values():
            del values[kept:]
        self._evaluated = [point for point in self._evaluated if point.iteration < first]


# 5,000 iterations take 120 KB, so a hundred runs stay small.
@st.cache_resource(max_entries=100, show_spinner=False)
def curves(root: str, process: str) -> Curves:  # noqa: ARG001
    """The curves of a process, shared by all who watch it."""
    return Curves()


@st.cache_resource(show_spinner=False)
def _open(root: str) -> Store:
    # Here and above the root is the key: an answer never comes from another store.
    return open_store(Path(root))
