"""What a machine answers, from a shell: a model tried on documents, and a model as ONNX."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from server.acting import author
from server.console import DEFAULT_STORE, StoreOption, bar, err, errors, list_problems, out
from storage import documents, jobs, machines, models
from storage.core import BadImage, NotFound, Refused, Store, open_store, read_file
from storage.detections import ImageDetections, select
from storage.jobs import Answer, Job, Page, TriedPage
from storage.machines import Machine
from storage.models import Model

MAX_PAGES = 200
POLL_S = 0.2

ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help="Its name or its id.")]
MachineOption = Annotated[str | None, typer.Option(help="Name of the machine to ask; without it whichever suits best.")]


def try_model(
    model: ModelArgument,
    files: Annotated[list[Path], typer.Argument(help="Images and PDFs.")],
    machine: MachineOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Have a machine look at documents with a model, and print what it finds by the model's own thresholds."""
    with errors():
        opened = open_store(store)
        listed = models.look_up(opened, model)
        asked = jobs.choose_machine(opened, machine)
        job = jobs.ask(opened, "try", listed.model.id, asked.id, author(), pages=_read(files))
        answer = _wait(opened, job, asked)
    found = [_outcome(listed.model, page, tried) for page, tried in zip(job.pages, answer.pages, strict=True)]
    if as_json:
        print(json.dumps({"model": listed.entry.name, "model_id": listed.model.id, "pages": found}, ensure_ascii=False, indent=2))
    else:
        _show(listed.model, found)


def export_onnx(
    model: ModelArgument,
    target: Annotated[Path, typer.Argument(metavar="OUT.onnx")],
    machine: MachineOption = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write a model in ONNX format; a machine makes it, and checks that it finds the same as the model itself."""
    with errors():
        opened = open_store(store)
        listed = models.look_up(opened, model)
        found = listed.model
        try:
            data = read_file(opened.model(found.id).onnx)
        except FileNotFoundError:
            asked = jobs.choose_machine(opened, machine)
            _wait(opened, jobs.ask(opened, "onnx", found.id, asked.id, author()), asked)
            data = read_file(opened.model(found.id).onnx)
        try:
            with target.open("xb") as file:
                file.write(data)
            models.journal(opened, "download", found, listed.entry.name, form="onnx")
        except FileExistsError as error:
            raise Refused("File {path} exists already. Remove it, or choose another name", path=str(target)) from error
    print(target)


def _read(files: list[Path]) -> list[tuple[Page, bytes]]:
    """The pages of all files that can be read; what is wrong with the others is said."""
    pages: list[tuple[Page, bytes]] = []
    problems: list[object] = []
    for file in files:
        try:
            document = documents.read(file.name, file.read_bytes(), MAX_PAGES - len(pages))
        except BadImage as error:
            problems.append(error)
            continue
        pages += document.pages
        if document.left_out:
            problems.append(f"{file.name}: {document.left_out} pages left out; at most {MAX_PAGES} are tried at once")
    list_problems(problems, "yellow")
    if not pages:
        raise NotFound("No page could be read. Name images or PDFs")
    return pages


def _wait(store: Store, job: Job, machine: Machine) -> Answer:
    """The answer; Refused if the machine goes away before it gives one, or says that it cannot."""
    with bar(f"Machine {machine.name} is at it"):
        while (answer := jobs.read_answer(store, job.id)) is None:
            if not machines.is_alive(store, machine.id):
                raise Refused("Machine {machine!r} does not respond any more. Ask another", machine=machine.name)
            time.sleep(POLL_S)
    if answer.message:
        raise Refused("{reason}", reason=str(answer.message))
    err.print(f"Machine {machine.name} took {answer.seconds:.1f} s", markup=False)
    return answer


def _outcome(model: Model, page: Page, tried: TriedPage) -> dict[str, Any]:
    """What the model's own rule chooses on a page."""
    about: dict[str, Any] = {"page": page.name, "width": page.width, "height": page.height}
    if tried.message:
        return {**about, "error": str(tried.message)}
    names = {field.id: field.name for field in model.fields}
    if model.task == "fields":
        kept = sorted(select(ImageDetections(image="", detections=tried.detections), model.rule), key=lambda found: -found.score)
        # As the page Testing writes it.
        rows = [{"field": names[one.field], "text": one.text, "score": one.score, "read": one.read, "xyxy": one.xyxy} for one in kept]
        return {**about, "fields": rows}
    best = tried.detections[:1]
    # Of a class that was never seen in a test there is no threshold, and nothing is sure.
    sure = [found for found in best if found.score >= model.rule.thresholds.get(found.field, 2.0)]
    scores = {names[found.field]: found.score for found in tried.detections}
    return {**about, "class": names[sure[0].field] if sure else None, "scores": scores}


def _show(model: Model, found: list[dict[str, Any]]) -> None:
    table = Table("page", *(["class", "score"] if model.task == "classes" else ["field", "text", "score", "read", "xyxy"]))
    for page in found:
        if "error" in page:
            table.add_row(page["page"], page["error"])
        elif model.task == "classes":
            best = max(page["scores"], key=page["scores"].get)
            table.add_row(page["page"], page["class"] or f"none (likeliest: {best})", f"{page['scores'][best]:.2f}")
        else:
            for row in page["fields"]:
                place = ", ".join(f"{side:.0f}" for side in row["xyxy"])
                table.add_row(page["page"], row["field"], escape(row["text"] or ""), _share(row["score"]), _share(row["read"]), place)
            if not page["fields"]:
                table.add_row(page["page"], "nothing")
    out.print(table)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
