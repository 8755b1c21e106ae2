"""The dialogs about roles: copy one, delete one."""

import streamlit as st

from pages.parts.guard import User, demand
from pages.parts.i18n import _
from pages.parts.links import asked_dialog, close_dialog, set_link
from pages.parts.role_texts import check_giving, role_description, role_name
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import roles
from storage.core import Store, StoreError
from storage.roles import Role


def render_dialog(store: Store, rev: int, role: Role, user: User) -> None:
    """The dialog that the address asks for, about the role that it names."""
    asked = asked_dialog()
    if asked == "copy" and user.may("roles", "create"):
        st.dialog(_("Copy role"), icon=":material/content_copy:", on_dismiss=close_dialog)(_render_copy)(store, role)
    if asked == "delete" and rev and user.may("roles", "delete"):
        st.dialog(_("Delete this role?"), icon=":material/delete:", on_dismiss=close_dialog)(_render_deletion)(store, rev, role)


def _render_copy(store: Store, role: Role) -> None:
    st.markdown(
        _("The copy begins with what {role} allows; tick and untick rights after that.").format(role=f"**{plain(role_name(role))}**")
    )
    with st.form("copy_role", border=False):
        name = st.text_input(_("Name"), key="role_copy_name", placeholder=_("Letters of any alphabet, digits, “-”, “_” and “.”"))
        if not st.form_submit_button(_("Copy"), key="confirm", type="primary", icon=":material/check:"):
            return
    try:
        demand("roles", "create")
        check_giving(role.rights)
        made = roles.create(store, name.strip(), role.rights, role_description(role))
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    say(_("Role {name} is created").format(name=plain(made.name)))
    set_link("role", made.id)
    close_dialog()
    st.rerun()


def _render_deletion(store: Store, rev: int, role: Role) -> None:
    st.markdown(_("Role {name} is taken out of every list.").format(name=f"**{plain(role.name)}**"))
    if not st.button(_("Delete"), key="confirm", type="primary", icon=":material/delete:"):
        return
    try:
        demand("roles", "delete")
        roles.delete(store, rev, role)
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    say(_("Role {name} is deleted").format(name=plain(role.name)), ":material/delete:")
    set_link("role", None)
    close_dialog()
    st.rerun()
