"""The child that runs one attempt: what ends it, and how every error becomes the run's outcome."""

import os
import subprocess
import sys

import pytest

from storage import attempts, models
from storage.attempts import Ended, Outcome
from storage.core.records import now
from storage.core.root import open_store
from storage.locks import Lock
from tests.worker import house


class Child:
    """``python -m worker.run`` with torch imported by and by, waiting for its line."""

    def __init__(self, store, parent):
        command = [sys.executable, "-m", "worker.run", str(store.root), str(parent)]
        pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.popen = subprocess.Popen(command, cwd=house.ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, **pipes)

    def run(self, process="", number=""):
        """Send it an attempt and wait for its end → exit code and last words."""
        _, words = self.popen.communicate(f"{process} {number}\n".encode(), 60)
        return self.popen.returncode, words.decode().strip()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDMARK_CACHE", str(folder / "cache"))
        yield open_store(folder / "store")


@pytest.fixture(scope="module")
def children(store):
    """Three children that import torch at the same time, and one of a worker that is gone."""
    made = [Child(store, os.getpid()) for _ in range(3)]
    yield [*made, Child(store, parent=1)]
    for child in made:
        child.popen.kill()
        child.popen.wait()


@pytest.fixture(scope="module")
def project(store):
    return house.fill(store, "pages", 4, 2)[0]


@pytest.fixture
def claimed(store, project):
    process = house.new_process(store, project)
    return process, house.claim(store, process).paths


def test_a_child_whose_worker_is_gone_ends_before_it_does_anything(children):
    assert children[-1].run() == (1, "worker 1 is gone")


def test_a_second_child_of_a_process_fails_and_says_who_runs_it(store, children, claimed):
    process, attempt = claimed
    Lock(store.process(process).run_lock, "The run")
    assert children[0].run(process, 1)[0] == 0
    ended = attempts.result(attempt)
    assert (ended.outcome, attempt.started.is_file()) == (Outcome.FAILED, False)
    assert f"is held by process {os.getpid()} on host" in str(ended.message)


def test_an_attempt_that_was_ended_before_its_child_began_is_not_begun(store, children, claimed):
    process, attempt = claimed
    attempts.end(attempt, Ended(outcome=Outcome.INTERRUPTED, at=now()))
    code, _ = children[1].run(process, 1)
    assert (code, attempts.result(attempt), attempt.started.is_file()) == (1, None, False)
    assert "has been started or ended before" in attempt.log.read_text()


def test_a_refusal_is_the_runs_outcome_and_stands_in_the_log(store, children, project):
    process = house.new_process(store, project)
    attempt = house.claim(store, process).paths
    for original in store.project(project.id).images.glob("*/*.orig"):
        original.write_bytes(b"no image")
    assert children[2].run(process, 1)[0] == 0
    ended = attempts.result(attempt)
    assert ended.outcome == Outcome.FAILED
    assert str(ended.message).startswith("None of the 1 labelled images can be read; the first: Image ")
    assert str(ended.message) in attempt.log.read_text()
    assert models.list_ids(store) == []
