"""What usually stands on a page, learned from the labels people vouch for, so that review begins where a label breaks it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MIN_LABELS = 3  # fewer say nothing about the others
EXPECTED_SHARE = 0.9  # of the labels; a field on fewer of them may as well be absent


@dataclass(frozen=True)
class Rules:
    """Ids of the fields that belong on every page, and of those that may stand on one more than once."""

    expected: frozenset[str]
    repeated: frozenset[str]

    def broken_by(self, fields: Mapping[str, int]) -> tuple[frozenset[str], frozenset[str]]:
        """Fields that are missing, and fields there too often, in a label with these numbers of boxes by field id."""
        doubled = {field for field, count in fields.items() if count > 1}
        return self.expected - fields.keys(), frozenset(doubled - self.repeated)


def learn_rules(labels: Iterable[tuple[Mapping[str, int], int]]) -> Rules | None:
    """The rules of labels given as numbers of boxes by field id, and how many labels have these; None if they are too few."""
    total = 0
    having: Counter[str] = Counter()
    repeated: set[str] = set()
    for fields, count in labels:
        total += count
        having.update(dict.fromkeys(fields, count))
        repeated |= {field for field, boxes in fields.items() if boxes > 1}
    if total < MIN_LABELS:
        return None
    expected = frozenset(field for field, count in having.items() if count >= EXPECTED_SHARE * total)
    return Rules(expected, frozenset(repeated))
