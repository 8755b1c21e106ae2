"""What counts as a document image, and how its pixels come out."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from storage import pictures
from storage.core.errors import BadImage

Document = Callable[..., bytes]
TURNED = 6  # EXIF: the camera was held upright, turn the picture by 90° clockwise


def saved(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "page.orig"
    path.write_bytes(data)
    return path


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = TURNED
    return exif


def png_header(width: int, height: int) -> bytes:
    """A PNG that only claims its size, as a bomb would."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP"])
def test_formats_that_browsers_show_are_kept_as_they_are(document: Document, kind: str) -> None:
    picture = pictures.inspect("page", document("12.50", kind=kind))
    assert (picture.width, picture.height, picture.format, picture.browser_copy) == (120, 80, kind, None)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("TIFF", "RGB"), ("TIFF", "1"), ("JPEG", "CMYK"), ("PNG", "I;16")],
    ids=["colour TIFF", "fax TIFF", "CMYK JPEG", "16-bit PNG"],
)
def test_what_a_browser_cannot_show_gets_a_png_copy(document: Document, kind: str, mode: str) -> None:
    picture = pictures.inspect("page", document("12.50", kind=kind, mode=mode))
    assert picture.browser_copy is not None
    copy = Image.open(io.BytesIO(picture.browser_copy))
    assert (copy.format, copy.mode, copy.size) == ("PNG", "RGB", (120, 80))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"Dear Sir, enclosed you find\n" * 40, "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (png_header(20_000, 20_000), "20000 × 20000 pixels"),
        (png_header(7, 900), "7 × 900 pixels"),
        (png_header(900, 900), "damaged"),
        (bytes(pictures.MAX_BYTES + 1), "more than 200 million bytes"),
    ],
    ids=["empty", "text called .jpg", "PostScript", "bomb", "a line", "no pixels", "huge"],
)
def test_bytes_that_are_no_document_image_are_refused_by_name_and_reason(data: bytes, reason: str) -> None:
    with pytest.raises(BadImage, match=rf"'scan\.jpg'.*{reason}"):
        pictures.inspect("scan.jpg", data)


def test_a_gif_is_refused_whatever_it_is_called(document: Document) -> None:
    with pytest.raises(BadImage, match="JPEG, PNG, TIFF, BMP, WEBP"):
        pictures.inspect("page.png", document("x", kind="GIF"))


def test_a_jpeg_that_was_cut_off_is_refused(document: Document, tmp_path: Path) -> None:
    cut = document("12.50", (800, 600), "JPEG")[:-200]
    with pytest.raises(BadImage, match=r"'page\.jpg' is damaged.*again"):
        pictures.inspect("page.jpg", cut)
    with pytest.raises(BadImage, match="'page' is damaged"):
        pictures.read_rgb(saved(tmp_path, cut))


def test_a_file_of_several_pages_is_refused_rather_than_losing_them() -> None:
    pages = [Image.new("L", (50, 50), grey) for grey in (0, 90, 180)]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    with pytest.raises(BadImage, match="3 pages"):
        pictures.inspect("fax.tif", buffer.getvalue())


def test_a_phones_jpeg_with_a_preview_behind_it_is_one_page(document: Document) -> None:
    buffer = io.BytesIO()
    page = Image.open(io.BytesIO(document("12.50")))
    page.save(buffer, "MPO", save_all=True, append_images=[page])
    assert pictures.inspect("phone.jpg", buffer.getvalue()).format == "JPEG"


def test_pixels_that_have_no_fixed_white_are_refused() -> None:
    with pytest.raises(BadImage, match="Save it as PNG with 8 bits"):
        pictures.inspect("depth.tif", encoded(np.zeros((20, 20), np.float32), "TIFF"))


def test_a_missing_original_is_a_bad_image_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match=r"'gone'.*Restore it from a backup"):
        pictures.read_rgb(tmp_path / "gone.orig")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_exif_orientation_is_applied_to_size_and_pixels(document: Document, tmp_path: Path, kind: str) -> None:
    data = document("12.50", (160, 80), kind, exif=turned())
    picture = pictures.inspect("photo", data)
    assert (picture.width, picture.height) == (80, 160)
    lying = pictures.read_rgb(saved(tmp_path, document("12.50", (160, 80), kind)))
    assert np.array_equal(pictures.read_rgb(saved(tmp_path, data)), np.rot90(lying, -1))


def test_a_turned_png_gets_an_upright_copy_since_browsers_disagree_on_it(document: Document) -> None:
    copy = pictures.inspect("photo", document("12.50", (160, 80), exif=turned())).browser_copy
    assert copy is not None
    assert Image.open(io.BytesIO(copy)).size == (80, 160)


def test_16_bits_are_scaled_to_8(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16)[None, :].repeat(16, axis=0)
    rgb = pictures.read_rgb(saved(tmp_path, encoded(ramp)))
    assert rgb.shape == (16, 256, 3)
    assert rgb[0, :, 1].tolist() == list(range(256))


def test_transparent_pixels_are_white_paper(tmp_path: Path) -> None:
    pixels = np.zeros((10, 20, 4), np.uint8)
    pixels[:, 10:, 3] = 255
    rgb = pictures.read_rgb(saved(tmp_path, encoded(pixels)))
    assert (rgb[:, :10] == 255).all()
    assert (rgb[:, 10:] == 0).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA"])
def test_every_mode_comes_out_as_writable_rgb_of_the_same_page(document: Document, tmp_path: Path, mode: str) -> None:
    rgb = pictures.read_rgb(saved(tmp_path, document("12.50", mode=mode)))
    assert (rgb.shape, rgb.dtype, rgb.flags.writeable) == ((80, 120, 3), np.uint8, True)
    assert rgb.mean() > 200


def test_a_cmyk_jpeg_is_not_read_as_its_negative(document: Document, tmp_path: Path) -> None:
    assert pictures.read_rgb(saved(tmp_path, document("12.50", kind="JPEG", mode="CMYK"))).mean() > 200


@pytest.mark.parametrize(
    ("at_least", "shape"),
    [
        ((600, 800), (600, 800, 3)),
        ((301, 400), (600, 800, 3)),
        ((300, 400), (300, 400, 3)),
        ((75, 90), (75, 100, 3)),
        ((1, 1), (75, 100, 3)),
    ],
)
def test_a_jpeg_may_be_read_smaller_but_never_smaller_than_asked(
    document: Document, tmp_path: Path, at_least: tuple[int, int], shape: tuple[int, int, int]
) -> None:
    path = saved(tmp_path, document("12.50", (800, 600), "JPEG"))
    assert pictures.read_rgb(path, at_least).shape == shape


def test_a_turned_jpeg_is_read_smaller_by_its_upright_sides(document: Document, tmp_path: Path) -> None:
    path = saved(tmp_path, document("12.50", (800, 200), "JPEG", exif=turned()))
    assert pictures.read_rgb(path, (400, 60)).shape == (400, 100, 3)


def test_other_formats_are_read_in_full(document: Document, tmp_path: Path) -> None:
    assert pictures.read_rgb(saved(tmp_path, document("12.50", (800, 600))), (75, 100)).shape == (600, 800, 3)
