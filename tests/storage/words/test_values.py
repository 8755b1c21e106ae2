"""What is written in a box, on the table of cases by which the box editor's own is tested too."""

import json
from pathlib import Path

import pytest

from storage.detections import Detection
from storage.labels import Box
from storage.words import values
from storage.words.words import Words

TABLE = json.loads(Path(__file__).with_name("values.json").read_text("utf-8"))
WORDS = Words.model_validate({**TABLE["words"], "image": "a" * 64, "turn": 0})
CASES = [pytest.param(case, id=case["name"]) for case in TABLE["cases"]]


@pytest.mark.parametrize("case", CASES)
def test_a_box_has_the_text_of_the_words_in_it_and_the_least_of_their_confidences(case):
    found = values.text_in(WORDS, tuple(case["xyxy"]))
    assert (found or (None, None)) == (case["text"], case["read"])


@pytest.mark.parametrize("case", CASES)
def test_a_box_snaps_to_the_words_in_it(case):
    assert list(values.snap(WORDS, tuple(case["xyxy"]))) == case["snapped"]


@pytest.mark.parametrize(
    ("kept", "text"),
    [
        ({}, ("Acme", 0.99)),
        ({"text": "ACME Inc", "read": 0.4}, ("ACME Inc", 0.4)),
        ({"text": "ACME Inc"}, ("ACME Inc", None)),
        ({"text": ""}, ("", None)),
    ],
    ids=["nothing was kept", "read before", "typed", "typed that nothing is there"],
)
def test_what_was_kept_of_a_box_stands_above_the_pages_words(kept, text):
    assert values.text_of(Box(field="f", xyxy=(8, 8, 52, 22), **kept), WORDS) == text


def test_a_box_has_no_text_where_nobody_read_the_page_or_it_has_no_place():
    assert values.text_of(Box(field="f", xyxy=(8, 8, 52, 22)), None) == (None, None)
    assert values.text_of(Detection(field="f", score=0.5), WORDS) == (None, None)
