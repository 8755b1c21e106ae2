"""What is this host's own: where it keeps what is derived from stores, or belongs to no store. It may be deleted at any time."""

import os
from pathlib import Path


def host_folder() -> Path:
    """``FIELDMARK_CACHE``, or a folder of ours in the person's cache folder without it; not made here."""
    own = os.environ.get("FIELDMARK_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fieldmark"
