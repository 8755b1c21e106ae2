"""Accounts, roles and API tokens from a shell; ``python cli.py user --help``, ``role --help``, ``token --help``."""

import sys
from typing import Annotated

import typer
from rich.table import Table

from server.acting import author
from server.console import DEFAULT_STORE, StoreOption, err, errors, out, show
from storage import accounts, roles, tokens
from storage.accounts import ACCOUNTS, Account
from storage.core import InvalidValue, NotFound, Store, open_store
from storage.rights import ENTITIES, RIGHTS, Need, Rights
from storage.roles import ROLES
from storage.tokens import Token

_SHOWN = 12  # digits of a token's SHA-256 that tell it from the others

user_app = typer.Typer(no_args_is_help=True, help="Accounts of people.")
role_app = typer.Typer(no_args_is_help=True, help="Roles: sets of rights.")
token_app = typer.Typer(no_args_is_help=True, help="API tokens: some of an account's rights, for a program.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]
ChangeOption = Annotated[bool, typer.Option("--must-change/--final", help="Whether the person has to choose another one at sign-in.")]
RightOption = Annotated[list[str] | None, typer.Option("--right", help="ENTITY:RIGHT,… such as processes:view,create; repeat it.")]


@user_app.command("create")
def user_create(
    name: NameArgument,
    role: Annotated[list[str] | None, typer.Option(help="A role's name; repeat it for several.")] = None,
    full_name: str = "",
    email: str | None = None,
    password: Annotated[bool, typer.Option("--password/--no-password", help="Whether it has one; without, OIDC alone opens it.")] = True,
    must_change: ChangeOption = True,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Create an account and print its id; the password is asked for, or read from standard input."""
    with errors():
        opened = open_store(store)
        values = {"roles": _roles(opened, role or []), "full_name": full_name, "email": email, "must_change": must_change and password}
        text = _password() if password else None
        print(accounts.create(opened, name, author(), password=text, **values).id)  # type: ignore[arg-type]


@user_app.command("list")
def user_list(store: StoreOption = DEFAULT_STORE) -> None:
    """List accounts with their roles."""
    with errors():
        opened = open_store(store)
        words = {role.id: role.name for role in roles.list_roles(opened)}
        table, listing = Table("account", "full name", "roles", "signs in by", "state"), ACCOUNTS.list(opened)
        for account in listing.items:
            given = ", ".join(words.get(role, role) for role in account.roles)
            table.add_row(account.name, account.full_name, given, _way_in(account), _state(account))
        show(table, listing.damaged)


@user_app.command("block")
def user_block(name: NameArgument, store: StoreOption = DEFAULT_STORE) -> None:
    """Let nobody sign in to an account, and end its sessions."""
    with errors():
        accounts.change(open_store(store), name, author(), blocked=True)


@user_app.command("unblock")
def user_unblock(name: NameArgument, store: StoreOption = DEFAULT_STORE) -> None:
    """Let an account be signed in to again."""
    with errors():
        accounts.change(open_store(store), name, author(), blocked=False)


@user_app.command("password")
def user_password(name: NameArgument, must_change: ChangeOption = True, store: StoreOption = DEFAULT_STORE) -> None:
    """Give an account another password, asked for or read from standard input, and end its sessions."""
    with errors():
        opened = open_store(store)
        # Before anything is asked: a wrong name is said at once.
        account = ACCOUNTS.get(opened, name)[1]
        accounts.set_password(opened, account.id, _password(), author(), must_change=must_change)


@user_app.command("roles")
def user_roles(
    name: NameArgument,
    given: Annotated[list[str], typer.Argument(metavar="ROLE...", help="Names of roles.")],
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Give an account these roles, in place of those it has."""
    with errors():
        opened = open_store(store)
        accounts.change(opened, name, author(), roles=_roles(opened, given))


@user_app.command("delete")
def user_delete(name: NameArgument, store: StoreOption = DEFAULT_STORE) -> None:
    """Take an account out of every list and end its sessions; what it did stays on record under its name."""
    with errors():
        accounts.delete(open_store(store), name, author())


@role_app.command("list")
def role_list(store: StoreOption = DEFAULT_STORE) -> None:
    """List roles with their rights."""
    with errors():
        table, listing = Table("role", "rights", "description"), ROLES.list(open_store(store))
        for role in (*roles.READY, *listing.items):
            table.add_row(role.name, _spelled(role.rights), role.description)
        show(table, listing.damaged)


@role_app.command("create")
def role_create(name: str, right: RightOption = None, description: str = "", store: StoreOption = DEFAULT_STORE) -> None:
    """Create a role and print its id."""
    with errors():
        print(roles.create(open_store(store), name, _rights(right or []), description).id)


@token_app.command("create")
def token_create(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whose rights it uses.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    right: RightOption = None,
    days: Annotated[int, typer.Option(help="After how many days it expires.")] = 30,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Create a token and print it, once; without --right it has all rights that the account has now."""
    with errors():
        opened = open_store(store)
        owner = ACCOUNTS.get(opened, account)[1]
        chosen = roles.rights_of(opened, owner.roles) if right is None else _rights(right)
        token, text = tokens.create(opened, owner.id, name, chosen, days)
    err.print(f"Good until {token.expires:%Y-%m-%d}. Keep it now: it cannot be shown again", markup=False)
    print(text)


@token_app.command("list")
def token_list(account: Annotated[str | None, typer.Argument(metavar="[ACCOUNT]")] = None, store: StoreOption = DEFAULT_STORE) -> None:
    """List tokens that were not revoked, newest first."""
    with errors():
        opened = open_store(store)
        names, owner = accounts.names(opened), ACCOUNTS.get(opened, account)[1].id if account else None
        table = Table("token", "account", "for", "rights", "expires")
        for token in tokens.list_tokens(opened, owner):
            whose = names.get(token.account, token.account)
            table.add_row(token.digest[:_SHOWN], whose, token.name, _spelled(token.rights), f"{token.expires:%Y-%m-%d}")
        out.print(table)


@token_app.command("revoke")
def token_revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Its digits, as list shows them.")],
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Let a token count for nothing from now on."""
    with errors():
        opened = open_store(store)
        tokens.revoke(opened, _token(opened, token).digest)


def _password() -> str:
    """Asked for twice at a terminal; a line of standard input for scripts. Never an option, which every process list would show."""
    if sys.stdin.isatty():
        return typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return sys.stdin.readline().rstrip("\r\n")


def _roles(store: Store, names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(roles.look_up(store, name)[1].id for name in names))


def _rights(given: list[str]) -> Rights:
    """``["processes:view,create", …]`` as rights; InvalidValue names what is no entity or no right."""
    return frozenset(need for text in given for need in _needs(text))


def _needs(text: str) -> list[Need]:
    entity, _, listed = text.partition(":")
    chosen = listed.split(",")
    known = next((each for each in ENTITIES if each == entity), None)
    if known is None or not set(chosen) <= set(RIGHTS):
        raise InvalidValue(
            "Right {text!r} is not ENTITY:RIGHT,…; entities are {entities}, rights are {rights}",
            text=text,
            entities=", ".join(ENTITIES),
            rights=", ".join(RIGHTS),
        )
    return [(known, right) for right in RIGHTS if right in chosen]


def _spelled(rights: Rights) -> str:
    """Rights in the form in which they are given, an entity on each line."""
    held = {entity: [right for right in RIGHTS if (entity, right) in rights] for entity in ENTITIES}
    return "\n".join(f"{entity}:{','.join(given)}" for entity, given in held.items() if given)


def _token(store: Store, digits: str) -> Token:
    # Fewer than it is shown with could be another's tomorrow.
    found = [token for token in tokens.list_tokens(store) if len(digits) >= _SHOWN and token.digest.startswith(digits)]
    if not found:
        raise NotFound("This token does not exist; see the list for those there are")
    return found[0]


def _way_in(account: Account) -> str:
    ways = {"password": account.password, "OIDC": account.subject}
    return ", ".join(way for way, value in ways.items() if value) or "nothing"


def _state(account: Account) -> str:
    if account.blocked:
        return "blocked"
    return "has to change the password" if account.must_change else ""
