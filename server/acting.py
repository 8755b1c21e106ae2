"""Commands in somebody's name: ``cli.py --as NAME`` asks for the account's right before the command runs.

Without it whoever has the shell has every right, as they have the files.
"""

import getpass
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

import typer

from server.console import errors
from storage import people
from storage.accounts import ACCOUNTS, Account
from storage.core import Refused, Store, acting, acting_as, open_store
from storage.rights import COMMANDS

_SHELL = "shell:"

named: ContextVar[str | None] = ContextVar("named", default=None)
"""The name of the account that the command is run as; None for the shell's own."""


def author() -> str:
    """Who is at work: the id of the account that was named, else the system's name of whoever has the shell."""
    return acting.get().removeprefix(_SHELL) or getpass.getuser()


def guard(app: typer.Typer, above: tuple[str, ...] = ()) -> None:
    """Have every command of ``app`` and of its groups ask first; to be called when all of them are there."""
    for command in app.registered_commands:
        assert command.callback is not None
        assert command.name is not None
        command.callback = _asking(command.callback, " ".join((*above, command.name)))
    for group in app.registered_groups:
        assert group.typer_instance is not None
        guard(group.typer_instance, (*above, str(group.name)))


def _asking(run: Callable[..., Any], command: str) -> Callable[..., Any]:
    @wraps(run)
    def asked(**values: Any) -> Any:
        actor, name = f"{_SHELL}{getpass.getuser()}", named.get()
        if name is not None:
            with errors():
                actor = _allowed(open_store(values["store"]), name, command).id
        with acting_as(actor):
            return run(**values)

    return asked


def _allowed(store: Store, name: str, command: str) -> Account:
    """The account of this name; Refused unless it may do what the command does."""
    account = ACCOUNTS.get(store, name)[1]
    if account.blocked:
        raise Refused("Account {name!r} is blocked", name=account.name)
    if account.must_change:
        raise Refused("Account {name!r} has to change its password first: sign in to the dashboard with it", name=account.name)
    need = COMMANDS.get(command)
    if need is None:
        raise Refused("Command {command!r} is for the shell alone; leave --as out", command=command)
    entity, right = need
    if not people.person(store, account.id).may(entity, right):
        raise Refused(
            "Account {name!r} may not do this: {command!r} needs the right to {right} {entity}",
            name=account.name,
            command=command,
            right=right,
            entity=entity,
        )
    return account
