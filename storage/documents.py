"""Documents as people have them, images and PDFs, taken apart into pages that a browser can show; nothing is kept of them."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storage import pictures
from storage.core import BadImage
from storage.jobs import Page

MAX_BYTES = 50_000_000
_DRAW_S = 30  # for the pages of one PDF; twenty dense ones take five seconds
# At the first kilobyte as readers do, since some programs write a line of their own before.
_PDF, _PDF_WITHIN = b"%PDF-", 1024
_ROOT = Path(__file__).resolve().parent.parent
_KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"BM": "image/bmp", b"RIFF": "image/webp"}


@dataclass(frozen=True)
class Document:
    """The pages of one file with their bytes, and how many more it has."""

    pages: tuple[tuple[Page, bytes], ...]
    left_out: int = 0


def read(name: str, data: bytes, most: int) -> Document:
    """The first ``most`` pages of an image or PDF; BadImage, naming the file, if it cannot be read.

    A page of a PDF is drawn at 200 dots an inch, a very large one coarser.
    """
    if len(data) > MAX_BYTES:
        raise too_large(name)
    if _PDF in data[:_PDF_WITHIN]:
        return _read_pdf(name, data, most)
    picture = pictures.inspect(name, data)
    page = Page(name=name, width=picture.width, height=picture.height)
    return Document(((page, picture.browser_copy or data),)[:most], left_out=max(0, 1 - most))


def too_large(name: str) -> BadImage:
    """The refusal of a file of more than ``MAX_BYTES``."""
    return BadImage("File {name!r} has more than {most} million bytes. Save it smaller", name=name, most=MAX_BYTES // 1_000_000)


def media_type(data: bytes) -> str | None:
    """What a browser is told of a page's bytes; None if they are none it can show."""
    return next((kind for magic, kind in _KINDS.items() if data.startswith(magic)), None)


def _read_pdf(name: str, data: bytes, most: int) -> Document:
    drawn = io.BytesIO(_draw(name, data, most))
    about = json.loads(drawn.readline() or b"{}")
    if about.get("error") == "locked":
        raise BadImage("PDF {name!r} is locked with a password. Save it without one", name=name)
    if not about.get("pages"):
        raise BadImage("PDF {name!r} is damaged or has no page. Save or print it to a PDF again", name=name)
    pages = tuple(_pages(name, drawn, about["pages"]))
    return Document(pages, left_out=about["pages"] - len(pages))


def _draw(name: str, data: bytes, most: int) -> bytes:
    """What the drawing process wrote until its end."""
    command = [sys.executable, "-m", "storage.pdf_pages", str(most)]
    try:
        done = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT, timeout=_DRAW_S)
    except subprocess.TimeoutExpired as error:
        raise BadImage(
            "PDF {name!r} takes more than {seconds} s to draw. Print it to a PDF again, or save its pages as images",
            name=name,
            seconds=_DRAW_S,
        ) from error
    if done.returncode:  # it crashed, or the system ended it
        raise BadImage("PDF {name!r} cannot be drawn. Print it to a PDF again, or save its pages as images", name=name)
    return done.stdout


def _pages(name: str, drawn: io.BytesIO, count: int) -> Iterator[tuple[Page, bytes]]:
    number = 0
    while line := drawn.readline():
        number += 1
        about = json.loads(line)
        data = drawn.read(about["bytes"])
        if not data:
            raise BadImage(
                "Page {number} of PDF {name!r} cannot be drawn. Print it to a PDF again, or save its pages as images",
                number=number,
                name=name,
            )
        yield Page(name=name if count == 1 else f"{name} · {number}", width=about["width"], height=about["height"]), data
