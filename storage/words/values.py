"""What is written in a box: the page's words that lie in it. The box editor does the same in values.js, on one table of cases."""

from typing import TYPE_CHECKING, Protocol

# Only named here; importing it would lengthen the chains of imports.
if TYPE_CHECKING:
    from storage.words.words import Words

XYXY = tuple[float, float, float, float]


class Read(Protocol):
    """A box with its text, be it of a label or as detected."""

    @property
    def xyxy(self) -> XYXY | None:
        """Where it is; None of a class."""

    @property
    def text(self) -> str | None:
        """What is written in it, as far as it was kept."""

    @property
    def read(self) -> float | None:
        """How sure the reader is of it, 0 to 1; None of a text that a person typed."""


def text_in(words: "Words", xyxy: XYXY) -> tuple[str, float] | None:
    """The words in the box in reading order, lines joined by a space, and how sure the reader is of them; None without any.

    It is as sure as of the word that it is least sure of: one wrong word makes a value wrong, however long the others are.
    """
    inside = _inside(words, xyxy)
    if not inside:
        return None
    return " ".join(words.texts[place] for place in inside), min(words.confidences[place] for place in inside)


def snap(words: "Words", xyxy: XYXY) -> XYXY:
    """The box moved so that it just encloses the words in it; as it is where there are none."""
    inside = [words.boxes[place] for place in _inside(words, xyxy)]
    if not inside:
        return xyxy
    lefts, tops, rights, bottoms = zip(*inside, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def text_of(box: Read, words: "Words | None") -> tuple[str | None, float | None]:
    """What is written in the box and how sure the reader is: as it was kept, else from the page's words; None if nobody knows.

    A confidence of None is a person's word, where there is a text.
    """
    if box.text is not None or words is None or box.xyxy is None:
        return box.text, box.read
    return text_in(words, box.xyxy) or (None, None)


def _inside(words: "Words", xyxy: XYXY) -> list[int]:
    """Places of the words whose middle lies in the box, in reading order."""
    left, top, right, bottom = xyxy
    # By their middle, as people draw boxes tighter and wider than readers do.
    inside = [
        place for place, (x0, y0, x1, y1) in enumerate(words.boxes) if left <= (x0 + x1) / 2 <= right and top <= (y0 + y1) / 2 <= bottom
    ]
    return sorted(inside, key=lambda place: words.lines[place])
