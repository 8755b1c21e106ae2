"""The box editor on the pages Labelling and Review: what it needs to know of a project, and what it tells the page."""

from typing import Literal

import streamlit as st

from pages.parts.box_editor import EditorField, EditorSetup, box_editor
from pages.parts.guard import User
from pages.parts.i18n import language, store_messages
from pages.parts.image_states import IMAGE_STATES, image_state_name
from pages.parts.labelling_texts import editor_texts
from pages.parts.links import set_link
from storage.index import Counts, Index
from storage.projects import Project

Mode = Literal["label", "review"]


def render_editor(project: Project, counts: Counts, user: User, *, mode: Mode, image: str | None, query: dict[str, str]) -> None:
    """The editor over the images that ``query`` selects; which one is looked at stands in the address."""
    setup = EditorSetup(
        project=project.id,
        mode=mode,
        read_only=not user.may("labels", "edit"),
        language=language(),
        fields=tuple(EditorField(field.id, field.name, field.colour, field.key, field.description) for field in project.fields),
        states={state: {"name": image_state_name(state), "colour": look.colour} for state, look in IMAGE_STATES.items()},
        texts=editor_texts(),
        messages=store_messages(),
        people={user.account: user.name},
    )
    numbers = {state: getattr(counts, state) for state in IMAGE_STATES if state != "deleted"}
    # A key of the page alone: the editor of another project or filter is the same element with other data.
    box_editor(setup, image=image, query=query, counts=numbers, on_image=lambda shown: set_link("image", shown), key=f"{mode}_editor")


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
