"""A drop zone for images, folders and ZIP archives; each file goes in a request of its own, past the page's script.

``st.file_uploader`` holds all files in memory until the last has arrived, and loses them when the page runs anew.
Here a file that was acknowledged is in the project, whatever becomes of the others, and those can be sent again.
"""

from pathlib import Path

import streamlit as st

from pages.parts.i18n import _, language, store_messages

_FOLDER = Path(__file__).resolve().parent
_HTML = """
<div class="uploader">
  <div class="zone">
    <button type="button" class="choose"></button><span class="drop"></span><span class="hint"></span>
    <input type="file" multiple hidden accept=".jpg,.jpeg,.png,.tif,.tiff,.bmp,.webp,.zip">
  </div>
  <div class="progress" hidden>
    <div class="bar"><div class="done"></div></div><span class="count"></span><span class="now"></span>
    <button type="button" class="cancel"></button>
  </div>
  <div class="left" role="alert" hidden>
    <span class="why"></span><button type="button" class="retry"></button><button type="button" class="forget"></button>
  </div>
  <div class="outcome" role="status" hidden></div>
  <ul hidden></ul>
</div>
"""
_uploader = st.components.v2.component(
    "fieldmark.uploader",
    html=_HTML,
    css=(_FOLDER / "uploader.css").read_text(encoding="utf-8"),
    # As one text, since a module given as text can import no other.
    js="\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("uploads.js", "uploader.js")),
)


def uploader(project: str) -> bool:
    """Draw the drop zone of a project; whether files were given to it in this window.

    The page runs again, at most every 2 s, when images were added.
    """
    labels = {
        ".choose": _("Choose files"),
        ".drop": _("or drop images, folders and ZIP archives here"),
        ".hint": _("JPEG, PNG, TIFF, BMP or WebP, one page each"),
        ".cancel": _("Cancel"),
        ".retry": _("Retry"),
        ".forget": _("Leave out"),
    }
    texts = {
        "progress": _("{done} of {total}"),
        "lost": _("Connection lost. Files not sent: {count}"),
        "cancelled": _("Cancelled. Files not sent: {count}"),
        "left": _("Files not sent: {count}"),
        "outcome": _("{added} added, {refused} refused"),
        "added": _("{added} added"),
        "unreadable": _("File {name!r} cannot be read any more. Choose it again"),
    }
    result = _uploader(
        key=f"uploader_{project}",
        data={"project": project, "labels": labels, "texts": texts, "messages": store_messages(), "language": language()},
        on_added_change=lambda: None,
    )
    return result.added is not None
