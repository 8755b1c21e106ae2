"""Reads pages, one after the other: ``python -m worker.reading PROJECT_FOLDER LANGUAGES PARENT``.

Each line on standard input names an image and how people turned it. Its words are kept in the store, and a line on
standard output says that they are, or why they cannot be.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, TextIO

import cv2

from storage.attempts import message_of
from storage.core import BadImage, ProjectPaths
from storage.pictures import read_rgb
from storage.turns import Turn
from storage.words import words
from storage.words.words import Reader, Words
from worker.parent import die_with_parent
from worker.reading.page_reader import PageReader

# Some 600 MB are needed for usual pages, 2 GB for the largest that the store takes.
_MEMORY = 4 << 30


def main(folder: str, languages: str, parent: str) -> None:
    """Read until standard input ends."""
    die_with_parent(int(parent))
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    answers = _take_stdout()
    # Each core has a process.
    cv2.setNumThreads(1)
    project = ProjectPaths(Path(folder))
    reader = Reader(tuple(languages.split("+")))
    pages = PageReader(reader.languages)
    _answer(answers, failed=False)
    for line in sys.stdin:
        image, turn = json.loads(line)
        found = _read(pages, project, image, turn)
        try:
            words.keep(project, found, reader, turn)
        except OSError as error:
            _answer(answers, errno=error.errno, reason=error.strerror, path=str(error.filename))
        else:
            _answer(answers, failed=found.failed is not None)


def _read(pages: PageReader, project: ProjectPaths, image: str, turn: Turn | None) -> Words:
    try:
        rgb = read_rgb(project.original(image))
    except BadImage as error:
        return Words(image=image, turn=turn or 0, turn_certainty=None if turn is not None else 0.0, failed=message_of(error))
    page = pages.read(rgb, turn)
    return Words(image=image, **vars(page))


def _take_stdout() -> TextIO:
    """Standard output for our answers alone: whatever libraries print goes where errors go."""
    own = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return own


def _answer(answers: TextIO, **told: Any) -> None:
    print(json.dumps(told), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
