"""Decoding of document images: what is accepted, and how every kind of pixel becomes 8-bit RGB.

Bytes from outside are judged by their content, never by their file name. Only the plugins of ``FORMATS`` are tried:
Pillow's full list would start Ghostscript for an EPS called ``.jpg``.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, TiffTags

from storage.core import BadImage

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP")
MAX_PIXELS = 100_000_000  # an A2 sheet at 600 dots an inch; 300 MB once decoded
MAX_BYTES = 200_000_000
_MIN_SIDE = 8
_BROWSER_FORMATS = frozenset({"JPEG", "PNG", "BMP", "WEBP"})
# CMYK, 16 bit and float are missing: browsers show them in wrong colours or not at all.
_BROWSER_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
_SIDEWAYS = frozenset({5, 6, 7, 8})  # EXIF orientations that swap width and height
_TAGS = {tag.name: number for number, tag in TiffTags.TAGS_V2.items()}
# What Pillow raises for broken bytes, found by feeding it damaged files of all formats.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)

# Pillow only warns up to twice its limit and names no file. Ours below is exact and read from the header.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Picture:
    """What an upload turned out to be; size in pixels after EXIF orientation, ``browser_copy`` a PNG or None."""

    width: int
    height: int
    format: str
    browser_copy: bytes | None


def inspect(name: str, data: bytes) -> Picture:
    """Decode an upload in full; BadImage names the file ``name``, what is wrong with it and what to do."""
    if not data:
        raise BadImage("Image {name!r} is empty (0 bytes). Copy or export it again", name=name)
    if len(data) > MAX_BYTES:
        raise BadImage("Image {name!r} has more than {most} million bytes. Save it smaller", name=name, most=MAX_BYTES // 1_000_000)
    with _open(name, io.BytesIO(data)) as image:
        # Before any pixel is decoded: 10 kB of PNG can be 243 MB of them.
        _check_size(name, image)
        kind = _format(image)
        orientation = _load(name, image)
        width, height = image.size[::-1] if orientation in _SIDEWAYS else image.size
        copy = None if _browser_can_show(image, orientation) else _png(_rgb(name, image))
        return Picture(width, height, kind, copy)


def read_rgb(path: Path, at_least: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """The image file as (h, w, 3) after EXIF orientation, writable; alpha lies over white.

    With ``at_least`` = (h, w) a JPEG may come out 2, 4 or 8 times smaller, which its decoder does almost for free,
    but never smaller than that in either direction. BadImage if the file is missing or cannot be decoded.
    """
    try:
        with _open(path.stem, path) as image:
            _check_size(path.stem, image)
            _load(path.stem, image, at_least)
            # A copy: memory shared with Pillow is read-only, and torch cannot wrap that safely.
            return np.array(_rgb(path.stem, image))
    except FileNotFoundError as error:
        raise BadImage(
            "Image {name!r} has lost its file {path}. Restore it from a backup or delete the image", name=path.stem, path=str(path)
        ) from error


def _open(name: str, source: io.BytesIO | Path) -> Image.Image:
    try:
        return Image.open(source, formats=FORMATS)
    except FileNotFoundError:
        # An OSError too, but no fault of the bytes: ``read_rgb`` says that the file is gone.
        raise
    except _BROKEN as error:
        allowed = ", ".join(FORMATS)
        raise BadImage(
            "Image {name!r} is not an image of a kind that can be read ({allowed}). Save it as one of these", name=name, allowed=allowed
        ) from error


def _check_size(name: str, image: Image.Image) -> None:
    """Refuse by the header alone, before a small file can become gigabytes of pixels."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadImage(
            "Image {name!r} has {width} × {height} pixels; at most {most} million are taken. Save it with fewer dots per inch",
            name=name,
            width=width,
            height=height,
            most=MAX_PIXELS // 1_000_000,
        )
    if min(width, height) < _MIN_SIDE:
        raise BadImage(
            "Image {name!r} has {width} × {height} pixels; each side needs at least {least}. Choose the whole page",
            name=name,
            width=width,
            height=height,
            least=_MIN_SIDE,
        )


def _load(name: str, image: Image.Image, at_least: tuple[int, int] | None = None) -> int:
    """Decode all pixels and return the EXIF orientation; ``verify`` would pass a JPEG that was cut off."""
    try:
        # The second frame of a phone's JPEG is its preview, not a page.
        pages = 1 if _format(image) == "JPEG" else getattr(image, "n_frames", 1)
        if at_least is not None:
            # The decoder knows the axes of the file only, before EXIF turns them.
            image.draft(None, at_least if _orientation(image) in _SIDEWAYS else at_least[::-1])
        image.load()
        orientation = _orientation(image)  # now: of TIFF files Pillow turns the pixels itself while loading
    except _BROKEN as error:
        raise BadImage("Image {name!r} is damaged: {reason}. Copy or export it again", name=name, reason=str(error)) from error
    # Taking the first page would lose the others without a word.
    if pages > 1:
        raise BadImage(
            "Image {name!r} holds {pages} pages; an image is one page. Save each page as a file of its own", name=name, pages=pages
        )
    return orientation


def _format(image: Image.Image) -> str:
    # MPO is what phones write: a JPEG with a preview behind it.
    return "JPEG" if image.format == "MPO" else str(image.format)


def _orientation(image: Image.Image) -> int:
    return int(image.getexif().get(ExifTags.Base.Orientation, 1))


def _browser_can_show(image: Image.Image, orientation: int) -> bool:
    # Browsers agree on the orientation of a JPEG's EXIF only; boxes drawn on a turned page must not come out elsewhere.
    upright = orientation == 1 or (_format(image) == "JPEG" and "exif" in image.info)
    return upright and _format(image) in _BROWSER_FORMATS and image.mode in _BROWSER_MODES


def _rgb(name: str, image: Image.Image) -> Image.Image:
    """The loaded image upright and in mode RGB."""
    try:
        # In place: an upright page would be copied, up to 300 MB, for nothing.
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode.startswith("I;16"):
            return _from_16_bit(image).convert("RGB")
        if image.mode in ("I", "F"):
            raise ValueError(f"pixels of type {image.mode} have no fixed white")
        if image.has_transparency_data:
            return _over_white(image)
        return image if image.mode == "RGB" else image.convert("RGB")
    except _BROKEN as error:
        raise BadImage(
            "Image {name!r} cannot be shown as RGB: {reason}. Save it as PNG with 8 bits", name=name, reason=str(error)
        ) from error


def _from_16_bit(image: Image.Image) -> Image.Image:
    """Grey of 9 to 16 bits scaled to 8; Pillow's own conversion would clip everything above 255 to white."""
    tags = getattr(image, "tag_v2", {})
    white = 2 ** tags.get(_TAGS["BitsPerSample"], (16,))[0] - 1
    grey = np.round(np.asarray(image, np.float32) * (255 / white)).clip(0, 255).astype(np.uint8)
    white_is_zero = tags.get(_TAGS["PhotometricInterpretation"], 1) == 0  # Pillow inverts these at 8 bits only
    return Image.fromarray(255 - grey if white_is_zero else grey)


def _over_white(image: Image.Image) -> Image.Image:
    # Where a page is transparent its colour is often black; on paper that is white.
    layer = image.convert("RGBA")
    page = Image.new("RGB", image.size, "white")
    page.paste(layer, mask=layer.getchannel("A"))
    return page


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
