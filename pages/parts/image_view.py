"""What a list of images is narrowed to, its order and how it is drawn."""

from dataclasses import dataclass
from typing import Literal

from pages.parts.i18n import _
from storage.index import Filter, Order

Layout = Literal["table", "grid"]


@dataclass(frozen=True)
class View:
    """A list of images, whatever page of it."""

    wanted: Filter
    order: Order
    descending: bool
    layout: Layout


def split_names() -> dict[str, str]:
    """The splits by code, "none" for no split."""
    return {"train": _("Training"), "test": _("Test"), "none": _("No split")}
