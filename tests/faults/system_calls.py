"""Lets one system call of the store's writing fail: the k-th one kills the process, or reports an error."""

import errno
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from storage import locks
from storage.core import files
from storage.core.errors import StoreError

How = Literal["dies", "EIO", "ENOSPC"]
_CALLS = frozenset(
    ["open", "write", "pwrite", "pread", "fsync", "fstat", "ftruncate", "close", "link", "unlink", "replace", "rename", "mkdir", "listdir"]
)


@dataclass
class Witness:
    """What a child did before it ended: the words it said, the calls it made, and the error it saw, if any."""

    said: list[str]
    calls: int = 0
    error: str = ""


class FailingOs:
    """The os module, but its system call number ``at`` fails; counts from 1, 0 never fails."""

    def __init__(self, at: int, how: How) -> None:
        self.count, self._at, self._how = 0, at, how

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return partial(self._call, real) if name in _CALLS else real

    def _call(self, real: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        self.count += 1
        if self.count != self._at:
            return real(*arguments, **options)
        if self._how == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if real is os.close:
            real(*arguments)  # a close that reports an error has closed all the same (close(2))
        raise OSError(getattr(errno, self._how), "injected")


def in_child(act: Callable[[Callable[[str], None]], None], at: int = 0, how: How = "dies") -> Witness:
    """Run ``act(say)`` in a forked child whose call number ``at`` fails; what it said came through a pipe."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _act(act, FailingOs(at, how), writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        lines = pipe.read().decode().splitlines()
    os.waitpid(child, 0)
    found = {key: text for key, _, text in (line.partition(" ") for line in lines) if key in ("calls", "error")}
    return Witness([line[4:] for line in lines if line.startswith("say ")], int(found.get("calls", 0)), found.get("error", ""))


def _act(act: Callable[[Callable[[str], None]], None], failing: FailingOs, pipe: int) -> None:
    files.os = locks.os = failing  # type: ignore[assignment]
    try:
        act(lambda word: os.write(pipe, f"say {word}\n".encode()) and None)
        os.write(pipe, f"calls {failing.count}\n".encode())
    except (OSError, StoreError) as error:
        os.write(pipe, f"error {type(error).__name__} {error}\n".encode())
    finally:
        os._exit(0)  # anything else ends in silence, which the test tells from both
