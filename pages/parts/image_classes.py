"""Classes for chosen images: the bar above the grid that assigns them, what came of it, and the way back."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.guard import User
from pages.parts.i18n import _, language, ngettext, said
from pages.parts.image_grid import ClassBar
from pages.parts.image_list import ImageList, choose
from pages.parts.image_work import Work, change_all
from pages.parts.text import plain
from pages.parts.toasts import say
from storage import labels
from storage.images import Image

_ASSIGNED = "assigned_classes"  # of the session
_REASONS_SHOWN = 5


@dataclass(frozen=True)
class Assigned:
    """What became of one choice: the class given, revision and class before by image saved, and how many were not."""

    project: str
    class_id: str | None
    before: dict[str, tuple[int, str | None]]
    stale: int
    # Templates and values of refusals.
    reasons: list[dict[str, Any]] = field(default_factory=list)


def class_bar(images: ImageList, user: User) -> ClassBar | None:
    """The bar for these images; None in a project of fields, and over deleted images."""
    project, wanted = images.project, images.view.wanted
    if project.task != "classes" or wanted.state == "deleted":
        return None
    query = {"state": wanted.state, "origin": wanted.origin, "split": wanted.split, "name": wanted.name, "class": wanted.class_id}
    data = {
        "project": project.id,
        "classes": [{"id": known.id, "name": known.name, "colour": known.colour, "key": known.key} for known in project.fields],
        "everything": {key: value for key, value in query.items() if value} if images.is_everything else None,
        "total": images.total,
        "may": user.may("labels", "edit"),
        "texts": _texts(),
        "language": language(),
    }
    return ClassBar(data, lambda outcome: _remember(project.id, outcome))


def _texts() -> dict[str, str]:
    return {
        "title": _("Class of the chosen images"),
        "clear": _("No class"),
        "others": _("Other class"),
        "running": _("Saving…"),
        "noAnswer": _("The dashboard does not answer. Try again"),
        "forbidden": _("You do not have the right to do this. Ask the administrator for it"),
    }


def _remember(project: str, outcome: dict[str, Any]) -> None:
    """Keep what the grid reports for the run that follows; what was not saved stays chosen."""
    st.session_state[_ASSIGNED] = remembered(project, outcome)
    if not outcome["error"]:
        choose([*outcome["stale"], *(item["image"] for item in outcome["failed"])])


def remembered(project: str, outcome: dict[str, Any]) -> Assigned:
    """What the grid reports, as it is kept in the session."""
    before = {item["image"]: (item["rev"], item["before"]) for item in outcome["saved"]}
    error = [outcome["error"]] if outcome["error"] else []
    return Assigned(project, outcome["class"], before, len(outcome["stale"]), [*outcome["failed"], *error])


def render_assigned(work: Work, line: DeltaGenerator) -> None:
    """What the last choice of a class changed, in ``line`` with an undo, and what it could not change."""
    done: Assigned | None = st.session_state.get(_ASSIGNED)
    if done is None or done.project != work.images.project.id:
        return
    if done.before:
        with line:  # where nothing below it moves
            st.space("medium")
            st.markdown(_sentence(work, done), width="content")
            if st.button(_("Undo"), key="undo_classes", icon=":material/undo:", type="tertiary"):
                _undo(work, done)
    if done.stale:
        text = ngettext(
            "{count} image was changed by somebody else meanwhile. It was not saved and stays chosen; look at it as it is now.",
            "{count} images were changed by somebody else meanwhile. They were not saved and stay chosen; look at them as they are now.",
            done.stale,
        )
        st.warning(text, icon=":material/group:")
    if done.reasons:
        first = ngettext("{count} image could not be changed:", "{count} images could not be changed:", len(done.reasons))
        reasons = [plain(said(reason.get("template") or reason["error"], reason.get("values") or {})) for reason in done.reasons]
        st.error("\n- ".join([first, *reasons[:_REASONS_SHOWN]]))


def _sentence(work: Work, done: Assigned) -> str:
    count = len(done.before)
    if done.class_id is None:
        return ngettext("{count} image is unlabelled again", "{count} images are unlabelled again", count)
    names = {known.id: known.name for known in work.images.project.fields}
    text = ngettext("{count} image labelled", "{count} images labelled", count)
    return f"{text}: **{plain(names.get(done.class_id, done.class_id))}**"


def _undo(work: Work, done: Assigned) -> None:
    """Give each image the class it had; whatever others saved since stays and is said."""
    project, author = work.images.project, work.user.account

    def restore(image: Image) -> None:
        rev, class_id = done.before[image.id]
        labels.save_class(work.paths, project, image.id, rev, class_id, author)

    st.session_state.pop(_ASSIGNED)
    count = change_all(work, ("labels", "edit"), list(done.before), restore)
    choose([])
    say(ngettext("{count} image is as it was", "{count} images are as they were", count))
    st.rerun()
