"""Thumbnails of document images, made once on each host and kept in its cache."""

import io
from contextlib import suppress
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw

from storage import pictures
from storage.core import ProjectPaths, read_file, replace_file
from storage.turns import Turn

LONG_SIDE = 320  # pixels
_QUALITY = 80  # 17 kB for a noisy page of 2480 × 3508
# Pillow's words say where the page's top goes when it is turned counter-clockwise.
_TRANSPOSE = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}


def thumbnail(cache_folder: Path, project: ProjectPaths, image: str, turn: Turn) -> bytes:
    """WebP of at most 320 pixels a side, turned clockwise; from the cache, else made. BadImage if the original is unusable."""
    # By content, so that projects share them; the folders hold 1/256 of all images each.
    kept = cache_folder / "thumbs" / image[:2] / f"{image}.{turn}.webp"
    # A cache that is unreadable, full or read-only is no reason to show nothing.
    with suppress(OSError):
        return read_file(kept)
    made = make_thumbnail(project.original(image), turn)
    with suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        replace_file(kept, made)
    return made


def make_thumbnail(path: Path, turn: Turn = 0) -> bytes:
    """The image file upright, turned clockwise, as WebP of at most 320 pixels a side; BadImage if it cannot be decoded."""
    # A JPEG is decoded 2 to 8 times smaller: 40 instead of 110 ms for a page of 2480 × 3508.
    page = Image.fromarray(pictures.read_rgb(path, at_least=(LONG_SIDE, LONG_SIDE)))
    page.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return _webp(page.transpose(_TRANSPOSE[turn]) if turn else page)


@cache
def placeholder() -> bytes:
    """WebP of a grey sheet, crossed out: stands for a page that cannot be decoded, on light and on dark."""
    sheet = Image.new("RGB", (226, LONG_SIDE), "#868e96")
    lines = ImageDraw.Draw(sheet)
    lines.line((0, 0, *sheet.size), fill="#adb5bd", width=3)
    lines.line((0, sheet.height, sheet.width, 0), fill="#adb5bd", width=3)
    return _webp(sheet)


def _webp(page: Image.Image) -> bytes:
    buffer = io.BytesIO()
    page.save(buffer, "WEBP", quality=_QUALITY)
    return buffer.getvalue()
