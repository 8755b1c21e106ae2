"""Texts of the editor that differ where each image gets a class; the others are the box editor's."""

from pages.parts.i18n import _


def class_texts() -> dict[str, str]:
    """The texts by the name that the editor's scripts have for them."""
    return {**_commands(), **_saying(), **_versions(), **_help()}


def _commands() -> dict[str, str]:
    return {
        "clear": _("Clear the class: back to unlabelled"),
        "search": _("Find a class by its name"),
        "confirm": _("Accept or go on"),
        "escape": _("Close, cancel"),
    }


def _saying() -> dict[str, str]:
    return {
        "lastMeans": _("Back to the image labelled last, and take its class back"),
        "cleared": _("The image is unlabelled again. Ctrl+Z brings its class back."),
        "noClassFound": _("No class has this in its name"),
        "deletedField": _("Deleted class"),
    }


def _versions() -> dict[str, str]:
    return {
        "conflictText": _(
            "This image was saved by somebody else while you chose its class. Whatever you decide, both versions stay in the "
            "history or can be undone."
        ),
        "keep_theirs_means": _("Your class is dropped; Ctrl+Z brings it back"),
    }


def _help() -> dict[str, str]:
    return {
        "help_classes": _("Classes"),
        "helpDigits": _("The class with this key: saved at once, then the next image that has none; 0 clears it"),
        "helpWalk": _("Previous image, next image"),
        "helpText": _(
            "Everything is saved at once, every revision stays in the history. Ctrl+Z leads back to the image labelled last and takes its "
            "class back. Keys work by their place, whatever the keyboard's layout."
        ),
    }
