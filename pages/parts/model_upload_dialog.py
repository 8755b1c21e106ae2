"""The dialog that takes in a model's ZIP."""

import streamlit as st

from pages.parts.guard import User
from pages.parts.i18n import _
from pages.parts.links import asked_dialog, close_dialog, set_link
from pages.parts.model_upload import model_upload
from pages.parts.text import plain
from pages.parts.toasts import say


def render_upload(*, base: bool, user: User) -> None:
    """The dialog, if the address asks for it; what was uploaded is chosen then. With ``base`` it goes among the base models."""
    if asked_dialog() == "upload" and user.may("base_models" if base else "models", "create"):
        title = _("Upload a base model") if base else _("Upload a model")
        st.dialog(title, icon=":material/upload:", on_dismiss=close_dialog)(_render)(base)


def _render(base: bool) -> None:
    st.caption(
        _(
            "The ZIP that Download gives, here or in another installation. It is checked before it is taken in: weights, "
            "fields and architecture must fit together, and nothing in it is ever run."
        )
    )
    uploaded = model_upload(base=base, key="upload_form", on_uploaded=lambda: None).uploaded
    if uploaded:
        set_link("base_model" if base else "model", uploaded["model"])
        close_dialog()
        words = _("Base model {name} is uploaded") if base else _("Model {name} is uploaded")
        say(words.format(name=plain(uploaded["name"])), ":material/upload:")
        st.rerun()
