"""Watches for machines that fall silent over an unfinished process; a lost worker cannot tell that itself."""

from storage import actions, machines, notice_events
from storage.core import Store
from storage.machines import MACHINES


def look(store: Store) -> None:
    """Tell of every machine that has not reported for 45 seconds, said no good-bye and has something to finish."""
    for machine in MACHINES.list(store).items:
        info = machines.read_info(store, machine.id)
        # Whoever says good-bye has interrupted its process, which is told by itself.
        if info is None or info.left or machines.is_alive(store, machine.id):
            continue
        if busy := actions.busy_with(store, machine.id):
            notice_events.tell_machine_lost(store, machine, info, busy)
