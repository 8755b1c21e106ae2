"""A word where it was read."""

from dataclasses import dataclass

XYXY = tuple[float, float, float, float]

ROUBLES = frozenset("₽PРΡρрp")
"""What the sign of roubles is read as."""


@dataclass(frozen=True)
class Word:
    """Its text, its ``xyxy`` in pixels of the straightened page, and how sure the reader is, 0 to 1."""

    text: str
    box: XYXY
    confidence: float
