"""What the journal's codes are called: operations, kinds of things, and the details of an entry."""

from pages.parts.data import Names
from pages.parts.i18n import _


def operation_name(code: str) -> str:
    """What was done; the code of an operation that this version does not know."""
    return operation_names().get(code, code)


def entity_name(code: str) -> str:
    """What kind of thing it was done to."""
    return entity_names().get(code, code)


def person_name(code: str, names: Names) -> str:
    """Who did it: an account, a worker by its machine, somebody in a shell, or nobody that is known."""
    kind, _separator, rest = code.partition(":")
    if kind == "worker":
        return _("Worker {name}").format(name=names.machine(rest)) if rest else _("A worker")
    if kind == "shell":
        return _("{name} in a shell").format(name=rest)
    known = {"local": _("Local administrator"), "unknown": _("Unknown"), "oidc": _("Single sign-on"), "setup": _("The set-up link")}
    return known.get(code) or names.person(code)


# Written out, as the catalogues are collected from literals, and as no two nouns of a language take the same verb.


def entity_names() -> dict[str, str]:
    """Kinds of things by their codes."""
    return {
        "account": _("Account"),
        "image": _("Image"),
        "job": _("Question to a machine"),
        "journal": _("Journal"),
        "label": _("Labels"),
        "machine": _("Machine"),
        "model": _("Model"),
        "modeltype": _("Model types"),
        "process": _("Process"),
        "project": _("Project"),
        "role": _("Role"),
        "template": _("Template"),
        "token": _("API token"),
    }


def operation_names() -> dict[str, str]:
    """Operations by their codes, those of one kind of thing together."""
    return {**_of_data(), **_of_processes(), **_of_models(), **_of_machines(), **_of_people()}


def _of_data() -> dict[str, str]:
    return {
        "project.create": _("Project created"),
        "project.change": _("Project changed"),
        "project.rename": _("Project renamed"),
        "project.delete": _("Project deleted"),
        "project.restore": _("Project restored"),
        "project.access": _("Access to the project changed"),
        "project.import": _("Images imported"),
        "project.export": _("Labels exported"),
        "project.split": _("Images split into train and test"),
        "project.clear_field": _("Field taken off the labels"),
        "image.add": _("Image added"),
        "image.delete": _("Image deleted"),
        "image.restore": _("Image restored"),
        "image.turn": _("Image turned"),
        "image.split": _("Split of the image changed"),
        "label.save": _("Label saved"),
        "label.accept": _("Label accepted"),
    }


def _of_processes() -> dict[str, str]:
    return {
        "template.create": _("Template created"),
        "template.change": _("Template changed"),
        "template.rename": _("Template renamed"),
        "template.delete": _("Template deleted"),
        "template.restore": _("Template restored"),
        "process.create": _("Process created"),
        "process.start": _("Start asked for"),
        "process.stop": _("Stop asked for"),
        "process.apply": _("Apply asked for"),
        "process.rollback": _("Roll back asked for"),
        "process.run": _("Run began"),
        "process.end": _("Run ended"),
        "process.applied": _("Labels applied"),
        "process.rolledback": _("Labels rolled back"),
        "process.enable": _("Process enabled"),
        "process.disable": _("Process disabled"),
        "process.delete": _("Process deleted"),
    }


def _of_models() -> dict[str, str]:
    return {
        "model.publish": _("Model published"),
        "model.upload": _("Model uploaded"),
        "model.change": _("Model changed"),
        "model.delete": _("Model deleted"),
        "model.restore": _("Model restored"),
        "model.onnx": _("ONNX file made"),
        "model.download": _("Model downloaded"),
        "modeltype.create": _("Model type created"),
        "modeltype.change": _("Model type changed"),
        "modeltype.rename": _("Model type renamed"),
        "modeltype.delete": _("Model type deleted"),
        "modeltype.restore": _("Model type restored"),
        "job.ask": _("Machine asked"),
    }


def _of_machines() -> dict[str, str]:
    return {
        "machine.create": _("Machine added"),
        "machine.change": _("Machine changed"),
        "machine.rename": _("Machine renamed"),
        "machine.delete": _("Machine deleted"),
        "machine.restore": _("Machine restored"),
    }


def _of_people() -> dict[str, str]:
    return {
        "session.open": _("Signed in"),
        "session.refuse": _("Sign-in refused"),
        "session.end": _("Signed out, or signed out by another"),
        "token.create": _("API token created"),
        "token.revoke": _("API token revoked"),
        "account.create": _("Account created"),
        "account.change": _("Account changed"),
        "account.rename": _("Account renamed"),
        "account.delete": _("Account deleted"),
        "account.restore": _("Account restored"),
        "account.notices": _("Notice settings changed"),
        "role.create": _("Role created"),
        "role.change": _("Role changed"),
        "role.rename": _("Role renamed"),
        "role.delete": _("Role deleted"),
        "role.restore": _("Role restored"),
        "journal.export": _("Journal exported"),
    }
