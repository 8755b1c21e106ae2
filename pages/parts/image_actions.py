"""What can be done with the chosen images: open, turn, put into a split, delete and restore."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.i18n import _, ngettext, number
from pages.parts.image_list import ImageList, choose, choose_everything
from pages.parts.image_view import split_names
from pages.parts.image_work import PROBLEMS, Work, change_all
from pages.parts.text import explain
from pages.parts.toasts import say
from storage import images
from storage.images import Image
from storage.rights import Need, Right
from storage.turns import Turn, turned

_ASKED, _DELETED = "image_action", "deleted_images"  # of the session
_PROBLEMS_SHOWN = 5
_EDIT: Need = ("images", "edit")
_DELETE: Need = ("images", "delete")


def render_toolbar(work: Work) -> DeltaGenerator:
    """The buttons for chosen images, and how many are chosen; returns the line that says so, for what else belongs there."""
    is_bin = work.images.view.wanted.state == "deleted"
    with st.container(horizontal=True, vertical_alignment="center"):
        if is_bin:
            _button(work, "restore", _("Restore"), "restore_from_trash", "delete")
        else:
            _button(work, "open", _("Open in labelling"), "select", "view")
            _button(work, "left", _("Turn left"), "rotate_90_degrees_ccw", "edit")
            _button(work, "right", _("Turn right"), "rotate_90_degrees_cw", "edit")
            _button(work, "split", _("Split"), "call_split", "edit")
            _button(work, "delete", _("Delete"), "delete", "delete")
    # A line of its own, as its length changes and the buttons should stay where they are.
    line = st.container(horizontal=True, vertical_alignment="center")
    with line:
        _render_count(work.images)
    return line


def render_action(work: Work) -> None:
    """Carry out what was pressed, or ask about it first, and say what came of it; once a run."""
    asked = st.session_state.get(_ASKED)
    if asked in ("split", "delete") and work.images.chosen_count:
        # Kept until it is answered: images that are being added make the page run again while the dialog is open.
        title, dialog = (_("Put into a split"), _render_split) if asked == "split" else (_("Delete images?"), _render_delete)
        st.dialog(title, on_dismiss=_forget)(dialog)(work)
    elif asked:
        _forget()
        _carry_out(work, asked)
    _render_outcome(work)


def open_image(project: str, image: str) -> None:
    """Go to the labelling page of an image."""
    st.switch_page("labelling.py", query_params={"project": project, "image": image})


def _render_count(found: ImageList) -> None:
    total = number(found.total)
    if not found.chosen_count:
        st.markdown(ngettext("{count} image", "{count} images", found.total), width="content")
        st.button(_("Choose all"), key="choose_all", type="tertiary", on_click=choose_everything, args=(found,))
        return
    st.markdown(_("**{chosen}** of {total} chosen").format(chosen=number(found.chosen_count), total=total), width="content")
    if found.chosen_count < found.total:
        text = _("Choose all {count}").format(count=total)
        st.button(text, key="choose_all", type="tertiary", on_click=choose_everything, args=(found,))
    st.button(_("Choose none"), key="choose_none", type="tertiary", on_click=choose, args=([],))


def _button(work: Work, action: str, label: str, icon: str, right: Right) -> None:
    reason = work.user.why_not("labels" if action == "open" else "images", right)
    if not work.images.chosen_count:
        reason = reason or _("Choose images first: in the list, with Shift or Ctrl for several")
    st.button(
        label, key=f"images_{action}", icon=f":material/{icon}:", disabled=reason is not None, help=reason, on_click=_press, args=(action,)
    )


def _press(action: str) -> None:
    st.session_state[_ASKED] = action
    st.session_state.pop(PROBLEMS, None)
    st.session_state.pop(_DELETED, None)


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def _carry_out(work: Work, action: str) -> None:
    chosen = [row.image for row in work.images.chosen_rows(work.index)]
    if not chosen:
        return
    if action == "open":
        open_image(work.images.project.id, chosen[0])
    elif action == "restore":
        _restore(work, chosen)
    else:
        by: Turn = 90 if action == "right" else 270
        change_all(work, _EDIT, chosen, lambda image: images.change(work.paths, image, work.user.account, turn=turned(image.turn, by)))
    st.rerun()


def _restore(work: Work, chosen: Sequence[str]) -> None:
    done = change_all(work, _DELETE, chosen, lambda image: _set_deleted(work, image, deleted=False))
    choose([])
    say(ngettext("{count} image restored", "{count} images restored", done))


def _set_deleted(work: Work, image: Image, *, deleted: bool) -> None:
    # Somebody may have done it already; another revision would say nothing new.
    if image.deleted != deleted:
        images.change(work.paths, image, work.user.account, deleted=deleted)


def _render_outcome(work: Work) -> None:
    """What could not be changed, and the way back from a deletion."""
    if problems := st.session_state.get(PROBLEMS):
        first = ngettext("{count} image could not be changed:", "{count} images could not be changed:", len(problems))
        st.error("\n- ".join([first, *map(explain, problems[:_PROBLEMS_SHOWN])]))
    project, deleted = st.session_state.get(_DELETED, (None, []))
    if deleted and project == work.images.project.id:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(ngettext("{count} image deleted", "{count} images deleted", len(deleted)), width="content")
            if st.button(_("Undo"), key="undo_delete", icon=":material/undo:"):
                st.session_state.pop(_DELETED)
                _restore(work, deleted)
                st.rerun()


def _render_delete(work: Work) -> None:
    rows = work.images.chosen_rows(work.index)
    labelled = sum(row.state not in ("unlabelled", "damaged") for row in rows)
    st.markdown(
        ngettext("{count} image is taken out of the project.", "{count} images are taken out of the project.", len(rows))
        + (" " + ngettext("{count} of them has a label.", "{count} of them have labels.", labelled) if labelled else "")
    )
    st.caption(_("Nothing is lost: deleted images are kept with their labels and can be restored at any time under “Deleted”."))
    if st.button(_("Delete"), key="confirm", type="primary", icon=":material/delete:"):
        chosen = [row.image for row in rows]
        _forget()
        # Before it is done: also when this run is ended by another press, there is a way back.
        st.session_state[_DELETED] = (work.images.project.id, chosen)
        change_all(work, _DELETE, chosen, lambda image: _set_deleted(work, image, deleted=True))
        choose([])
        st.rerun()


def _render_split(work: Work) -> None:
    rows = work.images.chosen_rows(work.index)
    st.markdown(ngettext("{count} image is chosen.", "{count} images are chosen.", len(rows)))
    splits = split_names()
    captions = [
        _("The model learns from these."),
        _("These measure the model and are never trained on."),
        _("The next process decides, about a fifth of the labelled images become test images."),
    ]
    chosen: Any = st.radio(_("Split"), list(splits), format_func=lambda code: splits[code], captions=captions, key="split_choice")
    if chosen == "test" or any(row.split == "test" for row in rows):
        st.warning(_incomparable(work), icon=":material/warning:")
    if st.button(_("Save"), key="confirm", type="primary"):
        _forget()
        done = change_all(
            work, _EDIT, [row.image for row in rows], lambda image: images.change(work.paths, image, work.user.account, split=chosen)
        )
        say(ngettext("Split of {count} image changed", "Split of {count} images changed", done))
        st.rerun()


def _incomparable(work: Work) -> str:
    if work.images.project.task == "classes":
        return _("With other test images, accuracy cannot be compared with that of earlier runs.")
    return _("With other test images, AP cannot be compared with that of earlier runs.")
