"""The words of a page, in lines and rows."""

import numpy as np

from tests.worker.text.letters import words_of
from worker.text.page import MOST_WORDS, amount, kinds, make_page


def test_lines_stand_in_rows_and_rows_from_top_to_bottom():
    words = words_of([(100, [("below", 10)]), (12, [("right", 300)]), (10, [("left", 10), ("too", 80)])])
    page = make_page(words, 600, 400, 0)
    assert [page.text(row) for row in page.row_words] == ["left too right", "below"]


def test_a_page_turned_by_a_quarter_has_its_words_where_they_are_seen():
    words = words_of([(10, [("up", 20)])])
    page = make_page(words, 600, 400, 90)
    assert page.size == (400, 600)
    np.testing.assert_allclose(page.xyxy, [[370, 20, 390, 40]])


def test_the_line_above_and_below_are_the_nearest_that_share_some_width():
    page = make_page(words_of([(10, [("head", 10)]), (50, [("middle", 10), ("aside", 400)]), (90, [("foot", 10)])]), 600, 400, 0)
    assert page.above(page.xyxy).tolist() == [-1, 0, -1, 1]
    assert page.below(page.xyxy).tolist() == [1, 2, -1, -1]


def test_a_page_without_words_has_no_lines():
    page = make_page(None, 600, 400, 0)
    assert (len(page), page.lines, page.rows, page.ink.tolist()) == (0, (), (), [0, 0, 600, 400])


def test_of_a_page_with_more_words_than_anybody_prints_the_first_are_looked_at():
    crowd = words_of([(20 * line, [("x", 20 * place) for place in range(100)]) for line in range(200)])
    assert len(make_page(crowd, 4000, 4000, 0)) == MOST_WORDS


def test_words_in_a_box_come_in_reading_order():
    page = make_page(words_of([(50, [("c", 10)]), (10, [("b", 50), ("a", 10)])]), 600, 400, 0)
    assert page.text(page.inside(np.array([0, 0, 100, 100], np.float32)).tolist()) == "a b c"


def test_dates_and_sums_are_known_by_their_shape_in_both_languages():
    assert [kinds(text) for text in ("01.02.2026", "3 марта 2026", "12:40", "12 500,00 руб")] == [
        ["date", "number"],
        ["date"],
        ["time", "number"],
        ["amount", "currency"],
    ]
    dates = ("2026-03-01", "1 Mar 26", "Mar 1, 2026", "01/02/26 12:40", "(01.02.2026)", "04/12/201713:07")
    assert all("date" in kinds(text) for text in dates)
    # A telephone, a car's sign, an account, a farm.
    assert not any({"date", "currency"} & set(kinds(text)) for text in ("1300-88-6555", "A123-45-67", "4012.12.345", "Green farm"))
    assert [amount(text) for text in ("1,234.50", "RM8.00", "12 500,00", "8.0.", "none")] == [1234.5, 8.0, 12500.0, None, None]
