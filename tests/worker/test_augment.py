"""Artificial variety: each kind changes what it says it does and nothing else, the same for the same seed."""

import numpy as np
import pytest

from worker.augment import AUGMENTATIONS, ROTATIONS, augment

BOX = (100, 40, 160, 60)
VARIED = [name for name in AUGMENTATIONS if name != "none"]


def page():
    """A grey page with a red bar in its only box."""
    pixels = np.full((200, 256, 3), 200, dtype=np.uint8)
    left, top, right, bottom = BOX
    pixels[top:bottom, left:right] = (200, 0, 0)
    return pixels


def varied(name, seed=0):
    return augment(name, page(), np.array([BOX], dtype=np.float32), np.array([3]), seed)


def is_red(pixels):
    """The bar's pixels, however they are exposed: noise is grey."""
    return pixels[..., 0].astype(int) - pixels[..., 1] > 60


def bar_of(pixels):
    """Where the bar is."""
    down, across = np.nonzero(is_red(pixels))
    return np.array([across.min(), down.min(), across.max() + 1, down.max() + 1])


def test_none_changes_nothing():
    pixels, xyxy, class_id = varied("none")
    assert (pixels == page()).all()
    assert (xyxy.tolist(), class_id.tolist()) == ([list(BOX)], [3])


@pytest.mark.parametrize("name", VARIED)
def test_the_same_seed_gives_the_same_page_and_another_one_another(name):
    first, again, other = varied(name, 1), varied(name, 1), varied(name, 2)
    assert all((one == two).all() for one, two in zip(first, again, strict=True))
    assert (first[0] != other[0]).mean() > 0.5


@pytest.mark.parametrize("name", VARIED)
def test_exposure_makes_pages_darker_and_lighter(name):
    plain = [np.median(varied(name, seed)[0][100:190, 20:80]) for seed in range(12)]
    assert min(plain) < 190
    assert max(plain) > 210


@pytest.mark.parametrize("name", VARIED)
def test_noise_makes_plain_paper_uneven(name):
    uneven = [varied(name, seed)[0][100:190, 20:80].std() for seed in range(12)]
    assert page()[100:190, 20:80].std() == 0
    assert np.median(uneven) > 1


def test_exposure_and_noise_leave_boxes_where_they_are():
    for seed in range(4):
        pixels, xyxy, class_id = varied("exposure-noise", seed)
        assert (xyxy.tolist(), class_id.tolist()) == ([list(BOX)], [3])
        assert np.abs(bar_of(pixels) - BOX).max() <= 1


@pytest.mark.parametrize("name", sorted(ROTATIONS))
def test_small_angles_slant_what_is_straight(name):
    # The upper edge of the bar at its ends: of a straight bar in one row.
    slants = []
    for seed in range(8):
        pixels = varied(name, seed)[0]
        left, _, right, _ = bar_of(pixels)
        slants.append(int(is_red(pixels[:, right - 8]).argmax()) - int(is_red(pixels[:, left + 8]).argmax()))
    assert min(slants) < 0 < max(slants)


@pytest.mark.parametrize("name", sorted(ROTATIONS))
def test_boxes_follow_their_pixels(name):
    moved = []
    for seed in range(8):
        pixels, xyxy, class_id = varied(name, seed)
        assert class_id.tolist() == [3]
        assert np.abs(bar_of(pixels) - xyxy[0]).max() <= 3
        moved.append(np.abs(xyxy[0] - BOX).max())
    assert np.median(moved) > 2


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'mirror' is unknown; choose one of none, exposure-noise"):
        varied("mirror")
