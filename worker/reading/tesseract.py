"""Tesseract, for scripts that PP-OCRv6 does not know: whole pages, as it spaces the words of single lines badly."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.reading.languages import tessdata
from worker.reading.word import Word

_SMALL, _LARGE = 1500, 2600  # pixels of the long side: below it is read at twice the size, above it is made smaller


class Tesseract:
    """Reads pages in these languages, of which the machine has the data."""

    def __init__(self, names: tuple[str, ...]) -> None:
        # Only now: the library is wanted for other languages than English alone, and may be missing.
        import tesserocr

        library: Any = tesserocr
        self._library = library
        # It would print a line for each speck that it finds no shape in.
        library.set_leptonica_log_level(library.LeptLogLevel.NONE)
        self._api = library.PyTessBaseAPI(path=str(tessdata()), lang="+".join(names), psm=library.PSM.SPARSE_TEXT)

    def read(self, rgb: NDArray[np.uint8]) -> list[list[Word]]:
        """The words of each line of the upright page."""
        long = max(rgb.shape[:2])
        scale = 2.0 if long < _SMALL else min(1.0, _LARGE / long)
        how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
        page = rgb if scale == 1 else cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=how)
        self._api.SetImage(Image.fromarray(page))
        self._api.Recognize()
        found = self._api.GetIterator()
        lines: list[list[Word]] = []
        level = self._library.RIL.WORD
        for word in self._library.iterate_level(found, level) if found else ():
            if word.IsAtBeginningOf(self._library.RIL.TEXTLINE) or not lines:
                lines.append([])
            box = word.BoundingBox(level)
            if box is not None and not word.Empty(level) and (text := word.GetUTF8Text(level).strip()):
                left, top, right, bottom = (float(edge) / scale for edge in box)
                lines[-1].append(Word(text, (left, top, right, bottom), word.Confidence(level) / 100))
        self._api.Clear()
        return [line for line in lines if line]
