"""Pages printed for tests: lines of words in Pillow's own font, and where each word's ink is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

LINES = ("Kingfisher Traders Ltd", "Invoice 2045 of 17 March 2025", "Total to pay 1,284.50 EUR", "Please pay within thirty days")

XYXY = tuple[float, float, float, float]


def printed(lines: Sequence[str] = LINES, size: tuple[int, int] = (760, 420)) -> tuple[NDArray[np.uint8], list[XYXY]]:
    """The page (h, w, 3), and the box around the ink of each of its words."""
    page = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(28)
    boxes = []
    for number, line in enumerate(lines):
        left = 50.0
        for word in line.split():
            draw.text((left, 50 + 70 * number), word, "black", font)
            boxes.append(draw.textbbox((left, 50 + 70 * number), word, font))
            left += draw.textlength(word + " ", font)
    return np.array(page), boxes


def overlap(one: XYXY, other: XYXY) -> float:
    """Intersection over union."""
    across = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    down = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return across * down / (areas - across * down)
