"""Child processes that never outlive their worker."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; exits at once if that has happened already.

    The signal comes when the *thread* that forked ends, so children are started from the worker's main thread.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(f"worker {parent} is gone")
