"""The guard: who is looking, and what they may see and do. The first statement of every page calls ``require``."""

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import PurePath
from typing import NoReturn, ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.parts.data import get_person, sees
from pages.parts.i18n import _
from storage.core import Refused, ask_actor
from storage.people import LOCAL, NOBODY
from storage.rights import PAGES, Entity, Need, Right

_NEEDS = "page_needs"  # of the session: the right to the page that is open, None for any account's
P = ParamSpec("P")


@dataclass(frozen=True)
class User:
    """Somebody looking at a page: what they are called, and what they may do at the moment of asking.

    Asked anew, since a page stays open for hours: a block or another role counts from the next click or tick on.
    """

    account: str
    name: str
    language: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether nobody signs in here."""
        return self.account == LOCAL.account

    @property
    def is_signed_in(self) -> bool:
        """Whether the session goes on at this moment, for callbacks about one's own account, which need no right."""
        return get_person(anew=True).account == self.account

    def may(self, entity: Entity, right: Right) -> bool:
        """Whether this person has the right; ``manage`` covers start, stop, apply and roll back."""
        return get_person().may(entity, right)

    def sees(self, project: str) -> bool:
        """Whether the project is there for this person."""
        return sees(project)

    def why_not(self, entity: Entity, right: Right) -> str | None:
        """What a disabled button says; None if this person has the right."""
        return _why_not(entity, right)


def current_user() -> User:
    """Whoever looks, as the router has just read it; one whose session has ended or whose password has to be changed is led away."""
    person = get_person()
    if person == NOBODY:
        _lead_to("/sign-in", _("You are not signed in, or your session has ended."), _("Sign in"))
    if person.must_change:
        _lead_to("/password", _("Choose a password of your own before you go on."), _("Change the password"))
    return User(person.account, _("Local administrator") if person == LOCAL else person.name, person.language)


def require(entity: Entity | None, right: Right = "view") -> User:
    """The person looking, if they have the right (None: whoever is signed in); otherwise the page says so and ends here."""
    user = current_user()
    st.session_state[_NEEDS] = (entity, right)
    if entity and not user.may(entity, right):
        refuse()
    return user


def demand(entity: Entity, right: Right, project: str | None = None) -> None:
    """Refused unless whoever presses has the right at this moment, and may see the project.

    To be called by whatever changes something, just before it does: a button was drawn a while ago, and a callback runs
    before the page asks who is looking.
    """
    person = get_person(anew=True)
    if not person.may(entity, right) or not (project is None or person.sees(project)):
        words = {"right": right_words()[right], "entity": entity_words()[entity]}
        raise Refused("You need the right to {right} {entity}; ask the administrator", **words)


def live(function: Callable[P, None], run_every: float | None = None) -> Callable[P, None]:
    """``function`` as a fragment of the page; a run of its own asks again whether the page may be seen."""
    entity, right = st.session_state[_NEEDS]

    @wraps(function)
    def asked_again(*args: P.args, **kwargs: P.kwargs) -> None:
        person = get_person()
        if person == NOBODY or (entity and not person.may(entity, right)):
            st.rerun()  # the page's own guard says why
        function(*args, **kwargs)

    fragment: Callable[P, None] = st.fragment(asked_again, run_every=run_every)
    return fragment


def page_link(page: str, *, label: str, icon: str, query_params: dict[str, str] | None = None, help: str | None = None) -> None:  # noqa: A002
    """A link to another page of ours; to who may not see that one, the words alone with the reason."""
    # Streamlit raises for a page that is not in its navigation.
    if why := why_no_page(page):
        st.caption(f":material/lock: {label}", help=why, width="content")
    else:
        st.page_link(page, label=label, icon=icon, query_params=query_params, help=help)


def why_no_page(page: str) -> str | None:
    """Why a button that leads to this page (by its file's name) is disabled; None if the person looking may see the page."""
    return _why_not(*PAGES[PurePath(page).stem])


def says_why_not(*needs: Need) -> bool:
    """Whether the person looking lacks one of these rights; which one, is then said where the thing would have been shown."""
    why = next(filter(None, (_why_not(entity, right) for entity, right in needs)), None)
    if why:
        st.caption(f":material/lock: {why}")
    return why is not None


def refuse() -> NoReturn:
    """Say that this may not be seen, and end the page."""
    st.error(_("You may not see this page. Ask the administrator for the right to it."), icon=":material/lock:")
    st.stop()  # raises, so nothing below `require` runs


def _lead_to(address: str, words: str, link: str) -> NoReturn:
    """Say why this page is not shown, and open another one that leads back here."""
    st.info(words, icon=":material/lock:")
    st.html(f'<a href="{address}" target="_self">{html.escape(link)}</a>')
    st.html(
        f"<script>location.href = '{address}?next=' + encodeURIComponent(location.pathname + location.search)</script>",
        unsafe_allow_javascript=True,
    )
    st.stop()


def _why_not(entity: Entity, right: Right) -> str | None:
    if get_person().may(entity, right):
        return None
    words = _("You need the right to {right} {entity}; ask the administrator")
    return words.format(right=right_words()[right], entity=entity_words()[entity])


def _who_acts() -> str:
    # A route that runs in this same process has no page, and says itself who acts.
    return get_person().account if get_script_run_ctx(suppress_warning=True) else ""


# For the journal: a button's callback runs before its page's script.
ask_actor(_who_acts)


def right_words() -> dict[Right, str]:
    """The rights as they stand in the middle of a sentence."""
    # Written out, as the catalogues are collected from literals.
    return {"view": _("view"), "create": _("create"), "edit": _("edit"), "delete": _("delete"), "manage": _("manage")}


def entity_words() -> dict[Entity, str]:
    """What rights are about, in the middle of a sentence."""
    return {
        "projects": _("projects"),
        "images": _("images"),
        "labels": _("labels"),
        "templates": _("templates"),
        "processes": _("processes"),
        "models": _("models"),
        "machines": _("machines"),
        "model_types": _("model types"),
        "base_models": _("base models"),
        "accounts": _("accounts"),
        "roles": _("roles"),
        "journal": _("journal"),
    }
