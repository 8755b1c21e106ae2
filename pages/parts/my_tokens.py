"""One's API tokens: a program that has one may do some of what oneself may do, until a day."""

import streamlit as st

from pages.parts.data import get_person
from pages.parts.guard import User, entity_words, right_words
from pages.parts.i18n import _, moment, ngettext
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import tokens
from storage.core import Store, StoreError, now
from storage.rights import ENTITIES, RIGHTS, Need, Rights
from storage.tokens import Token

_OPEN, _GIVEN = "token_dialog", "given_token"  # of the session: whether the dialog is open, and the token just made
_DAYS = (7, 30, 90, 365)


def render_tokens(store: Store, user: User) -> None:
    """The tokens with what they allow and until when; each can be revoked, and another one made."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader(_("API tokens"), anchor=False, width="content")
        st.button(_("New token"), key="new_token", icon=":material/add:", on_click=_open)
    found = tokens.list_tokens(store, user.account)
    if not found:
        st.caption(_("A token lets a program of yours use the API: Authorization: Bearer fm_…"))
    for token in found:
        _render_token(store, token, user)
    if st.session_state.get(_GIVEN):
        st.dialog(_("New token"), icon=":material/key:", on_dismiss=_close)(_render_given)(st.session_state[_GIVEN])
    elif st.session_state.get(_OPEN):
        st.dialog(_("New token"), icon=":material/key:", width="medium", on_dismiss=_close)(_render_form)(store, user)


def _render_token(store: Store, token: Token, user: User) -> None:
    expired = token.expires <= now()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", border=True):
        rights = ngettext("{count} right", "{count} rights", len(token.rights))
        until = _("expired {at}") if expired else _("until {at}")
        times = f"{rights} · {until.format(at=moment(token.expires))}"
        st.markdown(f"**{plain(token.name)}**  \n:small[:gray[{times}]]", width="content", help=plain(_listed(token.rights)))
        if expired:
            st.badge(_("Expired"), color="red")
        label, key = _("Revoke"), f"revoke_{token.digest}"
        st.button(label, key=key, icon=":material/block:", on_click=_revoke, args=(store, token, user))


def _listed(rights: Rights) -> str:
    """The rights in words, an entity after the other."""
    parts = []
    for entity in ENTITIES:
        held = [right_words()[right] for right in RIGHTS if (entity, right) in rights]
        parts += [f"{entity_words()[entity]}: {', '.join(held)}"] if held else []
    return "; ".join(parts)


def _open() -> None:
    st.session_state[_OPEN] = True


def _close() -> None:
    for key in (_OPEN, _GIVEN):
        st.session_state.pop(key, None)


def _render_form(store: Store, user: User) -> None:
    mine = get_person().rights
    with st.form("token", border=False):
        name = st.text_input(_("Name"), key="token_name", placeholder=_("What it is for, such as nightly-import"))
        days = st.selectbox(
            _("Valid for"), _DAYS, _DAYS.index(90), format_func=lambda days: ngettext("{count} day", "{count} days", days), key="token_days"
        )
        pairs = [(entity, right) for entity in ENTITIES for right in RIGHTS if (entity, right) in mine]
        chosen: list[Need] = st.multiselect(
            _("Rights"),
            pairs,
            [pair for pair in pairs if pair[1] == "view"],
            format_func=lambda pair: f"{entity_words()[pair[0]]}: {right_words()[pair[1]]}",
            key="token_rights",
            placeholder=_("Choose rights"),
        )
        st.caption(_("Give it only what the program needs. It never may more than you: what you lose, it loses."))
        if not st.form_submit_button(_("Create"), key="confirm", type="primary", icon=":material/check:"):
            return
    _create(store, user, name.strip(), frozenset(chosen), days)


def _create(store: Store, user: User, name: str, rights: Rights, days: int) -> None:
    if not rights:
        st.error(_("Choose at least one right; without any the token would be of no use."), icon=":material/error:")
        return
    try:
        made, text = tokens.create(store, user.account, name, rights & get_person(anew=True).rights, days)
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    st.session_state[_GIVEN] = (made.name, text)
    st.rerun()


def _render_given(given: tuple[str, str]) -> None:
    name, text = given
    st.markdown(_("This is {name}. It is shown only now: keep it where only your program reads it.").format(name=f"**{plain(name)}**"))
    st.code(text, language=None, wrap_lines=True)
    if st.button(_("I have noted it"), key="confirm", type="primary", icon=":material/check:"):
        _close()
        st.rerun()


def _revoke(store: Store, token: Token, user: User) -> None:
    if not user.is_signed_in:
        return
    try:
        tokens.revoke(store, token.digest)
    except StoreError as error:
        say(explain(error), ":material/error:")
        return
    say(_("Token {name} is revoked").format(name=plain(token.name)), ":material/block:")
