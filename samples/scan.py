"""From a clean page to what an office scanner makes of it: tint, shadow, a slight turn, blur, noise."""

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Boxes = NDArray[np.float64]  # (n, 4), xyxy

SIZE = (900, 1272)  # width and height, pixels: A4 at 109 dots an inch


def scan(page: Picture, boxes: Boxes, chance: np.random.Generator) -> tuple[Picture, Boxes]:
    """The page (height, width, 3), drawn larger than ``SIZE``, as a scan of that size, and its boxes there."""
    scale = page.shape[1] / SIZE[0]
    paper = _tint(page, chance)
    if chance.random() < 0.3:
        _punch(paper, scale, chance)
    turn = _turn(scale, chance)
    # Shrinking takes single pixels, so each has to hold what lies around it.
    smooth = cv2.GaussianBlur(paper, (0, 0), scale * chance.uniform(0.36, 0.5))
    lid = (int(chance.integers(150, 205)),) * 3  # seen beside a page that lies askew
    small = cv2.warpAffine(smooth, turn, SIZE, flags=cv2.INTER_LINEAR, borderValue=lid) * _shadow(chance)[..., None]
    if chance.random() < 0.3:  # a scanner set to grey
        small = np.repeat(small.mean(axis=2, keepdims=True), 3, axis=2)
    small += chance.normal(0, chance.uniform(1.0, 2.2), (SIZE[1], SIZE[0], 1))
    return np.clip(small, 0, 255).astype(np.uint8), _move(boxes, turn)


def _tint(page: Picture, chance: np.random.Generator) -> Picture:
    """Paper that is not quite white, and print that is not quite black."""
    white, warmth = chance.uniform(238, 249), chance.uniform(0, 13)
    paper = np.array([white - warmth, white - warmth / 3, white])  # blue, green, red
    ink = chance.uniform(18, 48)
    return (ink + page.astype(np.float32) / 255 * (paper - ink)).astype(np.uint8)


def _turn(scale: float, chance: np.random.Generator) -> NDArray[np.float64]:
    """The affine map from the drawn page to the scan: shrunk, turned by up to a degree, shifted."""
    centre = (SIZE[0] * scale / 2, SIZE[1] * scale / 2)
    turn = np.asarray(cv2.getRotationMatrix2D(centre, chance.uniform(-1, 1), chance.uniform(0.985, 1.0) / scale), np.float64)
    turn[:, 2] += np.array(SIZE) / 2 - centre + chance.uniform(-5, 5, 2)
    return turn


def _shadow(chance: np.random.Generator) -> NDArray[np.float64]:
    """Brightness over the scan: darker towards one edge, where the page was bound, and perhaps along a fold."""
    across, down = np.linspace(0, 1, SIZE[0]), np.linspace(0, 1, SIZE[1])
    across = across if chance.random() < 0.7 else across[::-1]
    light = np.outer(1 - chance.uniform(0, 0.05) * down, 1 - chance.uniform(0.05, 0.25) * np.exp(-across / 0.035))
    if chance.random() < 0.35:
        fold = chance.choice((1 / 3, 1 / 2)) + chance.uniform(-0.02, 0.02)
        crease, edge = np.exp(-np.abs(down - fold) / 0.004), np.exp(-np.abs(down - fold - 0.008) / 0.01)
        light *= (1 - 0.10 * crease + 0.03 * edge)[:, None]
    return light


def _punch(paper: Picture, scale: float, chance: np.random.Generator) -> None:
    """The two holes of a ring binder, 80 mm apart, with the lid behind them in their rims' shadow."""
    middle, left = SIZE[1] / 2 + chance.uniform(-30, 30), chance.uniform(26, 40)
    for side in (-1, 1):
        across, down = int(left * scale), int((middle + side * 172) * scale)
        cv2.circle(paper, (across, down), int(13 * scale), (120, 120, 120), -1, cv2.LINE_AA)
        cv2.circle(paper, (across + 1, down + 2), int(11 * scale), (176, 176, 176), -1, cv2.LINE_AA)


def _move(boxes: Boxes, turn: NDArray[np.float64]) -> Boxes:
    """Upright boxes around the turned ones."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ turn[:, :2].T + turn[:, 2]
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 @ np.abs(turn[:, :2]).T
    return np.clip(np.hstack([centres - half, centres + half]), 0, [*SIZE, *SIZE])
