"""The two locks of the store: one worker a machine name, one child a process.

A lock is an flock on a file that is never deleted: removing or replacing it would let a second holder in. It only
saves wasted work; what must not happen twice is decided by ``create_once``. A network cut can hand the lock to
another host while the old holder still believes in it, so the holder calls ``beat``, which writes and syncs through
the lock's own descriptor: the one operation that fails once the lock is lost.
"""

import os
import socket
from pathlib import Path

from filelock import lock_descriptor
from pydantic import AwareDatetime

from storage.core import Damaged, Record, Refused, decode, encode, make_folder, now, read_file


class LockHolder(Record):
    """Who holds a lock, since when and where; the content of the lock's file."""

    host: str
    pid: int
    since: AwareDatetime
    beat: int = 0


class Lock:
    """A lock held from construction to ``release`` (or death); Refused, saying who has it, if it is taken."""

    def __init__(self, path: Path, what: str) -> None:
        make_folder(path.parent)
        # Our own descriptor rather than FileLock's: a lost lock shows only in a write through the one that holds it.
        # O_CLOEXEC, or a child that outlives its parent would go on holding it.
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            # Never waits: a holder that is stopped, not dead, keeps its lock without end.
            if not lock_descriptor(self._descriptor, blocking=False):
                raise _refusal(path, what)
            self._holder = LockHolder(host=socket.gethostname(), pid=os.getpid(), since=now())
            # At once, so that whoever is refused reads this holder's name and not the last one's.
            self.beat()
        except BaseException:
            os.close(self._descriptor)  # a full disk must not leave this process holding what it could not take
            raise

    def beat(self) -> None:
        """Write and sync through the descriptor; OSError means that the lock is lost."""
        self._holder = self._holder.model_copy(update={"beat": self._holder.beat + 1})
        data = encode(self._holder)
        # Written over, then cut: the other way round a reader could find the file empty.
        os.pwrite(self._descriptor, data, 0)
        os.ftruncate(self._descriptor, len(data))
        # After a network cut a plain write still succeeds, into this host's memory; only the sync is refused.
        os.fsync(self._descriptor)

    def release(self) -> None:
        """Let go; the file stays."""
        os.close(self._descriptor)


def _refusal(path: Path, what: str) -> Refused:
    try:
        holder = decode(LockHolder, read_file(path), path)
    except (Damaged, OSError):
        return Refused("{what} is held by somebody who has not said who; look at {path}", what=what, path=str(path))
    return Refused(
        "{what} is held by process {pid} on host {host} since {since} UTC; end that one first, or see {path}",
        what=what,
        pid=holder.pid,
        host=holder.host,
        since=f"{holder.since:%Y-%m-%d %H:%M:%S}",  # as text: it is kept in records and filled in again
        path=str(path),
    )
