"""Reading real pages: words, their places, which way up the page is, and pages on which there is nothing to read."""

import cv2
import numpy as np
import pytest

from storage.pictures import read_rgb
from tests.worker import house
from tests.worker.reading.printed import LINES, overlap, printed
from worker.reading.languages import languages
from worker.reading.page_reader import PageReader

INVOICES = house.ROOT / "samples" / "invoices" / "images"
WORDS = [word for line in LINES for word in line.split()]

cyrillic = pytest.mark.skipif("rus" not in languages(), reason="Tesseract's Russian is not installed")


@pytest.fixture(scope="module")
def reader():
    return PageReader(("eng",))


@pytest.fixture(scope="module")
def upright(reader):
    return reader.read(printed()[0], None)


def test_words_are_read_line_by_line(upright):
    assert list(upright.texts) == WORDS
    assert list(upright.lines) == [number for number, line in enumerate(LINES) for _ in line.split()]
    assert min(upright.confidences) > 0.8


def test_a_words_box_is_around_its_ink(upright):
    assert min(overlap(box, ink) for box, ink in zip(upright.boxes, printed()[1], strict=True)) > 0.6


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_is_turned_upright_and_its_boxes_stay_in_its_own_pixels(reader, upright, turn):
    page, _ = printed()
    read = reader.read(np.ascontiguousarray(np.rot90(page, turn // 90)), None)
    height, width = page.shape[:2]
    assert (read.turn, read.texts, read.look) == (turn, upright.texts, upright.look)
    assert read.turn_certainty >= 0.5
    middles = {
        0: lambda x, y: (x, y),
        90: lambda x, y: (y, width - x),
        180: lambda x, y: (width - x, height - y),
        270: lambda x, y: (height - y, x),
    }
    for (left, top, right, bottom), (a, b, c, d) in zip(upright.boxes, read.boxes, strict=True):
        there = middles[turn]((left + right) / 2, (top + bottom) / 2)
        assert there == pytest.approx(((a + c) / 2, (b + d) / 2), abs=4)


def test_what_people_said_of_the_turn_is_not_questioned(reader):
    read = reader.read(np.ascontiguousarray(np.rot90(printed()[0], 2)), 0)
    assert (read.turn, read.turn_certainty) == (0, None)
    assert "Kingfisher" not in read.texts


@pytest.mark.parametrize("degrees", [-4.0, 3.0])
def test_a_skewed_page_is_straightened(reader, degrees):
    page, boxes = printed()
    matrix = cv2.getRotationMatrix2D((380, 210), -degrees, 1)
    skewed = cv2.warpAffine(page, matrix, (760, 420), borderValue=(255, 255, 255))
    read = reader.read(skewed, None)
    assert list(read.texts) == WORDS
    assert read.skew == pytest.approx(degrees, abs=0.7)
    for (left, top, right, bottom), box in zip(boxes, read.boxes, strict=True):
        middle = matrix @ ((left + right) / 2, (top + bottom) / 2, 1)
        assert middle == pytest.approx(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), abs=8)


def test_on_a_skewed_page_what_stands_in_a_row_is_read_in_a_row(reader):
    left, _ = printed(["Invoice number", "Invoice date", "Total to pay"], (300, 260))
    right, _ = printed(["2045", "17 March", "1,284.50"], (300, 260))
    page = np.full((260, 1100, 3), 255, np.uint8)
    page[:, :300], page[:, 800:] = left, right
    matrix = cv2.getRotationMatrix2D((550, 130), -4, 1)  # at the right 56 pixels lower, and rows are 70 apart
    read = reader.read(cv2.warpAffine(page, matrix, (1100, 260), borderValue=(255, 255, 255)), 0)
    assert " ".join(read.texts) == "Invoice number 2045 Invoice date 17 March Total to pay 1,284.50"


def test_a_blank_page_has_no_words_and_says_nothing_of_its_turn(reader):
    read = reader.read(np.full((400, 300, 3), 255, np.uint8), None)
    assert (read.texts, read.turn, read.turn_certainty, read.look) == ((), 0, 0.0, (255,) * 64)


def test_a_photo_without_text_says_nothing_of_its_turn(reader):
    random = np.random.default_rng(0)
    photo = cv2.resize(random.integers(0, 255, (9, 12, 3), np.uint8), (640, 480), interpolation=cv2.INTER_CUBIC)
    read = reader.read(photo, None)
    assert read.turn_certainty < 0.5
    assert len(read.texts) < 3


def test_text_that_stands_on_end_is_read_beside_text_that_lies(reader):
    page, _ = printed(size=(900, 420))
    margin, _ = printed(["Archive copy"], (420, 120))
    page[:, 780:] = np.rot90(margin)
    read = reader.read(page, None)
    assert (read.turn, {*WORDS, "Archive", "copy"} - {*read.texts}) == (0, set())


def test_reading_again_reads_the_same(reader, upright):
    assert reader.read(printed()[0], None) == upright


def test_a_language_that_the_machine_lacks_is_read_without(upright):
    assert PageReader(("eng", "tlh")).read(printed()[0], None) == upright


@pytest.fixture(scope="module")
def both():
    return PageReader(("eng", "rus"))


@cyrillic
def test_another_script_changes_nothing_on_an_english_page(both, upright):
    assert both.read(printed()[0], None) == upright


def invoice_lines(reader, number):
    read = reader.read(read_rgb(INVOICES / f"invoice-{number}.jpg"), None)
    assert read.turn_certainty >= 0.5
    return [" ".join(text for text, line in zip(read.texts, read.lines, strict=True) if line == place) for place in sorted({*read.lines})]


@cyrillic
def test_two_scripts_in_a_line_are_read_both(both):
    lines = invoice_lines(both, "01")
    assert "ИНН 0012345670" in lines
    assert any(line.startswith("Счёт на оплату № 1786 от 21 мая 2025 г.") for line in lines)


@cyrillic
def test_the_sign_after_a_sum_is_read_though_it_looks_like_many_things_at_once(both):
    assert "46 356,00 ₽" in invoice_lines(both, "34")


@cyrillic
def test_a_word_that_looks_latin_among_cyrillic_ones_is_read_without_english(both):
    assert any("Заводской пер., д. 2" in line for line in invoice_lines(both, "12"))
