"""A reader that comes to grief at pages of certain colours: ``python -m tests.worker.reading.faulty …`` as `worker.reading`."""

import os
import signal
import sys
import time

import numpy as np

from worker.reading import __main__ as reading
from worker.reading.page_reader import PageReader

CRASHES, HANGS, EATS = (255, 0, 0), (0, 255, 0), (0, 0, 255)


class Faulty(PageReader):
    """Reads pages of other colours as ever."""

    def read(self, rgb, turn):
        colour = tuple(rgb[0, 0])
        if colour == CRASHES:
            os.kill(os.getpid(), signal.SIGSEGV)
        if colour == HANGS:
            time.sleep(600)
        if colour == EATS:
            np.ones(8 << 30, np.uint8)  # bytes
        return super().read(rgb, turn)


if __name__ == "__main__":
    reading.PageReader = Faulty
    reading.main(*sys.argv[1:])
