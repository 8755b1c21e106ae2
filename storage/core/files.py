"""The three ways to write a file of the store, and no fourth.

``create_once``  for what must be neither lost nor doubled: exactly one contender wins, the file is whole at birth.
``replace_file`` for what its one writer can make again: status, heartbeat, machine figures.
``LineWriter``   one-writer append of whole lines: metrics, logs, detections.

All three hold under kill -9 and power cuts because they fsync the file, then the folder that names it.
Decisions read with ``open`` and ``listdir``, which NFS keeps fresh; ``stat`` and ``exists`` may be 44 s old there.
"""

import errno
import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

TEMP_PREFIX = ".tmp-"  # readers pass these over; a killed writer leaves one behind
_BLOCK = 65536  # bytes read at a time from a file's end
_FIRST_BLOCK = 4096  # fewer at first: most want the last line alone
_STALE_TRIES = 5  # a file replaced on an NFSv3 server answers ESTALE until it is opened anew


def create_once(path: Path, data: bytes) -> bool:
    """Write ``data`` to ``path`` unless it exists; True if this call created it.

    ``data`` must carry something unique (records carry a nonce): equal bytes then mean that an earlier,
    seemingly failed link of ours did work.
    """
    with _temporary(path.parent, data) as temp:
        won = _link(temp, path, data)
    # A loser promises nobody anything, so the winner's sync is enough.
    if won:
        sync_folder(path.parent)
    return won


def replace_file(path: Path, data: bytes, durable: bool = True) -> None:
    """Put ``data`` at ``path`` in one step; only for files with one writer that can make them again."""
    # Never for labels: on SMB this fails while a process of the same host holds the file open, and the old file is gone
    # once that one closes it. The two syncs turn 0.10 ms into 0.45 on a local disk; expect 5 to 20 over a network.
    with _temporary(path.parent, data, durable) as temp:
        os.replace(temp, path)
    if durable:
        sync_folder(path.parent)


def publish_folder(made: Path, target: Path) -> None:
    """Rename a finished folder into place; its files were written durably before."""
    # A folder that has files in it is never replaced by rename, so what was published first stands.
    os.rename(made, target)
    sync_folder(target.parent)


def make_folder(path: Path) -> None:
    """Create ``path`` and its parents, each recorded durably in the folder above it."""
    # Somebody may make it at the same moment; whose it is does not matter. mkdir comes before any question about the
    # parent, whose answer could be 40 s old on NFS.
    with suppress(FileExistsError):
        try:
            os.mkdir(path)
        except FileNotFoundError:
            make_folder(path.parent)
            os.mkdir(path)
        sync_folder(path.parent)


def read_file(path: Path) -> bytes:
    """The file's bytes; FileNotFoundError if there is none."""
    for _ in range(_STALE_TRIES - 1):
        try:
            return path.read_bytes()
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
            # By name again: on NFSv3 a handle of a replaced file never recovers.
            time.sleep(0.05)
    return path.read_bytes()


def sha256(data: bytes) -> str:
    """The SHA-256 of ``data`` in hexadecimal: names images, and vouches for weights and checkpoints."""
    return hashlib.sha256(data).hexdigest()


def remove_file(path: Path) -> None:
    """Unlink a file that its one writer no longer needs; never a record that was created once."""
    os.unlink(path)


def list_names(folder: Path) -> list[str]:
    """Names in ``folder`` in order, without temporary files; empty if the folder is not there yet."""
    try:
        # Sorted, since file systems list in any order; ids come out oldest first.
        return sorted(name for name in os.listdir(folder) if not name.startswith(TEMP_PREFIX))
    except (FileNotFoundError, NotADirectoryError):
        # A stray file where a folder belongs must not break the list it is in.
        return []


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable; without this a finished rename can vanish in a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # SMB and some FUSE file systems cannot sync a folder and need no sync; EIO and ENOSPC are real.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


class LineWriter:
    """Appends whole lines to a file that only this object writes; a torn last line is cut when it opens.

    Writes go to its own offset rather than O_APPEND: two NFS clients appending to one file lose lines,
    and a second writer is a mistake that must not be hidden.
    """

    def __init__(self, path: Path) -> None:
        # The name itself becomes durable with the next record created in this folder, at the latest the run's end.
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        self._offset = _end_of_last_line(self._descriptor)
        # Left there, half a line would merge with the next one and spoil both.
        os.ftruncate(self._descriptor, self._offset)
        self._synced = time.monotonic()

    def write(self, line: bytes, sync_every: float = 5.0) -> None:
        """Append ``line`` and a line break; fsync when the last one is ``sync_every`` seconds old."""
        data = line + b"\n"
        written = 0
        # pwrite may take a part only, when the disk fills up.
        while written < len(data):
            written += os.pwrite(self._descriptor, data[written:], self._offset + written)
        self._offset += written  # only now: what a full disk cut off is overwritten by the next line
        # A sync costs 0.17 ms, a write 0.003: a kill loses no line, a power cut those of a few seconds.
        if time.monotonic() - self._synced >= sync_every:
            self.sync()

    def sync(self) -> None:
        """Make every line written so far durable."""
        # Not tried again where it fails: Linux then drops the unwritten pages, and a second fsync would claim success.
        os.fsync(self._descriptor)
        self._synced = time.monotonic()

    def close(self) -> None:
        """Sync and let go of the file."""
        try:
            self.sync()
        finally:
            os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def read_lines(path: Path, offset: int = 0) -> tuple[list[bytes], int]:
    """Whole lines from byte ``offset`` on, and the offset to read from next; an unfinished last line waits."""
    try:
        # Opened and read rather than asked for its size, which NFS answers up to 44 s late.
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read()
    except FileNotFoundError:
        return [], offset
    end = data.rfind(b"\n") + 1
    return data[:end].splitlines(), offset + end


def lines_backwards(path: Path, *words: bytes) -> Iterator[tuple[int, bytes]]:
    """Whole lines that hold all ``words``, from the last to the first, each with its offset; none if there is no file.

    Read in blocks, as they are asked for.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        end, rest, size = _end_of_last_line(descriptor), b"", _FIRST_BLOCK
        while end:
            start, size = max(0, end - size), _BLOCK
            data = os.pread(descriptor, end - start, start) + rest
            # What begins in the block before this one waits for it.
            cut = data.find(b"\n") + 1 if start else 0
            offset, rest, end = start + len(data), data[:cut], start
            # Most blocks hold nothing of what is rare, and need not be taken apart.
            if any(word not in data for word in words):
                continue
            for line in reversed(data[cut:].split(b"\n")[:-1]):
                offset -= len(line) + 1
                if all(word in line for word in words):
                    yield offset, line
    finally:
        os.close(descriptor)


@contextmanager
def _temporary(folder: Path, data: bytes, durable: bool = True) -> Iterator[Path]:
    """A temporary file beside the target (rename and link need one file system), gone again afterwards."""
    temp = folder / f"{TEMP_PREFIX}{uuid.uuid4().hex}"
    try:
        _write_new(temp, data, durable)
        yield temp
    finally:
        # A leftover is passed over by every reader; the error that led here must not be hidden by this one.
        with suppress(OSError):
            os.unlink(temp)


def _write_new(path: Path, data: bytes, durable: bool) -> None:
    # O_EXCL and O_NOFOLLOW: a link planted under this name would send the bytes elsewhere.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    try:
        view = memoryview(data)
        while view:
            # A nearly full disk takes a part; the next round then says that it is full.
            view = view[os.write(descriptor, view) :]
        if durable:
            # Before the name appears: without it a power cut left about 93 % of new files empty on ext4.
            os.fsync(descriptor)
    finally:
        os.close(descriptor)  # not suppressed: NFS reports a full disk here


def _link(temp: Path, path: Path, data: bytes) -> bool:
    try:
        # rename would overwrite, and its variant that would not is unknown to NFS.
        os.link(temp, path)
        return True
    except OSError as error:
        # EEXIST, or the reply to a link that worked was lost on the way (link(2), NFS note).
        if _holds(path, data):
            return True
        if error.errno != errno.EEXIST:
            raise
        return False


def _holds(path: Path, data: bytes) -> bool:
    try:
        # By content: the link count comes from stat, which may be stale.
        return read_file(path) == data
    except OSError:
        return False


def _end_of_last_line(descriptor: int) -> int:
    """Offset just behind the last line break, searched from the end in blocks."""
    position = os.fstat(descriptor).st_size
    # From the end, as a long run's curves are megabytes and a torn line is short.
    while position:
        start = max(0, position - _BLOCK)
        found = os.pread(descriptor, position - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        position = start
    return 0
