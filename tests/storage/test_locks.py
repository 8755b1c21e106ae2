"""Locks: one holder, freed by death, and a refusal that says who has it."""

import os
import signal
import subprocess
import sys

import pytest

from storage.core.errors import Refused
from storage.locks import Lock
from tests.worker.house import ROOT

HOLD = """
import sys, time
from pathlib import Path
from storage.locks import Lock

lock = Lock(Path(sys.argv[1]), "x")
print("held", flush=True)
time.sleep(99)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "machines" / "worker.lock"


def test_a_held_lock_is_refused_with_who_holds_it_where_and_since_when(path):
    Lock(path, "Machine 'mill'")
    since = r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    with pytest.raises(
        Refused, match=rf"Machine 'mill' is held by process {os.getpid()} on host \S+ since {since}; end that one first, or see {path}"
    ):
        Lock(path, "Machine 'mill'")


def test_a_refusal_can_be_kept_as_text_and_filled_in_again(path):
    Lock(path, "Machine")
    with pytest.raises(Refused) as refusal:
        Lock(path, "Machine")
    assert all(isinstance(value, str | int) for value in refusal.value.values.values())


def test_a_released_lock_is_free_and_its_file_stays(path):
    Lock(path, "Machine").release()
    Lock(path, "Machine").release()
    assert path.is_file()


def test_a_lock_is_free_as_soon_as_its_holder_is_killed(path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(Refused, match=f"process {holder.pid} "):
        Lock(path, "Machine")
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    Lock(path, "Machine").release()


def test_a_holder_that_has_not_said_who_it_is_is_refused_all_the_same(path):
    Lock(path, "Machine")
    path.write_bytes(b"")
    with pytest.raises(Refused, match="somebody who has not said who; look at"):
        Lock(path, "Machine")


def test_a_lost_lock_shows_when_it_is_beaten(path):
    lock = Lock(path, "Machine")
    lock.beat()
    lock.release()
    with pytest.raises(OSError, match="Bad file descriptor"):
        lock.beat()
