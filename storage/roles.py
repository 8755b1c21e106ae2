"""Roles: named sets of rights that accounts have; several add up. Those that come with the program cannot be changed."""

import logging
from collections.abc import Iterable

from storage.accounts import ACCOUNTS
from storage.core import Damaged, Kind, NamedRecord, Refused, Store, fold_name, is_id, load_head, make, name_taken, new_id
from storage.rights import READY_ROLES, Rights

log = logging.getLogger(__name__)


class Role(NamedRecord):
    """A set of rights."""

    description: str = ""
    rights: Rights = frozenset()


ROLES = Kind(Role, "Role", "role")

READY = tuple(Role(id=name, name=name, rights=rights) for name, rights in READY_ROLES.items())
"""The roles that come with the program; pages translate their names."""


def list_roles(store: Store) -> list[Role]:
    """All roles, those that come with the program first."""
    return [*READY, *ROLES.list(store).items]


def look_up(store: Store, key: str) -> tuple[int, Role]:
    """Revision (0 for one that comes with the program) and role of this id or name; NotFound if there is none."""
    ready = next((role for role in READY if role.id == fold_name(key)), None)
    return (0, ready) if ready else ROLES.get(store, key)


def rights_of(store: Store, roles: Iterable[str]) -> Rights:
    """What these roles, by their ids, allow together; one that is deleted or damaged allows nothing."""
    return frozenset(need for role in roles for need in _rights(store, role))


def create(store: Store, name: str, rights: Rights, description: str = "") -> Role:
    """A new role; NameTaken if there is one of the name, in any case."""
    _check_free(name)
    return ROLES.create(store, make(Role, id=new_id(), name=name, rights=rights, description=description))


def change(store: Store, base: int, before: Role, after: Role) -> None:
    """Write the revision after ``base``, which is ``before``; it counts from everybody's next click on.

    Refused for a role that comes with the program, NameTaken for a name in use, Conflict if somebody was faster.
    """
    _check_own(before)
    if after.name == before.name:
        ROLES.change(store, base, after)
    else:
        _check_free(after.name)
        ROLES.rename(store, base, after.model_copy(update={"name": before.name}), after.name)


def delete(store: Store, base: int, role: Role) -> None:
    """Take the role out of every list; Refused for one that comes with the program and for one that an account has."""
    _check_own(role)
    holder = next((account.name for account in ACCOUNTS.list(store).items if role.id in account.roles), None)
    if holder is not None:
        raise Refused(
            "Role {name!r} cannot be deleted while account {account!r} has it. Give that account other roles first",
            name=role.name,
            account=holder,
        )
    ROLES.delete(store, base, role)


def _rights(store: Store, role: str) -> Rights:
    if role in READY_ROLES:
        return READY_ROLES[role]
    try:
        _, own = load_head(Role, store.role(role), ROLES.stem) if is_id(role) else (0, None)
    except Damaged as error:
        log.warning("A role gives no rights: %s", error)
        return frozenset()
    return own.rights if own and not own.deleted else frozenset()


def _check_free(name: str) -> None:
    # They are in no file, so no entry under names/ keeps theirs.
    if fold_name(name) in READY_ROLES:
        raise name_taken(ROLES.word, name, fold_name(name))


def _check_own(role: Role) -> None:
    if role.id in READY_ROLES:
        raise Refused("Role {name!r} comes with the program and cannot be changed. Create a role of your own", name=role.name)
