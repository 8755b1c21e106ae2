"""What can be done with the chosen images: open, turn, put into a split, delete and restore."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.parts.guard import User
from pages.parts.i18n import _, ngettext, number
from pages.parts.image_list import ImageList, choose, choose_everything
from pages.parts.image_view import split_names
from pages.parts.text import explain
from pages.parts.toasts import say
from storage import images
from storage.core import ProjectPaths, Store, StoreError
from storage.images import Image
from storage.index import Index
from storage.rights import Right
from storage.turns import Turn, turned

_ASKED, _DELETED, _PROBLEMS = "image_action", "deleted_images", "image_problems"  # of the session
_SHOW_PROGRESS_S = 1.0
_PROBLEMS_SHOWN = 5
_AT_ONCE = 4  # changes under way: each waits for the disk, not for a core


@dataclass(frozen=True)
class Work:
    """The list that is looked at, by whom, and where its images are kept."""

    store: Store
    index: Index
    images: ImageList
    user: User

    @property
    def paths(self) -> ProjectPaths:
        """The project's folders."""
        return self.store.project(self.images.project.id)


def render_toolbar(work: Work) -> None:
    """The buttons for chosen images, and how many are chosen."""
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
    with st.container(horizontal=True, vertical_alignment="center"):
        _render_count(work.images)


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
    may = work.user.may("labels" if action == "open" else "images", right)
    reason = None if work.images.chosen_count else _("Choose images first: in the list, with Shift or Ctrl for several")
    if not may:
        reason = _("You do not have the right to do this. Ask the administrator for it")
    st.button(
        label, key=f"images_{action}", icon=f":material/{icon}:", disabled=reason is not None, help=reason, on_click=_press, args=(action,)
    )


def _press(action: str) -> None:
    st.session_state[_ASKED] = action
    st.session_state.pop(_PROBLEMS, None)
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
        _change(work, chosen, lambda image: images.change(work.paths, image, work.user.account, turn=turned(image.turn, by)))
    st.rerun()


def _restore(work: Work, chosen: Sequence[str]) -> None:
    done = _change(work, chosen, lambda image: _set_deleted(work, image, deleted=False))
    choose([])
    say(ngettext("{count} image restored", "{count} images restored", done))


def _set_deleted(work: Work, image: Image, *, deleted: bool) -> None:
    # Somebody may have done it already; another revision would say nothing new.
    if image.deleted != deleted:
        images.change(work.paths, image, work.user.account, deleted=deleted)


def _change(work: Work, chosen: Sequence[str], change: Callable[[Image], object]) -> int:
    """Change every image as it is now; how many could be. The others are said with their reasons on the next run."""
    problems: list[StoreError] = []
    st.session_state[_PROBLEMS] = problems

    def attempt(image: str) -> None:
        try:
            change(images.find(work.paths, image))
        except StoreError as error:
            problems.append(error)

    begun, place = time.monotonic(), st.empty()
    # A press of anything ends this run at its next call of Streamlit. The block still waits for all that it was given.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done, change_done in enumerate([pool.submit(attempt, image) for image in chosen]):
            change_done.result()
            if time.monotonic() - begun > _SHOW_PROGRESS_S and done % 10 == 0:
                place.progress(done / len(chosen), _("{done} of {total}").format(done=number(done), total=number(len(chosen))))
    return len(chosen) - len(problems)


def _render_outcome(work: Work) -> None:
    """What could not be changed, and the way back from a deletion."""
    if problems := st.session_state.get(_PROBLEMS):
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
        _change(work, chosen, lambda image: _set_deleted(work, image, deleted=True))
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
        st.warning(_("With other test images, AP cannot be compared with that of earlier runs."), icon=":material/warning:")
    if st.button(_("Save"), key="confirm", type="primary"):
        _forget()
        done = _change(work, [row.image for row in rows], lambda image: images.change(work.paths, image, work.user.account, split=chosen))
        say(ngettext("Split of {count} image changed", "Split of {count} images changed", done))
        st.rerun()
