"""The editor on the pages Labelling and Review: what it needs to know of a project, and what it tells the page."""

from typing import Literal

import streamlit as st

from pages.parts.box_editor import EditorCounts, EditorField, EditorSetup, box_editor
from pages.parts.data import get_index, get_store, load_names
from pages.parts.guard import User
from pages.parts.i18n import _, language, store_messages
from pages.parts.image_states import IMAGE_STATES, image_state_name
from pages.parts.labelling_texts import editor_texts
from pages.parts.links import linked_select, set_link
from storage.index import Counts, Filter, Index
from storage.projects import Project

Mode = Literal["label", "review"]


def render_editor(project: Project, counts: Counts, user: User, *, mode: Mode, image: str | None, wanted: Filter) -> None:
    """The editor over the images that ``wanted`` selects; which one is looked at stands in the address."""
    setup = EditorSetup(
        project=project.id,
        task=project.task,
        mode=mode,
        read_only=not user.may("labels", "edit"),
        language=language(),
        fields=tuple(EditorField(field.id, field.name, field.colour, field.key, field.description) for field in project.fields),
        states={state: {"name": image_state_name(state), "colour": look.colour} for state, look in IMAGE_STATES.items()},
        texts=_texts(project, wanted),
        messages=store_messages(),
        people={**load_names(str(get_store().root)).people, user.account: user.name},
    )
    numbers = EditorCounts({state: getattr(counts, state) for state in IMAGE_STATES if state != "deleted"}, count_classes(project))
    query = {"state": wanted.state, "order": "review" if mode == "review" else "name"}
    if wanted.class_id:
        query["class"] = wanted.class_id
    if wanted.images is not None:
        query["suggested"] = "true"  # worked out by the server, as each label changes them
    # A key of the page alone: the editor of another project or filter is the same element with other data.
    box_editor(setup, image=image, query=query, counts=numbers, on_image=lambda shown: set_link("image", shown), key=f"{mode}_editor")


def _texts(project: Project, wanted: Filter) -> dict[str, str]:
    texts = editor_texts(project.task)
    # The editor looks for unlabelled images in its list only.
    return texts if wanted.images is None else {**texts, "allLabelled": _("No other suggested page is unlabelled")}


def count_classes(project: Project) -> dict[str, int]:
    """How many images are of each class, by its id; none in a project of fields."""
    if project.task == "fields":
        return {}
    found = get_index(str(get_store().root)).classes(project.id)
    return {class_id: sum(states.values()) for class_id, states in found.items()}


def linked_class(project: Project) -> str | None:
    """A select box over the project's classes, whose choice stands in the address; None for images of any class."""
    return linked_select(_("Class"), {known.id: known.name for known in project.fields}, "class", placeholder=_("All"))


def linked_image(index: Index, project: Project) -> str | None:
    """The image in the address; none, and taken out of it, if it is of another project."""
    image = st.query_params.get("image")
    if image and index.rows(project.id, [image]):
        return image
    set_link("image", None)
    return None


def compact_page() -> str:
    """Style for a page whose editor reaches to the window's lower edge: no room is kept below it."""
    return "<style>[data-testid=stMainBlockContainer] { padding-bottom: 0 }</style>"
