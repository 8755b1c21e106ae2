"""The reading of a project's pages: how far it is, its languages, and what a machine lacks to read them."""

from pathlib import Path

import streamlit as st
from babel import Locale
from babel.core import get_global

from pages.parts.data import find_project, forget_names, get_index, is_alive
from pages.parts.guard import User, demand, live
from pages.parts.i18n import _, language, number
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import machines, projects
from storage.core import Store, StoreError
from storage.machines import MACHINES, Info
from storage.projects import Project
from storage.words.missing import ENGLISH, count_read, missing_languages
from storage.words.suggestions import wanted

_LIVE_S = 5.0  # seconds between looks while pages are being read
# Tesseract's names that tell more than a language.
_SCRIPTS = {"chi_sim": "zh_Hans", "chi_tra": "zh_Hant"}


def render_reading(store: Store, project: Project) -> None:
    """How many pages were read, while some were not, and what no machine can read; follows the reading."""
    render_missing(project, load_alive(str(store.root)))
    before = _to_read(store, project)
    going_on = bool(load_alive(str(store.root))) and before > 0
    live(_render_progress, run_every=_LIVE_S if going_on else None)(store, project, before, going_on)


def _render_progress(store: Store, project: Project, before: int, going_on: bool) -> None:
    """How far the reading is; ``before`` pages were to be read when the page was drawn."""
    counts = get_index(str(store.root)).counts(project.id)
    total, left = counts.images, _to_read(store, project)
    few = 2 * left > total
    if left and (going_on or left < total):
        words = _("{read} of {total} pages read").format(read=number(total - left), total=number(total))
        if few and wanted(counts, project):
            words += ". " + _("Once half of them are, those to label first are suggested.")
        st.progress((total - left) / total, words)
    if going_on and (not left or (2 * before > total and not few)):
        st.rerun()  # the pace belongs to the page, and so do the suggestions


def _to_read(store: Store, project: Project) -> int:
    total = get_index(str(store.root)).counts(project.id).images
    return max(0, total - load_read(str(store.root), project.id)) if total else 0


def render_missing(project: Project, alive: list[Info]) -> None:
    """One sentence on the languages that no machine alive can read; nothing if there is no machine."""
    missing = missing_languages(project, alive)
    if alive and missing:
        words = _(
            "No machine can read {languages}: install {packages} on one (on Debian with apt-get install). "
            "Until then the words in letters that English lacks are missing."
        )
        packages = ", ".join(f"tesseract-ocr-{name.replace('_', '-')}" for name in missing)
        st.warning(words.format(languages=plain(", ".join(map(language_name, missing))), packages=packages), icon=":material/translate:")


def render_languages(store: Store, project: Project, user: User) -> None:
    """The languages of the project's pages, to be chosen from those that machines can read."""
    st.subheader(_("Languages"))
    st.markdown(_("What is written on the pages is read in these languages. If you change them, all pages are read again."))
    alive = load_alive(str(store.root))
    render_missing(project, alive)
    there = {ENGLISH, *Project.model_fields["languages"].default, *project.languages, *(name for info in alive for name in info.languages)}
    why = user.why_not("projects", "edit")
    with st.form("languages", border=False):
        chosen = st.multiselect(
            _("Languages of the pages"),
            sorted(there, key=language_name),
            list(project.languages),
            format_func=language_name,
            key="languages",
            disabled=bool(why),
        )
        pressed = st.form_submit_button(_("Save"), key="save_languages", icon=":material/save:", disabled=bool(why), help=why)
    if pressed:
        _save(store, project, chosen)


def language_name(name: str) -> str:
    """A language of Tesseract's as the person looking calls it; its own name if nobody knows better."""
    locale = Locale.parse(language())
    code = _SCRIPTS.get(name) or get_global("language_aliases").get(name, name)
    return str(locale.languages.get(code, name))


@st.cache_data(ttl=5, show_spinner=False)
def load_alive(root: str) -> list[Info]:
    """What the machines report that are alive."""
    store = Store(Path(root))
    found = [machine.id for machine in MACHINES.list(store).items if is_alive(root, machine.id)]
    return [info for machine in found if (info := machines.read_info(store, machine)) is not None]


@st.cache_data(ttl=5, show_spinner=False)
def load_read(root: str, project: str) -> int:
    """How many of the project's pages were read."""
    return count_read(Store(Path(root)).project(project))


def _save(store: Store, project: Project, chosen: list[str]) -> None:
    try:
        demand("projects", "edit", project.id)
        projects.change(store, *find_project(project.id), languages=chosen or [ENGLISH])
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    forget_names()
    say(_("The languages are saved"))
    st.rerun()
