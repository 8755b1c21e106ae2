"""Measurements, each beside a reference run; never part of the tests."""

import os

from worker.agent import SPIN_COUNT

# As in the worker's children; it counts only before torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
