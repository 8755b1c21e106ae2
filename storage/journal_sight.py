"""Which entries of the journal somebody may not see: those about projects that are hidden from them."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache

from storage import models
from storage.core import JournalEntry, Store, StoreError, is_id, load_head
from storage.people import Person
from storage.processes import Spec


def hidden_from(store: Store, person: Person) -> Callable[[JournalEntry], bool] | None:
    """Whether an entry is hidden from the person; None for one who sees every project."""
    if person.may("accounts", "manage"):
        return None

    # Of many entries few projects, processes and models are spoken of; kept for as long as one list is made.
    @cache
    def hides(project: str) -> bool:
        return is_id(project) and not person.sees(project)

    @cache
    def project_of(process_or_model: str) -> str | None:
        with suppress(StoreError):
            # Deleted ones as well.
            _, spec = load_head(Spec, store.process(process_or_model).folder, "spec")
            return spec.project if spec else models.get(store, process_or_model).project
        return None

    def hidden(entry: JournalEntry) -> bool:
        if entry.entity == "project":
            return hides(entry.id)
        about = entry.details.get("project") or project_of(str(entry.thread or entry.details.get("model") or ""))
        return about is not None and hides(str(about))

    return hidden
