"""Metrics: the curves of a process as CSV, for a spreadsheet or a notebook."""

import csv
import io
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.access import allowed, get_store, process_of
from storage.core import Store, load_head
from storage.processes import Process
from storage.progress import Point, read_curves
from storage.projects import PROJECTS, Project, Task

_FIGURES: dict[Task, dict[str, str]] = {"fields": {"ap": "ap", "ap_50_95": "ap_50_95"}, "classes": {"accuracy": "ap"}}
_PER_FIELD: dict[Task, str] = {"fields": "ap", "classes": "f1"}


@allowed("processes", "view")
def metrics(request: Request) -> Response:
    """A row for each iteration of the whole run, over all its attempts, with the test figures where it was evaluated."""
    process = process_of(request)
    task, names = _scheme(get_store(), process)
    text = to_csv(read_curves(process.attempts), task, names)
    file = quote(f"{process.spec.template.name}-{process.id}.csv")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{file}", "cache-control": "no-store"}
    # With the mark that spreadsheets need to read Cyrillic names as such.
    return Response(text.encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


def routes() -> list[Route]:
    """The routes of this module."""
    return [Route("/api/processes/{process}/metrics.csv", metrics)]


def to_csv(points: Iterable[Point], task: Task, names: Mapping[str, str]) -> str:
    """The points as CSV: iteration, loss, lr, seconds, test figures, and one of each field, by ``names`` of ids or by id."""
    merged = _merge(points)
    fields = list(dict.fromkeys([*names, *(field for point in merged for field in point.per_field or {})]))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["iteration", "loss", "lr", "seconds", *_FIGURES[task], *(f"{_PER_FIELD[task]} {names.get(field, field)}" for field in fields)]
    )
    for point in merged:
        scores = point.per_field or {}
        figures = [getattr(point, figure) for figure in _FIGURES[task].values()]
        writer.writerow([point.iteration, point.loss, point.lr, point.seconds, *figures, *(scores.get(field) for field in fields)])
    return text.getvalue()


def _merge(points: Iterable[Point]) -> list[Point]:
    """One point an iteration: an evaluation is written on a line of its own, behind that of its iteration."""
    merged: list[Point] = []
    for point in points:
        if merged and point.iteration == merged[-1].iteration:
            merged[-1] = merged[-1].model_copy(update=point.model_dump(exclude_none=True))
        else:
            merged.append(point)
    return merged


def _scheme(store: Store, process: Process) -> tuple[Task, dict[str, str]]:
    """What the run learns, and the names of its fields or classes by id."""
    # The head as it is: a process outlives its project, which keeps its scheme when it is deleted.
    project = load_head(Project, store.project(process.spec.project).folder, PROJECTS.stem)[1]
    return (project.task, {field.id: field.name for field in project.fields}) if project else ("fields", {})
