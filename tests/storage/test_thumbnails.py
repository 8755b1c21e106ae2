"""Thumbnails: small, upright, turned, and the page they are of."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from storage.core import BadImage
from storage.thumbnails import LONG_SIDE, make_thumbnail, placeholder

Document = Callable[..., bytes]


def small(tmp_path: Path, data: bytes, turn: int = 0) -> Image.Image:
    (tmp_path / "page.orig").write_bytes(data)
    return Image.open(io.BytesIO(make_thumbnail(tmp_path / "page.orig", turn)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("TIFF", "1")])
def test_every_kind_of_page_has_a_light_thumbnail_of_its_shape(tmp_path: Path, document: Document, kind: str, mode: str) -> None:
    made = small(tmp_path, document("12.50", (900, 600), kind, mode))
    assert (made.format, made.size) == ("WEBP", (320, 213))
    assert sum(made.convert("L").histogram()[200:]) > 0.9 * 320 * 213


@pytest.mark.parametrize(("turn", "corner"), [(0, (5, 5)), (90, (195, 5)), (180, (315, 195)), (270, (5, 315))])
def test_a_thumbnail_is_turned_clockwise(tmp_path: Path, turn: int, corner: tuple[int, int]) -> None:
    page = Image.new("L", (640, 400), "white")
    page.paste(0, (0, 0, 60, 60))
    buffer = io.BytesIO()
    page.save(buffer, "JPEG")
    made = small(tmp_path, buffer.getvalue(), turn)
    assert made.size == ((320, 200) if turn in (0, 180) else (200, 320))
    assert made.convert("L").getpixel(corner) < 60


def test_a_small_page_is_not_blown_up_and_a_thin_one_keeps_a_pixel(tmp_path: Path, document: Document) -> None:
    assert small(tmp_path, document("12.50", (100, 50))).size == (100, 50)
    assert small(tmp_path, document("12.50", (9000, 10))).size == (LONG_SIDE, 1)


def test_what_cannot_be_decoded_has_none(tmp_path: Path) -> None:
    with pytest.raises(BadImage):
        small(tmp_path, b"total 12.50")


def test_the_placeholder_is_a_sheet() -> None:
    assert Image.open(io.BytesIO(placeholder())).size == (226, LONG_SIDE)
