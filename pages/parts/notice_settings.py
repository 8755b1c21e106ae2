"""What a person is told as a toast, by e-mail and by a webhook of their own, and whether that works."""

import streamlit as st

from pages.parts.data import get_store
from pages.parts.guard import User
from pages.parts.i18n import _, moment, said
from pages.parts.text import explain, plain
from storage import deliveries, notice_events, notices
from storage import notice_settings as stored
from storage.core import StoreError
from storage.deliveries import Delivery, Parcel
from storage.notice_settings import WAYS, NoticeSettings, Way
from storage.notices import EVENTS, EventCode, Notice
from storage.settings import settings as deployment

_TEST, _SAVED, _REFUSED = "notice_test", "notice_settings_saved", "notice_settings_refused"  # of the session
_LOOK_S = 2.0


def render(user: User) -> None:
    """The settings of the person looking, with a test of what is set."""
    chosen = stored.read(get_store(), user.account)[1]
    with st.form("notice_settings", border=False):
        _render_codes(chosen)
        has_mail = deployment().smtp is not None
        st.text_input(
            _("E-mail address"),
            chosen.address,
            key="notice_address",
            placeholder=_("none: no e-mail is sent"),
            disabled=not has_mail,
            help=None if has_mail else _("The administrator has set no mail server, so no e-mail can be sent"),
        )
        st.text_input(
            _("Webhook address"),
            chosen.url,
            key="notice_url",
            placeholder=_("none: nothing is sent"),
            help=_("An https:// or http:// address of your own. Each notice is sent there as signed JSON"),
        )
        st.form_submit_button(_("Save"), icon=":material/save:", on_click=_save, args=(user,))
    # Here and not by the router: in the inbox a press runs the inbox alone.
    if st.session_state.get(_SAVED):
        st.toast(_("Your notice settings are saved"), icon=":material/check:")
        del st.session_state[_SAVED]  # not before: a press that cuts this run off would take the toast along
    if refused := st.session_state.get(_REFUSED):
        st.error(refused)
    if chosen.url:
        st.caption(_("The key that signs what is sent to the webhook (X-Fieldmark-Signature, HMAC-SHA256 of the body):"))
        st.code(chosen.secret, language=None, wrap_lines=True)
    _render_test(user, chosen)


def _render_codes(chosen: NoticeSettings) -> None:
    """A row for each kind of notice, a column for each way to be told."""
    titles = {"toast": _("Toast"), "email": _("E-mail"), "webhook": _("Webhook")}
    widths = [9, 3, 3, 4]
    for place, title in zip(st.columns(widths), ("", *titles.values()), strict=True):
        place.caption(title)
    for code, name in _names().items():
        first, *places = st.columns(widths, vertical_alignment="center")
        first.markdown(name)
        for place, (way, title) in zip(places, titles.items(), strict=True):
            is_on = code in getattr(chosen, way)
            place.checkbox(f"{name}: {title}", is_on, key=f"notice_{way}_{code}", label_visibility="collapsed")


def _names() -> dict[EventCode, str]:
    """What can happen, in the reader's language."""
    return {
        "process.completed": _("A process completed"),
        "process.failed": _("A process failed"),
        "process.interrupted": _("A process was interrupted"),
        "labels.applied": _("Labels were applied"),
        "labels.rolled_back": _("Labels were rolled back"),
        "machine.lost": _("A machine does not respond"),
        "disk.low": _("The disk is nearly full"),
    }


def _save(user: User) -> None:
    st.session_state.pop(_REFUSED, None)
    store, state = get_store(), st.session_state
    codes = {way: tuple(code for code in EVENTS if state[f"notice_{way}_{code}"]) for way in ("toast", *WAYS)}
    try:
        rev, before = stored.read(store, user.account)
        after = before.model_copy(update={**codes, "address": state["notice_address"] or "", "url": state["notice_url"] or ""})
        stored.write(store, user.account, rev, after)
    except StoreError as error:
        state[_REFUSED] = explain(error)
    else:
        state[_SAVED] = True


def _render_test(user: User, chosen: NoticeSettings) -> None:
    """The button that sends a test, and what became of it."""
    ways = [way for way in WAYS if chosen.where(way)]
    st.button(
        _("Send a test"),
        icon=":material/send:",
        key="notice_test_button",
        disabled=not ways,
        help=None if ways else _("Enter an e-mail address or a webhook address first, and save"),
        on_click=_send_test,
        args=(user,),
    )
    sent = st.session_state.get(_TEST)
    if sent and ways and (found := notices.find(get_store(), sent)):
        is_over = all(delivery and delivery.is_over for delivery in _standing(user, found, ways).values())
        st.fragment(_render_standing, run_every=None if is_over else _LOOK_S)(user, found, ways, is_over)


def _send_test(user: User) -> None:
    st.session_state[_TEST] = notice_events.send_test(get_store(), user.account)


def _standing(user: User, test: Notice, ways: list[Way]) -> dict[Way, Delivery | None]:
    return {way: deliveries.read(get_store(), Parcel(test, way, user.account))[1] for way in ways}


def _render_standing(user: User, test: Notice, ways: list[Way], was_over: bool) -> None:
    """How it stands with the test on each way; looks by itself until that is decided."""
    found = _standing(user, test, ways)
    names = {"email": _("E-mail"), "webhook": _("Webhook")}
    for way, delivery in found.items():
        if delivery is None or not delivery.is_over:
            st.caption(_("{way}: the test of {at} is on its way").format(way=names[way], at=moment(test.at, seconds=True)))
        elif delivery.reason:
            st.error(f"{names[way]}: {plain(said(delivery.reason.template, delivery.reason.values))}", icon=":material/error:")
        else:
            st.success(_("{way}: the test was delivered").format(way=names[way]), icon=":material/check:")
    if not was_over and all(delivery and delivery.is_over for delivery in found.values()):
        st.rerun()  # the timer belongs to whoever drew this
