"""Who sees a project: everybody, or the accounts that its newest access revision names."""

from pydantic import AwareDatetime

from storage.core import Record, Store, create_revision, load_head, now, record

_STEM = "access"


class Access(Record):
    """The accounts, by id, that see the project; None for everybody. Whoever manages accounts sees every project."""

    accounts: tuple[str, ...] | None = None
    author: str = ""
    at: AwareDatetime | None = None


def read(store: Store, project: str) -> tuple[int, Access]:
    """Revision and access of a project; (0, everybody) if nobody ever set it."""
    rev, access = load_head(Access, store.project(project).folder, _STEM)
    return rev, access or Access()


def write(store: Store, project: str, base: int, accounts: tuple[str, ...] | None, author: str) -> int:
    """Write the revision after ``base`` and return its number; Conflict if somebody was faster."""
    rev = create_revision(store.project(project).folder, _STEM, base, Access(accounts=accounts, author=author, at=now()))
    record(store, "project.access", "project", project, accounts=accounts, rev=rev)
    return rev
