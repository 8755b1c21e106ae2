"""Where a project stands, read from the index and the processes; never from label files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pages.parts.data import get_index, load_processes
from storage.core import Store
from storage.index import Counts, Filter, Index
from storage.processes import Process, State
from storage.projects import Project

# A process in one of these has ended without labels, and somebody has to look at it.
ENDED = frozenset({State.STOPPED, State.FAILED, State.INTERRUPTED})


@dataclass(frozen=True)
class Standing:
    """Where a project stands; ``missing`` labels until it may be trained on, ``processes`` newest first.

    ``unseen`` are the names of its classes of which people have labelled no image; ``suggested``: whether it is known
    which pages to label next.
    """

    project: Project
    counts: Counts
    missing: int
    processes: Sequence[Process]
    unseen: Sequence[str] = ()
    suggested: bool = False

    @property
    def process(self) -> Process | None:
        """The auto-labelling process that counts: the newest that has not ended without labels, else the newest."""
        found = [process for process in self.processes if process.spec.kind == "auto-label"]
        return next((process for process in found if process.state not in ENDED or process.may_resume_itself), next(iter(found), None))

    @property
    def by_hand(self) -> bool:
        """Whether people have labelled every image, so that there is nothing left for a process."""
        return self.counts.images > 0 and self.counts.unlabelled == self.counts.auto == 0 and self.process is None

    @property
    def here(self) -> dict[str, str]:
        """The project, for an address."""
        return {"project": self.project.id}


def load_standing(store: Store, project: Project) -> Standing:
    """The project's images by state, the labels it lacks, and its processes, as they are now."""
    index = get_index(str(store.root))
    index.refresh(project.id)
    counts = index.counts(project.id)
    return Standing(project, counts, counts.missing(project.gate), processes_of(project), _unseen(project, index))


def _unseen(project: Project, index: Index) -> list[str]:
    if project.task == "fields":
        return []
    found, confirmed = index.classes(project.id), Filter("confirmed").states
    return [known.name for known in project.fields if not any(found.get(known.id, {}).get(state) for state in confirmed)]


def processes_of(project: Project) -> list[Process]:
    """The project's processes, newest first."""
    found, _damaged = load_processes()
    return [process for process in found if process.spec.project == project.id]


def last_change(store: Store, project: Project) -> datetime | None:
    """When a label of the project was saved last; None while there is none."""
    newest = get_index(str(store.root)).page(project.id, order="changed", descending=True, limit=1)
    return newest[0].changed if newest else None
