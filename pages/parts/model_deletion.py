"""Asking before a model is deleted: what depends on it, and what becomes of that."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.data import sees
from pages.parts.guard import User, demand, page_link
from pages.parts.i18n import _, ngettext
from pages.parts.links import close_dialog, process_page, set_link
from pages.parts.model_texts import megabytes
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import model_deletion, models
from storage.core import Store, StoreError
from storage.model_deletion import Dependants
from storage.models import Listed
from storage.rights import Entity

_NAMED = 5  # of what may be many


def render_deletion(store: Store, listed: Listed, user: User, entity: Entity) -> None:
    """The dialog's content; once the model is deleted it is closed, and the model chosen no longer."""
    found = model_deletion.dependants(store, listed.model.id)
    _render_what_happens(store, listed)
    _render_dependants(found)
    _render_running(found)
    if not st.button(_("Delete"), key="confirm", type="primary", icon=":material/delete:", disabled=bool(found.running)):
        return
    try:
        demand(entity, "delete", listed.model.project if entity == "models" else None)
        model_deletion.delete(store, listed, user.account)
    except StoreError as error:
        st.error(explain(error))
        return
    close_dialog()
    set_link("model", None)
    set_link("base_model", None)
    words = _("Model {name} is deleted; switch on “Show deleted” on the page Models to restore it")
    say(words.format(name=plain(listed.entry.name)), ":material/delete:")
    st.rerun()


def _render_what_happens(store: Store, listed: Listed) -> None:
    name = f"**{plain(listed.entry.name)}**"
    st.markdown(_("Model {name} is taken out of every list, and can be neither tried nor downloaded any more.").format(name=name))
    size = megabytes(models.weights_size(store, listed.model) or 0)
    st.markdown(_("Its files ({size}) stay on disk, so it can be restored at any time.").format(size=size))
    if listed.model.kind == "auto-label":
        st.markdown(_("Its process stays, and so do its labels: they can be applied and rolled back as before."))


def _render_dependants(found: Dependants) -> None:
    if found.templates:
        words = ngettext("{count} template begins with it", "{count} templates begin with it", len(found.templates))
        names = _named([template.name for template in found.templates])
        st.markdown(f"{words}: {names}. " + _("Choose another base model there before the next process is made."))
    if found.models:
        words = ngettext("{count} model went on from it", "{count} models went on from it", len(found.models))
        names = _named([_known(listed.entry.name, listed.model.project) for listed in found.models])
        st.markdown(f"{words}: {names}. " + _("What went on from it needs nothing of it, and stays as it is."))
    if found.startable:
        words = ngettext("{count} process begins with it", "{count} processes begin with it", len(found.startable))
        names = _named([_known(process.spec.template.name, process.spec.project) for process in found.startable])
        st.markdown(f"{words}: {names}. " + _("Without the model it can be neither started nor resumed."))


def _render_running(found: Dependants) -> None:
    for process in found.running:
        words = _("Process {process} begins with it and is unfinished. Stop it, or wait for its end; then the model can be deleted.")
        st.warning(words.format(process=plain(_known(process.spec.template.name, process.spec.project))), icon=":material/block:")
        if sees(process.spec.project):
            page_link(process_page(process.spec.kind), label=_("Process"), icon=":material/list:", query_params={"process": process.id})


def _known(name: str, project: str) -> str:
    """The name of what is of a project, for whoever may see that."""
    return name if sees(project) else _("of another project")


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(f"**{plain(name)}**" for name in names[:_NAMED])
    return shown + (" …" if len(names) > _NAMED else "")
