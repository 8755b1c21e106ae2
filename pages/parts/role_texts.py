"""Roles as words of the reader's language."""

from pages.parts.data import get_person
from pages.parts.i18n import _
from storage.core import Refused
from storage.rights import READY_ROLES, Rights
from storage.roles import Role


def role_name(role: Role) -> str:
    """What the role is called; that of one that comes with the program translated."""
    # Written out, as the catalogues are collected from literals.
    names = {
        "administrator": _("Administrator"),
        "trainer": _("Trainer"),
        "labeller": _("Labeller"),
        "reviewer": _("Reviewer"),
        "viewer": _("Viewer"),
    }
    return names.get(role.id, role.name)


def role_description(role: Role) -> str:
    """What the role is for."""
    descriptions = {
        "administrator": _("Everything, accounts and roles included."),
        "trainer": _("Makes templates, runs processes, applies and rolls back labels, keeps models."),
        "labeller": _("Adds images and labels them."),
        "reviewer": _("Accepts and corrects the labels that a model found."),
        "viewer": _("Looks at everything and changes nothing."),
    }
    return descriptions.get(role.id, role.description)


def is_ready(role: Role) -> bool:
    """Whether the role comes with the program."""
    return role.id in READY_ROLES


def check_giving(rights: Rights) -> None:
    """Refused unless the person looking has all these rights: nobody gives more than they have."""
    if not rights <= get_person(anew=True).rights:
        raise Refused("You cannot give rights that you do not have yourself; ask the administrator")
