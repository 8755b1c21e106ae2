"""Reads the pages of all projects while the machine has nothing else to do, the newest uploads first.

Runs in a child of the worker: ``python -m worker.reading.background STORE MACHINE PARENT``.
"""

import logging
import os
import sys
import time
from pathlib import Path

from storage import machines
from storage.core import ProjectPaths, Store, StoreError, list_names, open_store
from storage.index import Filter, Index
from storage.machines import MACHINES
from storage.projects import PROJECTS, Project
from storage.turns import stands
from storage.words import words
from worker.parent import die_with_parent
from worker.reading.languages import reader_of
from worker.reading.pool import Page, most_processes, read_missing

log = logging.getLogger(__name__)

EVERY_S = 10.0  # between looks for new pages
RETRY_S = 60.0  # after an error: a full disk, a file server that is gone
_TURN = 32  # pages of one project, until newer uploads are looked for: a page cut off by a clock might never be read
_NICE = 10

Stamp = tuple[tuple[int, int], ...]


def main(store_root: str, machine: str, parent: str) -> None:
    """Read for ever; the worker ends it."""
    die_with_parent(int(parent))
    os.nice(_NICE)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s reading %(levelname)s %(message)s")
    background = Background(open_store(Path(store_root)), machine)
    while True:
        try:
            time.sleep(0 if background.step() else EVERY_S)
        except (OSError, StoreError) as error:
            log.error("%s; trying again", error)
            time.sleep(RETRY_S)


class Background:
    """What was found read, so that a project without news costs a look at its folders' times and no more."""

    def __init__(self, store: Store, machine: str) -> None:
        self._store = store
        self._machine = machine
        self._index = Index(store)
        # Project → folders and languages at the last pass, and whether all was read then.
        self._seen: dict[str, tuple[Stamp, words.Reader, bool]] = {}

    def step(self) -> bool:
        """One pass over all projects; whether there was anything to read."""
        found = [self._read(project) for project in PROJECTS.list(self._store).items]
        return any(found)

    def _read(self, project: Project) -> bool:
        """Read some of what is missing in the project; False if nothing is."""
        paths, reader = self._store.project(project.id), reader_of(project)
        stamp = _stamp(paths)
        if self._seen.get(project.id) == (stamp, reader, True):
            return False
        pages = self._missing(paths, reader)
        # Coarse clocks give two uploads one time: a folder is trusted once it looked the same a pass before.
        settled = self._seen.get(project.id, ((), reader, False))[:2] == (stamp, reader)
        self._seen[project.id] = stamp, reader, settled and not pages
        if pages:
            log.info("Project %s: %d pages to read", project.id, len(pages))
            read_missing(
                paths,
                pages[:_TURN],
                reader,
                processes=most_processes(),
                on_progress=lambda _done, _total: None,
                stop_asked=lambda: False,
                notice=_log_notice,
            )
        return bool(pages)

    def _missing(self, paths: ProjectPaths, reader: words.Reader) -> list[Page]:
        """Pages that were not read, the newest first; each machine begins at another place."""
        self._index.refresh(paths.id)
        rows = self._index.page(paths.id, Filter(), "added", descending=True, limit=-1)
        pages = [Page(row.image, stands(row.turn, row.turn_said)) for row in rows if row.state != "damaged"]
        read = words.is_read(paths, ((page.image, page.turn) for page in pages), reader)
        missing = [page for page in pages if page.image not in read]
        alive = sorted(machine.id for machine in MACHINES.list(self._store).items if machines.is_alive(self._store, machine.id))
        place = alive.index(self._machine) if self._machine in alive else 0
        start = len(missing) * place // max(1, len(alive))
        return missing[start:] + missing[:start]


def _stamp(paths: ProjectPaths) -> Stamp:
    """Which folders hold the images and their words, and when their names changed: words are removed to be read again."""
    return tuple(_folder_stamp(folder / shard) for folder in (paths.images, paths.words_folder) for shard in list_names(folder))


def _folder_stamp(folder: Path) -> tuple[int, int]:
    # From the open folder: NFS serves the times of a name from a stale cache.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return status.st_ino, status.st_mtime_ns


def _log_notice(template: str, **values: object) -> None:
    log.warning("%s", template.format(**values))


if __name__ == "__main__":
    main(*sys.argv[1:])
