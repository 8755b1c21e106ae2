"""Tesseract, for scripts that PP-OCRv6 does not know: whole pages, as it spaces the words of single lines badly."""

from dataclasses import replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from storage.words.missing import ENGLISH
from worker.reading.languages import tessdata
from worker.reading.merge import is_foreign
from worker.reading.word import Word

_SMALL, _LARGE = 1500, 2600  # pixels of the long side: below it is read at twice the size, above it is made smaller
_AROUND = 3  # pixels of the page around a word that is read alone
_SURE = 0.8  # of a word read alone, from where on it is believed


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
        self._others = [name for name in names if name != ENGLISH]

    @cached_property
    def _alone(self) -> Any:
        # Only when a word asks for it: most pages have none.
        library = self._library
        return library.PyTessBaseAPI(path=str(tessdata()), lang="+".join(self._others), psm=library.PSM.SINGLE_WORD)

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
        return [[self._again(word, rgb) for word in line] if is_foreign(line) else line for line in lines if line]

    def _again(self, word: Word, rgb: NDArray[np.uint8]) -> Word:
        """Read a word of Latin letters, in a line of another script, once more without English: "nep." for "пер."."""
        letters = [c for c in word.text if c.isalpha()]
        if len(letters) < 2 or not all(c.isascii() for c in letters) or any(c.isdigit() for c in word.text):
            return word
        left, top, right, bottom = (round(edge) for edge in word.box)
        cut = rgb[max(0, top - _AROUND) : bottom + _AROUND, max(0, left - _AROUND) : right + _AROUND]
        self._alone.SetImage(Image.fromarray(cv2.resize(cut, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)))
        read = [c for c in self._alone.GetUTF8Text() if c.isalpha()]
        if len(read) != len(letters) or any(c.isascii() for c in read) or self._alone.MeanTextConf() < 100 * _SURE:
            return word
        other = iter(read)
        return replace(word, text="".join(next(other) if c.isalpha() else c for c in word.text))
