"""How the states of images look and what they are called, the same on every page."""

from dataclasses import dataclass

from pages.parts.i18n import _


@dataclass(frozen=True)
class ImageState:
    """A state's colour on both themes, and its icon, since not everybody sees colours."""

    colour: str
    icon: str


# In the order in which counters and filters show them.
IMAGE_STATES: dict[str, ImageState] = {
    "unlabelled": ImageState("#adb5bd", ":material/radio_button_unchecked:"),
    "labelled": ImageState("#1971c2", ":material/edit:"),
    "auto": ImageState("#f08c00", ":material/auto_awesome:"),
    "reviewed": ImageState("#2f9e44", ":material/task_alt:"),
    "corrected": ImageState("#7048e8", ":material/edit_note:"),
    "damaged": ImageState("#e03131", ":material/broken_image:"),
    "deleted": ImageState("#868e96", ":material/delete:"),
}


def image_state_name(state: str) -> str:
    """The state's name in the reader's language."""
    # Written out, as the catalogues are collected from literals.
    names = {
        "unlabelled": _("Unlabelled"),
        "labelled": _("Labelled"),
        "auto": _("Auto-labelled"),
        "reviewed": _("Reviewed"),
        "corrected": _("Corrected"),
        "damaged": _("Damaged"),
        "deleted": _("Deleted"),
    }
    return names[state]
