"""The three ways to write: one winner, whole files, whole lines."""

import os
import subprocess
import sys
import threading

import pytest

from storage.core import files
from storage.core.files import LineWriter
from tests.worker.house import ROOT

CREATE = """
import sys
from pathlib import Path
from storage.core import files

sys.exit(files.create_once(Path(sys.argv[1]), sys.argv[2].encode()))
"""


def test_of_two_writers_one_creates_the_file_and_the_other_is_told(tmp_path):
    assert files.create_once(tmp_path / "a", b"first")
    assert not files.create_once(tmp_path / "a", b"second")
    assert files.read_file(tmp_path / "a") == b"first"


def test_a_link_whose_reply_was_lost_counts_as_won(tmp_path, monkeypatch):
    link = os.link

    def link_and_fail(*paths):
        link(*paths)
        raise OSError(5, "the reply was lost")

    monkeypatch.setattr(files.os, "link", link_and_fail)
    assert files.create_once(tmp_path / "a", b"mine")


def test_of_many_processes_exactly_one_creates_the_file(tmp_path):
    command = [sys.executable, "-c", CREATE, str(tmp_path / "a")]
    rivals = [subprocess.Popen([*command, str(number)], cwd=ROOT) for number in range(6)]
    won = [number for number, rival in enumerate(rivals) if rival.wait(60) == 1]
    assert [files.read_file(tmp_path / "a")] == [str(number).encode() for number in won]


def test_replace_leaves_the_old_file_when_it_fails(tmp_path, monkeypatch):
    files.replace_file(tmp_path / "a", b"old")
    monkeypatch.setattr(files.os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        files.replace_file(tmp_path / "a", b"new")
    assert (files.read_file(tmp_path / "a"), os.listdir(tmp_path)) == (b"old", ["a"])


def test_a_reader_sees_whole_files_while_they_are_replaced(tmp_path):
    path, seen = tmp_path / "a", set()
    files.replace_file(path, b"0" * 9000)
    stop = threading.Event()

    def read():
        while not stop.is_set():
            seen.add(files.read_file(path))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        files.replace_file(path, str(number % 10).encode() * 9000, durable=False)
    stop.set()
    reader.join()
    assert all(len(data) == 9000 and len(set(data)) == 1 for data in seen)


def test_folders_are_made_with_their_parents_and_once_more_without_harm(tmp_path):
    files.make_folder(tmp_path / "a" / "b" / "c")
    files.make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_temporary_files_are_not_listed_and_a_missing_folder_is_empty(tmp_path):
    for name in ("b", "a", files.TEMP_PREFIX + "x"):
        (tmp_path / name).touch()
    assert files.list_names(tmp_path) == ["a", "b"]
    assert files.list_names(tmp_path / "none") == []


def test_lines_are_appended_and_read_from_an_offset(tmp_path):
    with LineWriter(tmp_path / "a") as writer:
        writer.write(b"one")
        writer.write(b"two")
    lines, offset = files.read_lines(tmp_path / "a")
    with LineWriter(tmp_path / "a") as writer:
        writer.write(b"three")
    assert (lines, files.read_lines(tmp_path / "a", offset)[0]) == ([b"one", b"two"], [b"three"])


@pytest.mark.parametrize("torn", [b"half", b"x" * 70_000, b"\0" * 10], ids=["a few bytes", "more than one block", "zeros of a power cut"])
@pytest.mark.parametrize("whole", [b"", b"one\n"], ids=["nothing before", "a line before"])
def test_a_torn_last_line_is_not_read_and_is_cut_off_when_the_file_is_opened(tmp_path, whole, torn):
    (tmp_path / "a").write_bytes(whole + torn)
    assert files.read_lines(tmp_path / "a") == (whole.splitlines(), len(whole))
    with LineWriter(tmp_path / "a") as writer:
        writer.write(b"next")
    assert files.read_file(tmp_path / "a") == whole + b"next\n"


def test_a_line_that_a_full_disk_cut_off_does_not_spoil_the_next(tmp_path, monkeypatch):
    write = os.pwrite

    def half_then_full(descriptor, data, offset):
        if offset:
            raise OSError(28, "full")
        return write(descriptor, data[:6], offset)

    with LineWriter(tmp_path / "a") as writer:
        monkeypatch.setattr(files.os, "pwrite", half_then_full)
        with pytest.raises(OSError, match="full"):
            writer.write(b"a long line")
        monkeypatch.setattr(files.os, "pwrite", write)
        writer.write(b"next")
    assert files.read_lines(tmp_path / "a")[0] == [b"next"]
