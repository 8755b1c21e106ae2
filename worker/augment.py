"""Artificial variety for a small labelled set: small angles, exposure and noise, as scanners and cameras vary.

Pages are upright when they come here. Those that lie sideways or upside down are told by `worker.orientation`, which learns
from copies turned by 90, 180 and 270 degrees.
"""

import os
import threading

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it would ask the internet for a newer version

import albumentations as A

AUGMENTATIONS = ("none", "exposure-noise", "rotations-exposure-noise")
"""What the template offers."""

ROTATIONS: frozenset[str] = frozenset({"rotations-exposure-noise"})
"""Those with which it is learned, too, which way up pages are; with the others they are taken as people turned them."""

# Small, since scans are nearly straight and the enclosing box of a turned text line is taller than the line.
_DEGREES = 2.0
_ZOOM = 0.08
_SHIFT = 0.04  # of the canvas
_CONTRAST = 0.3
_BRIGHTNESS = 0.12  # of the full range
_NOISE = 0.035  # largest standard deviation, of the full range
_PADDING = 114  # the letterbox's grey, so that uncovered corners look like its margin

# A composition holds its own random state: one for each loader thread, so that none disturbs another's.
_local = threading.local()


def augment(
    augmentation: str, page: NDArray[np.uint8], xyxy: NDArray[np.float32], class_id: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int64]]:
    """A varied copy of one page (height, width, 3) with its boxes (n, 4) and classes (n,), the same for the same seed.

    A box pushed off the page is left out. ValueError for an unknown name.
    """
    if augmentation == "none":
        return page, xyxy, class_id
    composition = _composition(augmentation)
    # For each page, as it is chance which thread loads which.
    composition.set_random_seed(seed)
    if augmentation == "exposure-noise":  # boxes stay where they are
        return composition(image=page)["image"], xyxy, class_id
    varied = composition(image=page, bboxes=xyxy, class_id=class_id)
    return varied["image"], varied["bboxes"].astype(np.float32).reshape(-1, 4), np.asarray(varied["class_id"], dtype=np.int64)


def _composition(augmentation: str) -> A.Compose:
    if augmentation not in AUGMENTATIONS:
        raise ValueError(f"augmentation {augmentation!r} is unknown; choose one of {', '.join(AUGMENTATIONS)}")
    kept: dict[str, A.Compose] = _local.__dict__.setdefault("compositions", {})
    if augmentation not in kept:
        boxes = A.BboxParams(format="pascal_voc", label_fields=["class_id"], clip=True, filter_invalid_bboxes=True, min_area=1)
        slanted = A.Compose([_slant(), _expose(), _grain()], bbox_params=boxes)
        kept[augmentation] = slanted if augmentation in ROTATIONS else A.Compose([_expose(), _grain()])
    return kept[augmentation]


def _slant() -> A.Affine:
    # Moved and enlarged a little, too. The ellipse inside a box, turned, is enclosed more tightly than its corners,
    # which are seldom printed on.
    return A.Affine(
        rotate=(-_DEGREES, _DEGREES),
        scale=(1 - _ZOOM, 1 + _ZOOM),
        translate_percent=(-_SHIFT, _SHIFT),
        rotate_method="ellipse",
        fill=_PADDING,
        p=1,
    )


def _expose() -> A.RandomBrightnessContrast:
    return A.RandomBrightnessContrast(brightness_limit=_BRIGHTNESS, contrast_limit=_CONTRAST, p=1)


def _grain() -> A.GaussNoise:
    # Grey noise at a quarter of the size, enlarged: a tenth of the time of full noise, which shows in every iteration.
    return A.GaussNoise(std_range=(0, _NOISE), per_channel=False, noise_scale_factor=0.25, p=1)
