"""Evaluations: what the model of an attempt found on the test images, and what of it is right."""

from collections.abc import Sequence

from storage.attempts import Attempt
from storage.core import AttemptPaths, Damaged, Record, create_once, encode, load_if_there
from storage.detections import Detection
from storage.plans import Rule


class JudgedImage(Record):
    """A test image: everything found on it, and what the boxes that the rule chooses get right.

    ``right``, ``missing`` and ``wrong`` name a field id for each box, by IoU 0.5 with the label's revision ``rev``.
    """

    image: str
    rev: int
    detections: tuple[Detection, ...]
    right: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        """Boxes a person would have to draw or remove."""
        return len(self.missing) + len(self.wrong)


class Evaluation(Record):
    """``evaluation.json``: the best weights on every test image that could be read, and the rule learned from it."""

    rule: Rule
    images: tuple[JudgedImage, ...]


def keep(attempt: AttemptPaths, evaluation: Evaluation) -> None:
    """Write the attempt's evaluation; there is one, made when training is complete."""
    create_once(attempt.evaluation, encode(evaluation))


def read(attempt: AttemptPaths) -> Evaluation | None:
    """The attempt's evaluation; None before there is one, or if it cannot be read."""
    try:
        return load_if_there(Evaluation, attempt.evaluation)
    except Damaged:
        # It only shows what the model's figures mean; the run's page must open without it.
        return None


def newest(attempts: Sequence[Attempt]) -> Evaluation | None:
    """Read the evaluation of the newest attempt that has one: a run that was resumed is without for a while."""
    return next((found for attempt in reversed(attempts) if (found := read(attempt.paths))), None)


def worst(evaluation: Evaluation, count: int) -> list[JudgedImage]:
    """The ``count`` images with most errors, those without any left out."""
    wrong = [image for image in evaluation.images if image.errors]
    # By id where equal, so that the same five are shown each time.
    return sorted(wrong, key=lambda image: (-image.errors, image.image))[:count]
