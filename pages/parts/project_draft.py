"""A field scheme while somebody edits it: what was typed, what it started from, and what others saved meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pages.parts.i18n import _
from storage.projects import Field, Project

_VALUES = ("name", "colour", "key", "description")


@dataclass
class Draft:
    """What was typed on top of a revision; ``turn`` grows whenever the fields change under the widgets that show them."""

    rev: int
    project: Project
    fields: list[Field]
    turn: int = 0
    # What others changed meanwhile, in sentences, until it is saved or discarded.
    theirs: list[str] = field(default_factory=list)
    # Whether the question about the boxes of removed fields is open.
    asking: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to save."""
        return tuple(self.fields) != self.project.fields

    @property
    def removed(self) -> list[Field]:
        """Fields that saving would take out of the scheme."""
        kept = {known.id for known in self.fields}
        return [known for known in self.project.fields if known.id not in kept]

    def put_back(self, removed: Field) -> None:
        """Take a removed field in again, behind the one that it stood behind."""
        before = [known.id for known in self.project.fields].index(removed.id)
        above = {known.id for known in self.project.fields[:before]}
        place = max((place for place, known in enumerate(self.fields, start=1) if known.id in above), default=0)
        self.fields.insert(place, removed)
        self.turn += 1

    def rebase(self, rev: int, project: Project) -> None:
        """Put what was typed on top of the newer revision ``rev``."""
        self.theirs += changes(self.project.fields, project.fields)
        self.fields = merge(self.project.fields, self.fields, project.fields)
        self.rev, self.project = rev, project
        self.turn += 1


def merge(base: Sequence[Field], mine: Sequence[Field], theirs: Sequence[Field]) -> list[Field]:
    """Both people's changes to ``base``; where they changed the same value, mine stands."""
    before, now = {known.id: known for known in base}, {known.id: known for known in theirs}
    # A field they removed goes, unless something was typed about it: that would be lost.
    kept = [known for known in mine if known.id in now or known != before.get(known.id)]
    merged = [_merge_field(before.get(known.id), known, now.get(known.id)) for known in kept]
    merged += [known for known in theirs if known.id not in before]
    if _order(mine, before) != _order(base, {known.id: known for known in mine}):
        return merged  # mine is another order than it was
    places = {identifier: place for place, identifier in enumerate(now)}
    return sorted(merged, key=lambda known: places.get(known.id, len(places)))


def changes(before: Sequence[Field], after: Sequence[Field]) -> list[str]:
    """What was done to a scheme, as sentences."""
    old, new = {known.id: known for known in before}, {known.id: known for known in after}
    found = [_("“{name}” was added").format(name=known.name) for known in after if known.id not in old]
    found += [_("“{name}” was removed").format(name=known.name) for known in before if known.id not in new]
    for known in before:
        if known.id in new:
            found += _field_changes(known, new[known.id])
    if _order(before, new) != _order(after, old):
        found.append(_("the order was changed"))
    return found


def _field_changes(old: Field, new: Field) -> list[str]:
    found = []
    if new.name != old.name:
        found.append(_("“{name}” is now called “{new}”").format(name=old.name, new=new.name))
    if new.colour != old.colour:
        found.append(_("“{name}” has another colour").format(name=new.name))
    if new.key != old.key:
        key = new.key or _("none")
        found.append(_("the key of “{name}” is now {key}").format(name=new.name, key=key))
    if new.description != old.description:
        found.append(_("“{name}” has another description").format(name=new.name))
    return found


def _merge_field(before: Field | None, mine: Field, theirs: Field | None) -> Field:
    if before is None or theirs is None:
        return mine
    return mine.model_copy(update={name: getattr(theirs, name) for name in _VALUES if getattr(mine, name) == getattr(before, name)})


def _order(fields: Sequence[Field], known: dict[str, Field]) -> list[str]:
    """Ids of the fields that are in both schemes."""
    return [one.id for one in fields if one.id in known]
