"""What every kind of named object promises, for each kind there is."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from storage import projects, templates
from storage.core import files, objects
from storage.core.errors import Conflict, InvalidValue, NameTaken, NotFound
from storage.core.ids import new_id
from storage.core.objects import Kind
from storage.core.paths import Store
from storage.machines import MACHINES, Machine
from storage.projects import PROJECTS, Project
from storage.templates import TEMPLATES, Parameters, Template


@pytest.fixture
def cut_after(monkeypatch):
    """Within the block, everything ends after so many writes."""

    @contextmanager
    def cut(writes):
        left = iter(range(writes))
        write = files.create_once

        def write_or_die(path, data):
            if next(left, None) is None:
                raise KeyboardInterrupt
            return write(path, data)

        with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
            patched.setattr(files, "create_once", write_or_die)
            yield
            pytest.fail("nothing was left to cut off")

    return cut


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
        self.kind.delete(store, 1, made)
        with pytest.raises(NotFound, match="see the list"):
            self.kind.get(store, "First")
        assert [item.id for item in self.kind.list_deleted(store).items] == [made.id]
        assert self.create(store, "First").id != made.id

    def test_a_restored_object_is_back_under_its_name(self, store: Store):
        made = self.create(store, "First")
        self.kind.delete(store, 1, made)
        assert self.kind.restore(store, made.id) == made
        assert self.kind.get(store, "first") == (3, made)
        assert self.kind.list_deleted(store).items == []

    def test_restoring_what_is_there_changes_nothing(self, store: Store):
        made = self.create(store, "First")
        assert self.kind.restore(store, made.id) == made
        assert self.kind.get(store, made.id)[0] == 1

    def test_a_deleted_object_is_not_restored_while_another_bears_its_name(self, store: Store):
        made = self.create(store, "First")
        self.kind.delete(store, 1, made)
        other = self.create(store, "FIRST")
        with pytest.raises(NameTaken, match="Rename that one first"):
            self.kind.restore(store, made.id)
        self.kind.rename(store, 1, other, "Second")
        assert self.kind.restore(store, made.id).name == "First"

    def test_a_renamed_object_is_found_by_its_new_name_and_the_old_one_is_free(self, store: Store):
        made = self.create(store, "First")
        renamed = self.kind.rename(store, 1, made, "Second")
        assert self.kind.get(store, "second") == self.kind.get(store, made.id) == (2, renamed)
        with pytest.raises(NotFound):
            self.kind.get(store, "First")
        assert self.create(store, "First").id != made.id

    def test_only_the_case_of_a_name_may_change(self, store: Store):
        made = self.create(store, "First")
        self.kind.rename(store, 1, made, "FIRST")
        assert self.kind.get(store, "first")[1].name == "FIRST"

    def test_a_name_that_another_bears_is_refused_and_nothing_changes(self, store: Store):
        made, _ = self.create(store, "First"), self.create(store, "Second")
        with pytest.raises(NameTaken, match="'Second' exists"):
            self.kind.rename(store, 1, made, "second")
        assert self.kind.get(store, "First") == (1, made)

    def test_a_stale_rename_is_refused_and_blocks_no_name(self, store: Store):
        made = self.create(store, "First")
        self.kind.change(store, 1, made)
        with pytest.raises(Conflict):
            self.kind.rename(store, 1, made, "Second")
        assert self.kind.get(store, "First")[1] == made
        self.create(store, "Second")

    @pytest.mark.parametrize("writes", [0, 1, 2])
    def test_a_rename_that_is_cut_off_leaves_one_name_that_finds_the_object_and_the_other_free(self, store: Store, writes, cut_after):
        made = self.create(store, "First")
        with cut_after(writes):
            self.kind.rename(store, 1, made, "Second")
        rev, found = self.kind.get(store, made.id)
        assert self.kind.get(store, found.name) == (rev, found)
        free = {"First": "Second", "Second": "First"}[found.name]
        with pytest.raises(NotFound):
            self.kind.get(store, free)
        self.create(store, free)

    @pytest.mark.parametrize("writes", [0, 1, 2])
    def test_a_rename_that_was_cut_off_can_be_done_again_and_back(self, store: Store, writes, cut_after):
        made = self.create(store, "First")
        with cut_after(writes):
            self.kind.rename(store, 1, made, "Second")
        rev, found = self.kind.get(store, made.id)
        renamed = self.kind.rename(store, rev, found, "Second")
        assert self.kind.get(store, "Second")[1] == renamed
        back = self.kind.rename(store, self.kind.get(store, made.id)[0], renamed, "First")
        assert self.kind.get(store, "First")[1] == back == made

    @pytest.mark.parametrize("writes", [0, 1])
    def test_a_deletion_that_is_cut_off_is_done_or_not(self, store: Store, writes, cut_after):
        made = self.create(store, "First")
        with cut_after(writes):
            self.kind.delete(store, 1, made)
        assert len(self.kind.list_deleted(store).items) == writes
        assert self.kind.restore(store, made.id) == made
        assert self.kind.get(store, "First")[1] == made

    @pytest.mark.parametrize("writes", [0, 1])
    def test_a_restoring_that_is_cut_off_blocks_no_name(self, store: Store, writes, cut_after):
        made = self.create(store, "First")
        self.kind.delete(store, 1, made)
        with cut_after(writes):
            self.kind.restore(store, made.id)
        assert self.create(store, "First").id != made.id

    def test_a_rename_that_slept_after_its_claim_is_refused_once_another_took_the_name(self, store: Store, monkeypatch):
        made = self.create(store, "First")
        claim = objects.claim_name

        def claim_then_be_overtaken(*arguments):
            claim(*arguments)
            monkeypatch.undo()
            self.create(store, "Second")

        monkeypatch.setattr(objects, "claim_name", claim_then_be_overtaken)
        with pytest.raises(Conflict):
            self.kind.rename(store, 1, made, "Second")
        assert self.kind.get(store, "Second")[1].id != made.id
        assert self.kind.get(store, "First")[1] == made

    def test_of_many_who_want_one_name_at_once_one_bears_it(self, store: Store):
        made = [self.create(store, f"first-{number}") for number in range(4)]

        def want(number):
            with suppress(NameTaken, Conflict):
                self.kind.rename(store, 1, made[number], "Wanted") if number < 4 else self.create(store, "wanted")

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(want, range(6)))
        bearers = [item for item in self.kind.list(store).items if item.name.casefold() == "wanted"]
        assert len(bearers) <= 1
        assert all(self.kind.get(store, item.name)[1] == item for item in self.kind.list(store).items)

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
