"""The guard: who is looking, and what they may see and do. The first statement of every page calls ``require``."""

from dataclasses import dataclass
from typing import Literal, NoReturn, get_args

import streamlit as st

from pages.parts.i18n import _

Entity = Literal["projects", "images", "labels", "templates", "processes", "models", "machines", "accounts"]
Right = Literal["view", "create", "edit", "delete", "manage"]


@dataclass(frozen=True)
class User:
    """An account with its rights."""

    account: str
    name: str
    rights: frozenset[tuple[Entity, Right]]

    def may(self, entity: Entity, right: Right) -> bool:
        """Whether this person has the right; ``manage`` covers start, stop, apply and roll back."""
        return (entity, right) in self.rights


EVERYTHING: frozenset[tuple[Entity, Right]] = frozenset((entity, right) for entity in get_args(Entity) for right in get_args(Right))


def current_user() -> User:
    """Whoever the server named for this session; an account that is not known has no rights."""
    # From a header that only our middleware can set; not from a cookie, which a test of a page cannot seed.
    # Without the header Streamlit maps it to None.
    account = str(st.user.get("account") or "")
    if account == "local":  # while there is no sign-in the server listens on its own host alone
        return User(account, _("Local administrator"), EVERYTHING)
    return User(account, account, frozenset())


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
