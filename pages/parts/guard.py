"""The guard: who is looking, and what they may see and do. The first statement of every page calls ``require``."""

from dataclasses import dataclass
from typing import NoReturn

import streamlit as st

from pages.parts.i18n import _
from storage.rights import Entity, Right, Rights, rights_of


@dataclass(frozen=True)
class User:
    """An account with its rights."""

    account: str
    name: str
    rights: Rights

    def may(self, entity: Entity, right: Right) -> bool:
        """Whether this person has the right; ``manage`` covers start, stop, apply and roll back."""
        return (entity, right) in self.rights


def current_user() -> User:
    """Whoever the server named for this session; an account that is not known has no rights."""
    # From a header that only our middleware can set; not from a cookie, which a test of a page cannot seed.
    # Without the header Streamlit maps it to None.
    account = str(st.user.get("account") or "")
    return User(account, _("Local administrator") if account == "local" else account, rights_of(account))


def require(entity: Entity, right: Right) -> User:
    """The person looking, if they have the right; otherwise the page says so and ends here."""
    user = current_user()
    if not user.may(entity, right):
        refuse()
    return user


def refuse() -> NoReturn:
    """Say that this may not be seen, and end the page."""
    st.error(_("You may not see this page. Ask the administrator for the right to it."), icon=":material/lock:")
    st.stop()  # raises, so nothing below `require` runs
