"""Pages shown turned by quarters, clockwise: sizes and boxes on the way there and back."""

from typing import Literal

Turn = Literal[0, 90, 180, 270]
XYXY = tuple[float, float, float, float]


def stands(turn: Turn, is_said: bool) -> Turn | None:
    """Say how a page's words must stand to be its words: as it is turned; None, in any way, of a page that nobody and nothing turned."""
    return turn if is_said or turn else None


def turned_size(width: int, height: int, turn: Turn) -> tuple[int, int]:
    """(width, height) of a page of this unturned size once it is turned by ``turn`` degrees clockwise."""
    return (height, width) if turn in (90, 270) else (width, height)


def turn_box(xyxy: XYXY, width: int, height: int, turn: Turn) -> XYXY:
    """A box in pixels of the unturned page of ``width`` × ``height`` → the box in pixels of the turned page."""
    left, top, right, bottom = xyxy
    # A quarter clockwise takes the point (x, y) to (height - y, x).
    if turn == 90:
        return height - bottom, left, height - top, right
    if turn == 180:
        return width - right, height - bottom, width - left, height - top
    if turn == 270:
        return top, width - right, bottom, width - left
    return xyxy


def unturn_box(xyxy: XYXY, width: int, height: int, turn: Turn) -> XYXY:
    """The inverse of ``turn_box``; ``width`` and ``height`` are those of the unturned page here too."""
    return turn_box(xyxy, *turned_size(width, height, turn), _BACK[turn])


def turned(turn: Turn, by: Turn) -> Turn:
    """``turn`` turned further by ``by`` degrees clockwise; by 270 is a quarter to the left."""
    return _TURNS[(turn + by) // 90 % 4]


_TURNS: tuple[Turn, ...] = (0, 90, 180, 270)
_BACK: dict[Turn, Turn] = {0: 0, 90: 270, 180: 180, 270: 90}
