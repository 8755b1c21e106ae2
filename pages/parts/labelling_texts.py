"""Every text of the editor, by the name its scripts have for it; most are named after the command they describe."""

from pages.parts.i18n import _
from pages.parts.labelling_class_texts import class_texts
from storage.projects import Task


def editor_texts(task: Task) -> dict[str, str]:
    """The editor's texts in the reader's language; what stands in braces is filled in by its scripts."""
    texts = {**_commands(), **_saving(), **_versions(), **_walking(), **_help()}
    return {**texts, **class_texts()} if task == "classes" else texts


def _commands() -> dict[str, str]:
    return {
        "tools": _("Tools"),
        "draw": _("Draw boxes"),
        "select": _("Select and move boxes"),
        "zoom": _("Zoom into an area"),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "zoomFull": _("Original size"),
        "fit": _("Fit: whole page, then its width"),
        "fitPage": _("Show the whole page"),
        "fitWidth": _("Fit the page's width"),
        "rotate": _("Rotate the view by 90°"),
        "undo": _("Undo"),
        "redo": _("Redo"),
        "toggleBoxes": _("Hide or show all boxes; hold the key to look below them"),
        "copy": _("Copy the previous image's boxes"),
        "none": _("No fields here"),
        "clear": _("Clear: back to unlabelled"),
        "history": _("History of this image"),
        "help": _("Keys and help"),
        "nextBox": _("Next box"),
        "previousBox": _("Previous box"),
        "remove": _("Delete the box"),
        "editText": _("Edit the box's text"),
        "snap": _("Fit the box to the words in it"),
        "lock": _("Lock or unlock the box"),
        "hide": _("Hide or show the box"),
        "escape": _("Cancel, deselect"),
        "confirm": _("Accept or go on: the image is done"),
        "next": _("Next image"),
        "previous": _("Previous image"),
        "nextUnlabelled": _("Next unlabelled image"),
        "save": _("Say what is saved; everything is saved by itself"),
        "close": _("Close"),
    }


def _saving() -> dict[str, str]:
    return {
        "saving": _("Saving…"),
        "saved": _("Saved · revision {rev} · {time}"),
        "untouched": _("Not labelled yet"),
        "notSaved": _("Not saved: choose a version"),
        "notSavedYet": _("Not saved yet"),
        "offline": _("Not saved yet: the dashboard does not answer. Kept in this browser, sent again by itself."),
        "noAnswer": _("The dashboard does not answer; trying again"),
        "again": _("Try again"),
        "others": _("Images left with changes that are not saved: {count}"),
        "open": _("Open"),
        "lastRemoved": _("No box is left, so the image counts as unlabelled. N marks it as one without fields."),
        "cleared": _("The image is unlabelled again. Ctrl+Z brings its boxes back."),
    }


def _versions() -> dict[str, str]:
    return {
        "person": _("by hand"),
        "auto": _("by a model {score}"),
        "found": _("found {score}"),
        "read": _("read {score}"),
        "typed": _("typed"),
        "nothingWritten": _("nothing is written here"),
        "noText": _("no text"),
        "noWords": _("No word lies in this box"),
        "notRead": _("This page is not read yet; texts come when it is."),
        "couldNotRead": _("This page could not be read: {reason}. Type its texts, or have it read once more."),
        "readAgain": _("Read again"),
        "absent": _("not on the page"),
        "missing": _("{field} is missing"),
        "doubled": _("{field} is there twice"),
        "deletedField": _("Deleted field"),
        "noneMeans": _("Label the image as one without any field"),
        "revision": _("Revision {rev} · {time}"),
        "newest": _("now"),
        "boxes": _("Boxes: {count}"),
        "reviewedBy": _("reviewed by {name}"),
        "restore": _("Restore"),
        "restored": _("Revision {rev} is restored. Ctrl+Z undoes it."),
        "noHistory": _("Nobody has labelled this image yet."),
        "conflict": _("Changed by somebody else"),
        "conflictText": _(
            "This image was saved by somebody else while you changed it. Both versions are on the page; whatever you choose, "
            "both stay in the history or can be undone."
        ),
        "theirs": _("Theirs · {name} · revision {rev} · {time}"),
        "mine": _("Mine · not saved yet"),
        "only": _("only here"),
        "keep_theirs": _("Keep theirs"),
        "keep_theirs_means": _("Your changes are dropped; Ctrl+Z brings them back"),
        "keep_mine": _("Keep mine"),
        "keep_mine_means": _("Yours becomes the next revision; theirs stays in the history"),
        "merge": _("Merge both versions"),
        "mergeMeans": _("Takes the boxes of both; where they have the same field at the same place, you choose"),
        "mergeText": _(
            "Both versions have these fields at the same place, but not alike. Choose whose box to keep; all other boxes are kept."
        ),
        "theirBox": _("Theirs"),
        "myBox": _("Mine"),
        "saveMerge": _("Save merged"),
        "back": _("Back"),
    }


def _walking() -> dict[str, str]:
    return {
        "position": _("{position} of {total}"),
        "acceptNext": _("Accept, next"),
        "goNext": _("Next"),
        "acceptNextUnlabelled": _("Accept, next unlabelled"),
        "goNextUnlabelled": _("Next unlabelled"),
        "loading": _("Loading…"),
        "unreadable": _("This image cannot be shown: its file is missing or damaged. Go on to the next one."),
        "first": _("This is the first image"),
        "last": _("This is the last image"),
        "allLabelled": _("No other image is unlabelled"),
        "allTaken": _("All other unlabelled images are open elsewhere"),
        "here": _("Being labelled by {names}"),
        "alsoHere": _("Also open in another window"),
        "allReviewed": _("That was the last one: nothing else is left to review"),
        "noPrevious": _("There is no image before this one to copy from"),
        "nothingToCopy": _("{name} has no boxes to copy"),
        "copied": _("Boxes copied from {name}: {count}"),
    }


def _help() -> dict[str, str]:
    return {
        "help_boxes": _("Boxes"),
        "help_images": _("Images"),
        "help_view": _("View"),
        "helpDigits": _("Choose the field: of the selected box, or of the next one drawn"),
        "helpArrows": _("Move the box by a pixel, with Shift by ten"),
        "helpShift": _("Held while drawing: the box fits the words in it"),
        "helpWheel": _("Turn the wheel with Ctrl held to zoom about the pointer"),
        "helpSpace": _("Hold and drag to move the page; the middle button does the same"),
        "helpText": _(
            "Everything is saved at once, every revision stays in the history. A box just drawn can be resized at its edges; "
            "click a box to select it. Keys work by their place, whatever the keyboard's layout."
        ),
    }
