"""Pages are read without anybody asking for it, by a real worker too, and looked for at the price of a glance."""

import io

import pytest
from PIL import Image

from storage import images, machines, projects, uploads
from storage.attempts import Message
from storage.words import words
from storage.words.words import Reader, Words
from tests.worker import house
from tests.worker.reading.printed import printed
from worker.reading import background
from worker.reading.background import Background
from worker.reading.languages import reader_of


def add(paths, text):
    buffer = io.BytesIO()
    Image.fromarray(printed([text], (330, 130))[0]).save(buffer, "PNG")
    return uploads.add(paths, f"{text}.png", buffer.getvalue(), "ann").id


@pytest.fixture
def asked(monkeypatch, store):
    """Stands in for reading: what was asked to be read, pass by pass; each page is then kept as read."""
    passes = []

    def read(project, pages, reader, **_):
        passes.append([page.image for page in pages])
        for page in pages:
            words.keep(project, Words(image=page.image, turn=page.turn or 0), reader, page.turn)

    monkeypatch.setattr(background, "read_missing", read)
    return passes


@pytest.fixture
def reading(store):
    return Background(store, machines.register(store, "mill").id)


def test_new_pages_are_found_and_old_ones_asked_for_once(paths, reading, asked):
    first = add(paths, "one")
    assert reading.step()
    assert not reading.step()
    second = add(paths, "two")
    assert reading.step()
    assert asked == [[first], [second]]


def test_newer_uploads_wait_for_some_pages_and_those_are_read_to_their_end(paths, reading, asked, monkeypatch):
    old = [add(paths, f"page {number}") for number in range(background._TURN + 1)]

    def read(project, pages, reader, *, stop_asked, **_):
        # However long it takes.
        monkeypatch.setattr(background.time, "monotonic", lambda: 1e9)
        assert not stop_asked()
        asked.append([page.image for page in pages])
        for page in pages:
            words.keep(project, Words(image=page.image, turn=page.turn or 0), reader, page.turn)

    monkeypatch.setattr(background, "read_missing", read)
    reading.step()
    new = add(paths, "new")
    reading.step()
    assert (len(asked[0]), set(asked[1])) == (background._TURN, {new, *set(old) - set(asked[0])})


@pytest.mark.parametrize(("found", "said"), [(0, 90), (90, 0)])
def test_a_page_that_a_person_turned_otherwise_than_it_was_read_is_read_again(paths, project, reading, asked, found, said):
    image = add(paths, "one")
    words.keep(paths, Words(image=image, turn=found), Reader(project.languages), None)
    assert (reading.step(), asked) == (False, [])
    images.change(paths, images.get(paths, image), "ann", turn=said)
    assert reading.step()
    assert (reading.step(), asked) == (False, [[image]])


def test_a_page_that_could_not_be_read_is_read_again_once_its_words_are_removed(paths, project, reading, asked):
    image = add(paths, "one")
    words.keep(paths, Words(image=image, turn=0, failed=Message(template="The reader ended")), reader_of(project), None)
    for _ in range(3):
        assert not reading.step()
    words.forget_failed(paths, image)
    assert (reading.step(), asked) == (True, [[image]])


def test_a_project_without_news_is_looked_at_and_not_listed(paths, reading, asked, monkeypatch):
    add(paths, "one")
    for _ in range(4):
        reading.step()
    monkeypatch.setattr(reading, "_missing", pytest.fail)
    assert not reading.step()


def test_pages_of_classes_are_read_as_those_of_fields(store, reading, asked):
    image = add(store.project(projects.create(store, "kinds", "classes", ("a", "b")).id), "one")
    assert (reading.step(), asked) == (True, [[image]])


def test_a_real_worker_reads_what_is_uploaded(paths, store, project):
    image = add(paths, "Hello reader")
    reader = reader_of(project)
    with house.WorkerProcess(store):
        house.until(lambda: words.find(paths, image, None, reader), "the page is read")
    assert words.find(paths, image, None, reader).texts == ("Hello", "reader")


def test_the_readers_languages_are_those_of_the_project_that_the_machine_has(project, monkeypatch, tmp_path):
    for name in ("rus", "eng", "osd"):
        (tmp_path / f"{name}.traineddata").touch()
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert reader_of(project.model_copy(update={"languages": ("rus", "kaz", "eng")})) == Reader(("rus", "eng"))
    (tmp_path / "rus.traineddata").unlink()
    assert reader_of(project) == Reader(("eng",))
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path / "nowhere"))
    assert reader_of(project.model_copy(update={"languages": ("rus",)})) == Reader(("eng",))
