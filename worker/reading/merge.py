"""Joins what PP-OCRv6 and Tesseract read on a page: Tesseract's words where only it knows the letters.

PP-OCRv6 reads Latin letters and digits better, but writes look-alikes for Cyrillic ones, or nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from worker.reading.word import ROUBLES, XYXY, Word

_LATIN, _CYRILLIC = "ABCEHKMOPTXYaceopxyu", "АВСЕНКМОРТХУасеорхуи"
_TO_CYRILLIC, _TO_LATIN = str.maketrans(_LATIN, _CYRILLIC), str.maketrans(_CYRILLIC, _LATIN)
_COMPANIES = frozenset({"00", "000", "ОО"})  # what becomes of ООО
_LOOK_ALIKES = frozenset(_LATIN + _CYRILLIC)
_SHARE = 0.25  # of a line's letters that only Tesseract can know, from which on its words are taken
_LEAST_CONFIDENCE = 0.3  # of Tesseract: below, it reads letters into lines, dots and pictures
_LEAST_ALONE = 0.6  # the same where PP-OCRv6 saw no text at all
_LONG, _SEVERAL = 4, 3  # letters of a word, and such words, that tell of a page in another script
_SAME_PLACE = 0.5
_THEIRS = 0.4  # of a page's letters: in Russian texts half of them are no look-alikes
_SURE, _MOST = 0.8, 0.6  # confidence and share of letters, from which on they are known


def merge(lines: Sequence[Sequence[Word]], others: Sequence[Sequence[Word]], bounds: Sequence[XYXY]) -> list[list[Word]]:
    """Lines of PP-OCRv6, each within its ``bounds``, with the words of Tesseract that know better; new lines come last."""
    if not _has_foreign(others):
        return [list(line) for line in lines]
    # On a page in another script, what could be Latin or not is not.
    is_theirs = is_foreign([word for other in others for word in other if word.confidence >= _LEAST_ALONE], _THEIRS)
    within: list[list[Word]] = [[] for _ in lines]
    alone = []
    for other in others:
        left: list[Word] = []
        for word in other:
            if word.confidence < _LEAST_CONFIDENCE:
                continue
            place = _line_of(word, bounds)
            (left if place is None else within[place]).append(word)
        alone.append([word for word in left if word.confidence >= _LEAST_ALONE])
    merged = [_merge_line(_in_script(line) if is_theirs else list(line), found) for line, found in zip(lines, within, strict=True)]
    return merged + [_in_script(words) for words in alone if is_foreign(words)]


def _has_foreign(others: Sequence[Sequence[Word]]) -> bool:
    """Whether there is text on the page that only Tesseract knows: on bad paper it finds some letters of any script."""
    words = [word for other in others for word in other]
    long = [word for word in words if word.confidence >= _SURE and len(_letters(word.text)) >= _LONG and is_foreign([word])]
    return len(long) >= _SEVERAL or is_foreign([word for word in words if word.confidence >= _LEAST_ALONE])


def _merge_line(line: list[Word], found: Sequence[Word]) -> list[Word]:
    known = {word: _known(line, word) for word in found}
    foreign = [letter for word in found if not known[word] for letter in _letters(word.text) if _is_foreign_letter(letter)]
    if len(foreign) < max(1, _SHARE * len([letter for word in found for letter in _letters(word.text)])):
        return line
    # Of the sign after a sum Tesseract makes letters.
    signs = [after for before, after in pairwise(line) if _is_sign(before, after)]
    words = [part for word in found if not any(_touch(word, sign) for sign in signs) for part in known[word] or [word]]
    words += signs
    words += [other for other in line if any(c.isdigit() for c in other.text) and not any(_touch(other, word) for word in words)]
    return _in_script(sorted(dict.fromkeys(words), key=lambda word: word.box[0]))


def _known(line: Sequence[Word], word: Word) -> list[Word]:
    """What PP-OCRv6 read in the place of Tesseract's ``word``, if it knew that better; else nothing."""
    letters = _letters(word.text)
    if not letters:
        # Numbers are what it is best at, in whatever language; but not at where they are among letters that it does not know.
        same = [other for other in line if _covered(word.box, other.box, max) >= _SAME_PLACE and not _letters(other.text)]
        # It swallows zeros, though, where the letters beside them are strange to it.
        if len(same) != 1 or (len(same[0].text) < len(word.text) and word.confidence >= _LEAST_ALONE):
            return []
        return [replace(word, text=same[0].text, confidence=same[0].confidence)]
    if len(letters) < _LONG:
        return []
    there = [other for other in line if _covered(word.box, other.box, min) >= _SAME_PLACE]
    sure = [letter for other in there if other.confidence >= _SURE for letter in _letters(other.text)]
    return there if len(sure) >= _MOST * len(letters) else []


def _in_script(words: Sequence[Word]) -> list[Word]:
    """The words of a Cyrillic line, with look-alikes written in the script of the word that they stand in."""
    written = [replace(word, text=_write(word.text)) for word in words]
    for place, (before, word) in enumerate(pairwise(written)):
        if _is_sign(before, word):
            written[place + 1] = replace(word, text="₽")
        if before.text in _COMPANIES and word.text[0] in '«"':
            written[place] = replace(before, text="ООО")
    return written


def _is_sign(before: Word, word: Word) -> bool:
    return word.text in ROUBLES and before.text[-1:].isdigit()


def _write(text: str) -> str:
    letters = [c for c in _letters(text) if c not in _LOOK_ALIKES]
    if any(_is_cyrillic(c) for c in letters) and any(c.isascii() for c in letters):
        return text  # of both scripts, as in a product's name: nothing tells which
    return text.translate(_TO_LATIN if any(c.isascii() for c in letters) else _TO_CYRILLIC)


def is_foreign(words: Sequence[Word], share: float = _SHARE) -> bool:
    """Say whether so many of the words' letters are of a script that PP-OCRv6 does not know."""
    letters = [c for word in words for c in _letters(word.text)]
    foreign = sum(_is_foreign_letter(c) for c in letters)
    return foreign >= max(1, share * len(letters))


def _is_foreign_letter(letter: str) -> bool:
    # Latin (up to its extensions with marks) is what PP-OCRv6 knows, and Chinese and Japanese.
    return letter not in _LOOK_ALIKES and "\u0370" <= letter < "\u2e80"


def _is_cyrillic(letter: str) -> bool:
    return "\u0400" <= letter < "\u0530"


def _letters(text: str) -> list[str]:
    return [c for c in text if c.isalpha()]


def _line_of(word: Word, bounds: Sequence[XYXY]) -> int | None:
    x, y = (word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2
    inside = [place for place, (left, top, right, bottom) in enumerate(bounds) if left <= x <= right and top <= y <= bottom]
    return min(inside, key=lambda place: abs(bounds[place][1] + bounds[place][3] - 2 * y), default=None)


def _covered(one: XYXY, other: XYXY, of: Callable[[float, float], float]) -> float:
    """What two words of a line have in common of its length, as a share of the longer (``max``) or shorter one (``min``)."""
    return max(0.0, min(one[2], other[2]) - max(one[0], other[0])) / max(1e-6, of(one[2] - one[0], other[2] - other[0]))


def _touch(one: Word, other: Word) -> bool:
    return min(one.box[2], other.box[2]) > max(one.box[0], other.box[0])
