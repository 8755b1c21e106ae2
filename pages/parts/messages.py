"""The catalogues of messages: ``python -m pages.parts.messages`` collects every text and updates ``pages/locales``.

Texts are the first argument of ``_``, ``ngettext``, ``notice``, ``Message`` and of the store's errors, and the values
of string enums, which are states and stages.
"""

import ast
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from pages.parts.i18n import LANGUAGES, LOCALES
from storage.core import StoreError

ROOT = LOCALES.parent.parent
KEYWORDS: dict[str, Any] = {
    "_": None,
    "ngettext": (1, 2),
    "notice": None,
    "Message": None,
    **{kind.__name__: None for kind in StoreError.__subclasses__()},  # a new kind of error needs no entry here
    "NoExamples": None,  # but for the worker's own, as pages know no torch
    "NonFiniteLoss": None,
}


def extract(file: IO[bytes], keywords: Any, comment_tags: Any, options: Any) -> Iterator[tuple[int, Any, Any, Any]]:
    """Babel's own extraction, and the values of string enums."""
    source = file.read()
    yield from extract_python(io.BytesIO(source), keywords, comment_tags, options)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and any(isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases):
            values = [item.value for item in node.body if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant)]
            yield from ((value.lineno, "_", value.value, []) for value in values)


def collect() -> Catalog:
    """Every text used, with the files it stands in."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = _own(Catalog())
    for package in ("pages", "server", "storage", "worker"):  # not the whole tree: the store may lie in it
        for name, _line, text, _comments, _context in extract_from_dir(ROOT / package, methods, options, KEYWORDS):
            if text:
                found.add(text, locations=[(f"{package}/{name}", 0)])
    return found


def update() -> None:
    """Write the template catalogue, and bring each language's up to it: new texts empty, texts no longer used dropped."""
    template = collect()
    _write(LOCALES / "messages.pot", template)
    for code in LANGUAGES:
        path = LOCALES / code / "LC_MESSAGES" / "messages.po"
        if code == "en":
            continue  # the texts in the source are English
        with path.open("rb") as file:
            catalogue = read_po(file, locale=code)
        # A guess from a similar text would be shown to people; an empty one fails the tests.
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        _write(path, _own(catalogue))


def _own(catalogue: Catalog) -> Catalog:
    """The catalogue under our name, in place of the placeholders that Babel writes."""
    catalogue.header_comment = "# Texts of Fieldmark; kept up to date by python -m pages.parts.messages"
    catalogue.project, catalogue.version, catalogue.msgid_bugs_address = "Fieldmark", "1", "-"
    catalogue.last_translator = catalogue.language_team = "Fieldmark"
    return catalogue


def _write(path: Path, catalogue: Catalog) -> None:
    with path.open("wb") as file:
        # No line numbers, which every edit above a text would change.
        write_po(file, catalogue, width=120, sort_output=True, include_lineno=False)


if __name__ == "__main__":
    update()
