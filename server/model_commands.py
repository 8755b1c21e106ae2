"""Models from a shell: look at one, take it along, bring it in, rename and delete it; ``python cli.py model --help``."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from server import downloads
from server.acting import author
from server.console import DEFAULT_STORE, StoreOption, err, errors, out
from storage import model_deletion, model_files, models
from storage.core import Refused, open_store
from storage.models import Listed
from storage.projects import PROJECTS

app = typer.Typer(no_args_is_help=True, help="Trained models.")

ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help="Its name or its id.")]


@app.command("show")
def model_show(model: ModelArgument, store: StoreOption = DEFAULT_STORE) -> None:
    """Everything about a model: where it comes from and how good it is, in all and by field or class."""
    with errors():
        opened = open_store(store)
        listed = models.look_up(opened, model)
        about = Table(show_header=False, box=None)
        for name, value in _about(listed).items():
            about.add_row(name, value)
        project = next((each.name for each in PROJECTS.list(opened).items if each.id == listed.model.project), listed.model.project)
        about.add_row("project", project)
        out.print(about, _scores(listed))


@app.command("download")
def model_download(
    model: ModelArgument,
    target: Annotated[Path | None, typer.Argument(metavar="[OUT.zip]", help="MODEL.zip without it.")] = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write a model's ZIP: weights, what is known of it, and how to use it."""
    with errors():
        opened = open_store(store)
        listed = models.look_up(opened, model)
        path = target or Path(f"{listed.entry.name}.zip")
        _write(path, downloads.archive(opened, listed))
    print(path)


@app.command("upload")
def model_upload(
    file: Annotated[Path, typer.Argument(help="The ZIP that a download gave.")],
    name: Annotated[str | None, typer.Option(help="The file's name without it.")] = None,
    base: Annotated[bool, typer.Option("--base", help="List it among the base models.")] = False,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Take in a model's ZIP, after it was checked, and print its id."""
    with errors(), file.open("rb") as opened:
        print(model_files.add(open_store(store), name or file.stem, opened, author(), base=base).model.id)


@app.command("rename")
def model_rename(
    model: ModelArgument,
    name: str,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Give a model another name."""
    with errors():
        opened = open_store(store)
        print(models.change(opened, models.look_up(opened, model), author(), name=name).name)


@app.command("delete")
def model_delete(model: ModelArgument, store: StoreOption = DEFAULT_STORE) -> None:
    """Take a model out of every list; its files stay, and restore brings it back."""
    with errors():
        opened = open_store(store)
        listed = models.look_up(opened, model)
        found = model_deletion.dependants(opened, listed.model.id)
        model_deletion.delete(opened, listed, author())
    for template in found.templates:
        err.print(f"Template {template.name} begins with it; choose another base model there", style="yellow", markup=False)
    for process in found.startable:
        err.print(f"Process {process.id} begins with it and can no longer be started", style="yellow", markup=False)
    print(listed.model.id)


@app.command("restore")
def model_restore(
    model: Annotated[str, typer.Argument(help="Its id, as delete printed it.")],
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Bring a deleted model back."""
    with errors():
        print(models.restore(open_store(store), model).name)


def _about(listed: Listed) -> dict[str, str]:
    model, entry = listed.model, listed.entry
    quality = {"accuracy": model.accuracy} if model.task == "classes" else {"AP@50": model.map_50, "mAP@50:95": model.map_50_95}
    return {
        "name": entry.name,
        "id": model.id,
        "description": entry.description,
        "task": model.task,
        "kind": model.kind,
        **{name: _figure(value) for name, value in quality.items()},
        "test images": str(model.test_images),
        "trained on": f"{model.images} images, {model.iterations} iterations",
        "template": model.template,
        "base model": model.parent or model.base_model,
        "canvas": f"{model.canvas[0]} × {model.canvas[1]}",
        "published": f"{model.at:%Y-%m-%d %H:%M} UTC by {model.author}",
        "weights": model.weights_sha256,
    }


def _scores(listed: Listed) -> Table:
    model = listed.model
    table = Table("class" if model.task == "classes" else "field", "AP@50", "precision", "recall", "F1", "value right", "score from")
    for field in model.fields:
        score = model.per_field.get(field.id)
        values = (score.ap_50, score.precision, score.recall, score.f1, score.value_right) if score else (None,) * 5
        table.add_row(field.name, *map(_figure, values), _figure(model.rule.thresholds.get(field.id)))
    return table


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    """A new file; nothing is left of it if it cannot be written to its end."""
    try:
        file = path.open("xb")
    except FileExistsError as error:
        raise Refused("File {path} exists already. Remove it, or choose another name", path=str(path)) from error
    try:
        with file:
            file.writelines(pieces)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
