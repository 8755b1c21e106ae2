"""Every action of Fieldmark from a shell: ``python cli.py --help``."""

import getpass
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from server import launch
from storage import actions, check, coco, coco_export, machines, overview, processes, projects, samples, templates
from storage.core import Refused, Store, StoreError, open_store
from storage.index import Index
from storage.machines import MACHINES
from storage.processes import Process, State
from storage.projects import PROJECTS, Task
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
template_app = _group("template", "Templates of parameters.")
process_app = _group("process", "Auto-labelling and training processes.")
export_app = _group("export", "Export labels.")
store_app = _group("store", "The store itself.")
machine_app = _group("machine", "Target machines.")

StoreOption = Annotated[Path, typer.Option("--store", envvar="FIELDMARK_STORE", help="The shared directory.")]
WaitOption = Annotated[bool, typer.Option("--wait", help="Show progress; exit 0 only when it ended well.")]
DEFAULT_STORE = Path("data")
# Results on one, words on the other: `id=$(python cli.py process create …)` gets the id and nothing else.
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


@contextmanager
def _errors() -> Iterator[None]:
    """A refusal is one sentence on standard error and exit code 2, never a traceback."""
    # No markup in what people named: [red] is a project then, and no colour.
    try:
        yield
    except StoreError as error:
        err.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from error
    except OSError as error:
        err.print(
            f"{error.filename or 'The store'}: {error.strerror}. Nothing was half-written; free space or rights, then repeat",
            style="red",
            markup=False,
        )
        raise typer.Exit(2) from error


@project_app.command("create")
def project_create(
    name: str,
    task: Annotated[Task, typer.Option(help="fields: boxes; classes: one class an image.")] = "fields",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Create a project and print its id."""
    with _errors():
        # print and not the console, which wraps at the terminal's width.
        print(projects.create(open_store(store), name, task).id)


@project_app.command("list")
def project_list(store: StoreOption = DEFAULT_STORE) -> None:
    """List projects with their images and labels."""
    with _errors():
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
        _show(table, listing.damaged)


@import_app.command("coco")
def import_coco(
    name: str,
    folder: Annotated[Path, typer.Argument(help="holds annotations.json and images/")],
    label_share: Annotated[float, typer.Option(help="Share of the images that get their labels, 0 to 1.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Chooses which images those are.")] = 0,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Add the images of a COCO folder to project NAME; a share of them is labelled, as a person's labels."""
    with _errors():
        opened = open_store(store)
        _, project = PROJECTS.get(opened, name)
        with _bar("Importing") as update:
            done = coco.import_coco(opened, project, folder, _author(), label_share, seed, update)
    # Listed and not raised: one bad file must not stop an import of thousands.
    _list_problems(done.problems, "yellow")
    print(f"{done.added} images added, {done.labelled} labelled with {done.boxes} boxes, {len(done.problems)} problems")


@template_app.command("create")
def template_create(
    name: str,
    kind: Annotated[RunKind, typer.Option(help="What it is for.")],
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
    with _errors():
        values: dict[str, Any] = {"iterations": iterations, "augment": augment, "batch": batch, "lr": lr}
        values |= {"loaders": loaders, "refresh": refresh, "device": device, "seed": seed}
        template = templates.create(open_store(store), name, kind, description, **values)
        # The template is made all the same: advice refuses nothing.
        for note in templates.advice(template.parameters):
            err.print(str(note), style="yellow")
        print(template.id)


@template_app.command("list")
def template_list(store: StoreOption = DEFAULT_STORE) -> None:
    """List templates with their parameters."""
    with _errors():
        listing = TEMPLATES.list(open_store(store))
        table = Table("template", "kind", "iterations", "batch", "lr", "augment", "device")
        for template in listing.items:
            values = template.parameters
            table.add_row(
                template.name, template.kind, *map(str, (values.iterations, values.batch, values.lr)), values.augment, values.device
            )
        _show(table, listing.damaged)


@machine_app.command("list")
def machine_list(store: StoreOption = DEFAULT_STORE) -> None:
    """List machines, whether they respond and what they are busy with."""
    with _errors():
        opened = open_store(store)
        listing = MACHINES.list(opened)
        table = Table("machine", "responds", "cores", "GPUs", "process")
        for machine in listing.items:
            info = machines.read_info(opened, machine.id)
            responds = "yes" if machines.is_alive(opened, machine.id) else "no"
            table.add_row(
                machine.name, responds, str(info.cores if info else ""), str(len(info.gpus) if info else ""), (info and info.process) or ""
            )
        _show(table, listing.damaged)


@process_app.command("create")
def process_create(
    project: Annotated[str, typer.Option(help="Name of the project.")],
    template: Annotated[str, typer.Option(help="Name of the template.")],
    machine: Annotated[str, typer.Option(help="Name of the target machine.")],
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Create a process and print its id alone."""
    with _errors():
        opened = open_store(store)
        # All three before anything is written: a name that is not there leaves nothing behind.
        parts = (PROJECTS.get(opened, project)[1], TEMPLATES.get(opened, template)[1], MACHINES.get(opened, machine)[1].id)
        print(processes.create(opened, *parts, _author()).id)


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
    _ask(store, process, lambda opened, found: actions.stop(opened, found, _author()), wait, State.STOPPED)


@process_app.command("apply")
def process_apply(
    process: str,
    wait: WaitOption = False,
    threshold: Annotated[list[str] | None, typer.Option(help="FIELD=SCORE, once a field; the others keep the computed one.")] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Turn what a completed process found into labels of the images still unlabelled."""

    def apply(opened: Store, found: Process) -> object:
        # Names are looked up in here, where a wrong one becomes a sentence.
        return actions.apply(opened, found, _author(), _thresholds(opened, found, threshold or []))

    _ask(store, process, apply, wait, State.APPLIED)


@process_app.command("rollback")
def process_rollback(process: str, wait: WaitOption = False, store: StoreOption = DEFAULT_STORE) -> None:
    """Put back the labels from before the apply; what people changed since is kept."""
    _ask(store, process, lambda opened, found: actions.roll_back(opened, found, _author()), wait, State.ROLLED_BACK)


@process_app.command("list")
def process_list(store: StoreOption = DEFAULT_STORE) -> None:
    """List processes, newest first."""
    with _errors():
        found, damaged = processes.list_processes(open_store(store))
        table = Table("process", "kind", "template", "state", "attempts")
        for process in found:
            table.add_row(process.id, process.spec.kind, process.spec.template.name, process.state.value, str(len(process.attempts)))
        _show(table, damaged)


@process_app.command("show")
def process_show(
    process: str,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Show a process: state, stages, figures, attempts."""
    with _errors():
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
    origin: Annotated[Literal["person", "auto", "all"], typer.Option(help="Whose boxes.")] = "all",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write a project's labels as COCO; auto boxes carry their score."""
    with _errors():
        opened = open_store(store)
        done = coco_export.export_coco(opened, PROJECTS.get(opened, name)[1], target, origin)
    _list_problems(done.problems, "yellow")
    print(f"{done.boxes} boxes on {done.images} images written to {target}")


@store_app.command("check")
def store_check(store: StoreOption = DEFAULT_STORE) -> None:
    """Verify every file of the store; print what is wrong and exit 1 then."""
    with _errors(), _bar("Checking") as update:
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
    sample: Annotated[bool, typer.Option(help="Open the sample project in a store that is empty.")] = True,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Run one worker and the dashboard until Ctrl-C."""
    with _errors():
        # Opened here: a wrong folder is one sentence, and not two programs that end one after the other.
        opened = open_store(store)
        with _bar("Opening the sample project") as update:
            made = samples.open_sample(opened, HERE / "samples" / "invoices", _author(), update) if sample else None
        there = f", with the project {made.name} to try it" if made else ""
        raise typer.Exit(launch.run(opened.root, machine, address, port, f"Fieldmark is on {{address}}{there}. Ctrl-C ends it"))


def _author() -> str:
    # The shell has no sign-in; the history names the account of the system.
    return getpass.getuser()


def _start(opened: Store, process: Process) -> object:
    return actions.start(opened, Index(opened), process, _author())


def _ask(store: Path, process: str, action: Callable[[Store, Process], object], wait: bool, good: State) -> None:
    with _errors():
        opened = open_store(store)
        action(opened, processes.get(opened, process))
        # 1 when it ended otherwise, 2 for a refusal: a script can tell them apart.
        if wait and not _wait(opened, process, good):
            raise typer.Exit(1)


def _wait(store: Store, process: str, good: State) -> bool:
    """Show progress until the process rests; whether it rests in ``good``."""
    with _bar("Waiting") as update:
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


def _show(table: Table, damaged: Sequence[object]) -> None:
    # The table first: one damaged object must not hide the others.
    out.print(table)
    _list_problems(damaged, "red")


def _list_problems(problems: Sequence[object], colour: str) -> None:
    for problem in problems:
        err.print(str(problem), style=colour, markup=False, soft_wrap=True)


@contextmanager
def _bar(text: str) -> Iterator[Callable[..., None]]:
    """A progress bar on a terminal; elsewhere silence, so that output can be piped."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    # Gone at the end: the summary is what stays.
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(text, total=1)

        def update(done: int, total: int, sentence: str = text) -> None:
            bar.update(task, completed=done, total=total, description=sentence)

        yield update


if __name__ == "__main__":
    app()
