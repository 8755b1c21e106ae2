"""The journal from a shell."""

from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from server.console import DEFAULT_STORE, StoreOption, errors, out
from storage import accounts, journal, people
from storage.core import JournalEntry, acting, open_store
from storage.journal import Filter, as_text
from storage.journal_sight import hidden_from

app = typer.Typer(no_args_is_help=True, help="Who did what, and when.")


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
        account = accounts.find(opened, person) if person else None
        by = account.id if account else person  # not an account's name, or a deleted one's id
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


def _show(found: "islice[JournalEntry]", names: dict[str, str]) -> None:
    table = Table("time", "by", "operation", "name", "id", "details", box=None)
    for entry in found:
        time = f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}"
        details = as_text(entry.details) if entry.details else ""
        table.add_row(*map(escape, (time, names.get(entry.by, entry.by), entry.operation, entry.name, entry.id, details)))
    out.print(table)
