"""The matrix of a role: a row for each thing rights are about, a column for each right; to look at, and to change."""

import pandas as pd
import streamlit as st

from pages.parts.data import get_person
from pages.parts.guard import User, demand, entity_words, right_words
from pages.parts.i18n import _
from pages.parts.role_texts import check_giving
from pages.parts.text import explain, plain
from pages.parts.toasts import say
from storage import roles
from storage.core import Conflict, Store, StoreError
from storage.rights import ENTITIES, RIGHTS, Entity, Need, Rights
from storage.roles import Role

_SAVE, _OPENED = "save_role", "role_opened"  # of the session
_WIDTHS = (2.2, 1, 1, 1, 1, 1, 3)


def render_matrix(rights: Rights) -> None:
    """What is allowed, to look at."""
    rows = [[entity_name(entity), *("✓" if (entity, right) in rights else "–" for right in RIGHTS)] for entity in ENTITIES]
    frame = pd.DataFrame(rows, columns=["", *right_names()])
    st.table(frame, hide_index=True, border="horizontal", width="content")


def render_editor(store: Store, rev: int, role: Role, user: User) -> None:
    """Name, description and a checkbox for each right; saved together."""
    why = user.why_not("roles", "edit")
    rev, role = _opened(rev, role)
    # The revision is in the keys: after a save of somebody else the boxes show what is there then.
    with st.form(f"role_{role.id}_{rev}", border=False):
        name_place, description_place = st.columns([1, 3])
        name = name_place.text_input(_("Name"), role.name, key=f"role_name_{role.id}_{rev}", disabled=bool(why))
        key = f"role_description_{role.id}_{rev}"
        description = description_place.text_input(_("Description"), role.description, key=key, disabled=bool(why))
        chosen = _render_boxes(role, rev, disabled=bool(why))
        st.caption(
            _("Who may do more with something may also view it. Manage: start, stop, apply, roll back; of accounts block and give roles.")
        )
        if not st.form_submit_button(_("Save"), key=_SAVE, type="primary", icon=":material/save:", disabled=bool(why), help=why):
            return
    _save(store, rev, role, role.model_copy(update={"name": name.strip(), "description": description.strip(), "rights": chosen}))


def _opened(rev: int, role: Role) -> tuple[int, Role]:
    """The revision that the form holds: the newest, but in the run of a press that which was seen when it was filled in."""
    held: tuple[int, Role] | None = st.session_state.get(_OPENED)
    if held and held[1].id == role.id and st.session_state.get(_SAVE):
        return held
    st.session_state[_OPENED] = rev, role
    return rev, role


def right_names() -> list[str]:
    """The rights as heads of columns."""
    return [right_words()[right].capitalize() for right in RIGHTS]


def entity_name(entity: Entity) -> str:
    """What rights are about as the head of a row."""
    words = entity_words()[entity]
    return words[:1].upper() + words[1:]


def with_view(chosen: set[Need]) -> Rights:
    """The rights with those to view whatever else is allowed of: nobody can change what they do not find."""
    return frozenset(chosen | {(entity, "view") for entity, _right in chosen})


def _render_boxes(role: Role, rev: int, *, disabled: bool) -> Rights:
    mine, chosen = get_person().rights, set[Need]()
    with st.container(gap="xxsmall"):
        for column, title in zip(st.columns(_WIDTHS), ("", *right_names()), strict=False):
            column.caption(title)
        for entity in ENTITIES:
            columns = st.columns(_WIDTHS, vertical_alignment="center")
            columns[0].markdown(entity_name(entity))
            for column, right in zip(columns[1:], RIGHTS, strict=False):
                need, key = (entity, right), f"right_{role.id}_{rev}_{entity}_{right}"
                # Nobody gives a right that they do not have; taking it away is another matter.
                locked = disabled or need not in role.rights | mine
                label = f"{entity_name(entity)}: {right_words()[right]}"
                if column.checkbox(label, need in role.rights, key=key, label_visibility="collapsed", disabled=locked):
                    chosen.add(need)
    return with_view(chosen)


def _save(store: Store, rev: int, before: Role, after: Role) -> None:
    try:
        demand("roles", "edit")
        check_giving(after.rights - before.rights)
        roles.change(store, rev, before, after)
    except Conflict:
        say(_("Somebody else saved this role meanwhile. It is shown as it is now: make your change again"), ":material/group:")
        st.rerun()
    except StoreError as error:
        st.error(explain(error), icon=":material/error:")
        return
    say(_("Role {name} is saved; it counts from everybody's next click").format(name=plain(after.name)))
    st.rerun()
