"""What two models make of the same test images: figures side by side, and the images that only one gets right. No widgets here."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from pages.parts.i18n import _, number
from storage.evaluations import Evaluation, JudgedImage
from storage.jobs import Evaluated
from storage.models import FieldScore
from storage.projects import Field, Task

FIRST, SECOND = "①", "②"


@dataclass(frozen=True)
class Figure:
    """One figure of both models, as text, and what the second has more; None where one of them is not known."""

    name: str
    values: str
    difference: str | None


@dataclass(frozen=True)
class Difference:
    """A test image of which the two models make something else."""

    first: JudgedImage
    second: JudgedImage

    @property
    def gain(self) -> int:
        """How many errors fewer the second makes."""
        return self.first.errors - self.second.errors


def figures(first: Evaluated, second: Evaluated, task: Task) -> list[Figure]:
    """The figures of both over all fields or classes."""
    shown = (
        {_("Accuracy"): _pair(first, second, lambda one: one.accuracy)}
        if task == "classes"
        else {
            _("AP@50"): _pair(first, second, lambda one: one.map_50),
            _("mAP@50:95"): _pair(first, second, lambda one: one.map_50_95),
        }
    )
    shown[_("Mean F1")] = _pair(first, second, _mean_f1)
    faultless = _pair(first, second, lambda one: sum(not image.errors for image in one.evaluation.images))
    return [
        *(Figure(name, f"{number(one, 3)} → {number(other, 3)}", signed(one, other, 3)) for name, (one, other) in shown.items()),
        Figure(_("Images without error"), " → ".join(number(count) for count in faultless), signed(*faultless, 0)),
    ]


def fields_frame(first: Evaluated, second: Evaluated, fields: Sequence[Field], task: Task) -> pd.DataFrame:
    """A row a field or class that both models know: each figure of both, and what the second has more, as text."""
    parts: dict[str, Callable[[FieldScore], float | None]] = {} if task == "classes" else {_("AP"): lambda score: score.ap_50}
    parts |= {_("F1"): lambda score: score.f1, _("Precision"): lambda score: score.precision, _("Recall"): lambda score: score.recall}
    scores = [*first.per_field.values(), *second.per_field.values()]
    if any(score.value_right is not None for score in scores):
        parts[_("Value right")] = lambda score: score.value_right
    rows = []
    for field in fields:
        one, other = first.per_field.get(field.id), second.per_field.get(field.id)
        if one is None or other is None:
            continue
        row = {"name": field.name}
        for name, figure in parts.items():
            row[f"{name} {FIRST}"], row[f"{name} {SECOND}"] = number(figure(one), 2), number(figure(other), 2)
            row[f"{name} ±"] = signed(figure(one), figure(other), 2) or "–"
        rows.append(row)
    return pd.DataFrame(rows)


def differences(first: Evaluation, second: Evaluation) -> list[Difference]:
    """Test images of which the two make something else, those first on which they differ by most errors."""
    others = {image.image: image for image in second.images}
    pairs = [Difference(image, others[image.image]) for image in first.images if image.image in others]
    differing = [pair for pair in pairs if _errors(pair.first) != _errors(pair.second)]
    # By id where equal, so that the same ones come first each time.
    return sorted(differing, key=lambda pair: (-abs(pair.gain), pair.first.image))


def signed(one: float | None, other: float | None, digits: int) -> str | None:
    """What ``other`` has more than ``one``, with its sign; None where one of them is not known."""
    if one is None or other is None:
        return None
    # A hyphen, not a minus sign: by it Streamlit tells which way an arrow points.
    more = round(other - one, digits)
    return ("+" if more > 0 else "-" if more < 0 else "±") + number(abs(more), digits)


def _pair(first: Evaluated, second: Evaluated, figure: Callable[[Evaluated], float | None]) -> tuple[float | None, float | None]:
    return figure(first), figure(second)


def _mean_f1(one: Evaluated) -> float | None:
    known = [score.f1 for score in one.per_field.values() if score.f1 is not None]
    return sum(known) / len(known) if known else None


def _errors(image: JudgedImage) -> tuple[Counter[str], Counter[str]]:
    return Counter(image.missing), Counter(image.wrong)
