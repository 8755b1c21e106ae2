"""Tells once when the store's disk fills up, and takes note when it has recovered."""

from storage import notice_events
from storage.core import Store
from storage.machines import Info, Machine

# How much more than the least must be free before the disk counts as recovered: near the limit it would be told again and again.
_SPARE = 1.2


class DiskWatch:
    """What this worker last knew of the disk; None before its first look."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._low: bool | None = None

    def look(self, machine: Machine, info: Info) -> None:
        """Compare what is free now with what was told; reads the store only when that changed, and once after a start."""
        if info.disk is None or info.disk_free is None:
            return
        low = notice_events.is_low(info.disk, info.disk_free, spare=_SPARE if self._low else 1.0)
        if low != self._low:
            notice_events.tell_disk(self._store, machine, low, info.disk_free)
            # Last: on a full disk it cannot be put on record, and the next look tries again.
            self._low = low
