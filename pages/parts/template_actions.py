"""The buttons of a template, and what is shown when somebody else saved it meanwhile."""

import pandas as pd
import streamlit as st

from pages.parts.guard import User, demand, page_link
from pages.parts.i18n import _, ngettext
from pages.parts.links import process_page
from pages.parts.template_draft import Opened, held_values, rebase, refill, show, values_of
from pages.parts.template_texts import parameter_name, value_text
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import templates
from storage.core import Conflict, Store, StoreError
from storage.templates import TEMPLATES, Template

_ASKED = "template_asked"  # in the session: the template whose deletion is asked about


def render_buttons(store: Store, opened: Opened, template: Template | None, used: int, user: User) -> None:
    """Save and Cancel; for one that exists Duplicate, Delete and a link that starts a process with it."""
    changed = template is not None and template != opened.template
    may_not_save = user.why_not("templates", "edit" if opened.rev else "create")
    if st.button(
        _("Save") if opened.rev else _("Create"),
        key="save",
        type="primary",
        icon=":material/save:",
        disabled=not changed or bool(may_not_save),
        help=may_not_save or (None if template else _("Give it a name, and put right what is marked red")),
    ):
        assert template is not None  # of None nothing is changed
        _save(store, opened, template)
    if not opened.rev:
        st.button(_("Cancel"), key="cancel", on_click=show, args=(None,))
        return
    st.button(
        _("Undo changes"),
        key="cancel",
        icon=":material/undo:",
        on_click=_fill_again,
        args=(opened.template, opened.rev),
        disabled=template == opened.template,
    )
    why = user.why_not("templates", "create")
    if st.button(_("Duplicate"), key="duplicate", icon=":material/content_copy:", disabled=bool(why), help=why):
        _duplicate(store, opened.template)
    why = user.why_not("templates", "delete")
    st.button(_("Delete"), key="delete", icon=":material/delete:", disabled=bool(why), help=why, on_click=_ask, args=(opened.template.id,))
    if user.may("processes", "view"):
        page_link(
            process_page(opened.template.kind),
            label=_("Add process"),
            icon=":material/rocket_launch:",
            query_params={"add": "1", "template": opened.template.id},
        )
    if st.session_state.get(_ASKED) == opened.template.id:
        st.dialog(_("Delete this template?"), icon=":material/delete:", on_dismiss=_forget)(_render_delete)(store, opened, used)


def _ask(template: str) -> None:
    st.session_state[_ASKED] = template


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def render_conflict(opened: Opened, theirs: Template, rev: int) -> None:
    """Both versions where they differ, once somebody else saved another one, ``rev``; the form keeps what was typed."""
    if rev <= opened.rev:
        return
    st.warning(_("Somebody else saved this template while you were changing it. Nothing of yours is lost."), icon=":material/call_split:")
    mine = held_values(theirs)
    rows = [
        (parameter_name(name), plain(value_text(name, mine[name])), plain(value_text(name, value)))
        for name, value in values_of(theirs).items()
        if mine[name] != value
    ]
    st.table(pd.DataFrame(rows, columns=[_("Parameter"), _("Yours"), _("Theirs, saved")]), hide_index=True, border="horizontal")
    with st.container(horizontal=True):
        st.button(_("Take theirs"), key="take_theirs", on_click=_fill_again, args=(theirs, rev))
        st.button(_("Go on with mine"), key="keep_mine", help=_("Save then puts yours over theirs"), on_click=rebase, args=(theirs, rev))


def _fill_again(template: Template, rev: int) -> None:
    refill(template, rev)


def _save(store: Store, opened: Opened, template: Template) -> None:
    try:
        demand("templates", "edit" if opened.rev else "create")
        if opened.rev:
            templates.change(store, opened.rev, opened.template, template)
        else:
            TEMPLATES.create(store, template)
    except Conflict:  # saved or deleted by somebody else since this run began; the next one says which
        st.rerun()
    except StoreError as error:
        st.error(explain(error))
        return
    # Not filled in again: the widgets are drawn already, and hold just these values.
    rebase(template, opened.rev + 1)
    show(template.id)
    say(_("Template {name} is saved").format(name=plain(template.name)))
    st.rerun()


def _duplicate(store: Store, template: Template) -> None:
    try:
        demand("templates", "create")
        copy = templates.duplicate(store, template)
    except StoreError as error:
        st.error(explain(error))
        return
    show(copy.id)
    say(_("{name} is a copy of {original}").format(name=plain(copy.name), original=plain(template.name)), ":material/content_copy:")
    st.rerun()


def _render_delete(store: Store, opened: Opened, used: int) -> None:
    st.markdown(_("Template {name} is taken out of the list.").format(name=f"**{plain(opened.template.name)}**"))
    if used:
        words = ngettext(
            "{count} process was made from it. It keeps its own copy of the values and goes on unchanged.",
            "{count} processes were made from it. They keep their own copy of the values and go on unchanged.",
            used,
        )
        st.markdown(words)
    if not st.button(_("Delete"), key="confirm", type="primary", icon=":material/delete:"):
        return
    try:
        demand("templates", "delete")
        rev, template = TEMPLATES.get(store, opened.template.id)
        TEMPLATES.delete(store, rev, template)
    except StoreError as error:
        st.error(explain(error))
        return
    _forget()
    show(None)
    say(_("Template {name} is deleted").format(name=plain(template.name)), ":material/delete:")
    st.rerun()
