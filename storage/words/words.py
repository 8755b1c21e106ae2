"""The words read on each page: files beside the images, created once, that may be deleted and are then made again.

They cost seconds a page and are wanted on several hosts, so they lie in the store and not in a cache. A page may have
been read by several readers (with more languages, or by an older version); the best of them counts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from storage.attempts import Message
from storage.core import Damaged, ProjectPaths, Record, create_once, encode, list_names, load_if_there, make_folder
from storage.turns import Turn

VERSION = 2
"""Of the reader; raised when its words become other ones."""

XYXY = tuple[float, float, float, float]

_NAME = re.compile(r"(?P<image>[0-9a-f]{64})\.(?P<turn>any|0|90|180|270)\.(?P<version>\d+)-(?P<languages>[A-Za-z_+]+)\.json")


class Words(Record):
    """What was read on one page: ``texts[i]`` stands in ``boxes[i]`` and in line ``lines[i]`` (in reading order).

    Boxes are ``xyxy`` in pixels of the original after its EXIF orientation, unturned like those of labels; confidences
    go from 0 to 1. ``turn`` is how many degrees clockwise the page must be turned to stand upright.
    """

    image: str
    turn: Turn
    # How sure the turn is, 0 to 1; 0 where nothing on the page told, and None where people had said it.
    turn_certainty: float | None = None
    # Degrees clockwise that the lines of the turned page slope.
    skew: float = 0.0
    texts: tuple[str, ...] = ()
    boxes: tuple[XYXY, ...] = ()
    confidences: tuple[float, ...] = ()
    lines: tuple[int, ...] = ()
    # The upright page in 8 × 8 grey levels of 0 to 255, row by row: what it looks like, to tell pages apart by.
    look: tuple[int, ...] = ()
    # Why it could not be read; such a page counts as one without words.
    failed: Message | None = None


@dataclass(frozen=True)
class Reader:
    """Which words are meant: the reader's version and its Tesseract languages, in the order of the project's."""

    languages: tuple[str, ...]
    version: int = VERSION

    @property
    def name(self) -> str:
        """As it stands in the names of files."""
        return f"{self.version}-{'+'.join(self.languages)}"


def keep(project: ProjectPaths, words: Words, reader: Reader, asked: Turn | None) -> bool:
    """Keep what was read on a page that people had turned by ``asked`` (None: nobody said); False if it was there already."""
    make_folder(project.word_shard(words.image))
    return create_once(project.words(words.image, asked, reader.name), encode(words))


def forget_failed(project: ProjectPaths, image: str) -> None:
    """Have a page that could not be read be tried again; what was read stays."""
    shard = project.word_shard(image)
    for name in _by_image(list_names(shard)).get(image, []):
        words = _load(shard / name)
        if words is not None and words.failed:
            (shard / name).unlink(missing_ok=True)


def find(project: ProjectPaths, image: str, turn: Turn | None, reader: Reader) -> Words | None:
    """The best words read on the page as it is turned; None if it was not read yet. Of several readers, ``reader`` counts most."""
    return _best(project, image, list_names(project.word_shard(image)), turn, reader)


def find_many(project: ProjectPaths, images: Iterable[tuple[str, Turn | None]], reader: Reader) -> dict[str, Words]:
    """The best words of each of these images with their turns; those that were not read are left out."""
    shards: dict[Path, dict[str, list[str]]] = {}
    found: dict[str, Words] = {}
    for image, turn in images:
        shard = project.word_shard(image)
        # Each shard is listed once: a listing for each image would be quadratic.
        if shard not in shards:
            shards[shard] = _by_image(list_names(shard))
        words = _best(project, image, shards[shard].get(image, []), turn, reader)
        if words is not None:
            found[image] = words
    return found


def is_read(project: ProjectPaths, images: Iterable[tuple[str, Turn | None]], reader: Reader) -> set[str]:
    """Those of the images that this very reader has read as they are turned; opens no file that it need not."""
    shards: dict[Path, set[str]] = {}
    done = set()
    for image, turn in images:
        shard = project.word_shard(image)
        if shard not in shards:
            shards[shard] = set(list_names(shard))
        names = shards[shard]
        if project.words(image, turn, reader.name).name in names:
            done.add(image)
        elif turn is not None and project.words(image, None, reader.name).name in names:
            words = _load(project.words(image, None, reader.name))
            if words is not None and words.turn == turn:
                done.add(image)
    return done


def _by_image(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(name.split(".")[0], []).append(name)
    return found


def _best(project: ProjectPaths, image: str, names: Iterable[str], turn: Turn | None, reader: Reader) -> Words | None:
    parsed = [match for name in names if (match := _NAME.fullmatch(name)) and match["image"] == image]

    def worth(match: re.Match[str]) -> tuple[bool, int, int]:
        languages = match["languages"].split("+")
        return (
            match["version"] == str(reader.version) and languages == list(reader.languages),
            int(match["version"]),
            len(set(languages) & set(reader.languages)),
        )

    for match in sorted(parsed, key=worth, reverse=True):
        if match["turn"] not in ("any", str(turn)):
            continue
        words = _load(project.word_shard(image) / match.string)
        # One that found its turn by itself serves whoever said the same.
        if words is not None and (turn is None or words.turn == turn):
            return words
    return None


def _load(path: Path) -> Words | None:
    try:
        return load_if_there(Words, path)
    except Damaged:
        return None  # derived: whoever misses it reads the page again
