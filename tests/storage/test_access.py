"""Who sees a project: everybody until somebody says otherwise."""

import pytest

from storage import access
from storage.core import Conflict, InvalidValue, Store
from storage.projects import Project


def test_everybody_sees_a_project_nobody_spoke_of(store: Store, project: Project) -> None:
    rev, found = access.read(store, project.id)
    assert (rev, found.accounts) == (0, None)


@pytest.mark.parametrize("given", [("anna", "bob"), (), None])
def test_who_sees_a_project_is_kept(store: Store, project: Project, given: tuple[str, ...] | None) -> None:
    assert access.write(store, project.id, 0, given, "local") == 1
    rev, found = access.read(store, project.id)
    assert (rev, found.accounts, found.author) == (1, given, "local")


def test_of_two_who_change_it_at_once_the_later_is_refused(store: Store, project: Project) -> None:
    access.write(store, project.id, 0, ("anna",), "local")
    with pytest.raises(Conflict):
        access.write(store, project.id, 0, None, "local")
    assert access.read(store, project.id)[1].accounts == ("anna",)


def test_a_projects_id_cannot_lead_out_of_the_store(store: Store) -> None:
    with pytest.raises(InvalidValue):
        access.read(store, "../../etc")
