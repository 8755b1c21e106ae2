"""Pages brought upright before anything looks at them: as people said, as the words run, as labelled pages look."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from worker.data import Example
from worker.orientation import FoundTurn, decide


def told_by_words(examples: Sequence[Example]) -> dict[str, FoundTurn]:
    """How the words run on those pages that were read and of which no person said how they stand."""
    told = {}
    for example in examples:
        words = None if example.turn_said else example.words()
        if words is not None:
            told[example.image] = FoundTurn(words.turn, words.turn_certainty or 0.0)
    return told


def unsure(examples: Sequence[Example], told: Mapping[str, FoundTurn]) -> list[Example]:
    """The pages of which neither a person nor the words said how they stand."""
    return [each for each in examples if not each.turn_said and not decide(told.get(each.image, FoundTurn()), FoundTurn()).certainty]


def as_found(examples: Sequence[Example], found: Mapping[str, FoundTurn]) -> list[Example]:
    """The pages turned as was found; of one that told nothing nobody knows better than how it is shown."""
    return [_turned(example, decide(found[example.image], FoundTurn())) if example.image in found else example for example in examples]


def _turned(example: Example, found: FoundTurn) -> Example:
    return replace(example, turn=found.turn) if found.certainty else example
