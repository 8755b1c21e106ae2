"""The editor: people draw, correct and accept boxes on images, or give each image a class, one image after the other.

It walks through images and saves by the server's routes, in the browser: a rerun of the page per edit would take
150 ms, and could lose one of two quick edits. The page learns which image is looked at and that something was saved.
"""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from storage.projects import Task

_FOLDER = Path(__file__).resolve().parent
# Each after those it imports from.
_MODULES = (
    "dom",
    "geometry",
    "values",
    "api",
    "label",
    "drafts",
    "merge",
    "saver",
    "labels",
    "images",
    "presence",
    "page_words",
    "canvas",
    "pointer",
    "keys",
    "toolbar",
    "versions",
    "box_list",
    "class_list",
    "side",
    "strip",
    "notices",
    "walker",
    "commands",
    "class_commands",
    "editor",
)
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js"$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:const|class|function) (\w+))", re.MULTILINE)


@dataclass(frozen=True)
class EditorField:
    """A field or a class as the editor offers it; ``key`` is the digit that chooses it."""

    id: str
    name: str
    colour: str
    key: str
    description: str


@dataclass(frozen=True)
class EditorSetup:
    """What an editor is for; another one is made anew. ``messages``: the store's refusals, translated; ``people``: names by account."""

    project: str
    task: Task
    mode: Literal["label", "review"]
    read_only: bool
    language: str
    fields: tuple[EditorField, ...]
    states: dict[str, dict[str, str]]
    texts: dict[str, str]
    messages: dict[str, str]
    people: dict[str, str]


def script() -> str:
    """The editor's modules as the one that Streamlit takes: each in a scope of its own, imports as reads from those before."""
    sources = [(name, (_FOLDER / f"{name}.js").read_text(encoding="utf-8")) for name in _MODULES]
    return "\n".join(_scoped(name, _IMPORT.sub(r"const \1 = \2Module", source)) for name, source in sources)


def _scoped(name: str, source: str) -> str:
    if "export default" in source:  # the last one
        return source
    exports = ", ".join(found for _, found in _EXPORT.findall(source))
    body = _EXPORT.sub(r"\1", source)
    return f"const {name}Module = (() => {{\n{body}\nreturn {{ {exports} }}\n}})()"


_editor = st.components.v2.component(
    "fieldmark.box_editor",
    html='<div class="box-editor" tabindex="-1"></div>',
    css=(_FOLDER / "box_editor.css").read_text(encoding="utf-8"),
    js=script(),
)


@dataclass(frozen=True)
class EditorCounts:
    """How many images the project has in each state, and of each class by its id."""

    states: dict[str, int]
    classes: dict[str, int]


def box_editor(
    setup: EditorSetup, *, image: str | None, query: dict[str, str], counts: EditorCounts, on_image: Callable[[str], None], key: str
) -> None:
    """The editor over the images that ``query`` selects (filter and order as the list route takes them).

    It opens at ``image`` and from then on decides itself; ``on_image`` is called with the id of the image looked at.
    After a save the fragment around it runs anew.
    """

    def moved() -> None:
        on_image(st.session_state[key]["image"])

    data = {**_camel(asdict(setup)), "image": image, "query": query, "counts": counts.states, "classCounts": counts.classes}
    _editor(key=key, data=data, on_image_change=moved, on_saved_change=lambda: None)


def _camel(values: dict[str, Any]) -> dict[str, Any]:
    values["readOnly"] = values.pop("read_only")
    return values
