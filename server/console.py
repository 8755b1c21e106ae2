"""What the commands of the shell share: results on standard output, words on standard error, refusals, progress."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from storage.core import StoreError

StoreOption = Annotated[Path, typer.Option("--store", envvar="FIELDMARK_STORE", help="The shared directory.")]
DEFAULT_STORE = Path("data")

# Results on one, words on the other: `id=$(python cli.py process create …)` gets the id and nothing else.
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


@contextmanager
def errors() -> Iterator[None]:
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


def show(table: Table, damaged: Sequence[object]) -> None:
    """The table, then what is damaged: one object must not hide the others."""
    out.print(table)
    list_problems(damaged, "red")


def list_problems(problems: Sequence[object], colour: str) -> None:
    """Each on a line of its own."""
    for problem in problems:
        err.print(str(problem), style=colour, markup=False, soft_wrap=True)


@contextmanager
def bar(text: str) -> Iterator[Callable[..., None]]:
    """A progress bar on a terminal; elsewhere silence, so that output can be piped."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    # Gone at the end: the summary is what stays.
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as shown:
        task = shown.add_task(text, total=1)

        def update(done: int, total: int, sentence: str = text) -> None:
            shown.update(task, completed=done, total=total, description=sentence)

        yield update
