"""Every action of Fieldmark from a shell: ``python cli.py --help``."""

import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from server import journal_commands, launch, model_commands, trial_commands, user_commands
from server.acting import author, guard, named
from server.console import DEFAULT_STORE, StoreOption, bar, err, errors, list_problems, out, show
from server.hosts import needs_sign_in
from storage import (
    actions,
    base_models,
    check,
    coco,
    coco_export,
    folders,
    labels_csv,
    machines,
    model_types,
    models,
    overview,
    processes,
    projects,
    samples,
    templates,
)
from storage.core import Damaged, NotFound, Refused, Store, open_store
from storage.exports import Origins
from storage.index import Index
from storage.machines import MACHINES, WhenDisabled
from storage.processes import Process, State
from storage.projects import PROJECTS, Project, Task
from storage.settings import settings
from storage.templates import TEMPLATES, Augment, Device, RunKind

HERE = Path(__file__).parent
POLL_S = 0.3  # seconds between looks while waiting

# Typer's own tracebacks print local variables, and with them people's labels and paths.
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Fieldmark from a shell.")


def _group(name: str, about: str) -> typer.Typer:
    group = typer.Typer(no_args_is_help=True, help=about)
    app.add_typer(group, name=name)
    return group


project_app = _group("project", "Projects.")
import_app = _group("import", "Import images and labels.")
model_app = model_commands.app
app.add_typer(model_app, name="model")
template_app = _group("template", "Templates of parameters.")
process_app = _group("process", "Auto-labelling and training processes.")
export_app = _group("export", "Export labels.")
store_app = _group("store", "The store itself.")
machine_app = _group("machine", "Target machines.")
model_app.command("try")(trial_commands.try_model)
export_app.command("onnx")(trial_commands.export_onnx)
app.add_typer(user_commands.user_app, name="user")
app.add_typer(user_commands.role_app, name="role")
app.add_typer(user_commands.token_app, name="token")
app.add_typer(journal_commands.app, name="journal")

LabelShareOption = Annotated[float, typer.Option("--label-share", help="Share of the images that get their labels, 0 to 1.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Chooses which images those are.")]
OriginOption = Annotated[Origins, typer.Option("--origin", help="Whose labels.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Show progress; exit 0 only when it ended well.")]


@app.callback()
def main(
    account: Annotated[str | None, typer.Option("--as", metavar="NAME", help="Act as this account, with no more than its rights.")] = None,
) -> None:
    """Fieldmark from a shell."""
    named.set(account)  # asked about when the command is known, and with it the store


@project_app.command("create")
def project_create(
    name: str,
    task: Annotated[Task, typer.Option(help="fields: boxes; classes: one class an image.")] = "fields",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Create a project and print its id."""
    with errors():
        # print and not the console, which wraps at the terminal's width.
        print(projects.create(open_store(store), name, task).id)


@project_app.command("list")
def project_list(store: StoreOption = DEFAULT_STORE) -> None:
    """List projects with their images and labels."""
    with errors():
        opened = open_store(store)
        table = Table("project", "task", "images", "by hand", "auto", "unlabelled")
        listing = PROJECTS.list(opened)
        index = Index(opened)
        for project in listing.items:
            # The index knows what this host saw last; others have labelled since.
            index.refresh(project.id)
            counts = index.counts(project.id)
            figures = (counts.images, counts.confirmed, counts.auto, counts.unlabelled)
            table.add_row(project.name, project.task, *map(str, figures))
        show(table, listing.damaged)


@import_app.command("coco")
def import_coco(
    name: str,
    folder: Annotated[Path, typer.Argument(help="holds annotations.json and images/")],
    label_share: LabelShareOption = 0.1,
    seed: SeedOption = 0,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Add the images of a COCO folder to project NAME; a share of them is labelled, as a person's labels."""
    with errors():
        opened = open_store(store)
        _, project = PROJECTS.get(opened, name)
        with bar("Importing") as update:
            done = coco.import_coco(opened, project, folder, author(), label_share, seed, update)
    # Listed and not raised: one bad file must not stop an import of thousands.
    list_problems(done.problems, "yellow")
    print(f"{done.added} images added, {done.labelled} labelled with {done.boxes} boxes, {len(done.problems)} problems")


@import_app.command("folders")
def import_folders(
    name: str,
    # Asked here, or a folder that is not there would leave a new project behind.
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="holds a folder of images for each class")],
    label_share: LabelShareOption = 0.1,
    seed: SeedOption = 0,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Add all images of a folder to project NAME, which is made if there is none; a share of each class is labelled."""
    with errors():
        opened = open_store(store)
        with bar("Importing") as update:
            done = folders.import_folders(opened, _of_classes(opened, name), folder, author(), label_share, seed, update)
    list_problems(done.problems, "yellow")
    print(f"{done.added} images added, {done.labelled} labelled, {done.classes} classes, {len(done.problems)} problems")


def _of_classes(store: Store, name: str) -> Project:
    try:
        return PROJECTS.get(store, name)[1]
    except NotFound:
        made = projects.create(store, name, "classes")
        err.print(f"Project {name} created, to sort images into classes", markup=False, soft_wrap=True)
        return made


@template_app.command("create")
def template_create(
    name: str,
    kind: Annotated[RunKind, typer.Option(help="What it is for.")],
    base_model: Annotated[str, typer.Option(help="A base model's name, or a model's name or id to go on from.")] = "base-SmartOCR-02",
    model_type: Annotated[str | None, typer.Option(help="What the trained model is for.")] = None,
    iterations: int = 1000,
    augment: Annotated[Augment, typer.Option(help="How training images are varied.")] = "rotations-exposure-noise",
    batch: int = 2,
    lr: Annotated[float, typer.Option(help="Initial learning rate.")] = 0.005,
    loaders: Annotated[int, typer.Option(help="Data loader processes, at most the machine's physical cores.")] = 8,
    refresh: Annotated[float, typer.Option(help="Seconds between status updates.")] = 60.0,
    device: Annotated[Device, typer.Option(help="Falls back to cpu, and says so.")] = "cuda",
    seed: int = 0,
    description: str = "",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Create a template and print its id."""
    with errors():
        opened = open_store(store)
        values: dict[str, Any] = {"iterations": iterations, "augment": augment, "batch": batch, "lr": lr}
        values |= {"loaders": loaders, "refresh": refresh, "device": device, "seed": seed}
        values |= {"base_model": _base_model(opened, base_model)}
        _check_model_type(opened, model_type, values["base_model"])
        template = templates.create(opened, name, kind, description, model_type, **values)
        # The template is made all the same: advice refuses nothing.
        for note in templates.advice(template.parameters):
            err.print(str(note), style="yellow")
        print(template.id)


def _base_model(store: Store, name: str) -> str:
    # By id in the template, so that renaming the model changes nothing.
    return name if name in templates.BASE_MODELS else models.look_up(store, name).model.id


def _check_model_type(store: Store, name: str | None, base_model: str) -> None:
    base = base_models.find(store, base_model)
    known = [model_type.name for model_type in model_types.list_types(store, base.task)]
    if name is not None and name not in known:
        raise Refused(
            "Model type {name!r} does not fit base model {base}; choose one of {known}", name=name, base=base.name, known=", ".join(known)
        )


@template_app.command("list")
def template_list(store: StoreOption = DEFAULT_STORE) -> None:
    """List templates with their parameters."""
    with errors():
        listing = TEMPLATES.list(open_store(store))
        table = Table("template", "kind", "iterations", "batch", "lr", "augment", "device")
        for template in listing.items:
            values = template.parameters
            table.add_row(
                template.name, template.kind, *map(str, (values.iterations, values.batch, values.lr)), values.augment, values.device
            )
        show(table, listing.damaged)


@machine_app.command("add")
def machine_add(name: str, description: str = "", store: StoreOption = DEFAULT_STORE) -> None:
    """Enter a machine before its worker first appears, and print its id."""
    with errors():
        print(machines.create(open_store(store), name, description).id)


@machine_app.command("enable")
def machine_enable(name: str, store: StoreOption = DEFAULT_STORE) -> None:
    """Let a machine take processes."""
    with errors():
        opened = open_store(store)
        machines.switch(opened, MACHINES.get(opened, name)[1].id, True)


@machine_app.command("disable")
def machine_disable(
    name: str,
    stop: Annotated[bool | None, typer.Option("--stop/--finish", help="What becomes of the process that runs; else as it was set.")] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Let a machine take no further process."""
    with errors():
        opened = open_store(store)
        when_disabled: dict[bool | None, WhenDisabled | None] = {None: None, True: "stop", False: "finish"}
        machines.switch(opened, MACHINES.get(opened, name)[1].id, False, when_disabled[stop])


@machine_app.command("queue")
def machine_queue(
    name: str,
    allow: Annotated[bool, typer.Option("--allow/--forbid", help="Whether processes may wait for the machine.")] = True,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Let processes queue on a machine that is busy, or no longer."""
    with errors():
        opened = open_store(store)
        rev, machine = MACHINES.get(opened, name)
        MACHINES.change(opened, rev, machine.model_copy(update={"queue": allow}))


@machine_app.command("list")
def machine_list(store: StoreOption = DEFAULT_STORE) -> None:
    """List machines, whether they respond and what they are busy with."""
    with errors():
        opened = open_store(store)
        listing = MACHINES.list(opened)
        table = Table("machine", "enabled", "queue", "responds", "cores", "GPUs", "process")
        for machine in listing.items:
            info = machines.read_info(opened, machine.id)
            states = (machine.enabled, machine.queue, machines.is_alive(opened, machine.id))
            figures = (info.cores, len(info.gpus), info.process or "") if info else ("", "", "")
            table.add_row(machine.name, *("yes" if state else "no" for state in states), *map(str, figures))
        show(table, listing.damaged)


@process_app.command("create")
def process_create(
    project: Annotated[str, typer.Option(help="Name of the project.")],
    template: Annotated[str, typer.Option(help="Name of the template.")],
    machine: Annotated[str, typer.Option(help="Name of the target machine.")],
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Create a process and print its id alone."""
    with errors():
        opened = open_store(store)
        # All three before anything is written: a name that is not there leaves nothing behind.
        parts = (PROJECTS.get(opened, project)[1], TEMPLATES.get(opened, template)[1], MACHINES.get(opened, machine)[1].id)
        print(actions.create(opened, *parts, author()).id)


@process_app.command("start")
def process_start(process: str, wait: WaitOption = False, store: StoreOption = DEFAULT_STORE) -> None:
    """Start a process."""
    _ask(store, process, _start, wait, State.COMPLETED)


@process_app.command("resume")
def process_resume(process: str, wait: WaitOption = False, store: StoreOption = DEFAULT_STORE) -> None:
    """Go on from the newest checkpoint of a process that was stopped, failed or was interrupted."""

    def resume(opened: Store, found: Process) -> object:
        # To the store start and resume are one; who says resume counts on a checkpoint.
        if not found.attempts:
            raise Refused("Process {process} is {state} and has never run: start it", process=found.id, state=found.state.value)
        return _start(opened, found)

    _ask(store, process, resume, wait, State.COMPLETED)


@process_app.command("stop")
def process_stop(process: str, wait: WaitOption = False, store: StoreOption = DEFAULT_STORE) -> None:
    """Stop a process; it keeps a checkpoint and can be resumed."""
    _ask(store, process, lambda opened, found: actions.stop(opened, found, author()), wait, State.STOPPED)


@process_app.command("apply")
def process_apply(
    process: str,
    wait: WaitOption = False,
    threshold: Annotated[list[str] | None, typer.Option(help="FIELD=SCORE, once a field; the others keep the computed one.")] = None,
    upright: Annotated[bool, typer.Option(help="Turn pages that lie sideways or upside down.")] = True,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Turn what a completed process found into labels of the images still unlabelled."""

    def apply(opened: Store, found: Process) -> object:
        # Names are looked up in here, where a wrong one becomes a sentence.
        return actions.apply(opened, found, author(), _thresholds(opened, found, threshold or []), upright)

    _ask(store, process, apply, wait, State.APPLIED)


@process_app.command("rollback")
def process_rollback(process: str, wait: WaitOption = False, store: StoreOption = DEFAULT_STORE) -> None:
    """Put back the labels from before the apply; what people changed since is kept."""
    _ask(store, process, lambda opened, found: actions.roll_back(opened, found, author()), wait, State.ROLLED_BACK)


@process_app.command("enable")
def process_enable(process: str, store: StoreOption = DEFAULT_STORE) -> None:
    """Let a process be started again."""
    _enable(store, process, True)


@process_app.command("disable")
def process_disable(process: str, store: StoreOption = DEFAULT_STORE) -> None:
    """Let a process not be started; one that runs is to be stopped first."""
    _enable(store, process, False)


def _enable(store: Path, process: str, enabled: bool) -> None:
    with errors():
        opened = open_store(store)
        actions.enable(opened, processes.get(opened, process), enabled, author())


@process_app.command("list")
def process_list(store: StoreOption = DEFAULT_STORE) -> None:
    """List processes, newest first."""
    with errors():
        found, damaged = processes.list_processes(open_store(store))
        table = Table("process", "kind", "template", "state", "enabled", "attempts")
        for process in found:
            spec, enabled = process.spec, "yes" if process.spec.enabled else "no"
            table.add_row(process.id, spec.kind, spec.template.name, process.state.value, enabled, str(len(process.attempts)))
        show(table, damaged)


@process_app.command("show")
def process_show(
    process: str,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Show a process: state, stages, figures, attempts."""
    with errors():
        opened = open_store(store)
        shown = overview.describe(opened, processes.get(opened, process))
    if as_json:
        out.print_json(data=shown)
        return
    table = Table(show_header=False)
    for key, value in shown.items():
        table.add_row(key, str(value))
    out.print(table)


@export_app.command("coco")
def export_coco(
    name: str,
    target: Annotated[Path, typer.Argument(metavar="OUT.json")],
    origin: OriginOption = "all",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write a project's labels as COCO; auto boxes carry their score."""
    with errors():
        opened = open_store(store)
        done = coco_export.export_coco(opened, PROJECTS.get(opened, name)[1], target, origin)
    list_problems(done.problems, "yellow")
    print(f"{done.boxes} boxes on {done.images} images written to {target}")


@export_app.command("csv")
def export_csv(
    name: str,
    target: Annotated[Path, typer.Argument(metavar="OUT.csv")],
    origin: OriginOption = "all",
    lines: Annotated[labels_csv.Lines, typer.Option(help="What a line is about; of classes always an image.")] = "values",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write a project's labels as CSV: a line for each image with the value of each field, or its class; or one for each box."""
    with errors():
        opened = open_store(store)
        done = labels_csv.export_csv(opened, PROJECTS.get(opened, name)[1], target, origin, lines)
    list_problems(done.problems, "yellow")
    print(f"{done.boxes} lines about {done.images} images written to {target}")


@export_app.command("folders")
def export_folders(
    name: str,
    target: Annotated[Path, typer.Argument(metavar="DIR")],
    origin: OriginOption = "all",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Copy a project's images into a folder for each class; those without a label into none."""
    with errors():
        opened = open_store(store)
        with bar("Exporting") as update:
            done = folders.export_folders(opened, PROJECTS.get(opened, name)[1], target, origin, update)
    list_problems(done.problems, "yellow")
    print(f"{done.images} images copied to {done.folders} folders in {target}")


@model_app.command("list")
def model_list(store: StoreOption = DEFAULT_STORE) -> None:
    """List models, newest first: what they were trained on and how good they are."""
    with errors():
        opened = open_store(store)
        table, damaged = Table("model", "id", "task", "kind", "kept", "AP or accuracy"), list[Damaged]()
        for identifier in reversed(models.list_ids(opened)):
            try:
                listed = models.find(opened, identifier)
            except NotFound:
                continue  # deleted
            except Damaged as error:
                damaged.append(error)
                continue
            model, entry = listed.model, listed.entry
            quality = model.accuracy if model.task == "classes" else model.map_50
            kept = "yes" if entry.promoted else "no"
            table.add_row(entry.name, model.id, model.task, model.kind, kept, "" if quality is None else f"{quality:.3f}")
        show(table, damaged)


@store_app.command("check")
def store_check(store: StoreOption = DEFAULT_STORE) -> None:
    """Verify every file of the store; print what is wrong and exit 1 then."""
    with errors(), bar("Checking") as update:
        found = check.check_store(open_store(store), update)
    for problem in found:
        print(problem)
    # What a killed writer left behind is listed, and no reason to fail.
    wrong = [problem for problem in found if not problem.harmless]
    print(f"{len(wrong)} problems" if wrong else "Every file is whole")
    raise typer.Exit(1 if wrong else 0)


@app.command("worker")
def run_worker(
    machine: Annotated[str, typer.Option(help="Name of this machine.")] = socket.gethostname(),
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Run this machine's worker until Ctrl-C."""
    # In place of this process: a service manager's signals reach the worker itself.
    os.execv(sys.executable, [sys.executable, "-m", "worker", "--machine", machine, "--store", str(store.resolve())])


@app.command("run")
def run(
    machine: Annotated[str, typer.Option(help="Name of this machine.")] = socket.gethostname(),
    port: int = 8501,
    address: Annotated[str, typer.Option(help="Where the dashboard listens; 0.0.0.0 for every network.")] = "127.0.0.1",
    sign_in: Annotated[bool, typer.Option("--sign-in", help="Ask people to sign in, as it always is on another --address.")] = False,
    sample: Annotated[bool, typer.Option(help="Open the sample project in a store that is empty.")] = True,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Run one worker and the dashboard until Ctrl-C."""
    with errors():
        # Opened here: a wrong folder is one sentence, and not two programs that end one after the other.
        opened = open_store(store)
        settings()  # likewise
        with bar("Opening the sample project") as update:
            made = samples.open_sample(opened, HERE / "samples" / "invoices", author(), update) if sample else None
        there = f", with the project {made.name} to try it" if made else ""
        is_local = not (sign_in or needs_sign_in(address))
        who = ". Nobody signs in: whoever uses this computer may do everything; --sign-in changes that" if is_local else ""
        welcome = f"Fieldmark is on {{address}}{there}{who}. Ctrl-C ends it"
        raise typer.Exit(launch.run(opened.root, machine, address, port, welcome, sign_in=sign_in))


def _start(opened: Store, process: Process) -> object:
    return actions.start(opened, Index(opened), process, author())


def _ask(store: Path, process: str, action: Callable[[Store, Process], object], wait: bool, good: State) -> None:
    with errors():
        opened = open_store(store)
        action(opened, processes.get(opened, process))
        # 1 when it ended otherwise, 2 for a refusal: a script can tell them apart.
        if wait and not _wait(opened, process, good):
            raise typer.Exit(1)


def _wait(store: Store, process: str, good: State) -> bool:
    """Show progress until the process rests; whether it rests in ``good``."""
    with bar("Waiting") as update:
        # The request is on disk by now, so the first look cannot find the process at rest before it began.
        while True:
            found = processes.get(store, process)
            if not overview.is_busy(found):
                break
            update(*overview.advance(store, found), overview.sentence(store, found))
            time.sleep(POLL_S)
    out.print(overview.summary(store, found), markup=False, soft_wrap=True)
    return found.state == good


def _thresholds(store: Store, process: Process, given: list[str]) -> dict[str, float]:
    _, project = PROJECTS.get(store, process.spec.project)
    found = {}
    for text in given:
        field, _, score = text.partition("=")
        try:
            # By id: a field may be renamed while the request waits.
            found[project.field(field).id] = float(score)
        except ValueError as error:
            raise Refused("Threshold {text!r} is not FIELD=SCORE; write for instance total=0.4", text=text) from error
    return found


guard(app)

if __name__ == "__main__":
    app()
