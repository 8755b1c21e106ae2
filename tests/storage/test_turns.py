"""Turned pages: a box goes where the pixels under it go, and comes back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.turns import Turn, turn_box, turned, turned_size, unturn_box

WIDTH, HEIGHT = 8, 5
TURNS = st.sampled_from([0, 90, 180, 270])


@st.composite
def boxes_on_pages(draw: st.DrawFn) -> tuple[tuple[int, int, int, int], int, int]:
    width, height = draw(st.integers(8, 5000)), draw(st.integers(8, 5000))
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return (left, top, draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))), width, height


@given(boxes_on_pages(), TURNS)
def test_a_box_comes_back_from_the_turned_page(drawn: tuple[tuple[int, int, int, int], int, int], turn: Turn) -> None:
    box, width, height = drawn
    assert unturn_box(turn_box(box, width, height, turn), width, height, turn) == box


@given(boxes_on_pages(), TURNS)
def test_a_turned_box_lies_on_the_turned_page(drawn: tuple[tuple[int, int, int, int], int, int], turn: Turn) -> None:
    box, width, height = drawn
    left, top, right, bottom = turn_box(box, width, height, turn)
    across, down = turned_size(width, height, turn)
    assert 0 <= left < right <= across
    assert 0 <= top < bottom <= down


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_box_covers_the_pixels_it_covered_before(turn: Turn) -> None:
    page = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    page[1:3, 4:7] = 1
    left, top, right, bottom = (int(side) for side in turn_box((4, 1, 7, 3), WIDTH, HEIGHT, turn))
    shown = np.rot90(page, -turn // 90)
    assert shown.shape[::-1] == turned_size(WIDTH, HEIGHT, turn)
    assert shown[top:bottom, left:right].all()
    assert shown.sum() == (right - left) * (bottom - top)


@given(TURNS, TURNS)
def test_turning_on_stays_within_a_full_circle(turn: Turn, by: Turn) -> None:
    assert turned(turn, by) == (turn + by) % 360


def test_a_quarter_to_the_left_undoes_one_to_the_right() -> None:
    assert turned(turned(0, 90), 270) == 0
