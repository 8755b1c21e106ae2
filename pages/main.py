"""The router: language, the pages this person may see, and the one that was asked for.

It lies inside ``pages/`` on purpose: Streamlit looks for pages in the folder ``pages`` beside the main script and runs
the first one asked for by its own, without this file. There is no ``pages/pages/``.
"""

from pathlib import Path

import streamlit as st

from pages.parts.apply_watch import announce_finished
from pages.parts.data import get_store
from pages.parts.guard import current_user, refuse
from pages.parts.i18n import LANGUAGES, _, language
from pages.parts.toasts import show_toasts
from storage.rights import Entity

HERE = Path(__file__).resolve().parent

# An icon of our own: for its default Streamlit has the browser ask fonts.gstatic.com, which offline fails on every page.
st.set_page_config(page_title="Fieldmark", page_icon=str(HERE / "static" / "favicon.svg"), layout="wide", initial_sidebar_state=220)
# Tables and images need the width, titles stand equally high whatever is beside them, words on a button of the dark theme's
# light blue are to be read, and the whole sidebar fits a window of 800 pixels; Streamlit has options for none of it.
st.html("""<style>
[data-testid=stMainBlockContainer] { padding-left: 2rem; padding-right: 2rem }
[data-testid=stMainBlockContainer] [data-testid=stHeading] h1 { padding-top: 0 }
@media (prefers-color-scheme: dark) { [data-testid^=stBaseButton-primary]:not(:disabled) { color: #16191d } }
[data-testid=stSidebarHeader] { margin-bottom: 0 }
[data-testid=stSidebarUserContent] { padding: 0.5rem 0 1rem }
</style>""")
with st.sidebar:
    # Before everything else, since it decides the language of all that follows.
    st.segmented_control(
        "Language · Язык",
        LANGUAGES,
        default=language(),
        required=True,
        key="lang",
        bind="query-params",  # codes are the same in every language, so this one may be bound
        format_func=str.upper,
        label_visibility="collapsed",
    )


def go_home() -> None:
    """The address without a path: Streamlit gives its default page no path of its own, so the first page cannot be it."""
    st.switch_page(seen[0])


def listed(name: str, title: str, icon: str) -> st.Page:
    """The page in ``name``.py under the address of that name."""
    return st.Page(HERE / f"{name}.py", title=title, icon=f":material/{icon}:", url_path=name)


user = current_user()
# Made on every run: titles are translated, and the language may have changed. By the right that each page asks for again.
pages: dict[str, list[tuple[Entity, st.Page]]] = {
    _("Project"): [
        ("projects", listed("projects", _("Projects"), "folder")),
        ("images", listed("data", _("Data"), "photo_library")),
        ("labels", listed("labelling", _("Labelling"), "select")),
        ("labels", listed("review", _("Review"), "fact_check")),
    ],
    _("Auto-labelling"): [
        ("templates", listed("templates", _("Templates"), "tune")),
        ("processes", listed("processes", _("Processes"), "list")),
    ],
    _("Training"): [
        ("templates", listed("training_templates", _("Templates"), "tune")),
        ("processes", listed("training_processes", _("Processes"), "list")),
    ],
    _("Models"): [
        ("processes", listed("monitoring", _("Monitoring"), "show_chart")),
        ("models", listed("models", _("Models"), "deployed_code")),
        ("models", listed("testing", _("Testing"), "science")),
    ],
    # What an administrator sets up.
    _("Administration"): [
        ("machines", listed("machines", _("Machines"), "dns")),
        ("model_types", listed("model_types", _("Model types"), "category")),
        ("base_models", listed("base_models", _("Base models"), "foundation")),
    ],
}
permitted = {title: [page for entity, page in group if user.may(entity, "view")] for title, group in pages.items()}
# Without the sections of which this person sees nothing: Streamlit would show their titles.
sections = {title: group for title, group in permitted.items() if group}
seen = [page for group in sections.values() for page in group]
# A page that is not listed has no address.
if seen:
    home = st.Page(go_home, title="Fieldmark", default=True, visibility="hidden")
    # Expanded, as Streamlit hides all pages beyond ten behind a button that is not translated.
    page = st.navigation({"": [home], **sections}, expanded=True)
else:
    page = st.navigation([st.Page(refuse, title="Fieldmark")])
with st.sidebar:
    st.caption(user.name)
if user.may("processes", "view"):
    announce_finished(get_store())
show_toasts()
page.run()
