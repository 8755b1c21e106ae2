"""Where this host keeps what is derived from a store: index, thumbnails. It may be deleted at any time."""

from pathlib import Path

from storage.core import Store, host_folder, store_uuid


def cache_folder(store: Store) -> Path:
    """The store's folder in this host's own; not made here."""
    # By uuid, as a path may have another store mounted on it.
    return host_folder() / store_uuid(store)
