"""Trying a model: a zone to drop documents on, and what the model found on their pages, with a threshold that moves at once.

Documents go past the page's script, in a request of their own. Everything the model found comes along once, so that the
browser moves the threshold, and writes JSON and CSV, by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.i18n import _, language, store_messages

MAX_FILES, MAX_BYTES = 20, 100_000_000
"""Of what is dropped at once; the server refuses more."""

_FOLDER = Path(__file__).resolve().parent


def _read(*names: str) -> str:
    # As one text, since a module given as text can import no other.
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


_drop = st.components.v2.component(
    "fieldmark.document_drop", html='<div class="drop"></div>\n', css=_read("drop.css"), js=_read("dom.js", "drop.js")
)
_trial = st.components.v2.component(
    "fieldmark.model_trial",
    html='<div class="trial"></div>\n',
    css=_read("trial.css"),
    js=_read("dom.js", "choosing.js", "outcome.js", "drawing.js", "trial.js"),
)


def document_drop(model: str, machine: str | None, obstacle: str | None, *, on_asked: Callable[[str], None]) -> None:
    """Draw the drop zone; ``on_asked`` is called with the id of the job that came of the documents.

    ``machine`` is the one to ask, None leaves the choice to the server; with ``obstacle``, which says why, nothing is taken.
    """

    def asked() -> None:
        on_asked(st.session_state["document_drop"]["asked"])

    data = {
        "model": model,
        "machine": machine,
        "obstacle": obstacle,
        "most": {"files": MAX_FILES, "bytes": MAX_BYTES},
        "texts": {
            "choose": _("Choose files"),
            "drop": _("or drop images and PDFs here"),
            "hint": _("JPEG, PNG, TIFF, BMP, WebP or PDF; at most 20 pages at once. They are removed after a day, and enter no project"),
            "sending": _("Sending, {share} %"),
            "reading": _("Reading the pages"),
            "lost": _("The connection was lost. Drop the files again"),
            "large": _("The files have more than {most} million bytes together. Try fewer at once"),
            "left_out": _("Pages left out: {count}. At most 20 are tried at once"),
            "files_left_out": _("Files left out: {count}. At most 20 are tried at once"),
        },
        "messages": store_messages(),
        "language": language(),
    }
    _drop(key="document_drop", data=data, on_asked_change=asked)


def model_trial(
    task: str, fields: Sequence[Mapping[str, Any]], pages: Sequence[Mapping[str, Any]], about: Mapping[str, Any], *, key: str
) -> None:
    """Draw the pages of one job with what was found on each.

    A field, or class, has ``id``, ``name``, ``colour``, ``least`` and ``most`` (the model's rule for it). A page has
    ``name``, ``width``, ``height``, its ``address``, and ``found``: rows of the place of a field, the score and, of a
    field, left, top, right and bottom, the text and the reader's certainty (each None where nothing was read); None while
    nobody has looked; ``problem`` says why it could not be read.
    ``about`` goes into the JSON; another ``key`` begins at the first page.
    """
    data = {
        "key": key,
        "task": task,
        "fields": list(fields),
        "pages": list(pages),
        "about": dict(about),
        "language": language(),
        "texts": _texts(task),
    }
    _trial(key="model_trial", data=data)


def _texts(task: str) -> dict[str, str]:
    own = _("Each field from its own score up, and no more on a page than the model learned: what would be applied")
    return {
        "pages": _("Pages"),
        "enlarge": _("Larger, or to fit"),
        "own": _("The model's own thresholds"),
        "own_hint": _("The likeliest class, if its score reaches the one that the model learned") if task == "classes" else own,
        "one": _("One score for all"),
        "least": _("Least score"),
        "here": _("On this page: {count}"),
        "all": _("On all pages: {count}"),
        "field": _("Field"),
        "class": _("Class"),
        "score": _("Score"),
        "read": _("Read"),
        "read_hint": _("How sure the reader is of what is written there, 0 to 1"),
        "place": _("Place, pixels"),
        "from": _("shown from {score}"),
        "nothing": _("Nothing reaches the threshold. Lower it to see what else was found."),
        "empty": _("Nothing was found on this page."),
        "waiting": _("Waiting for the machine…"),
        "unsure": _("No class: {name} is the likeliest with {score}, and {least} is asked for"),
        "copy": _("Copy"),
        "copied": _("Copied"),
        "download": _("Download"),
    }
