"""Reads many pages at once, each process one page: a page that takes one down is kept as a page without words."""

import json
import logging
import os
import selectors
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from storage.attempts import Message
from storage.core import ProjectPaths
from storage.turns import Turn
from storage.words import words
from storage.words.words import Reader, Words
from worker import hardware

log = logging.getLogger(__name__)

MODULE = "worker.reading"
PAGE_S = 600.0  # a page of 3,000 lines takes 100 s of an idle core, and a niced process may get a fifth of one
_NEEDED = 1 << 30  # bytes of memory a process; most pages take 0.6 GB
_GRACE_S = 5.0
_LOOK_S = 0.25  # between looks at whether to stop


def most_processes() -> int:
    """As many as the machine has cores, and memory left for."""
    total, used = hardware.memory()
    return max(1, min(hardware.cores(), (total - used) // _NEEDED))


class ReaderBroken(RuntimeError):
    """The reading process ends before it has read anything."""


@dataclass(frozen=True)
class Page:
    """An image of the project, and the turn that people gave it."""

    image: str
    turn: Turn | None


def read_missing(
    project: ProjectPaths,
    pages: Sequence[Page],
    reader: Reader,
    *,
    processes: int,
    on_progress: Callable[[int, int], None],
    stop_asked: Callable[[], bool],
    notice: Callable[..., None],
    page_s: float = PAGE_S,
) -> None:
    """Read those of the pages that ``reader`` has not read yet, and keep each page's words at once.

    ``on_progress`` gets (pages read, all pages); ``notice`` a template and its values, if some could not be read. Ends
    early when a stop is asked for. OSError if words cannot be written; what was kept until then stays.
    """
    done = words.is_read(project, ((page.image, page.turn) for page in pages), reader)
    waiting = deque(page for page in pages if page.image not in done)
    on_progress(len(done), len(pages))
    pool = _Pool(project, reader, waiting, page_s)
    try:
        pool.start(min(processes, len(waiting)))
        while pool.is_busy and not stop_asked():
            if pool.look():
                on_progress(len(done) + pool.done, len(pages))
    finally:
        pool.close()
    if pool.failed:
        notice("Pages that could not be read and count as pages without words: {count}", count=pool.failed)


class _Child:
    """One process that reads, and the page that it was given."""

    def __init__(self, project: ProjectPaths, reader: Reader) -> None:
        command = [sys.executable, "-m", MODULE, str(project.folder), "+".join(reader.languages), str(os.getpid())]
        # Tesseract would start a thread for each core in each process.
        environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
        root = Path(__file__).parent.parent.parent
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, env=environment)
        self.page: Page | None = None
        self.since = time.monotonic()

    @property
    def answers(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def give(self, page: Page) -> None:
        assert self._process.stdin is not None
        self.page, self.since = page, time.monotonic()
        # One that has just died is found out by the end of its answers.
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{json.dumps([page.image, page.turn])}\n".encode())
            self._process.stdin.flush()

    def end(self, grace_s: float = 0.0) -> int:
        """Kill it, unless it ends by itself, and return its exit code; a page under way is not read."""
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._process.communicate()
        return self._process.returncode


class _Pool:
    def __init__(self, project: ProjectPaths, reader: Reader, waiting: deque[Page], page_s: float) -> None:
        self._project = project
        self._reader = reader
        self._waiting = waiting
        self._page_s = page_s
        self._selector = selectors.DefaultSelector()
        self._children: set[_Child] = set()
        self.done = 0
        self.failed = 0

    @property
    def is_busy(self) -> bool:
        """Whether any page is under way."""
        return bool(self._children)

    def start(self, count: int) -> None:
        for _ in range(count):
            child = _Child(self._project, self._reader)
            self._children.add(child)
            self._selector.register(child.answers, selectors.EVENT_READ, child)

    def look(self) -> bool:
        """Wait a moment for answers and take them; whether there were any."""
        answered = [key.data for key, _ in self._selector.select(_LOOK_S)]
        for child in answered:
            self._take(child, child.answers.readline())
        late = [child for child in self._children if time.monotonic() - child.since > self._page_s]
        for child in late:
            self._replace(child, Message(template="It took more than {seconds} seconds", values={"seconds": round(self._page_s)}))
        return bool(answered or late)

    def close(self) -> None:
        for child in list(self._children):
            self._drop(child)
        self._selector.close()

    def _take(self, child: _Child, answer: bytes) -> None:
        if not answer:
            self._replace(child, None)
            return
        told: dict[str, Any] = json.loads(answer)
        if "errno" in told:
            raise OSError(told["errno"], told["reason"], told["path"])
        if child.page is not None:
            self.done += 1
            self.failed += told["failed"]
        if self._waiting:
            child.give(self._waiting.popleft())
        else:
            self._drop(child)

    def _replace(self, child: _Child, why: Message | None) -> None:
        """Put another process in the place of one that died or hangs, and its page on record as one without words."""
        # It closes its answers a moment before it has ended.
        code = self._drop(child, 0.0 if why else _GRACE_S)
        if child.page is None:
            raise ReaderBroken(f"The reader ended with code {code} before it read a page")
        why = why or Message(template="The reader ended with code {code} at this page", values={"code": code})
        log.warning("Image %s: %s", child.page.image, why)
        turn = child.page.turn
        failed = Words(image=child.page.image, turn=turn or 0, turn_certainty=0.0 if turn is None else None, failed=why)
        words.keep(self._project, failed, self._reader, turn)
        self.done += 1
        self.failed += 1
        if self._waiting:
            self.start(1)

    def _drop(self, child: _Child, grace_s: float = 0.0) -> int:
        self._selector.unregister(child.answers)
        self._children.discard(child)
        return child.end(grace_s)
