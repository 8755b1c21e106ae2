"""Rights: what an account may do with each kind of thing. Pages and routes ask here, so that both refuse alike."""

from typing import Literal, get_args

Entity = Literal["projects", "images", "labels", "templates", "processes", "models", "machines", "model_types", "base_models", "accounts"]
Right = Literal["view", "create", "edit", "delete", "manage"]
Rights = frozenset[tuple[Entity, Right]]

EVERYTHING: Rights = frozenset((entity, right) for entity in get_args(Entity) for right in get_args(Right))


def rights_of(account: str) -> Rights:
    """What the account may do; ``manage`` covers start, stop, apply and roll back. One that is not known may nothing."""
    # While there is no sign-in the server listens on its own host alone, and everybody there is this one.
    return EVERYTHING if account == "local" else frozenset()
