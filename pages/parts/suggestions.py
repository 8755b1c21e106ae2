"""Which pages to label next, as pages show it: a choice among the states of images, whose code stands in addresses."""

from typing import Any, cast

from pages.parts.data import get_index, get_store
from pages.parts.i18n import _, ngettext
from storage.index import Filter, Which
from storage.projects import Project
from storage.words.suggestions import suggested

SUGGESTED = "suggested"
"""In place of a state's code."""

ICON = ":material/lightbulb:"


def load_suggested(project: Project) -> tuple[str, ...]:
    """The pages to label next, the most telling first; none where enough are labelled or too few were read."""
    store = get_store()
    return suggested(store, get_index(str(store.root)), project)


def filter_of(state: str, suggested: tuple[str, ...], **more: Any) -> Filter:
    """The images of this state, or those suggested; ``more`` as in ``Filter``."""
    if state == SUGGESTED:
        return Filter("unlabelled", images=suggested, **more)
    return Filter(cast(Which, state), **more)


def suggested_name() -> str:
    """What the choice is called."""
    return _("Label next")


def why_suggested(count: int) -> str:
    """Why these pages, so many of them, in a sentence."""
    return ngettext(
        "This page is most like those that no labelled one resembles yet: a model learns more from it than from one picked at random.",
        "Together these pages are most like all the others: a model learns more from them than from as many picked at random.",
        count,
    )


def why_none() -> str:
    """Why no page is suggested."""
    return _("No page is suggested: enough are labelled for a model to learn from, or most have not been read yet.")
