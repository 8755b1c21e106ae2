"""The table of accounts: what stands in its rows, and when each was last seen."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

import pandas as pd
import streamlit as st

from pages.parts.data import get_store
from pages.parts.i18n import _, moment
from pages.parts.role_texts import role_name
from pages.parts.states import COLOURS, Colour
from storage import sessions
from storage.accounts import Account, administers
from storage.roles import Role

Standing = Literal["active", "new", "blocked", "deleted"]
_COLOURS: dict[Standing, Colour] = {"active": "green", "new": "blue", "blocked": "red", "deleted": "gray"}


def table_frame(shown: Sequence[Account], roles: Mapping[str, Role]) -> pd.DataFrame:
    """One row an account, as text in the reader's language."""
    seen = load_last_seen(str(get_store().root))
    return pd.DataFrame([_row(account, roles, seen.get(account.id)) for account in shown])


def columns() -> dict[str, Any]:
    """How the columns of ``table_frame`` are shown."""
    text, config = st.column_config.TextColumn, st.column_config
    names, colours = zip(*((standing_name(standing), COLOURS[_COLOURS[standing]]) for standing in get_args(Standing)), strict=True)
    return {
        "name": text(_("Account"), width=140),
        "full_name": text(_("Full name"), width=190),
        # The only kind of column with coloured chips.
        "state": config.MultiselectColumn(_("State"), options=names, color=colours, width=150),
        "roles": text(_("Roles"), width=230),
        "seen": text(_("Last active"), width=120, help=_("To the minute, in a session that is still open; a dash where there is none")),
        "email": text(_("E-mail"), width=190),
        "by": text(_("Signs in"), width=150),
    }


def standing(account: Account) -> Standing:
    """How it stands with the account."""
    if account.deleted or account.blocked:
        return "deleted" if account.deleted else "blocked"
    return "new" if account.must_change or not (account.password or account.subject) else "active"


def standing_name(code: Standing) -> str:
    """The standing in the reader's language."""
    return {"active": _("Active"), "new": _("To set a password"), "blocked": _("Blocked"), "deleted": _("Deleted")}[code]


def standing_colour(code: Standing) -> Colour:
    """The colour of its chip."""
    return _COLOURS[code]


def is_last_administrator(account: Account, everybody: Sequence[Account]) -> bool:
    """Whether nobody but this account could sign in and give rights."""
    return administers(account) and not any(administers(other) for other in everybody if other.id != account.id)


def way_in(account: Account) -> str:
    """By what its owner signs in."""
    ways = [*([_("password")] if account.password else []), *([_("the organisation")] if account.subject else [])]
    return ", ".join(ways) or _("not yet")


# Each open session is two files to read; nobody needs to know it to the second.
@st.cache_data(ttl=20, show_spinner=False)
def load_last_seen(root: str) -> dict[str, datetime]:  # noqa: ARG001
    """When each account that has an open session was last seen, by its id."""
    return sessions.last_seen(get_store())


def _row(account: Account, roles: Mapping[str, Role], seen: datetime | None) -> dict[str, Any]:
    return {
        "name": account.name,
        "full_name": account.full_name or "–",
        "state": [standing_name(standing(account))],
        "roles": ", ".join(role_name(roles[role]) for role in account.roles if role in roles) or "–",
        "seen": moment(seen),
        "email": account.email or "–",
        "by": way_in(account),
    }
