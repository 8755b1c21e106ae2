"""Checkpoints: the newest whole one counts, older ones go late."""

import pytest

from storage import checkpoints
from storage.core import files


@pytest.fixture
def process(store):
    made = store.process("0" * 26)
    for number in (1, 2):
        files.make_folder(made.attempt(number).folder)
    return made


def write(process, attempt, *iterations):
    for iteration in iterations:
        checkpoints.write(process.attempt(attempt), iteration, b"%d" % iteration, "{}")


def newest(process, attempts=2):
    found = checkpoints.newest(process, attempts)
    return found and found.manifest.iteration


def test_without_a_checkpoint_a_run_begins_from_the_start(process):
    assert newest(process) is None


def test_the_newest_two_are_kept(process):
    write(process, 1, 1, 5, 10)
    assert newest(process) == 10
    assert {name.split(".")[0] for name in files.list_names(process.attempt(1).checkpoints)} == {"step-00000005", "step-00000010"}


def test_a_later_attempts_checkpoint_counts_before_an_earlier_ones(process):
    write(process, 1, 50)
    write(process, 2, 40)
    assert (newest(process), newest(process, attempts=1)) == (40, 50)


@pytest.mark.parametrize(
    ("suffix", "data"),
    [(".safetensors", b"other"), (".safetensors", None), (".json", b""), (".json", None)],
    ids=["tensors changed", "tensors gone", "manifest damaged", "manifest not written yet"],
)
def test_a_checkpoint_that_is_not_whole_gives_way_to_the_one_before(process, suffix, data):
    write(process, 1, 5, 10)
    path = process.attempt(1).checkpoints / f"step-00000010{suffix}"
    path.unlink() if data is None else path.write_bytes(data)
    assert newest(process) == 5


def test_an_attempt_without_whole_checkpoints_falls_back_to_the_attempt_before(process):
    write(process, 1, 5)
    write(process, 2, 7)
    (process.attempt(2).checkpoints / "step-00000007.safetensors").write_bytes(b"torn")
    assert newest(process) == 5
