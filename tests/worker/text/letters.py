"""Letters made of words alone, as a reader would have read them, and examples of them."""

from functools import partial
from pathlib import Path

import numpy as np

from storage.words.words import Words
from worker.data import Example

FIELDS = ("date", "total", "sender")
SIZE = (600, 400)
_SENDERS = ("Alder Mills", "Birch Trading House", "Cedar Works", "Dogwood Supplies", "Elm Foundry")


def words_of(lines, image="0" * 64, turn=0):
    """Words of lines, each a list of (text, left) at its height; ten pixels a letter, twenty a line."""
    texts, boxes, numbers = [], [], []
    for number, (top, line) in enumerate(lines):
        for text, left in line:
            texts.append(text)
            boxes.append((left, top, left + 10 * len(text), top + 20))
            numbers.append(number)
    sure = (0.9,) * len(texts)
    return Words(image=image, turn=turn, texts=tuple(texts), boxes=tuple(boxes), confidences=sure, lines=tuple(numbers))


def letter(number, *, rows=1, signed=False):
    """A letter with a date, a sender and totals that lie elsewhere on each; more than one total with `rows`, none with 0."""
    chance = np.random.default_rng(number)
    left, sender = int(chance.integers(10, 60)), _SENDERS[number % len(_SENDERS)].split()
    top = int(chance.integers(5, 25))
    lines, boxes, labels = [], [], []

    def say(height, before, value):
        place, line = left, []
        for text in before:
            line.append((text, place))
            place += 10 * len(text) + 10
        start = place
        for text in value:
            line.append((text, place))
            place += 10 * len(text) + 10
        lines.append((height, line))
        return start, height, place - 10, height + 20

    boxes.append(say(top, (), sender))
    labels.append(2)
    boxes.append(say(top + 50, ("Date:",), (f"{number % 28 + 1:02d}.0{number % 9 + 1}.2026",)))
    labels.append(0)
    say(top + 100, ("Goods", f"{number + 3}.00"), ())
    say(top + 130, ("Freight", f"{number + 1}.50"), ())
    for row in range(rows):
        boxes.append(say(top + 170 + 30 * row, ("Total", "due"), (f"{number * 7 + 11 + row}.90",)))
        labels.append(1)
    # A word that no other letter has.
    say(top + 290, ("Thank", "you", 3 * chr(97 + number % 26) + 3 * chr(97 + number * 7 % 26)), ())
    if signed:
        boxes.append((400.0, 300.0, 500.0, 380.0))
        labels.append(1)
    return words_of(lines), np.array(boxes, dtype=np.float32), np.array(labels)


def _same(words):
    return words


def example(number, path=Path("none.png"), **options):
    """A letter as an example, without a picture unless a `path` is given."""
    words, boxes, labels = letter(number, **options)
    return Example(str(number), path, *SIZE, boxes, labels, words=partial(_same, words))
