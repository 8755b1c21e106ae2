"""Artificial variety for a small labelled set: small rotations, exposure and noise, as scanners and cameras vary.

Written on OpenCV rather than albumentations: one warp and one table look-up per page, every random number from the
generator handed in (so that a resumed run repeats itself), and 3 s less to import before the first iteration.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

AUGMENTATIONS = ("none", "exposure-noise", "rotations-exposure-noise")
"""What the template offers."""

_DEGREES = 2.0
_ZOOM = 0.08
_SHIFT = 0.04  # of the canvas
_CONTRAST = 0.3
_BRIGHTNESS = 30.0  # of 255
_NOISE = 16  # largest deviation, of 255
_PADDING = 114


def augment(
    augmentation: str, page: NDArray[np.uint8], xyxy: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A varied copy of one page (height, width, 3) with its boxes (n, 4); ValueError for an unknown name."""
    if augmentation not in AUGMENTATIONS:
        raise ValueError(f"augmentation {augmentation!r} is unknown; choose one of {', '.join(AUGMENTATIONS)}")
    if augmentation == "none":
        return page, xyxy
    if augmentation == "rotations-exposure-noise":
        page, xyxy = _turn(page, xyxy, rng)
    return _noise(_expose(page, rng), rng), xyxy


def _turn(page: NDArray[np.uint8], xyxy: NDArray[np.float32], rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    height, width = page.shape[:2]
    degrees, zoom = rng.uniform(-_DEGREES, _DEGREES), 1 + rng.uniform(-_ZOOM, _ZOOM)
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom), dtype=np.float64)
    matrix[:, 2] += rng.uniform(-_SHIFT, _SHIFT, 2) * (width, height)
    turned = cv2.warpAffine(page, matrix, (width, height), borderValue=(_PADDING,) * 3)
    return np.asarray(turned, dtype=np.uint8), _turn_boxes(xyxy, matrix, width, height)


def _turn_boxes(xyxy: NDArray[np.float32], matrix: NDArray[np.float64], width: int, height: int) -> NDArray[np.float32]:
    centre = np.stack([xyxy[:, 0] + xyxy[:, 2], xyxy[:, 1] + xyxy[:, 3]]) / 2
    half = np.stack([xyxy[:, 2] - xyxy[:, 0], xyxy[:, 3] - xyxy[:, 1]]) / 2
    centre = matrix[:, :2] @ centre + matrix[:, 2:]
    half = np.sqrt(matrix[:, :2] ** 2 @ half**2)
    turned = np.concatenate([centre - half, centre + half]).T
    return np.clip(turned, 0, [width, height, width, height]).astype(np.float32)


def _expose(page: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    contrast, brightness = 1 + rng.uniform(-_CONTRAST, _CONTRAST), rng.uniform(-_BRIGHTNESS, _BRIGHTNESS)
    table = (np.arange(256) - 127.5) * contrast + 127.5 + brightness
    return np.asarray(cv2.LUT(page, np.clip(table, 0, 255).astype(np.uint8)), dtype=np.uint8)


def _noise(page: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    # Uniform bytes through a table: ten times faster than normal deviates for a page of half a million pixels.
    most = rng.uniform(0, _NOISE)
    table = np.round((np.arange(256) - 127.5) / 127.5 * most).astype(np.int16)
    grain = np.frombuffer(rng.bytes(page[..., 0].size), dtype=np.uint8).reshape(page.shape[:2])
    grey = cv2.LUT(grain, table)
    return np.asarray(cv2.add(page, cv2.merge([grey, grey, grey]), dtype=cv2.CV_8U), dtype=np.uint8)
