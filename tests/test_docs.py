"""What README.md and docs/ say exists does: links, commands, make targets, variables, states and files."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
import typer

from cli import app
from storage.core import paths, revisions
from storage.processes import State

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FILES = ROOT / "docs" / "files.md"
COMMAND = r"python cli\.py +([^\n`)#]*)"


@cache
def text(path: Path) -> str:
    return path.read_text("utf-8")


def everywhere(pattern: str) -> list[str]:
    """What the pattern's group matches on any page, each once."""
    return sorted({match for page in PAGES for match in re.findall(pattern, text(page))})


def first_cells(heading: str) -> set[str]:
    """The first cells, as plain text, of the tables on docs/files.md whose first column has this heading."""
    tables = re.findall(r"((?:^\|.*\|\n)+)", text(FILES), re.M)
    return {row.split("|")[1].strip(" `") for table in tables if table.startswith(f"| {heading} |") for row in table.splitlines()[2:]}


def strings(path: Path) -> set[str]:
    """Every text constant in a module, parts of f-strings included, docstrings and other lone texts left out."""
    tree = ast.parse(text(path))
    lone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in lone
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_and_pictures_resolve(page: Path) -> None:
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text(page)) if not re.match(r"https?:|#", link)]
    assert not [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("variable", everywhere(r"\b(FIELDMARK_[A-Z_]+)"))
def test_a_variable_named_in_the_docs_is_read(variable: str) -> None:
    sources = [
        path
        for name in ("cli.py", "app.py", "storage", "server", "worker", "pages")
        for path in (ROOT / name, *(ROOT / name).rglob("*.py"))
    ]
    assert any(variable in strings(path) for path in sources if path.is_file())


@pytest.mark.parametrize("target", everywhere(r"\bmake ([a-z]+)\b(?=`|\s+#)"))
def test_a_make_target_named_in_the_docs_exists(target: str) -> None:
    assert re.search(rf"^{target}:", text(ROOT / "Makefile"), re.M)


@pytest.mark.parametrize("line", everywhere(COMMAND))
def test_a_command_named_in_the_docs_exists_with_its_options(line: str) -> None:
    command, words = typer.main.get_command(app), line.split()
    while words and hasattr(command, "commands"):
        assert words[0] in command.commands, f"python cli.py {line}"
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert not {word for word in words if word.startswith("--")} - known


def test_the_states_in_the_docs_are_those_of_the_code() -> None:
    assert first_cells("state") == {state.value for state in State}


@pytest.mark.parametrize("name", sorted({cell.rstrip("/").rsplit("/", 1)[-1] for cell in first_cells("file")}))
def test_a_file_in_the_docs_is_one_the_store_writes(name: str) -> None:
    plain = re.sub(r"<[a-z ]+>", "", name)
    is_revision = revisions.parse_revision(plain if plain[0] != "." else f"x{plain}") is not None
    assert is_revision or plain in strings(Path(paths.__file__))


def test_every_file_of_the_store_is_in_the_docs() -> None:
    names = {string for string in strings(Path(paths.__file__)) if "." in string}
    assert not {name for name in names if name not in text(FILES)}
