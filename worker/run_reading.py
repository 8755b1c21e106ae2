"""The reading of a run's pages: all that were not read yet, and again those that stand otherwise than they were read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from storage.core import ProjectPaths
from storage.words.words import Reader
from storage.words.words import find as find_words
from worker.data import Example
from worker.orientation import FoundTurn
from worker.reading.pool import Page, most_processes, read_missing


@dataclass(frozen=True)
class RunReading:
    """Reads pages of one project for one run, and tells how far it is."""

    project: ProjectPaths
    reader: Reader
    on_progress: Callable[[int, int], None]
    stop_asked: Callable[[], bool]
    notice: Callable[..., None]

    def read(self, examples: Sequence[Example]) -> None:
        """Read the pages as people said that they stand, else as the reader finds."""
        self._read([Page(example.image, example.turn if example.turn_said else None) for example in examples])

    def read_as_turned(self, examples: Sequence[Example], told: Mapping[str, FoundTurn]) -> list[Example]:
        """Read once more the pages whose words were read the wrong way up, `told` by those → all pages."""
        wrong = {each.image: each.turn for each in examples if each.image in told and told[each.image].turn != each.turn}
        if wrong:
            self._read([Page(image, turn) for image, turn in wrong.items()])
        return [
            replace(each, words=partial(find_words, self.project, each.image, each.turn, self.reader)) if each.image in wrong else each
            for each in examples
        ]

    def _read(self, pages: Sequence[Page]) -> None:
        read_missing(
            self.project,
            pages,
            self.reader,
            processes=most_processes(),
            on_progress=self.on_progress,
            stop_asked=self.stop_asked,
            notice=self.notice,
        )
