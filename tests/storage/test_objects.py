"""What every kind of named object promises, for each kind there is."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage import projects, templates
from storage.core.errors import Conflict, InvalidValue, NameTaken, NotFound
from storage.core.ids import new_id
from storage.core.objects import Kind
from storage.core.paths import Store
from storage.machines import MACHINES, Machine
from storage.projects import PROJECTS, Project
from storage.templates import TEMPLATES, Parameters, Template


class KindContract:
    """The promises; a kind of object is a subclass."""

    kind: Kind

    def make(self, name):
        raise NotImplementedError

    def create(self, store, name):
        return self.kind.create(store, self.make(name))

    def test_a_created_object_is_found_by_id_and_by_name_in_any_case(self, store: Store):
        made = self.create(store, "First")
        assert self.kind.get(store, made.id) == self.kind.get(store, "fIRST") == (1, made)

    def test_a_name_is_given_once(self, store: Store):
        self.create(store, "First")
        with pytest.raises(NameTaken, match="'First' exists"):
            self.create(store, "FIRST")
        assert len(self.kind.list(store).items) == 1

    def test_of_many_who_create_one_name_at_once_one_succeeds(self, store: Store):
        def create(number):
            try:
                return self.create(store, "First" if number % 2 else "first").id
            except NameTaken:
                return None

        with ThreadPoolExecutor(8) as pool:
            made = list(filter(None, pool.map(create, range(8))))
        assert made == [item.id for item in self.kind.list(store).items]
        assert len(made) <= 1

    def test_a_name_outside_the_pattern_is_refused_and_nothing_is_kept(self, store: Store):
        with pytest.raises(InvalidValue, match=self.kind.word):
            self.create(store, "no/slash")
        assert self.kind.list(store).items == []

    def test_a_stale_change_is_refused(self, store: Store):
        made = self.create(store, "First")
        assert self.kind.change(store, 1, made) == 2
        with pytest.raises(Conflict):
            self.kind.change(store, 1, made)

    def test_a_deleted_object_is_gone_from_lists_and_its_name_is_free(self, store: Store):
        made = self.create(store, "First")
        self.kind.change(store, 1, made.model_copy(update={"deleted": True}))
        with pytest.raises(NotFound, match="see the list"):
            self.kind.get(store, "First")
        assert self.create(store, "First").id != made.id

    def test_objects_are_listed_by_name(self, store: Store):
        for name in ("b", "C", "a"):
            self.create(store, name)
        assert [item.name for item in self.kind.list(store).items] == ["a", "b", "C"]

    def test_a_damaged_object_is_listed_apart_hides_no_other_and_keeps_its_name(self, store: Store):
        made, _ = self.create(store, "First"), self.create(store, "Second")
        next((store.root / f"{self.kind.stem}s" / made.id).glob("*.json")).write_bytes(b"")
        listing = self.kind.list(store)
        assert ([item.name for item in listing.items], len(listing.damaged)) == (["Second"], 1)
        with pytest.raises(NameTaken):
            self.create(store, "First")

    def test_unknown_names_are_not_found(self, store: Store):
        for key in ("nobody", new_id()):
            with pytest.raises(NotFound):
                self.kind.get(store, key)


class TestProjects(KindContract):
    kind = PROJECTS

    def make(self, name):
        return Project(id=new_id(), name=name, task="fields")

    def test_field_names_must_differ(self, store: Store):
        with pytest.raises(InvalidValue, match="field names must differ"):
            projects.create(store, "a", "fields", ("total", "Total"))


class TestTemplates(KindContract):
    kind = TEMPLATES

    def make(self, name):
        return Template(id=new_id(), name=name, kind="training", parameters=Parameters())

    def test_a_value_out_of_its_range_is_named_with_the_range(self, store: Store):
        with pytest.raises(InvalidValue, match=r"batch: input should be greater than or equal to 1, not 0"):
            templates.create(store, "a", "training", batch=0)


class TestMachines(KindContract):
    kind = MACHINES

    def make(self, name):
        return Machine(id=new_id(), name=name)
