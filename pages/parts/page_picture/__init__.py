"""A page of a document with boxes drawn on it; a click shows it large. Pictures come by address, never through Streamlit."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from pages.parts.i18n import _
from storage.images import Image
from storage.turns import XYXY, turn_box, turned_size

_LONGEST = 40  # characters of a text, where many boxes are on one picture
_FOLDER = Path(__file__).resolve().parent
_picture = st.components.v2.component(
    "fieldmark.page_picture",
    html='<div class="page-picture"></div>',
    css=(_FOLDER / "page_picture.css").read_text(encoding="utf-8"),
    # As text: an asset folder is found only for installed packages, not in a checkout.
    js=(_FOLDER / "page_picture.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Mark:
    """A box on the page, ``xyxy`` in pixels of the unturned page; solid as a person labelled it, dashed as the model found it."""

    xyxy: XYXY
    colour: str
    text: str
    found: bool


def mark_text(name: str, text: str | None) -> str:
    """The words at a box: its name and, as far as there is room, what is written in it."""
    if not text:
        return name
    return f"{name}: {text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}"


def page_picture(project: str, image: Image, marks: Sequence[Mark], *, room: int, key: str, legend: tuple[str, str] | None = None) -> None:
    """Draw the image of the project with these boxes, turned as people see it; small at most ``room`` pixels high.

    ``legend`` says what solid and dashed boxes are, where it is not labelled and found.
    """
    solid, dashed = legend or (_("as labelled"), _("as found, with its score"))
    width, height = turned_size(image.width, image.height, image.turn)
    boxes = [{**asdict(mark), "xyxy": turn_box(mark.xyxy, image.width, image.height, image.turn)} for mark in marks]
    data = {
        "name": image.name,
        "picture": f"/app/static/images/{project}/{image.id}",
        "thumb": f"/app/static/thumbs/{project}/{image.id}?turn={image.turn}",
        "turn": image.turn,
        "width": width,
        "height": height,
        "room": room,
        "boxes": boxes,
        "texts": {
            "enlarge": _("Enlarge {name}").format(name=image.name),
            "labelled": solid,
            "found": dashed,
            "zoom": _("Zoom"),
            "close": _("Close"),
        },
    }
    _picture(key=key, data=data)
