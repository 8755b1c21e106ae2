"""Which languages this machine can read; English needs nothing but PP-OCRv6."""

import os
import re
from importlib.util import find_spec
from pathlib import Path

from storage.projects import Project
from storage.words.missing import ENGLISH
from storage.words.words import Reader

_NAME = re.compile("[A-Za-z_]+")
_NOT_LANGUAGES = frozenset({"osd", "equ"})  # Tesseract's own files among those of languages


def tessdata() -> Path | None:
    """The folder with Tesseract's languages, None if there is none: ``TESSDATA_PREFIX``, or where Debian puts it."""
    named = os.environ.get("TESSDATA_PREFIX")
    folders = [Path(named)] if named else sorted(Path("/usr/share/tesseract-ocr").glob("*/tessdata"), reverse=True)
    return next((folder for folder in folders if folder.is_dir()), None)


def languages() -> tuple[str, ...]:
    """Tesseract's languages on this machine; none without the library or its data."""
    folder = tessdata()
    if folder is None or find_spec("tesserocr") is None:
        return ()
    names = {file.stem for file in folder.glob("*.traineddata")} - _NOT_LANGUAGES
    return tuple(sorted(name for name in names if _NAME.fullmatch(name)))


def reader_of(project: Project) -> Reader:
    """Who reads this project's pages here: in those of its languages that the machine has."""
    there = {ENGLISH, *languages()}
    return Reader(tuple(name for name in project.languages if name in there) or (ENGLISH,))
