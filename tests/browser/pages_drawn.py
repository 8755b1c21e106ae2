"""Small document pages for the tests, drawn or made of larger ones."""

import io
from pathlib import Path

from PIL import Image, ImageDraw


def page_of_text(number: int, size: tuple[int, int] = (600, 800)) -> bytes:
    """A white page with some lines of text, as PNG; pages of other numbers differ."""
    page = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(page)
    for line in range(1, size[1] // 50):
        pen.text((60, line * 50), f"Document {number}, line {line}: " + "lorem ipsum " * 4, fill="black")
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue()


def shrink(page: Path, target: Path, turn: int = 0) -> Path:
    """A page at a third of its size, on which a model trains in a ninth of the time; turned by so many degrees."""
    Image.open(page).convert("L").reduce(3).rotate(turn, expand=True).save(target)
    return target
