"""Templates: the parameters of a run, with their allowed ranges, advised values and defaults (design, section 1)."""

from dataclasses import asdict
from itertools import count
from typing import Annotated, Literal

from pydantic import Field as Limits
from pydantic import field_validator

from storage.attempts import Message
from storage.core import MAX_BYTES, Kind, NamedRecord, NameTaken, Record, Store, is_id, make, new_id
from storage.projects import Task

Augment = Literal["none", "exposure-noise", "rotations-exposure-noise"]
Device = Literal["cuda", "cpu"]
RunKind = Literal["auto-label", "training"]

BASE_MODELS: dict[str, Task] = {
    "base-SmartOCR-02": "fields",
    "base-SmartOCR-01": "fields",
    "base-Classifier-02": "classes",
    "base-Classifier-01": "classes",
}
"""The base models that come with the program, and what each is for."""

READERS = {"base-SmartOCR-02": "base-SmartOCR-01", "base-Classifier-02": "base-Classifier-01"}
"""Those of them that go by what is written, and which one does the same by looks alone."""

MANY_ITERATIONS, HIGH_LR, LOW_LR = 5000, 0.01, 0.0005


class Parameters(Record):
    """What a run is started with; a process keeps the copy it was created from."""

    # The bounds stop slips of the pen; what is allowed but unwise is said by ``advice``.
    # One that comes with the program, or the id of a model whose training goes on from its weights.
    base_model: str = "base-SmartOCR-02"
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

    @field_validator("base_model")
    @classmethod
    def _is_one(cls, base_model: str) -> str:
        # Whether a model of the id is there is asked when a process is made: it may be deleted later than the template.
        if base_model not in BASE_MODELS and not is_id(base_model):
            raise ValueError(f"base_model must be {', '.join(BASE_MODELS)} or the id of a model, not {base_model!r}")
        return base_model


class Template(NamedRecord):
    """A named set of parameters for auto-labelling or for training."""

    kind: RunKind
    # The name of a model type, which says what the trained model is for; auto-labelling has none.
    model_type: str | None = None
    description: str = ""
    parameters: Parameters


TEMPLATES = Kind(Template, "Template", "template")


def create(store: Store, name: str, kind: RunKind, description: str = "", model_type: str | None = None, **parameters: object) -> Template:
    """A new template; InvalidValue names each parameter out of its range, with what was expected."""
    values = {"kind": kind, "model_type": model_type, "description": description, "parameters": make(Parameters, **parameters)}
    template = make(Template, id=new_id(), name=name, **values)
    return TEMPLATES.create(store, template)


def change(store: Store, base: int, before: Template, after: Template) -> None:
    """Write the revision after ``base``, which is ``before``; Conflict if somebody was faster, NameTaken for a name in use.

    Processes that were made from it keep the copy they were made with.
    """
    if after.name == before.name:
        TEMPLATES.change(store, base, after)
    else:
        TEMPLATES.rename(store, base, after.model_copy(update={"name": before.name}), after.name)


def duplicate(store: Store, template: Template) -> Template:
    """A new template with the same values, named after the one it was made from."""
    # Cut, as a name has a greatest length in bytes, and numbered until it is free.
    stem = template.name.encode()[: MAX_BYTES - 5].decode(errors="ignore")
    for number in count(2):
        try:
            return TEMPLATES.create(store, template.model_copy(update={"id": new_id(), "name": f"{stem}-{number}"}))
        except NameTaken:
            continue
    raise AssertionError("numbers do not end")


def bounds(parameter: str) -> tuple[float, float]:
    """The least and the greatest value of a number among the parameters; for the learning rate the least is excluded."""
    limits = {kind: value for limit in Parameters.model_fields[parameter].metadata for kind, value in asdict(limit).items()}
    return limits.get("ge", 0), limits["le"] if "le" in limits else limits["lt"] - 1


def advice(parameters: Parameters) -> list[Message]:
    """What is allowed but seldom wise."""
    # Advice, not errors: whoever knows their data may go against it.
    notes = []
    if parameters.iterations > MANY_ITERATIONS:
        notes.append(Message(template="More than 5,000 iterations: the model may learn the training images by heart"))
    if parameters.lr > HIGH_LR:
        notes.append(Message(template="An initial learning rate above 0.01 may overshoot"))
    if parameters.lr < LOW_LR:
        notes.append(Message(template="An initial learning rate below 0.0005 learns slowly"))
    return notes
