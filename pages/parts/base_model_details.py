"""Everything about one base model, and what an administrator does with it."""

import streamlit as st

from pages.parts.guard import User, page_link
from pages.parts.i18n import _, moment, ngettext, number
from pages.parts.model_actions import dialog_button, download_button, render_refusal, switch_base
from pages.parts.model_texts import base_origin, main_score, megabytes
from pages.parts.template_texts import score_name, task_words
from pages.parts.text import plain
from storage import models
from storage.core import Store
from storage.models import Listed, Model
from storage.templates import BASE_MODELS, READERS


def render_preinstalled(name: str) -> None:
    """One that comes with the program: what it is, where its weights are from, and that it stays."""
    with st.container(border=True):
        _render_heading(name, task_words(BASE_MODELS[name]), base_origin(None))
        st.markdown(
            _(
                "A backbone that was trained to find text on pictures: that of PP-OCRv6, out of the package rapidocr (Apache-2.0), "
                "which is installed with the program. It knows text before it sees a single label of yours."
            )
        )
        if BASE_MODELS[name] == "fields":
            head = _("On top of it a feature pyramid and a detector, which begin anew with each training.")
            beside = _("Beside it a model of what is written, which chooses among the words that were read on the page.")
        else:
            head = _("On top of it one layer that tells the classes apart, which begins anew with each training.")
            beside = _("Beside it another of the words that were read on the page.")
        how = beside if name in READERS else _("It goes by looks alone, needs no text, and can be written as ONNX.")
        st.markdown(head + " " + how + " " + _("It cannot be changed, deleted or downloaded; every machine has it."))


def render_stored(store: Store, listed: Listed, user: User) -> None:
    """One of the store, with its buttons."""
    model = listed.model
    with st.container(border=True):
        _render_heading(listed.entry.name, task_words(model.task), base_origin(listed))
        _render_buttons(store, listed, user)
        if listed.entry.description:
            st.markdown(plain(listed.entry.description))
        st.markdown(_about(store, model))
        st.caption(_("A training that begins with it takes over its weights; fields or classes are matched by name, others begin anew."))
        if user.may("models", "view") and user.sees(model.project):
            page_link("models.py", label=_("All about the model"), icon=":material/deployed_code:", query_params={"model": model.id})


def _render_heading(name: str, purpose: str, where: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(name), anchor=False, width="content")
        st.badge(purpose, color="blue")
        st.badge(where, color="gray")


def _render_buttons(store: Store, listed: Listed, user: User) -> None:
    may_not_edit, may_not_delete = user.why_not("base_models", "edit"), user.why_not("base_models", "delete")
    with st.container(horizontal=True):
        download_button(listed, user)
        dialog_button(_("Name and description"), "entry", ":material/edit:", may_not_edit)
        st.button(
            _("Take out of the list"),
            key="unmark",
            icon=":material/playlist_remove:",
            disabled=may_not_edit is not None,
            help=may_not_edit or _("The model stays under Models; templates that begin with it go on doing so."),
            on_click=switch_base,
            args=(store, listed, user, False),
        )
        dialog_button(_("Delete"), "delete", ":material/delete:", may_not_delete)
    render_refusal()


def _about(store: Store, model: Model) -> str:
    size = models.weights_size(store, model)
    parts = [
        ngettext("Trained on {count} image", "Trained on {count} images", model.images),
        f"{score_name(model.task)} {number(main_score(model), 3)}",
        (_("Classes: {names}") if model.task == "classes" else _("Fields: {names}")).format(
            names=", ".join(plain(field.name) for field in model.fields)
        ),
        megabytes(size) if size is not None else _("its weights are missing"),
        moment(model.at),
    ]
    return " · ".join(parts)
