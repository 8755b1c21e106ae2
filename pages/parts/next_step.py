"""The path of a project from nothing to finished labels, and where on it the project stands; a pure function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pages.parts.i18n import _, ngettext, number
from pages.parts.project_standing import ENDED, Standing
from pages.parts.states import state_name
from pages.parts.suggestions import SUGGESTED
from storage.processes import Process, State
from storage.words.suggestions import FEW

_RUNS = frozenset({State.QUEUED, State.STARTING, State.RUNNING, State.STOPPING})
_NAMED = 6  # fields or classes in one sentence
_FOUND = frozenset({State.COMPLETED, State.APPLYING, State.APPLIED, State.ROLLING_BACK, State.ROLLED_BACK})


@dataclass(frozen=True)
class Step:
    """One step: what it is called, what there is to do or was done, and the button that leads there."""

    title: str
    text: str
    done: bool
    page: str
    button: str
    query: dict[str, str] = field(default_factory=dict)


def path(standing: Standing) -> list[Step]:
    """Every step of the project in order; the last one is never done."""
    makers: tuple[Callable[[Standing], Step], ...] = (_images, _fields, _label, _process, _watch, _apply, _review, _use)
    return [make(standing) for make in makers]


def current(steps: Sequence[Step]) -> Step:
    """The step to take now."""
    return next(step for step in steps if not step.done)


def _state(process: Process) -> str:
    return state_name(process.state.value).lower()  # in the middle of a sentence


def _images(at: Standing) -> Step:
    count = at.counts.images
    if at.project.task == "classes":
        todo = _("Upload document images, singly or in a ZIP archive. Add them all: images that come later need a new process.")
    else:
        todo = _("Upload document images of one kind, singly or in a ZIP archive. Add them all: images that come later need a new process.")
    text = ngettext("{count} image", "{count} images", count) if count else todo
    return Step(_("Add images"), text, count > 0, "data.py", _("Add images"), at.here)


def _fields(at: Standing) -> Step:
    names = [known.name for known in at.project.fields]
    if at.project.task == "classes":
        title, todo = _("Define classes"), _("Name the classes that images are sorted into.")
    else:
        title, todo = _("Define fields"), _("Name what is to be found on the images, such as number, date and total.")
    text = ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "") if names else todo
    return Step(title, text, bool(names), "projects.py", title, {**at.here, "view": "fields"})


def _label(at: Standing) -> Step:
    done = at.counts.images > 0 and at.missing == 0
    share = f"{number(100 * at.project.gate)}\N{NO-BREAK SPACE}%"
    if done:
        text = ngettext("{count} image labelled or checked by people", "{count} images labelled or checked by people", at.counts.confirmed)
    elif at.counts.images:
        text = ngettext("Label {count} more image by hand.", "Label {count} more images by hand.", at.missing)
        text += " " + _("A model needs at least {share} of all images to learn from.").format(share=share)
    else:
        text = _("A model needs at least {share} of all images to learn from.").format(share=share)
    query = at.here
    if at.suggested and not done:
        text += " " + _("Which to label next is suggested, so that a model learns the most.")
        query = {**query, "state": SUGGESTED}
    return Step(_("Label some by hand"), text, done, "labelling.py", _("Label"), query)


def _process(at: Standing) -> Step:
    title, process = _("Start a process"), at.process
    if at.by_hand:
        return Step(title, _("Not needed: people have labelled every image."), True, "processes.py", title, at.here)
    if process is None:
        return Step(title, _what_it_does(at), False, "processes.py", _("Add process"), {**at.here, "add": "1"})
    name, query = process.spec.template.name, {**at.here, "process": process.id}
    if process.state == State.CREATED:
        return Step(title, _("“{name}” is ready to start.").format(name=name), False, "processes.py", _("Open the process"), query)
    if process.state in ENDED and not process.may_resume_itself:
        text = _("“{name}” is {state}. Look why, then resume it or add another.").format(name=name, state=_state(process))
        return Step(title, text, False, "processes.py", _("Open the process"), query)
    return Step(title, _("“{name}” was started").format(name=name), True, "processes.py", _("Open the process"), query)


def _what_it_does(at: Standing) -> str:
    if at.project.task == "fields":
        text = _("It learns from your labels and finds the fields on all images without labels. Choose a template and a machine.")
        if at.counts.confirmed < FEW and at.counts.unlabelled:
            text += " " + _("From {count} labelled pages it learns much more than from fewer.").format(count=FEW)
        return text
    text = _("It learns from your labels and chooses a class for all images without labels. Choose a template and a machine.")
    if not at.unseen:
        return text
    names = ", ".join(at.unseen[:_NAMED]) + (" …" if len(at.unseen) > _NAMED else "")
    return text + " " + _("It cannot learn classes that no image is labelled with yet: {names}.").format(names=names)


def _watch(at: Standing) -> Step:
    title, process = _("Wait for the result"), at.process
    done = at.by_hand or (process is not None and process.state in _FOUND)
    query = {"process": process.id} if process else {}
    if process and (process.state in _RUNS or process.may_resume_itself):
        text = _("“{name}” is {state}. Watch it learn, or come back later.").format(name=process.spec.template.name, state=_state(process))
    elif at.by_hand or not done:
        text = ""
    elif at.project.task == "classes":
        text = _("A class was looked for on every image that had no label")
    else:
        text = _("The fields were searched for on every image that had no label")
    return Step(title, text, done, "monitoring.py", _("Watch"), query)


def _apply(at: Standing) -> Step:
    title, process = _("Apply the labels"), at.process
    done = at.by_hand or (process is not None and process.state == State.APPLIED)
    query = {**at.here, "process": process.id} if process else at.here
    if process and process.state in (State.COMPLETED, State.ROLLED_BACK):
        text = _("See what was found, then put it on the images. It can be rolled back.")
    elif process and process.state in (State.APPLYING, State.ROLLING_BACK):
        text = _("“{name}” is {state}.").format(name=process.spec.template.name, state=_state(process))
    else:
        text = ""
    return Step(title, text, done, "processes.py", _("Open the process"), query)


def _review(at: Standing) -> Step:
    looked, left = at.counts.reviewed + at.counts.corrected, at.counts.auto
    applied = at.process is not None and at.process.state == State.APPLIED
    if left:
        text = ngettext(
            "{count} image was labelled automatically and waits for your look.",
            "{count} images were labelled automatically and wait for your look, the least certain first.",
            left,
        )
    else:
        text = ngettext("{count} image checked", "{count} images checked", looked) if looked else ""
    return Step(_("Review"), text, not left and (applied or looked > 0 or at.by_hand), "review.py", _("Review"), at.here)


def _use(at: Standing) -> Step:
    title, left = _("Use the labels"), at.counts.unlabelled
    if left:
        text = ngettext(
            "{count} image has no label yet: label it by hand, or add another process.",
            "{count} images have no labels yet: label them by hand, or add another process.",
            left,
        )
        return Step(title, text, False, "data.py", _("Show them"), {**at.here, "state": "unlabelled"})
    text = _("Every image has its label. Export them, or add images and go round again.")
    return Step(title, text, False, "projects.py", _("Export"), {**at.here, "view": "settings"})
