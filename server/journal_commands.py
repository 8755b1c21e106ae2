"""The journal from a shell."""

import json
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from server.console import errors, out
from storage import accounts, journal, people
from storage.accounts import ACCOUNTS
from storage.core import JournalEntry, NotFound, Store, acting, open_store
from storage.journal import Filter
from storage.journal_sight import hidden_from

app = typer.Typer(no_args_is_help=True, help="Who did what, and when.")

StoreOption = Annotated[Path, typer.Option("--store", envvar="FIELDMARK_STORE", help="The shared directory.")]
DEFAULT_STORE = Path("data")


@app.command("list")
def journal_list(
    person: Annotated[str | None, typer.Option(help="Name of an account; or as the journal has it, such as local or shell:ann.")] = None,
    operation: Annotated[str | None, typer.Option(help="Such as process.start.")] = None,
    thread: Annotated[str | None, typer.Option(help="Id of a process: everything of its life.")] = None,
    since: Annotated[datetime | None, typer.Option(help="In this computer's time.")] = None,
    limit: Annotated[int, typer.Option(help="The newest so many; 0 for all.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, a line of JSON each.")] = False,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """List who did what to what, newest first."""
    with errors():
        opened = open_store(store)
        by = _account(opened, person) if person else None
        # One who asks as an account sees what that one may see.
        asking = people.person(opened, acting.get())
        hidden = hidden_from(opened, asking) if asking != people.NOBODY else None
        since = since.astimezone(UTC) if since else None
        wanted = Filter(by=by, operation=operation, thread=thread, since=since, hidden=hidden)
        found = islice(journal.entries(opened, wanted), limit or None)
        if as_json:
            for entry in found:
                print(entry.model_dump_json(exclude_none=True))
        else:
            _show(found, accounts.names(opened))


def _account(store: Store, name: str) -> str:
    try:
        return ACCOUNTS.get(store, name)[1].id
    except NotFound:  # not an account's, or a deleted one's id
        return name


def _show(found: "islice[JournalEntry]", names: dict[str, str]) -> None:
    table = Table("time", "by", "operation", "name", "id", "details", box=None)
    for entry in found:
        time = f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}"
        details = json.dumps(entry.details, ensure_ascii=False) if entry.details else ""
        table.add_row(*map(escape, (time, names.get(entry.by, entry.by), entry.operation, entry.name, entry.id, details)))
    out.print(table)
