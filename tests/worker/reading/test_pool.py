"""Many pages read by several processes: what one page does to its process, full disks, stops, and kills."""

import io
import resource
import signal
import subprocess
import sys

import psutil
import pytest
from PIL import Image

from storage import uploads
from storage.core import open_store
from storage.words import words
from storage.words.words import Reader
from tests.worker import house
from tests.worker.reading import faulty
from tests.worker.reading.printed import printed
from worker.reading import pool
from worker.reading.pool import Page, ReaderBroken, read_missing

ENGLISH = Reader(("eng",))


def add(paths, number, colour=None):
    """The id of an uploaded page: of a colour, or with its number printed."""
    picture = Image.new("RGB", (60, 40), colour) if colour else Image.fromarray(printed([f"Page number {number}"], (330, 130))[0])
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return uploads.add(paths, f"{number}.png", buffer.getvalue(), "ann").id


class Told:
    """What a reading said."""

    def __init__(self):
        self.progress = []
        self.notices = []

    def notice(self, template, **values):
        self.notices.append(template.format(**values))


def read(paths, images, processes=2, stop=lambda: False, **options):
    told = Told()
    read_missing(
        paths,
        [Page(image, None) for image in images],
        ENGLISH,
        processes=processes,
        on_progress=lambda done, total: told.progress.append((done, total)),
        stop_asked=stop,
        notice=told.notice,
        **options,
    )
    return told


def texts(paths, images):
    found = words.find_many(paths, [(image, None) for image in images], ENGLISH)
    return [" ".join(found[image].texts) if image in found else None for image in images]


def test_each_page_is_read_once(paths):
    images = [add(paths, number) for number in range(3)]
    assert read(paths, images).progress[-1] == (3, 3)
    assert texts(paths, images) == [f"Page number {number}" for number in range(3)]
    images.append(add(paths, 3))
    assert read(paths, images).progress[0] == (3, 4)
    assert texts(paths, images)[-1] == "Page number 3"


@pytest.mark.parametrize(
    ("colour", "why"),
    [(faulty.CRASHES, "The reader ended with code -11 at this page"), (faulty.EATS, "The reader ended with code 1 at this page")],
    ids=["crashes", "wants too much memory"],
)
def test_a_page_that_takes_its_reader_down_counts_as_one_without_words(paths, monkeypatch, colour, why):
    monkeypatch.setattr(pool, "MODULE", "tests.worker.reading.faulty")
    images = [add(paths, 0, colour), add(paths, 1), add(paths, 2)]
    told = read(paths, images, processes=1)
    assert texts(paths, images) == ["", "Page number 1", "Page number 2"]
    assert str(words.find(paths, images[0], None, ENGLISH).failed) == why
    assert told.notices == ["Pages that could not be read and count as pages without words: 1"]
    assert told.progress[-1] == (3, 3)


def test_a_page_that_takes_too_long_is_given_up(paths, monkeypatch):
    monkeypatch.setattr(pool, "MODULE", "tests.worker.reading.faulty")
    images = [add(paths, 0, faulty.HANGS), add(paths, 1)]
    read(paths, images, page_s=20)
    assert texts(paths, images) == ["", "Page number 1"]
    assert str(words.find(paths, images[0], None, ENGLISH).failed) == "It took more than 20 seconds"


def test_a_page_whose_file_is_lost_counts_as_one_without_words(paths):
    images = [add(paths, 0), add(paths, 1)]
    paths.original(images[0]).unlink()
    assert read(paths, images).notices == ["Pages that could not be read and count as pages without words: 1"]
    assert texts(paths, images) == ["", "Page number 1"]
    assert "has lost its file" in str(words.find(paths, images[0], None, ENGLISH).failed)


def test_a_reader_that_cannot_even_begin_blames_no_page(paths, monkeypatch):
    monkeypatch.setattr(pool, "MODULE", "tests.worker.reading.missing")
    images = [add(paths, 0)]
    with pytest.raises(ReaderBroken, match="before it read a page"):
        read(paths, images)
    assert texts(paths, images) == [None]


def test_a_full_disk_reaches_the_caller(paths):
    images = [add(paths, 0)]
    # What no file may grow to is a disk without room.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            read(paths, images)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert texts(paths, images) == [None]
    read(paths, images)
    assert texts(paths, images) == ["Page number 0"]


def test_a_stop_ends_it_and_every_process_of_it(paths):
    images = [add(paths, number) for number in range(3)]
    looks = iter([False, False])
    read(paths, images, stop=lambda: next(looks, True))
    assert None in texts(paths, images)
    assert not [child for child in psutil.Process().children() if "worker.reading" in child.cmdline()]


SCRIPT = """
import sys
from pathlib import Path
from storage.core import ProjectPaths
from storage.words.words import Reader
from worker.reading.pool import Page, read_missing
read_missing(ProjectPaths(Path(sys.argv[1])), [Page(image, None) for image in sys.argv[2:]], Reader(("eng",)), processes=2,
    on_progress=lambda done, total: print(done, flush=True), stop_asked=lambda: False, notice=print)
"""


def test_what_a_killed_reading_left_is_read_to_the_same_end(paths, tmp_path):
    images = [add(paths, number) for number in range(6)]
    killed = subprocess.Popen([sys.executable, "-c", SCRIPT, str(paths.folder), *images], stdout=subprocess.PIPE, cwd=house.ROOT, text=True)
    assert killed.stdout is not None
    next(line for line in killed.stdout if int(line) >= 1)
    children = psutil.Process(killed.pid).children()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    house.until(lambda: not any(house.is_running(child.pid) for child in children), "its processes are gone")
    assert None in texts(paths, images)
    read(paths, images)
    whole = open_store(tmp_path / "other").project(paths.id)
    assert [add(whole, number) for number in range(6)] == images
    read(whole, images)
    assert [kept(paths, image) for image in images] == [kept(whole, image) for image in images]


def kept(paths, image):
    """The words of a page as they are kept."""
    return words.find(paths, image, None, ENGLISH)
