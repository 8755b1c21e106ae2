"""A line cut into words as people would."""

import time

import pytest

from worker.reading.ppocr import Character
from worker.reading.words_of_line import cut


def line(text, pitch=1.0):
    """Characters side by side, ``pitch`` of the line's height apart."""
    return [Character(character, (number + 0.5) / len(text), 0.9) for number, character in enumerate(text)], len(text) * pitch


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TOTAL RM 12.50", ["TOTAL", "RM", "12.50"]),
        ("Date:01/02/2018", ["Date:", "01/02/2018"]),
        ("(12.03.2024)", ["(", "12.03.2024", ")"]),
        ("TOTAL(RM)", ["TOTAL", "(RM)"]),
        ("Tel:07-3507405", ["Tel:", "07-3507405"]),
        ("due£2,613.84", ["due", "£2,613.84"]),
        ("20:49:59", ["20:49:59"]),
        ("1,00,000.00", ["1,00,000.00"]),  # as amounts are written in India; no date
        (":0042", [":", "0042"]),
        ("ＴＯＴＡＬ：５", ["TOTAL:", "5"]),
        ("   ", []),
    ],
)
def test_a_line_is_cut_where_people_would(text, words):
    assert [piece.text for piece in cut(*line(text, 0.5))] == words


def test_words_stand_apart_where_the_line_has_a_gap_without_a_blank():
    characters = [Character("a", 0.1, 0.9), Character("b", 0.15, 0.9), Character("c", 0.8, 0.9)]
    assert [piece.text for piece in cut(characters, 10)] == ["ab", "c"]


def test_words_lie_side_by_side_in_their_order():
    pieces = cut(*line("Date:01/02/2018 20:49", 0.5))
    edges = [edge for piece in pieces for edge in (piece.left, piece.right)]
    assert edges == sorted(edges)
    assert (edges[0] >= 0, edges[-1] <= 1) == (True, True)


def test_a_word_is_as_sure_as_its_least_sure_character():
    characters = [Character("a", 0.2, 0.9), Character("b", 0.4, 0.3), Character("c", 0.6, 0.8)]
    assert [piece.confidence for piece in cut(characters, 2)] == [0.3]


def test_twenty_thousand_words_in_a_line_are_cut_in_no_time():
    characters, aspect = line("ab " * 20_000, 0.5)
    started = time.monotonic()
    assert len(cut(characters, aspect)) == 20_000
    assert time.monotonic() - started < 5
