"""What pages read from the store, kept between reruns and shared by everybody who looks."""

import os
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from storage import machines, processes
from storage.core import Damaged, NotFound, Store, head_revision, open_store
from storage.index import Index
from storage.machines import MACHINES
from storage.processes import Process, State
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
    deleted: dict[str, str]

    def project(self, identifier: str) -> str:
        """The project's name, also of one that was deleted."""
        return self.projects[identifier].name if identifier in self.projects else self.deleted.get(identifier, identifier)

    def machine(self, identifier: str) -> str:
        """The machine's name."""
        return self.machines.get(identifier, identifier)


@st.cache_data(ttl=5, show_spinner=False)
def load_names(root: str) -> Names:
    """Names of projects and machines of the store at ``root``; at most 5 s old."""
    store = _open(root)
    projects = {project.id: project for project in PROJECTS.list(store).items}
    deleted = {project.id: project.name for project in PROJECTS.list_deleted(store).items}
    return Names(projects, {machine.id: machine.name for machine in MACHINES.list(store).items}, deleted)


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


@st.cache_resource(show_spinner=False)
def _open(root: str) -> Store:
    # Here and above the root is the key: an answer never comes from another store.
    return open_store(Path(root))
