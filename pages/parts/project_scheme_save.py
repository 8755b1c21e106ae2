"""Saving a scheme: what it refuses, what others saved meanwhile, and what becomes of the labels of removed fields and classes."""

from functools import partial

import streamlit as st

from pages.parts.data import find_project, forget_names, get_index
from pages.parts.guard import User, demand
from pages.parts.i18n import _, number
from pages.parts.project_draft import Draft
from pages.parts.project_scheme_texts import labelled_with, scheme_texts
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import fields, projects
from storage.core import Conflict, InvalidValue, Store, StoreError
from storage.projects import Field


def render_bar(store: Store, draft: Draft, user: User) -> None:
    """Save and Discard, and whether there is anything to save."""
    why = user.why_not("projects", "edit")
    changed = draft.is_changed
    # Not disabled while nothing is changed: leaving a field that was just changed would swallow the press.
    pressed = st.button(
        _("Save"), key="save_scheme", icon=":material/save:", type="primary" if changed else "secondary", disabled=bool(why), help=why
    )
    if changed:
        st.button(_("Discard changes"), key="discard_scheme", icon=":material/undo:", type="tertiary", on_click=_discard, args=(draft,))
        st.badge(_("Unsaved changes"), icon=":material/edit:", color="orange")
    else:
        st.caption(_("Everything is saved."))
    if pressed and changed:
        _ask_or_save(store, draft)


def render_messages(draft: Draft) -> None:
    """What others saved meanwhile, and why this could not be saved as it stands."""
    if draft.theirs:
        listed = "\n".join(f"- {plain(sentence)}" for sentence in draft.theirs)
        said = _("Somebody else saved this scheme while you were editing. What they changed:")
        kept = _("It is taken in below, and what you typed was kept. Look through it, then save again.")
        st.warning(f"{said}\n{listed}\n\n{kept}", icon=":material/group:")
    if draft.is_changed:
        try:
            projects.check_fields(draft.fields, draft.project.task)
        except InvalidValue as error:
            st.error(explain(error), icon=":material/error:")


def _discard(draft: Draft) -> None:
    draft.fields, draft.theirs = list(draft.project.fields), []
    draft.turn += 1


def _ask_or_save(store: Store, draft: Draft) -> None:
    try:
        projects.check_fields(draft.fields, draft.project.task)
        if _with_boxes(store, draft):
            draft.asking = True
        else:
            _save(store, draft)
            st.rerun()
    except InvalidValue:
        return  # it is said above the rows
    except StoreError as error:
        st.error(explain(error))


def _with_boxes(store: Store, draft: Draft) -> list[tuple[Field, int, int]]:
    """Removed fields that have boxes, with how many images these are on and how many they are."""
    index = get_index(str(store.root))
    found = [(field, *fields.count_boxes(draft.project, index, field.id)) for field in draft.removed]
    return [(field, images, boxes) for field, images, boxes in found if boxes]


def _save(store: Store, draft: Draft) -> None:
    """Write the scheme, or put what was typed on top of what somebody else wrote first."""
    demand("projects", "edit", draft.project.id)
    try:
        projects.change(store, draft.rev, draft.project, fields=draft.fields)
    except Conflict:
        draft.rebase(*find_project(draft.project.id))
        if not draft.theirs:  # they changed the name or the gate: nothing to look through
            _save(store, draft)
        return
    forget_names()  # or the other pages would show the fields as they were for some seconds
    say(_("The scheme is saved"))
    # A new one, at the revision that was just written.
    st.session_state.pop(f"draft_{draft.project.id}")


def render_question(store: Store, draft: Draft, user: User) -> None:
    """The dialog about the boxes of removed fields, while it is open."""
    if draft.asking:
        # Closed with Esc it must be forgotten, or the next run would open it again.
        title, forget = scheme_texts(draft.project.task).removed, partial(_forget, draft)
        dialog = st.dialog(title, icon=":material/select:", width="medium", on_dismiss=forget)
        dialog(_render_removal)(store, draft, user)


def _forget(draft: Draft) -> None:
    draft.asking = False


def _render_removal(store: Store, draft: Draft, user: User) -> None:
    """What is to become of each removed field's boxes, or of the images of a removed class."""
    texts = scheme_texts(draft.project.task)
    try:
        chosen = {field.id: _render_choice(draft, field, images, boxes) for field, images, boxes in _with_boxes(store, draft)}
        st.caption(texts.history)
        undecided = None if all(chosen.values()) else texts.undecided
        if not st.button(
            _("Save"), key="confirm_removal", type="primary", icon=":material/save:", disabled=bool(undecided), help=undecided
        ):
            return
        _remove_and_save(store, draft, user, {field: choice for field, choice in chosen.items() if choice})
    except StoreError as error:
        st.error(explain(error))
        return
    _forget(draft)
    st.rerun()


def _render_choice(draft: Draft, field: Field, images: int, boxes: int) -> str | None:
    """``delete``, ``keep``, or the id of the field that the boxes move to; None while nothing is chosen."""
    texts = scheme_texts(draft.project.task)
    st.markdown(labelled_with(draft.project.task, plain(field.name), images, boxes))
    names = {"delete": texts.delete, "move": texts.move, "keep": texts.keep}
    choice = st.radio(
        plain(field.name),
        list(names),
        index=None,
        format_func=names.__getitem__,
        key=f"boxes_of_{field.id}",
        label_visibility="collapsed",
        horizontal=True,
    )
    if choice != "move":
        return choice
    # Only fields that are saved: labels cannot be moved to one that nobody else can see yet.
    saved = {known.id for known in draft.project.fields}
    others = {known.id: known.name for known in draft.fields if known.id in saved}
    return st.selectbox(
        texts.target, list(others), index=None, format_func=others.__getitem__, key=f"move_{field.id}", placeholder=texts.choose
    )


def _remove_and_save(store: Store, draft: Draft, user: User, chosen: dict[str, str]) -> None:
    """The boxes first, then the scheme: a cut in between leaves a field with fewer boxes, never boxes without a field."""
    rev, project = find_project(draft.project.id)
    if rev != draft.rev:
        draft.rebase(rev, project)
        if draft.theirs:
            return  # nothing is touched before that was looked at
    for field in draft.removed:
        if chosen.get(field.id) == "keep":
            draft.put_back(field)
        elif field.id in chosen:
            _clear(store, draft, user, field, None if chosen[field.id] == "delete" else chosen[field.id])
    if draft.is_changed:  # not if all were kept
        _save(store, draft)


def _clear(store: Store, draft: Draft, user: User, field: Field, to: str | None) -> None:
    demand("projects", "edit", draft.project.id)
    bar = st.progress(0.0)

    def show(done: int, total: int) -> None:
        text = _("{field}: {done} of {total} images").format(field=plain(field.name), done=number(done), total=number(total))
        bar.progress(done / total, text)

    fields.clear_field(store, draft.project, get_index(str(store.root)), field.id, user.account, to, show)
