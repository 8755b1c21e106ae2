"""Where this host keeps what is derived from a store: index, thumbnails. It may be deleted at any time."""

import os
from pathlib import Path

from storage.core import Store, store_uuid


def cache_folder(store: Store) -> Path:
    """The store's folder below ``FIELDMARK_CACHE``, or the person's cache folder without it; not made here."""
    own = os.environ.get("FIELDMARK_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    # By uuid, as a path may have another store mounted on it.
    return (Path(own) if own else Path(base) / "fieldmark") / store_uuid(store)
