"""The router: language, the pages this person may see, and the one that was asked for.

It lies inside ``pages/`` on purpose: Streamlit looks for pages in the folder ``pages`` beside the main script and runs
the first one asked for by its own, without this file. There is no ``pages/pages/``.
"""

from pathlib import Path

import streamlit as st

from pages.parts.data import keep_session
from pages.parts.guard import current_user, refuse
from pages.parts.i18n import _
from pages.parts.inbox import render_inbox
from pages.parts.sidebar import render_language, render_person
from pages.parts.toasts import show_toasts
from storage.rights import PAGES

HERE = Path(__file__).resolve().parent

# An icon of our own: for its default Streamlit has the browser ask fonts.gstatic.com, which offline fails on every page.
st.set_page_config(page_title="Fieldmark", page_icon=str(HERE / "static" / "favicon.svg"), layout="wide", initial_sidebar_state=220)
# Tables and images need the width, titles stand equally high whatever is beside them, words on a button of the dark theme's
# light blue are to be read, and the sidebar wastes no height; Streamlit has options for none of it.
st.html("""<style>
[data-testid=stMainBlockContainer] { padding-left: 2rem; padding-right: 2rem }
[data-testid=stMainBlockContainer] [data-testid=stHeading] h1 { padding-top: 0 }
@media (prefers-color-scheme: dark) { [data-testid^=stBaseButton-primary]:not(:disabled) { color: #16191d } }
[data-testid=stSidebarHeader] { height: 1.5rem; margin-bottom: 0 }
[data-testid=stSidebarNavLink] { margin-top: 0; margin-bottom: 0 }
[data-testid=stNavSectionHeader] { margin-top: 0.25rem; margin-bottom: 0.125rem }
[data-testid=stSidebarUserContent] { padding: 0.25rem 0 0.5rem }
.st-key-person button { justify-content: flex-start; padding-left: 0 }
</style>""")
# Before everything else, since it decides the language of all that follows.
render_language()
user = current_user()
keep_session()


def go_home() -> None:
    """The address without a path: Streamlit gives its default page no path of its own, so the first page cannot be it."""
    st.switch_page(seen[0])


def listed(name: str, title: str, icon: str) -> st.Page | None:
    """The page in ``name``.py under the address of that name; None if this person may not see it."""
    # By the right that each page asks for again.
    return st.Page(HERE / f"{name}.py", title=title, icon=f":material/{icon}:", url_path=name) if user.may(*PAGES[name]) else None


# Made on every run: titles are translated, and the language may have changed.
pages: dict[str, list[st.Page | None]] = {
    _("Project"): [
        listed("projects", _("Projects"), "folder"),
        listed("data", _("Data"), "photo_library"),
        listed("labelling", _("Labelling"), "select"),
        listed("review", _("Review"), "fact_check"),
    ],
    _("Auto-labelling"): [listed("templates", _("Templates"), "tune"), listed("processes", _("Processes"), "list")],
    _("Training"): [listed("training_templates", _("Templates"), "tune"), listed("training_processes", _("Processes"), "list")],
    _("Models"): [
        listed("monitoring", _("Monitoring"), "show_chart"),
        listed("models", _("Models"), "deployed_code"),
        listed("testing", _("Testing"), "science"),
    ],
    # What an administrator sets up.
    _("Administration"): [
        listed("machines", _("Machines"), "dns"),
        listed("model_types", _("Model types"), "category"),
        listed("base_models", _("Base models"), "foundation"),
        listed("accounts", _("Accounts"), "group"),
        listed("roles", _("Roles"), "shield_person"),
        listed("journal", _("Journal"), "history"),
    ],
}
permitted = {title: [page for page in group if page] for title, group in pages.items()}
# Without the sections of which this person sees nothing: Streamlit would show their titles.
sections = {title: group for title, group in permitted.items() if group}
seen = [page for group in sections.values() for page in group]
# Reached from the head of the sidebar, not from its list.
own = [] if user.is_local else [st.Page(HERE / "my_account.py", title=_("My account"), url_path="my_account", visibility="hidden")]
# Not the page but the reason, where there would be none; whoever was sent a link should learn why it leads nowhere.
refused = [st.Page(refuse, title="Fieldmark", url_path=name, visibility="hidden") for name in PAGES if not user.may(*PAGES[name])]
home = st.Page(go_home if seen else refuse, title="Fieldmark", default=True, visibility="hidden")
# Expanded, as Streamlit hides all pages beyond ten behind a button that is not translated.
page = st.navigation({"": [home, *own, *refused], **sections}, expanded=True)
render_person(user)
render_inbox(user)
show_toasts()
page.run()
