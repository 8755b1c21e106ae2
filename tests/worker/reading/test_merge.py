"""What PP-OCRv6 and Tesseract read on one page becomes one reading."""

from dataclasses import replace

import pytest

from worker.reading.merge import merge
from worker.reading.word import Word

SURE = {"Total", "TOTAL", "COBET"}
LINE = (0.0, 0.0, 400.0, 20.0)


def words(*texts, confidence=0.9, top=2.0):
    """Words side by side, each 40 pixels wide, of which the reader is as sure."""
    return [Word(text, (50.0 * place, top, 50.0 * place + 40, top + 16), confidence) for place, text in enumerate(texts)]


def unsure(word):
    """The word as PP-OCRv6 reads other scripts: it knows that it does not know."""
    return replace(word, confidence=0.5) if any(c.isalpha() for c in word.text) and word.text not in SURE else word


def read(first, second, confidence=0.9):
    """What is made of a line of both readers."""
    lines = merge([[unsure(word) for word in words(*first)]], [words(*second, confidence=confidence)], [LINE])
    return [[word.text for word in line] for line in lines]


@pytest.mark.parametrize(
    ("first", "second", "merged"),
    [
        (["HTOrO", "125.00"], ["Итого", "125,00"], ["Итого", "125.00"]),  # numbers as PP-OCRv6 reads them
        (["Total", "125.00"], ["Тotal", "12S.00"], ["Total", "125.00"]),
        (["TOTAL"], ["ТОТАЛ"], ["TOTAL"]),  # one letter in five is no other script
        (["COBET"], ["СОВЕТ"], ["COBET"]),  # of look-alikes alone nothing tells
        (["OOO", "Pomawka"], ["OOO", "Ромашка"], ["ООО", "Ромашка"]),
        (["Ka6enb", "U5B"], ["Кабель", "USВ"], ["Кабель", "USB"]),
        ([], ["Подпись"], ["Подпись"]),
        (["0331", "Mocsga"], ["000331", "Москва"], ["000331", "Москва"]),
        (["Utoro", "120", "P"], ["Итого", "120", "Р"], ["Итого", "120", "₽"]),
        (["Utoro", "120", "P"], ["Итого", "120", "ЗЕ."], ["Итого", "120", "₽"]),
        (["000", "<Ueh>"], ["000", "«Цех»"], ["ООО", "«Цех»"]),
    ],
)
def test_a_line_is_read_by_whoever_knows_its_letters(first, second, merged):
    assert read(first, second) == [merged]


def test_what_tesseract_is_unsure_of_is_left():
    assert read(["HTOrO"], ["Итого"], confidence=0.2) == [["HTOrO"]]


def test_a_number_that_tesseract_missed_stays_in_a_line_of_its_words():
    assert read(["HTOrO", "125.00"], ["Итого"]) == [["Итого", "125.00"]]


def test_a_line_that_only_tesseract_saw_is_added_if_its_letters_are_foreign_and_sure():
    lines = merge(
        [words("Total")], [words("Подпись", top=100.0), words("smudge", top=200.0), words("ил", top=300.0, confidence=0.5)], [LINE]
    )
    assert [[word.text for word in line] for line in lines] == [["Total"], ["Подпись"]]


def test_a_few_foreign_letters_on_a_page_are_smudges():
    others = [words("Thank", "you", "for", "shopping", "here", "на", top=100.0), words("Спапде", top=200.0)]
    assert merge([words("Change")], others, [LINE]) == [words("Change")]
