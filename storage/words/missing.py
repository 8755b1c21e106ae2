"""How many pages of a project were read, and which of the languages that its pages need no machine has."""

from collections.abc import Iterable

from storage.core import ProjectPaths, list_names
from storage.machines import Info
from storage.projects import Project

ENGLISH = "eng"
"""The language that every machine reads, without Tesseract."""


def count_read(project: ProjectPaths) -> int:
    """How many images any reader has read; some 0.1 s for 100,000 of them."""
    # Only shards of two hexadecimal digits are made.
    shards = (list_names(project.words_folder / shard) for shard in list_names(project.words_folder))
    return sum(len({name[:64] for name in names}) for names in shards)


def missing_languages(project: Project, machines: Iterable[Info]) -> tuple[str, ...]:
    """Those of the project's languages that none of these machines reads."""
    there = {ENGLISH, *(language for info in machines for language in info.languages)}
    return tuple(language for language in project.languages if language not in there)
