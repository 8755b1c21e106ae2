"""Deleting a project: what goes with it, and when it must not."""

from storage import processes
from storage.core import Refused, Store
from storage.overview import is_busy
from storage.projects import PROJECTS, Project


def delete(store: Store, base: int, project: Project) -> None:
    """Write the revision after ``base`` that says so; Refused while one of the project's processes is unfinished.

    Its images and labels stay on disk and come back with ``PROJECTS.restore``; its processes stay in their list.
    """
    found, _ = processes.list_processes(store)
    for process in found:
        if process.spec.project == project.id and is_busy(process):
            raise Refused(
                "Project {project!r} cannot be deleted while its process {process} is {state}. Stop it, or wait for its end",
                project=project.name,
                process=process.id,
                state=process.state.value,
            )
    # One that is started at this very moment runs to its end and finds nowhere to apply; nothing is lost.
    PROJECTS.delete(store, base, project)
