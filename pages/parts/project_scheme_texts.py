"""What the scheme editor says of fields and of classes: sentences of their own, as no word of a translation is like another."""

from dataclasses import dataclass

from pages.parts.i18n import _, ngettext
from storage.projects import Task


@dataclass(frozen=True)
class SchemeTexts:
    """The editor's words for one task; ``delete``, ``move`` and ``keep`` are what may become of a removed one's labels."""

    empty: str
    add: str
    about: str
    removed: str
    undecided: str
    delete: str
    move: str
    keep: str
    target: str
    choose: str
    history: str


def scheme_texts(task: Task) -> SchemeTexts:
    """The words for fields or for classes."""
    return _classes() if task == "classes" else _fields()


def labelled_with(task: Task, name: str, images: int, boxes: int) -> str:
    """How much is labelled with a field or a class, as Markdown; ``name`` is Markdown, too."""
    counts = {"boxes": ngettext("{count} box", "{count} boxes", boxes), "images": ngettext("{count} image", "{count} images", images)}
    text = _("**{name}** is the class of {images}:") if task == "classes" else _("**{name}** has {boxes} on {images}:")
    return text.format(name=name, **counts)


def _fields() -> SchemeTexts:
    return SchemeTexts(
        empty=_("There are no fields yet. Name what is to be found on the images, such as number, date and total."),
        add=_("Add fields"),
        about=_("What belongs into the box, for those who label"),
        removed=_("Removed fields have boxes"),
        undecided=_("Choose for each field first"),
        delete=_("Delete the boxes"),
        move=_("Move them to another field"),
        keep=_("Keep the field"),
        target=_("To the field"),
        choose=_("Choose a field"),
        history=_("The history of each image keeps its boxes as they were."),
    )


def _classes() -> SchemeTexts:
    return SchemeTexts(
        empty=_("There are no classes yet. Name the kinds of documents that images are sorted into."),
        add=_("Add classes"),
        about=_("Which documents are of this class, for those who label"),
        removed=_("Removed classes have images"),
        undecided=_("Choose for each class first"),
        delete=_("Leave them without a class"),
        move=_("Give them another class"),
        keep=_("Keep the class"),
        target=_("Which class"),
        choose=_("Choose a class"),
        history=_("The history of each image keeps its class as it was."),
    )
