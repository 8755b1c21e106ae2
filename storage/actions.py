"""What a person can do with a process: the checks and requests behind every button and every command."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from storage import attempts, base_models, machines, models, processes
from storage.attempts import Ended, Message, Outcome
from storage.base_models import BaseModel
from storage.core import InvalidValue, NotFound, Refused, Store, new_id, now
from storage.machines import MACHINES, Machine
from storage.plans import Rule
from storage.processes import UNFINISHED, Process, Request
from storage.projects import PROJECTS, Project
from storage.templates import Template

# At run time the index comes as an argument; importing it would only lengthen the chain of imports.
if TYPE_CHECKING:
    from storage.index import Index

Obstacle = Literal["disabled", "silent", "busy"]


def create(store: Store, project: Project, template: Template, machine: str, author: str) -> Process:
    """A new process on the machine of id ``machine``; Refused if the template's base model is not for this project's task, or gone."""
    base_for(store, project, template)
    spec = processes.create(store, project, template, machine, author)
    return processes.get(store, spec.id)


def base_for(store: Store, project: Project, template: Template) -> BaseModel:
    """The template's base model; Refused if it is gone, or for another task than the project's."""
    base = base_models.find(store, template.parameters.base_model)
    if base.task == "classes" != project.task:
        raise Refused(
            "Base model {model!r} tells classes apart; project {project!r} needs one that finds fields. Choose another template",
            model=base.name,
            project=project.name,
        )
    if base.task == "fields" != project.task:
        raise Refused(
            "Base model {model!r} finds fields; project {project!r} needs one that tells classes apart. Choose another template",
            model=base.name,
            project=project.name,
        )
    return base


def enable(store: Store, process: Process, enabled: bool, author: str) -> None:
    """Let the process be started, or not; Refused if an unfinished one is to be disabled: stop it first."""
    if not enabled and holds_machine(process):
        raise Refused("Process {process} is {state}; stop it before you disable it", process=process.id, state=process.state.value)
    processes.enable(store, process.id, enabled, author)


def start(store: Store, index: "Index", process: Process, author: str) -> Request:
    """Ask to start, or to resume from the newest checkpoint; Refused if machine, labels or state do not allow it."""
    # Machine and gate as they are now, to spare people a futile wait: against two runs at once guard claim and locks.
    processes.check_allowed(process, "start")
    if not process.spec.enabled:
        raise Refused("Process {process} is disabled; enable it first", process=process.id)
    _check_machine(store, process)
    _check_gate(store, index, process)
    return processes.ask(store, process, "start", author)


def stop(store: Store, process: Process, author: str) -> Request:
    """Ask to stop; a running one saves a checkpoint first."""
    return processes.ask(store, process, "stop", author)


def apply(store: Store, process: Process, author: str, thresholds: dict[str, float] | None = None, upright: bool = True) -> Request:
    """Ask to turn the detections into labels; ``thresholds`` by field id replace those computed on held-out labels.

    ``upright``: pages that lie sideways or upside down are turned with it.
    """
    if process.spec.kind != "auto-label":
        raise Refused("Process {process} trains a model only; it has no detections to apply", process=process.id)
    for field, threshold in (thresholds or {}).items():
        if not 0 <= threshold <= 1:  # asked this way round, NaN is refused too
            raise InvalidValue("Threshold of {field} must be from 0 to 1, not {threshold}", field=field, threshold=threshold)
    # What the apply will need is asked for now: one that cannot succeed would stay in Applying for ever.
    processes.check_allowed(process, "apply")
    project_of(store, process)
    rule_for(store, process, None)
    # The id is given now, so that whoever carries this request out, two at once included, works on one plan.
    return processes.ask(store, process, "apply", author, apply=new_id(), thresholds=thresholds, upright=upright)


def roll_back(store: Store, process: Process, author: str) -> Request:
    """Ask to put back what was there before the last apply; what people changed since is kept."""
    # Only Applied comes past this, so the newest request about labels is the apply to undo.
    processes.check_allowed(process, "rollback")
    project_of(store, process)
    last = processes.label_request(process.requests)
    return processes.ask(store, process, "rollback", author, apply=last.apply if last else None)


def run_again(store: Store, process: Process, author: str) -> Process:
    """A new process of the same template, project and machine; not started yet."""
    # The copy of the template, which may have been changed or deleted since.
    return create(store, project_of(store, process), process.spec.template, process.spec.machine, author)


def delete(store: Store, process: Process, author: str) -> None:
    """Take the process out of every list; Refused while it is unfinished. Applied labels and the model stay."""
    if process.may_resume_itself:
        # Or its worker may take it up at this very moment, and nobody could stop it any more.
        processes.ask(store, process, "stop", author)
        process = processes.get(store, process.id)
    processes.delete(store, process)


def project_of(store: Store, process: Process) -> Project:
    """The project whose images the process is about; Refused if it was deleted."""
    try:
        return PROJECTS.get(store, process.spec.project)[1]
    except NotFound as error:
        raise Refused("The project of process {process} was deleted. Restore the project first", process=process.id) from error


def rule_for(store: Store, process: Process, thresholds: dict[str, float] | None) -> Rule:
    """The model's own thresholds and limits, with those given put in their place."""
    rule = models.get(store, process.id).rule
    return rule.model_copy(update={"thresholds": {**rule.thresholds, **(thresholds or {})}})


def busy_with(store: Store, machine: str) -> list[Process]:
    """Unfinished processes of a machine, oldest first; an interrupted one that will resume by itself counts."""
    # Folds every process from its files, about 0.03 ms each when they are cached: for a click, not for each page run.
    found, _ = processes.list_processes(store)
    return [process for process in reversed(found) if process.spec.machine == machine and holds_machine(process)]


def give_up(store: Store, process: Process, author: str) -> None:
    """End the attempt of a machine that is gone for good, so that the process can be resumed; Refused while it is alive."""
    if process.last is None or process.last.end is not None:
        raise Refused("Process {process} is {state}: there is no open attempt to give up", process=process.id, state=process.state.value)
    if machines.is_alive(store, process.spec.machine):
        raise Refused("Process {process} runs on a machine that is alive; stop it instead", process=process.id)
    # Interrupted without ``died``: a lost machine says nothing against the run, so it uses up no automatic resume.
    message = Message(template="{author} declared the machine lost", values={"author": author})
    # A worker that comes back at this moment may be first; then its word stands.
    attempts.end(process.last.paths, Ended(outcome=Outcome.INTERRUPTED, at=now(), message=message))


def obstacle(machine: Machine, alive: bool, busy: Sequence[Process]) -> Obstacle | None:
    """What keeps the machine from taking a further process, None if nothing does; ``busy`` are its unfinished ones."""
    if not machine.enabled:
        return "disabled"
    if not alive:
        return "silent"
    return "busy" if busy and not machine.queue else None


def holds_machine(process: Process) -> bool:
    """Whether its machine is kept for the process: it is unfinished, or interrupted and will resume by itself."""
    return process.state in UNFINISHED or process.may_resume_itself


def _check_machine(store: Store, process: Process) -> None:
    _, machine = MACHINES.get(store, process.spec.machine)
    # An interrupted process that waits for its own resume counts as busy, and must not stand in its own way.
    busy = [other for other in busy_with(store, machine.id) if other.id != process.id]
    found = obstacle(machine, machines.is_alive(store, machine.id), busy)
    if found == "disabled":
        raise Refused("Machine {machine!r} is disabled; ask the administrator or choose another", machine=machine.name)
    if found == "silent":
        raise Refused(
            "Machine {machine!r} does not respond; start its worker there: python -m worker --machine {machine} --store {store}",
            machine=machine.name,
            store=str(store.root),
        )
    if found == "busy":
        raise Refused(
            "Machine {machine!r} is busy with process {other} ({state}); wait for it or choose another machine",
            machine=machine.name,
            other=busy[0].id,
            state=busy[0].state.value,
        )


def _check_gate(store: Store, index: "Index", process: Process) -> None:
    project = project_of(store, process)
    missing = index.gate_missing(project)
    if missing:
        raise Refused(
            "Project {project!r} needs {missing} more images labelled by hand ({share:.0%} of all) before it can be trained on",
            project=project.name,
            missing=missing,
            share=project.gate,
        )
