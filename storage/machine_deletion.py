"""Deleting a machine: when it must not be."""

from storage import machines, processes
from storage.core import Refused, Store
from storage.machines import MACHINES
from storage.overview import is_busy


def delete(store: Store, machine: str) -> None:
    """Take the machine of this id out of every list; Refused while its worker runs or one of its processes is unfinished.

    A worker that starts under its name later brings it back as it was (``machines.register``).
    """
    rev, now = MACHINES.get(store, machine)
    found, _ = processes.list_processes(store)
    for process in found:
        if process.spec.machine == machine and is_busy(process):
            raise Refused(
                "Machine {machine!r} cannot be deleted while its process {process} is {state}. Stop it, or wait for its end",
                machine=now.name,
                process=process.id,
                state=process.state.value,
            )
    # Else it would go on reporting, on a machine that no list shows.
    if machines.is_alive(store, machine):
        raise Refused("Machine {machine!r} cannot be deleted while its worker runs. End the worker there first", machine=now.name)
    MACHINES.delete(store, rev, now)
