"""Machines: what the administrator set about each, what its worker reports, and whether it is alive."""

import os
import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

from pydantic import AwareDatetime

from storage.core import (
    TEMP_PREFIX,
    Conflict,
    Damaged,
    Kind,
    NamedRecord,
    NameTaken,
    Record,
    Store,
    encode,
    load_if_there,
    make_folder,
    new_id,
    replace_file,
)

HEARTBEAT_S = 5.0  # an unsynced write of 0.1 ms; a page shows a machine's figures as old as this
LATE_S = 45.0  # nine missed heartbeats; a busy file server delays some

WhenDisabled = Literal["finish", "stop"]


class Machine(NamedRecord):
    """A target machine; an administrator may disable it, or let processes queue on it."""

    description: str = ""
    enabled: bool = True
    queue: bool = False
    # What becomes of the process that runs when an administrator disables the machine; a stopped one resumes when it is enabled.
    when_disabled: WhenDisabled = "finish"


class Gpu(Record):
    """One GPU; memory in bytes, ``load`` from 0 to 1, None where the driver does not tell."""

    name: str
    memory: int
    memory_used: int
    load: float | None = None


class Info(Record):
    """What a worker reports of its machine every heartbeat; memory and disk (the store's) in bytes, ``load`` of all cores from 0 to 1."""

    host: str
    pid: int
    # Drawn anew at each start, as a host and pid come again.
    worker: str
    seq: int
    cores: int
    memory: int
    memory_used: int
    load: float | None = None
    disk: int | None = None
    disk_free: int | None = None
    gpus: tuple[Gpu, ...] = ()
    versions: dict[str, str] = {}
    # Tesseract's names of the languages that it can read beside English.
    languages: tuple[str, ...] = ()
    process: str | None = None
    since: AwareDatetime
    at: AwareDatetime
    # A worker that shut down in order is gone at once rather than after LATE_S.
    left: bool = False


MACHINES = Kind(Machine, "Machine", "machine")


def create(store: Store, name: str, description: str = "", *, queue: bool = False) -> Machine:
    """A machine whose worker is yet to appear; NameTaken if there is one of the name, in any case."""
    return MACHINES.create(store, Machine(id=new_id(), name=name, description=description, queue=queue))


def register(store: Store, name: str) -> Machine:
    """The machine called ``name``, entered now if it is new, restored if it was deleted; a worker calls this when it starts."""
    known = _find(name, MACHINES.list(store).items)
    if known is not None:
        return known
    # Under its old id: the processes that name it can go on, and what was set about it holds again.
    deleted = _find(name, MACHINES.list_deleted(store).items)
    try:
        return MACHINES.restore(store, deleted.id) if deleted else create(store, name)
    except (NameTaken, Conflict):
        # Another start of the same worker was faster; the machine lock decides between the two.
        return MACHINES.get(store, name)[1]


def switch(store: Store, machine: str, enabled: bool, when_disabled: WhenDisabled | None = None) -> None:
    """Enable or disable the machine of this id; ``when_disabled`` says what becomes of the process that runs, None leaves that as it is."""
    # From the head and not from what somebody saw, whose description may be older.
    rev, now = MACHINES.get(store, machine)
    MACHINES.change(store, rev, now.model_copy(update={"enabled": enabled, "when_disabled": when_disabled or now.when_disabled}))


def report(store: Store, machine: str, info: Info) -> None:
    """Replace the machine's report; not synced, since the next heartbeat makes it again."""
    make_folder(store.machine(machine).folder)
    # SMB may refuse this while a page reads the report; the next heartbeat is due in seconds.
    replace_file(store.machine(machine).info, encode(info), durable=False)


def read_info(store: Store, machine: str) -> Info | None:
    """The last report, None if there never was one or it cannot be read."""
    try:
        return load_if_there(Info, store.machine(machine).info)
    except Damaged:
        # Written without a sync, so a power cut may leave it empty until the worker is back.
        return None


def heartbeat_age(store: Store, machine: str) -> float | None:
    """Seconds since the last report, None without one; both ends are read from the file server's clock.

    A file written now is compared with the report, so hosts whose clocks differ still agree. ``fstat`` of a file
    that was just opened is fresh on NFS and SMB.
    """
    try:
        with store.machine(machine).info.open("rb") as report_file:
            reported = os.fstat(report_file.fileno()).st_mtime
    except FileNotFoundError:
        return None
    # The server may set its clock back between the two writes.
    return max(0.0, _server_now(store, machine) - reported)


def is_alive(store: Store, machine: str) -> bool:
    """Whether the machine's worker reported within the last 45 seconds and has not said good-bye."""
    info, age = read_info(store, machine), heartbeat_age(store, machine)
    return info is not None and not info.left and age is not None and age < LATE_S


def _server_now(store: Store, machine: str) -> float:
    # Under a name that readers pass over, should a kill leave it behind.
    probe = store.machine(machine).folder / f"{TEMP_PREFIX}{uuid.uuid4().hex}"
    descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        # Written to, not only created, so that both times come from the same act of the server's.
        os.write(descriptor, b"0")
        return os.fstat(descriptor).st_mtime
    finally:
        os.close(descriptor)
        with suppress(OSError):
            os.unlink(probe)


def _find(name: str, among: Sequence[Machine]) -> Machine | None:
    # The newest, as several that were deleted may share a name.
    same = [machine for machine in among if machine.name.casefold() == name.casefold()]
    return max(same, key=lambda machine: machine.id, default=None)
