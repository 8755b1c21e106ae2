"""A machine's figures, times and commands as people read them."""

import shlex
from datetime import timedelta

from pages.parts.i18n import _, moment, number
from storage.core import Store
from storage.machines import Info
from storage.processes import Process
from storage.progress import read_status

_GIB = 2**30
_VERSIONS = {"python": "Python"}  # names that are not written as their packages are


def gigabytes(size: int | None) -> str:
    """Bytes as gigabytes; a dash if they are not known."""
    return "–" if size is None else _("{size} GB").format(size=_amount(size))


def memory_text(used: int, total: int, *, live: bool) -> str:
    """Memory in use of all, in gigabytes; without a live worker only how much there is."""
    return _("{used} of {total} GB").format(used=_amount(used), total=_amount(total)) if live else gigabytes(total)


def percent(share: float | None) -> str:
    """A share from 0 to 1; a dash if it is not known."""
    return "–" if share is None else f"{number(100 * share)} %"


def until(process: Process) -> str | None:
    """When the process will be done at its pace; None while nobody knows."""
    status = read_status(process.last.paths) if process.last else None
    if status is None or status.seconds_left is None:
        return None
    # From the time of the status, not from now: it would creep forward between two updates.
    return moment(status.at + timedelta(seconds=status.seconds_left))


def versions(info: Info) -> str:
    """What decides how a run behaves there, in one line."""
    return " · ".join(f"{_VERSIONS.get(name, name)} {version}" for name, version in info.versions.items())


def worker_command(store: Store, machine: str | None = None) -> str:
    """The command that starts the worker of the machine of this name; without one it is called after its host."""
    name = f"--machine {shlex.quote(machine)} " if machine else ""
    return f"python cli.py worker {name}--store {shlex.quote(str(store.root))}"


def _amount(size: int) -> str:
    return number(size / _GIB, 0 if size >= 10 * _GIB else 1)
