"""A form that sends a model's ZIP in one request, past the page's script, and says how much of it is sent or why it is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.i18n import _, language, store_messages

_FOLDER = Path(__file__).resolve().parent
_HTML = """
<form class="model-upload">
  <div class="zone">
    <button type="button" class="choose"></button><span class="chosen"></span>
    <input type="file" class="file" accept=".zip" hidden>
  </div>
  <label><span class="name-label"></span><input class="name" maxlength="100" autocomplete="off" spellcheck="false"></label>
  <div class="progress" hidden>
    <div class="bar"><div class="done"></div></div><span class="state"></span><button type="button" class="cancel"></button>
  </div>
  <div class="refusal" role="alert" hidden></div>
  <button type="submit" class="send"></button>
</form>
"""
_form = st.components.v2.component(
    "fieldmark.model_upload",
    html=_HTML,
    css=(_FOLDER / "model_upload.css").read_text(encoding="utf-8"),
    # As text: an asset folder is found only for installed packages, not in a checkout.
    js=(_FOLDER / "model_upload.js").read_text(encoding="utf-8"),
)


def model_upload(*, base: bool, key: str, on_uploaded: Callable[[], None]) -> Any:
    """Draw the form; once a model is in, ``on_uploaded`` is called and the result's ``uploaded`` has its ``model`` and ``name``."""
    labels = {
        ".choose": _("Choose a file"),
        ".name-label": _("Name"),
        ".cancel": _("Cancel"),
        ".send": _("Upload"),
    }
    texts = {
        "none": _("or drop the ZIP here that Download gave"),
        "sending": _("{percent} % · {size} MB"),
        "checking": _("It is being checked …"),
        "lost": _("The connection was lost. Send it again"),
    }
    data = {"base": base, "labels": labels, "texts": texts, "messages": store_messages(), "language": language()}
    return _form(key=key, data=data, on_uploaded_change=on_uploaded)
