"""The confusion matrix of a model of classes: which class its test images are of, and which one it found."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from pages.parts.i18n import _
from storage.evaluations import Evaluation, JudgedImage
from storage.projects import Field

# Red for all of a row wrong to blue for all of it right, with a step about zero: one image among hundreds has to be seen.
# Translucent, so that a count in the text's colour is readable on light and dark alike.
_SCALE = [
    (0.0, "rgba(224,49,49,0.65)"),
    (0.499, "rgba(224,49,49,0.2)"),
    (0.5, "rgba(128,128,128,0.08)"),
    (0.501, "rgba(25,113,194,0.2)"),
    (1.0, "rgba(25,113,194,0.65)"),
]
_CELL_WIDTH, _CELL_HEIGHT = 56, 34  # pixels, while there are few classes
_MOST_WIDTH, _MOST_HEIGHT = 900, 720  # more classes share this
_AROUND_WIDTH, _AROUND_HEIGHT = 180, 160  # names of classes and titles


@dataclass(frozen=True)
class ConfusionTexts:
    """The words on a confusion matrix; ``nothing`` names the column of images on which no class reached its threshold."""

    true: str
    found: str
    nothing: str


def confusion_texts() -> ConfusionTexts:
    """The words in the reader's language."""
    return ConfusionTexts(_("True class"), _("Found class"), _("below its threshold"))


def confusion_figure(evaluation: Evaluation, fields: Sequence[Field], texts: ConfusionTexts, key: str) -> go.Figure:
    """A row for each class of ``fields`` that the test images are of, a column for each one found and for nothing.

    Cells hold counts of images and are coloured by their share of the row, blue where right and red where wrong. An
    image whose class is not among ``fields`` any more is left out.
    """
    # Read from a file: an image judged without a class of its own would end the page.
    counts: Counter[tuple[str | None, str | None]] = Counter(
        truth_and_found(image) for image in evaluation.images if image.right or image.missing
    )
    names: dict[str | None, str] = {field.id: field.name for field in fields}
    found_as = {**names, None: texts.nothing}
    rows = [[counts[true, found] for found in found_as] for true in names]
    said = [[f"{names[true]} → {found_as[found]}: {counts[true, found]}" for found in found_as] for true in names]
    cells = go.Heatmap(
        # By place, as two names could be alike; the axes say which place is which class.
        x=list(range(len(found_as))),
        y=list(range(len(rows))),
        z=[_shares(row, right) for right, row in enumerate(rows)],
        text=[[str(count) if count else "" for count in row] for row in rows],
        texttemplate="%{text}",
        hovertext=said,
        hoverinfo="text",
        colorscale=_SCALE,
        zmin=-1,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
    )
    return go.Figure(cells, _layout(list(found_as.values()), list(names.values()), texts, key))


def truth_and_found(image: JudgedImage) -> tuple[str, str | None]:
    """The class of a test image, and the one found on it; None where none reached its threshold."""
    if image.right:
        return image.right[0], image.right[0]
    return image.missing[0], image.wrong[0] if image.wrong else None


def _shares(row: Sequence[int], right: int) -> list[float]:
    """Each cell's share of its row, below zero where wrong: classes with few test images are as easy to read as large ones."""
    whole = sum(row) or 1
    return [count / whole if place == right else -count / whole for place, count in enumerate(row)]


def _layout(columns: Sequence[str], rows: Sequence[str], texts: ConfusionTexts, key: str) -> dict[str, object]:
    return {
        "template": "none",
        "width": _AROUND_WIDTH + min(_MOST_WIDTH, _CELL_WIDTH * len(columns)),
        "height": _AROUND_HEIGHT + min(_MOST_HEIGHT, _CELL_HEIGHT * len(rows)),
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "uirevision": key,
        "xaxis": _axis(texts.found, columns, tickangle=-40),
        "yaxis": _axis(texts.true, rows, autorange="reversed"),
    }


def _axis(title: str, names: Sequence[str], **more: object) -> dict[str, object]:
    return {
        "title": {"text": title, "standoff": 12},
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "automargin": True,
        "ticklabeloverflow": "allow",  # the default leaves out a name that comes too close to the edge
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
        **more,
    }
