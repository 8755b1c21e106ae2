"""What pages read from the store, kept between reruns, shared by everybody who looks, and cut for each to what they may see."""

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from storage import accounts, machines, people, processes, sessions
from storage.core import Damaged, NotFound, Store, head_revision, list_names, open_store
from storage.index import Index
from storage.machines import MACHINES
from storage.people import LOCAL, NOBODY, Person
from storage.processes import Process, State
from storage.projects import PROJECTS, Project

_LOOKING = "looking"  # of the session: who looks
_FRESH_S = 1.0  # of one run: a page asks some twenty times what somebody may

# In these states nothing but a new request or a new revision can change a process, so its files need no second reading.
_SETTLED = frozenset({State.CREATED, State.STOPPED, State.COMPLETED, State.FAILED, State.APPLIED, State.ROLLED_BACK})


def get_store() -> Store:
    """The store that ``FIELDMARK_STORE`` names, ``./data`` without it."""
    return _open(os.environ.get("FIELDMARK_STORE", "data"))


@dataclass(frozen=True)
class Looking:
    """Who looks, since when that is known (monotonic seconds), and of which projects it is known whether they are there for them."""

    person: Person
    since: float
    projects: dict[str, bool]


def get_person(*, anew: bool = False) -> Person:
    """Whoever looks, as of now, at most a second old unless ``anew``; NOBODY once their session has ended."""
    return _looking(anew=anew).person


def sees(project: str) -> bool:
    """Whether the project of this id is there for the person looking; as old as ``get_person``."""
    looking = _looking()
    # Each question reads a file, and a list of processes asks it for every row.
    if project not in looking.projects:
        looking.projects[project] = looking.person.sees(project)
    return looking.projects[project]


def _looking(*, anew: bool = False) -> Looking:
    known: Looking | None = st.session_state.get(_LOOKING)
    if known is None or anew or time.monotonic() - known.since > _FRESH_S:
        known = st.session_state[_LOOKING] = Looking(_ask_who(), time.monotonic(), {})
    return known


def _ask_who() -> Person:
    # From headers that only our middleware can set; not from a cookie, which a test of a page cannot seed. They are those
    # of the moment the page was opened, so whether the session has ended is asked of the store.
    session = st.user.get("session")
    if st.user.get("account") == LOCAL.account:
        return LOCAL
    return people.person_of_session(get_store(), str(session)) if session else NOBODY


def keep_session() -> None:
    """Note that the session of whoever looks is in use, so that it does not run idle under their hands."""
    # The server sees a page's first request only: all that follows comes over its websocket.
    if get_person() not in (LOCAL, NOBODY):
        sessions.touch(get_store(), str(st.user.get("session")))


@st.cache_resource(show_spinner=False)
def get_index(root: str) -> Index:
    """The index of the store at ``root``."""
    # A resource: one object for all sessions, where `cache_data` would hand each a pickled copy.
    return Index(_open(root))


@dataclass(frozen=True)
class Names:
    """What ids are called; an id that is not there belongs to something deleted or damaged.

    Of projects only those that the person looking may see; ``hidden`` are the ids of the others.
    """

    projects: dict[str, Project]
    machines: dict[str, str]
    deleted: dict[str, str]
    people: dict[str, str]
    hidden: frozenset[str] = frozenset()

    def project(self, identifier: str) -> str:
        """The project's name, also of one that was deleted; a dash for one that this person may not see."""
        if identifier in self.hidden:
            return "–"
        return self.projects[identifier].name if identifier in self.projects else self.deleted.get(identifier, identifier)

    def machine(self, identifier: str) -> str:
        """The machine's name."""
        return self.machines.get(identifier, identifier)

    def person(self, account: str | None) -> str:
        """What the account is called; a name that is no account's (of the shell, of a model) as it is, a dash for none."""
        return self.people.get(account or "", account or "–")


def load_names(root: str) -> Names:
    """Names of what is in the store at ``root``, without projects that this person may not see.

    What was made by anybody anywhere is there at once, what was renamed by another program within 5 s.
    """
    names = _load_names(root, _count(_open(root)))
    hidden = frozenset(identifier for identifier in (*names.projects, *names.deleted) if not sees(identifier))
    projects = {identifier: project for identifier, project in names.projects.items() if identifier not in hidden}
    deleted = {identifier: name for identifier, name in names.deleted.items() if identifier not in hidden}
    return replace(names, projects=projects, deleted=deleted, hidden=hidden)


def forget_names() -> None:
    """Have names read again, for whoever looks: one of them was just changed."""
    _load_names.clear()


# Of everybody's projects, as all sessions share it.
@st.cache_data(ttl=5, show_spinner=False)
def _load_names(root: str, counted: tuple[int, ...]) -> Names:  # noqa: ARG001
    store = _open(root)
    projects = {project.id: project for project in PROJECTS.list(store).items}
    deleted = {project.id: project.name for project in PROJECTS.list_deleted(store).items}
    machine_names = {machine.id: machine.name for machine in MACHINES.list(store).items}
    return Names(projects, machine_names, deleted, accounts.names(store))


def _count(store: Store) -> tuple[int, ...]:
    # Names are read anew when there are more of them: a dialog that lacks the newest project stays so while it is open.
    return tuple(len(list_names(folder)) for folder in (store.projects, store.machines, store.accounts))


def find_project(identifier: str) -> tuple[int, Project]:
    """Head revision and record of a project; NotFound if it does not exist, or not for the person looking."""
    rev, project = PROJECTS.get(get_store(), identifier)
    if not sees(project.id):
        raise PROJECTS.not_found(identifier)
    return rev, project


def find_process(identifier: str) -> Process:
    """A process as it is now; NotFound if it does not exist, or its project not for the person looking."""
    process = processes.get(get_store(), identifier)
    if not sees(process.spec.project):
        raise processes.not_found(identifier)
    return process


def load_processes() -> tuple[list[Process], list[Damaged]]:
    """The processes of projects that the person looking may see, newest first, and what could not be read."""
    found, damaged = process_cache(str(get_store().root)).load()
    return [process for process in found if sees(process.spec.project)], damaged


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
    """The one cache of the store at ``root``, of everybody's processes; pages ask ``load_processes``."""
    return ProcessCache(_open(root))


@st.cache_resource(show_spinner=False)
def _open(root: str) -> Store:
    # Here and above the root is the key: an answer never comes from another store.
    return open_store(Path(root))
