"""Templates: the parameters of a run, with their allowed ranges, advised values and defaults (design, section 1)."""

from typing import Annotated, Literal

from pydantic import Field as Limits

from storage.core import Kind, NamedRecord, Record, Store, make, new_id

Augment = Literal["none", "exposure-noise", "rotations-exposure-noise"]
Device = Literal["cuda", "cpu"]
RunKind = Literal["auto-label", "training"]


class Parameters(Record):
    """What a run is started with; a process keeps the copy it was created from."""

    # The bounds stop slips of the pen; what is allowed but unwise is said by ``advice``.
    base_model: Literal["base-SmartOCR-01"] = "base-SmartOCR-01"
    augment: Augment = "rotations-exposure-noise"
    loaders: Annotated[int, Limits(ge=0, le=256)] = 8
    batch: Annotated[int, Limits(ge=1, le=1024)] = 2
    iterations: Annotated[int, Limits(ge=1, le=1_000_000)] = 1000
    lr: Annotated[float, Limits(gt=0, le=1)] = 0.005
    # Seconds. Each is a file replaced on the share, hence the floor of five a second.
    refresh: Annotated[float, Limits(ge=0.2, le=3600)] = 60.0
    # A machine without a GPU falls back to its CPU, and says so.
    device: Device = "cuda"
    # Below 2**31, which fits the generators of Python, numpy and torch alike.
    seed: Annotated[int, Limits(ge=0, lt=2**31)] = 0
    use_unreviewed: bool = False


class Template(NamedRecord):
    """A named set of parameters for auto-labelling or for training."""

    kind: RunKind
    description: str = ""
    parameters: Parameters


TEMPLATES = Kind(Template, "Template", "template")


def create(store: Store, name: str, kind: RunKind, description: str = "", **parameters: object) -> Template:
    """A new template; InvalidValue names each parameter out of its range, with what was expected."""
    template = make(Template, id=new_id(), name=name, kind=kind, description=description, parameters=make(Parameters, **parameters))
    return TEMPLATES.create(store, template)


def advice(parameters: Parameters) -> list[str]:
    """English message templates for values that are allowed but seldom wise."""
    # Advice, not errors: whoever knows their data may go against it.
    notes = []
    if parameters.iterations > 5000:
        notes.append("More than 5,000 iterations: the model may learn the training images by heart")
    if parameters.lr > 0.01:
        notes.append("An initial learning rate above 0.01 may overshoot")
    if parameters.lr < 0.0005:
        notes.append("An initial learning rate below 0.0005 learns slowly")
    return notes
