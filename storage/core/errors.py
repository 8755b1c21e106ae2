"""Everything the store can refuse, as one tree of errors whose leaves name what was wrong.

An error keeps its English template and its values apart, so that a page can translate the template
and fill in the values afterwards: ``InvalidName("Project name {name!r} …", name=name)``.
"""

from typing import Any


class StoreError(Exception):
    """Base of all refusals: object, value and next step in one sentence."""

    def __init__(self, template: str, /, **values: Any) -> None:
        # In English, for shells and logs, which know no catalogue.
        super().__init__(template.format(**values))
        self.template = template
        self.values = values

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword values do not survive Exception's own pickling, and loader processes send errors home.
        return _rebuild, (type(self), self.template, self.values)


def _rebuild(kind: type[StoreError], template: str, values: dict[str, Any]) -> StoreError:
    return kind(template, **values)


class InvalidValue(StoreError):
    """A value outside what its field allows; nothing was written."""


class NameTaken(StoreError):
    """Another object of this kind bears the name, or one that differs only in case."""


class NotFound(StoreError):
    """No object of this id or name; also a file that should be there and is not."""


class Conflict(StoreError):
    """Somebody else wrote the next revision first; theirs stands, nothing of it was overwritten."""


class Refused(StoreError):
    """The object's state does not allow this action."""


class Damaged(StoreError):
    """A file that is there but is not what was written: truncated, edited by hand or of another kind."""


class BadImage(StoreError):
    """Bytes that cannot be used as a document image."""
