"""The inbox: a bell in the header of every page, the list behind it, and a toast for what comes while a page is open."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from textwrap import shorten

import streamlit as st

from pages.parts import notice_settings
from pages.parts.data import get_person, get_store
from pages.parts.guard import User
from pages.parts.i18n import _, moment, ngettext, said
from pages.parts.text import plain
from storage import notice_settings as stored
from storage import notices
from storage.core import Store, now
from storage.notices import EVENTS, Board, Notice
from storage.people import NOBODY
from storage.rights import PAGES

EVERY_S = 5.0
_SHOWN = 30  # in the list; more is history, which the pages of processes and machines have
_REASON = 240  # characters
_TOASTS = 3  # at once; a machine's queue may end in one moment
_NEWS = timedelta(hours=1)  # old notices can come into view with a new right
_OPEN, _KNOWN, _SETTING, _WANTED = "inbox_open", "inbox_known", "inbox_setting", "inbox_wanted"  # of the session
_ICONS = {
    "process.completed": ":material/check_circle:",
    "process.failed": ":material/error:",
    "process.interrupted": ":material/power_off:",
    "labels.applied": ":material/done_all:",
    "labels.rolled_back": ":material/undo:",
    "machine.lost": ":material/wifi_off:",
    "disk.low": ":material/hard_drive:",
    "delivery.failed": ":material/outgoing_mail:",
    "test": ":material/notifications_active:",
}
# Streamlit has no place in its header: the bell is lifted into it. The list is as wide as a sentence needs.
_STYLE = """<style>
.st-key-inbox { position: fixed; top: .6rem; right: 4rem; width: auto; z-index: 999991; flex-direction: row-reverse }
[data-testid=stPopoverBody]:has(.st-key-inbox_list) { width: 27rem; max-height: 85vh !important }
</style>"""


def render_inbox(user: User) -> None:
    """The bell with the number of unread notices; looks for new ones by itself."""
    st.html(_STYLE)
    st.fragment(_render, run_every=EVERY_S)(user)


def _render(user: User) -> None:
    if wanted := st.session_state.pop(_WANTED, None):
        st.switch_page(f"{wanted[0]}.py", query_params=wanted[1])
    person = get_person()
    if person == NOBODY:  # signed out in another window; the page says so at the next click
        return
    store = get_store()
    found = notices.for_person(_board(str(store.root)).load(), person)
    read = notices.read_marks(store, user.account)
    _toast(user, found)
    unread = [notice for notice in found if notice.id not in read]
    # The same elements at every tick while nothing is new, so the browser has nothing to draw.
    with st.container(key="inbox", horizontal=True, gap="xsmall", vertical_alignment="center", width="content"):
        # The number stands beside it: a popover whose label changes is another one for Streamlit, and closes.
        bell = st.popover(_("Notices"), icon=":material/notifications:", type="tertiary", key=_OPEN, on_change="rerun")
        if unread:
            st.badge(str(len(unread)), color="red")
    if bell.open:
        with bell, st.container(key="inbox_list"):
            _render_open(user, found, unread)


def _render_open(user: User, found: list[Notice], unread: list[Notice]) -> None:
    if user.is_local and st.session_state.get(_SETTING):
        st.button(_("Back to the notices"), icon=":material/arrow_back:", type="tertiary", on_click=_show_settings, args=(user, False))
        notice_settings.render(user)
        return
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.button(
            _("Mark all as read"),
            icon=":material/done_all:",
            type="tertiary",
            disabled=not unread,
            on_click=_mark_read,
            args=(user, unread),
        )
        st.button(_("Settings"), icon=":material/settings:", type="tertiary", on_click=_show_settings, args=(user, True))
    if not found:
        st.caption(_("Nothing yet. You are told here when a process of yours ends and when its labels are applied."))
    new = {notice.id for notice in unread}
    for notice in found[:_SHOWN]:
        _render_notice(user, notice, is_new=notice.id in new)
    if len(found) > _SHOWN:
        st.caption(_("Older ones are not shown; they are kept for 30 days."))


def _render_notice(user: User, notice: Notice, *, is_new: bool) -> None:
    with st.container(gap=None, key=f"notice_{notice.id}"):
        dot = ":red[●] " if is_new else ""
        st.markdown(f"{dot}{_ICONS[notice.code]} {_text(notice)}")
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.caption(moment(notice.at), width="content")
            target = notices.target(notice)
            # Without the right to the page it is not among those that can be opened.
            if target and user.may(*PAGES[target[0]]):
                st.button(_("Open"), key=f"open_{notice.id}", type="tertiary", on_click=_follow, args=(user, notice, target))


def _text(notice: Notice) -> str:
    """What happened, as Markdown."""
    text = said(notice.message.template, notice.message.values)
    if notice.reason:
        # A reason may be pages of a library's own words, which the process shows in full.
        text += ". " + shorten(said(notice.reason.template, notice.reason.values), _REASON, placeholder=" …")
    return f"**{plain(notice.subject)}**  \n{plain(text)}"


def _toast(user: User, found: Sequence[Notice]) -> None:
    """Toasts for what came since the last look of this session, as far as its person wants them."""
    # On the first page of the session nothing is new: what waits is told by the bell.
    known: set[str] = st.session_state.setdefault(_KNOWN, {notice.id for notice in found})
    new = [notice for notice in found if notice.id not in known and now() - notice.at < _NEWS]
    if new:
        _toast_new(user, new)
    st.session_state[_KNOWN] = {notice.id for notice in found}  # not before: a press that cuts this run off would take them along


def _toast_new(user: User, new: Sequence[Notice]) -> None:
    chosen = stored.read(get_store(), user.account)[1].toast
    wanted = [notice for notice in new if notice.code in chosen or notice.code not in EVENTS]
    for notice in wanted[:_TOASTS]:
        st.toast(_text(notice), icon=_ICONS[notice.code], duration="long")
    if len(wanted) > _TOASTS:
        st.toast(ngettext("{count} more notice", "{count} more notices", len(wanted) - _TOASTS), icon=":material/notifications:")


def _mark_read(user: User, read: list[Notice]) -> None:
    notices.mark_read(get_store(), user.account, read)


def _follow(user: User, notice: Notice, target: tuple[str, dict[str, str]]) -> None:
    _mark_read(user, [notice])
    _leave_for(target)


def _show_settings(user: User, shown: bool) -> None:
    st.session_state[_SETTING] = shown
    if not user.is_local:
        _leave_for(("my_account", {}))


def _leave_for(target: tuple[str, dict[str, str]]) -> None:
    # The page must not lie below the open list. Closed, the list draws none of its buttons: the next run begins with this.
    st.session_state[_OPEN] = False
    st.session_state[_WANTED] = target


@st.cache_resource(show_spinner=False)
def _board(root: str) -> Board:
    """The one board of the store at ``root``, for all sessions."""
    return Board(Store(Path(root)))
