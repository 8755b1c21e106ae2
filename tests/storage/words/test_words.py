"""The words read on pages, as files: who keeps them first, which count of several, and what was read already."""

from hashlib import sha256

import pytest

from storage.machines import Info
from storage.turns import Turn
from storage.words import words
from storage.words.missing import count_read, missing_languages
from storage.words.words import Reader, Words

BOTH, ENGLISH, OLD = Reader(("eng", "rus")), Reader(("eng",)), Reader(("eng", "rus"), version=0)
IMAGE = sha256(b"page").hexdigest()


def page(text: str, image: str = IMAGE, turn: Turn = 0, **more: object) -> Words:
    return Words(image=image, turn=turn, texts=(text,), boxes=((1.0, 2.0, 3.0, 4.5),), confidences=(0.9,), lines=(0,), **more)


def test_words_come_back_as_they_were_kept(paths):
    kept = page("total", turn_certainty=0.9, skew=-1.5, look=(255,) * 64)
    assert words.keep(paths, kept, BOTH, None)
    assert words.find(paths, IMAGE, None, BOTH) == kept
    assert words.find_many(paths, [(IMAGE, None), ("f" * 64, None)], BOTH) == {IMAGE: kept}


def test_of_two_who_read_a_page_the_first_counts(paths):
    assert words.keep(paths, page("first"), BOTH, None)
    assert not words.keep(paths, page("second"), BOTH, None)
    assert words.find(paths, IMAGE, None, BOTH).texts == ("first",)


def test_a_page_that_was_not_read_has_no_words(paths):
    assert words.find(paths, IMAGE, None, BOTH) is None
    assert words.is_read(paths, [(IMAGE, None)], BOTH) == set()


@pytest.mark.parametrize(
    ("readers", "best"),
    [
        ([ENGLISH, BOTH], BOTH),  # the one asked for
        ([OLD, ENGLISH], ENGLISH),  # else the newest
        ([Reader(("kaz",)), ENGLISH], ENGLISH),  # else the one with most of the languages
    ],
)
def test_of_several_readers_the_best_counts(paths, readers, best):
    for reader in readers:
        words.keep(paths, page(reader.name), reader, None)
    assert words.find(paths, IMAGE, None, BOTH).texts == (best.name,)


def test_words_of_a_page_turned_otherwise_do_not_count(paths):
    words.keep(paths, page("sideways", turn=90), BOTH, None)
    assert words.find(paths, IMAGE, 90, BOTH).texts == ("sideways",)
    assert words.find(paths, IMAGE, 0, BOTH) is None
    words.keep(paths, page("upright"), BOTH, 0)
    assert words.find(paths, IMAGE, 0, BOTH).texts == ("upright",)
    assert words.find(paths, IMAGE, None, BOTH).texts == ("sideways",)


def test_a_page_counts_as_read_by_the_very_reader_and_as_it_is_turned(paths):
    words.keep(paths, page("sideways", turn=90), BOTH, None)
    other = "f" * 64
    words.keep(paths, page("said", image=other), BOTH, 0)

    def read(turn: Turn | None, reader: Reader = BOTH) -> set[str]:
        return words.is_read(paths, [(IMAGE, turn), (other, turn)], reader)

    assert (read(None), read(90), read(0), read(180)) == ({IMAGE}, {IMAGE}, {other}, set())
    assert read(None, ENGLISH) == set()


def test_a_damaged_file_counts_as_not_there(paths):
    words.keep(paths, page("whole"), ENGLISH, None)
    words.keep(paths, page("torn"), BOTH, None)
    paths.words(IMAGE, None, BOTH.name).write_bytes(b'{"record":')
    assert words.find(paths, IMAGE, None, BOTH).texts == ("whole",)
    assert set(words.find_many(paths, [(IMAGE, None)], BOTH)) == {IMAGE}


def test_other_files_in_the_folder_are_passed_over(paths):
    words.keep(paths, page("total"), BOTH, None)
    for name in ("notes.txt", f"{IMAGE}.json", f"{IMAGE}.45.1-eng.json", f"{IMAGE}.any.x-eng.json"):
        (paths.word_shard(IMAGE) / name).write_text("{}")
    assert words.find(paths, IMAGE, None, BOTH).texts == ("total",)


def test_pages_are_counted_once_however_often_they_were_read(paths):
    assert count_read(paths) == 0
    other = sha256(b"other").hexdigest()
    for image, reader in ((IMAGE, BOTH), (IMAGE, ENGLISH), (other, BOTH)):
        words.keep(paths, page("total", image=image), reader, None)
    assert count_read(paths) == 2


def test_a_language_is_missing_if_no_machine_has_it(project):
    russian, none = Info.model_construct(languages=("eng", "rus")), Info.model_construct(languages=())
    three = project.model_copy(update={"languages": ("eng", "rus", "kaz")})
    assert missing_languages(three, [none, russian]) == ("kaz",)
    assert missing_languages(project, [none]) == ("rus",)
    assert missing_languages(project.model_copy(update={"languages": ("eng",)}), [none]) == ()
