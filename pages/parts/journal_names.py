"""What the ids in the journal are called now, where an entry does not say what the thing was called then."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pages.parts.data import Names, get_index, get_store, load_processes
from storage.core import JournalEntry
from storage.processes import Process


@dataclass(frozen=True)
class Things:
    """Names of projects, machines and people; processes by id; names of images by id."""

    names: Names
    processes: dict[str, Process]
    images: dict[str, str]

    def name(self, entry: JournalEntry) -> str:
        """What the entry is about: its name of then, else what it is called now, else the end of its id."""
        process = self.processes.get(entry.id)
        known = {
            "project": self.names.project(entry.id),
            "account": self.names.person(entry.id),
            "machine": self.names.machine(entry.id),
            "process": process.spec.template.name if process else entry.id,
        }
        found = entry.name or self.images.get(entry.id) or known.get(entry.entity, entry.id)
        return short(found) if found == entry.id else found

    def project(self, entry: JournalEntry) -> str | None:
        """The id of the project that the entry is about, if that is known."""
        process = self.processes.get(entry.thread or "")
        found = entry.id if entry.entity == "project" else entry.details.get("project") or (process and process.spec.project)
        return found if isinstance(found, str) else None


def load_things(entries: Sequence[JournalEntry], names: Names) -> Things:
    """The names that these entries need."""
    images: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        # Images bear their names; of a label only the image's id is kept.
        if entry.entity == "label" and isinstance(project := entry.details.get("project"), str):
            images[project].add(entry.id)
    index = get_index(str(get_store().root))
    for project in images:
        index.refresh(project)
    named = {row.image: row.name for project, ids in images.items() for row in index.rows(project, list(ids))}
    return Things(names, {process.id: process for process in load_processes()[0]}, named)


def short(identifier: str) -> str:
    """The end of an id, which tells it from others well enough."""
    return f"…{identifier[-6:]}" if len(identifier) > 20 else identifier
