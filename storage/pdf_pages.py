"""Draws the pages of a PDF, in a process of its own: ``python -m storage.pdf_pages MOST``.

The PDF comes on standard input, the pages go to standard output: a line of JSON about the file, then for each page one
about it and its JPEG. Nothing else of the store is imported, as somebody waits for this to start. A PDF may have the
library read for ever, take all memory or crash; nothing but this process is lost then.
"""

import io
import json
import math
import resource
import sys
from typing import Any, BinaryIO

import pypdfium2

DPI = 200  # what office scanners make; a line of 8-point text is 22 pixels high
_MOST_PIXELS = 16_000_000  # a page of A2 at 200 dots an inch; 64 MB while it is drawn
_MOST_SIDE = 16_000  # JPEG ends at 65,535
_LEAST_SIDE = 8  # as for images
_POINTS = 72  # to the inch, which PDF measures in
_QUALITY = 92
_MEMORY = 2 << 30  # bytes of addresses; a page takes a tenth of it
_CPU_S = 30


def draw(data: bytes, most: int, out: BinaryIO) -> None:
    """Write how many pages the PDF in ``data`` has, or what is wrong with it, and the first ``most`` of them."""
    try:
        document = pypdfium2.PdfDocument(data)
        document.init_forms()  # or what people typed into a form would be missing
    except pypdfium2.PdfiumError as error:
        return _line(out, error="locked" if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD else "damaged")
    _line(out, pages=len(document))
    for number in range(min(most, len(document))):
        try:
            picture, width, height = _picture(document, number)
        except (pypdfium2.PdfiumError, ValueError, MemoryError):
            picture, width, height = b"", 0, 0
        _line(out, width=width, height=height, bytes=len(picture))
        out.write(picture)
    return None


def _picture(document: pypdfium2.PdfDocument, number: int) -> tuple[bytes, int, int]:
    """The page as JPEG, its width and height in pixels; ValueError if it is too narrow to be seen."""
    page = document[number]
    width, height = page.get_size()
    # A plotter's sheet is drawn coarser, not refused.
    scale = min(DPI / _POINTS, math.sqrt(_MOST_PIXELS / (width * height)), _MOST_SIDE / max(width, height))
    if min(width, height) * scale < _LEAST_SIDE:
        raise ValueError(f"page {number} is {width} × {height} points")
    drawn = page.render(scale=scale).to_pil().convert("RGB")
    buffer = io.BytesIO()
    drawn.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue(), drawn.width, drawn.height


def _line(out: BinaryIO, **values: Any) -> None:
    out.write(json.dumps(values).encode() + b"\n")


if __name__ == "__main__":
    # Before a byte is read: whatever the PDF does, the system ends this process.
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    draw(sys.stdin.buffer.read(), int(sys.argv[1]), sys.stdout.buffer)
