"""Deleting a model: what depends on it, and when it must not go."""

from contextlib import suppress
from dataclasses import dataclass

from storage import models, processes
from storage.core import Damaged, NotFound, Refused, Store
from storage.models import Listed
from storage.overview import is_busy
from storage.processes import TRANSITIONS, Process
from storage.templates import TEMPLATES, Template


@dataclass(frozen=True)
class Dependants:
    """What was made with a model, or is to begin with it: templates, processes not deleted, and models that went on from it."""

    templates: tuple[Template, ...]
    processes: tuple[Process, ...]
    models: tuple[Listed, ...]

    @property
    def running(self) -> tuple[Process, ...]:
        """Processes that may read the model's weights at any moment; while there is one, the model stays."""
        return tuple(process for process in self.processes if is_busy(process))

    @property
    def startable(self) -> tuple[Process, ...]:
        """Processes that could be started or resumed, and cannot be any more without the model."""
        return tuple(process for process in self.processes if process.state in TRANSITIONS["start"] and not is_busy(process))


def dependants(store: Store, model: str) -> Dependants:
    """What depends on the model of this id; reads every template, process and model, so for a click and not for a list."""
    templates = tuple(template for template in TEMPLATES.list(store).items if template.parameters.base_model == model)
    found, _ = processes.list_processes(store)
    begun = tuple(process for process in found if process.spec.template.parameters.base_model == model)
    children = []
    for other in models.list_ids(store):
        with suppress(NotFound, Damaged):
            if (listed := models.find(store, other)).model.parent == model:
                children.append(listed)
    return Dependants(templates, begun, tuple(children))


def delete(store: Store, listed: Listed, author: str) -> None:
    """Take the model out of every list; Refused while a process that begins with it is unfinished, Conflict if it was changed since.

    Its files stay for good, so that ``models.restore`` brings it back as it was. Models that went on from it need nothing of
    it, nor does its own process: what that found can be applied and rolled back as before. Templates and processes that
    begin with it are refused by name until another base model is chosen, or the model is restored.
    """
    for process in dependants(store, listed.model.id).running:
        raise Refused(
            "Model {model!r} cannot be deleted while process {process}, which begins with it, is {state}. Stop it, or wait for its end",
            model=listed.entry.name,
            process=process.id,
            state=process.state.value,
        )
    models.delete(store, listed, author)
