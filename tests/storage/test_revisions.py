"""Compare-and-swap revisions."""

import pytest

from storage.core import revisions
from storage.core.errors import Conflict, Damaged
from storage.core.records import Record


class Note(Record):
    text: str


def test_each_revision_follows_the_one_it_names(tmp_path):
    assert revisions.create_revision(tmp_path, "a", 0, Note(text="one")) == 1
    assert revisions.create_revision(tmp_path, "a", 1, Note(text="two")) == 2
    assert revisions.load_head(Note, tmp_path, "a") == (2, Note(text="two"))


def test_a_stale_base_is_refused_and_what_is_there_stays(tmp_path):
    revisions.create_revision(tmp_path, "a", 0, Note(text="theirs"))
    with pytest.raises(Conflict, match="you started from revision 0"):
        revisions.create_revision(tmp_path, "a", 0, Note(text="mine"))
    assert revisions.load_head(Note, tmp_path, "a") == (1, Note(text="theirs"))


def test_equal_content_is_no_excuse_the_second_writer_is_refused(tmp_path):
    revisions.create_revision(tmp_path, "a", 0, Note(text="same"))
    with pytest.raises(Conflict):
        revisions.create_revision(tmp_path, "a", 0, Note(text="same"))


def test_stems_in_one_folder_do_not_mix_and_foreign_files_are_passed_over(tmp_path):
    for stem, count in (("a", 3), ("ab", 1)):
        for base in range(count):
            revisions.create_revision(tmp_path, stem, base, Note(text="x"))
    for name in ("a.orig", "a.12.json", "A.000009.json", ".tmp-a.000009.json", "a.000009.json.bak"):
        (tmp_path / name).touch()
    assert revisions.head_revisions(tmp_path) == {"a": 3, "ab": 1}


def test_the_head_is_the_highest_number_also_beyond_six_digits(tmp_path):
    for rev in (999_999, 1_000_000):
        revisions.revision_path(tmp_path, "a", rev).touch()
    assert revisions.head_revision(tmp_path, "a") == 1_000_000


def test_there_is_no_head_of_what_was_never_written(tmp_path):
    assert revisions.load_head(Note, tmp_path / "none", "a") == (0, None)


def test_a_damaged_head_is_not_passed_over_for_the_one_before(tmp_path):
    revisions.create_revision(tmp_path, "a", 0, Note(text="one"))
    revisions.revision_path(tmp_path, "a", 2).write_bytes(b"")
    with pytest.raises(Damaged, match=r"a\.000002\.json is damaged: it is empty"):
        revisions.load_head(Note, tmp_path, "a")
