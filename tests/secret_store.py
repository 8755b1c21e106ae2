"""A store where every name begins with SECRET, so that whatever of it reaches somebody is found in the bytes they got."""

from dataclasses import dataclass
from pathlib import Path

from storage import accounts, jobs, machines, model_types, models, projects, roles
from storage.core import Store, create_once, new_id
from storage.jobs import Page
from storage.templates import TEMPLATES, Parameters, Template
from tests.finished import add_page, finish
from tests.runs import Runs

MARK = b"SECRET"
PICTURE = b"\x89PNG SECRET"


@dataclass(frozen=True)
class Secrets:
    """The store, and the ids that addresses name."""

    store: Store
    project: str
    image: str
    template: str
    training_template: str
    process: str
    training: str
    job: str


def secret_store(root: Path) -> Secrets:
    """Some of everything that pages and routes show."""
    runs = Runs(root)
    store = runs.store
    runs.project = projects.create(store, "SECRET-PROJECT", "fields", ("SECRET-FIELD", "SECRET-OTHER"))
    runs.machine = machines.register(store, "SECRET-MACHINE")
    runs.heartbeat()
    runs.template = _template(store, "SECRET-TEMPLATE", "auto-label")
    training = _template(store, "SECRET-TRAINING", "training")
    image = add_page(runs, "SECRET-IMAGE.png")
    process = finish(runs, [image])
    runs.template = training
    trained = finish(runs, [image], "training")
    models.change(store, models.find(store, trained.id), "ann", name="SECRET-BASE", promoted=True, base=True)
    models.change(store, models.find(store, process.id), "ann", name="SECRET-MODEL", promoted=True)
    create_once(store.model(process.id).onnx, MARK)
    model_types.create(store, "SECRET-TYPE", "fields")
    roles.create(store, "SECRET-ROLE", frozenset())
    accounts.create(store, "SECRET-ACCOUNT", "ann")
    page = Page(name="SECRET-PAGE.png", width=1, height=1)
    job = jobs.ask(store, "try", process.id, runs.machine.id, "ann", pages=[(page, PICTURE)])
    return Secrets(store, runs.project.id, image.id, process.spec.template.id, training.id, process.id, trained.id, job.id)


def _template(store: Store, name: str, kind: str) -> Template:
    model_type = "fields" if kind == "training" else None
    values = {"id": new_id(), "name": name, "kind": kind, "model_type": model_type}
    return TEMPLATES.create(store, Template.model_validate({**values, "parameters": Parameters(batch=2, iterations=1000)}))
