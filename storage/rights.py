"""Rights: the one table of who may do what. Navigation, pages, routes and commands all ask by it, so that they refuse alike.

``view`` see · ``create`` add · ``edit`` change · ``delete`` take away · ``manage`` start, stop, apply, roll back; of accounts:
block, give roles and passwords, and say who sees a project.
"""

from typing import Literal, get_args

Entity = Literal[
    "projects",
    "images",
    "labels",
    "templates",
    "processes",
    "models",
    "machines",
    "model_types",
    "base_models",
    "accounts",
    "roles",
    "journal",
]
Right = Literal["view", "create", "edit", "delete", "manage"]
Need = tuple[Entity, Right]
Rights = frozenset[Need]

ENTITIES: tuple[Entity, ...] = get_args(Entity)
RIGHTS: tuple[Right, ...] = get_args(Right)

EVERYTHING: Rights = frozenset((entity, right) for entity in ENTITIES for right in RIGHTS)

ADMINISTRATOR = "administrator"


def _on(*entities: Entity, rights: str) -> Rights:
    """Each of these rights (a space between) on each of these entities."""
    chosen = [right for right in RIGHTS if right in rights.split()]
    return frozenset((entity, right) for entity in entities for right in chosen)


# What the work with projects consists of; accounts, roles and the journal are the administrator's.
_WORK = _on("projects", "images", "labels", "templates", "processes", "models", "machines", "model_types", "base_models", rights="view")

READY_ROLES: dict[str, Rights] = {
    ADMINISTRATOR: EVERYTHING,
    # Runs: from the template to the model. Labels change through them alone.
    "trainer": _WORK
    | _on("templates", "processes", "models", rights="create edit delete manage")
    | _on("base_models", rights="create edit"),
    # Images in, fields drawn.
    "labeller": _on("projects", rights="view") | _on("images", "labels", rights="view create edit delete"),
    # Judges what a model found; brings in no images and takes none away.
    "reviewer": _on("projects", "images", "labels", "processes", "models", rights="view") | _on("labels", rights="edit"),
    "viewer": _WORK,
}
"""The roles that come with the program, by id, which is their name too."""

PAGES: dict[str, Need] = {
    "projects": ("projects", "view"),
    "data": ("images", "view"),
    "labelling": ("labels", "view"),
    "review": ("labels", "view"),
    "templates": ("templates", "view"),
    "processes": ("processes", "view"),
    "training_templates": ("templates", "view"),
    "training_processes": ("processes", "view"),
    "monitoring": ("processes", "view"),
    "models": ("models", "view"),
    "testing": ("models", "view"),
    "machines": ("machines", "view"),
    "model_types": ("model_types", "view"),
    "base_models": ("base_models", "view"),
    "accounts": ("accounts", "view"),
    "roles": ("roles", "view"),
    "journal": ("journal", "view"),
}
"""What each page needs, by its address."""

COMMANDS: dict[str, Need] = {
    "project create": ("projects", "create"),
    "project list": ("projects", "view"),
    "import coco": ("images", "create"),
    "import folders": ("images", "create"),
    "export coco": ("labels", "view"),
    "export csv": ("labels", "view"),
    "export folders": ("labels", "view"),
    "export onnx": ("models", "edit"),
    "template create": ("templates", "create"),
    "template list": ("templates", "view"),
    "machine add": ("machines", "create"),
    "machine enable": ("machines", "manage"),
    "machine disable": ("machines", "manage"),
    "machine queue": ("machines", "edit"),
    "machine list": ("machines", "view"),
    "process create": ("processes", "create"),
    "process start": ("processes", "manage"),
    "process resume": ("processes", "manage"),
    "process stop": ("processes", "manage"),
    "process apply": ("processes", "manage"),
    "process rollback": ("processes", "manage"),
    "process enable": ("processes", "manage"),
    "process disable": ("processes", "manage"),
    "process list": ("processes", "view"),
    "process show": ("processes", "view"),
    "model list": ("models", "view"),
    "model show": ("models", "view"),
    "model download": ("models", "view"),
    "model upload": ("models", "create"),
    "model rename": ("models", "edit"),
    "model delete": ("models", "delete"),
    "model restore": ("models", "delete"),
    "model try": ("models", "view"),
    "store check": ("accounts", "manage"),
    "worker": ("machines", "manage"),
    "run": ("machines", "manage"),
    "user create": ("accounts", "manage"),  # it gives roles
    "user list": ("accounts", "view"),
    "user block": ("accounts", "manage"),
    "user unblock": ("accounts", "manage"),
    "user password": ("accounts", "manage"),
    "user roles": ("accounts", "manage"),
    "user delete": ("accounts", "delete"),
    "role list": ("roles", "view"),
    "role create": ("roles", "create"),
    "journal list": ("journal", "view"),
    "token create": ("accounts", "manage"),
    "token list": ("accounts", "manage"),
    "token revoke": ("accounts", "manage"),
}
"""What each command of ``cli.py --as NAME`` needs; one that is not here is refused to every account."""
