"""Nothing is shown to people that is not in the catalogues: the sources are read for texts that go past them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.parts.messages import KEYWORDS, ROOT

# What draws its first argument: Streamlit's elements, and our own that pass it on.
DRAWING = frozenset(
    re.findall(
        r"\w+",
        """badge button caption checkbox dialog download_button error expander file_uploader form_submit_button header info link_button
        linked_choice linked_select markdown menu_button metric multiselect number_input pills popover progress radio say segmented_control
        selectbox slider spinner status subheader success tabs text text_area text_input title toast toggle warning write
        Column DateColumn NumberColumn ProgressColumn TextColumn""",
    )
)
SHOWN = frozenset({"caption", "captions", "help", "label", "legend", "placeholder", "text", "title", "words"})  # keyword arguments
# The server's own pages, before anybody is signed in: which argument of what builds them is shown.
BUILDING = {"page": 0, "paragraph": 0, "problem": 0, "link": 1, "form": 1, "entry": 1}
TRANSLATED = {"_", "ngettext"}
REFUSALS = frozenset(KEYWORDS) - TRANSLATED - {"notice"}

ALLOWED = {
    "Fieldmark": "the program's name",
    "JSONL": "a format's name",
    "ONNX": "a format's name",
    "python cli.py worker": "a command",
    "Language · Язык": "says it in both languages",
    "Not responding": "a state: extracted as the values of string enums are, and translated when it is shown",
}

PUBLIC = [ROOT / "server" / f"{name}.py" for name in ("sign_in", "oidc", "forms")]
PAGES = sorted((ROOT / "pages").rglob("*.py"))
SCRIPTS = sorted((ROOT / "pages").rglob("*.js"))
EVERYTHING = [path for package in ("pages", "server", "storage", "worker") for path in sorted((ROOT / package).rglob("*.py"))]

_MARKS = re.compile(r":material/\w+:|:[a-z]+(?=\[)|\{foreground=\"|<[^>]*>|&\w+;|https?://\S*|/\S*")
_WORD = re.compile(r"[A-Za-z]{2,}")
_SENTENCE = re.compile(r"[A-Z][a-z]+ .*[a-z]{2}")


def of(path: Path) -> str:
    """The path as a test's name."""
    return str(path.relative_to(ROOT))


def is_text(value: str) -> bool:
    """Whether people would read it: what is left without icons, colours and addresses has a word in it."""
    return bool(_WORD.search(_MARKS.sub("", value))) and value.strip() not in ALLOWED


def called(node: ast.Call) -> str:
    """The name of what is called; nothing for the log, which speaks English."""
    match node.func:
        case ast.Attribute(value=ast.Name(id="log")):
            return ""
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def literals(node: ast.expr) -> Iterator[str]:
    """The texts that a drawn expression is put together from, but for those inside other calls."""
    match node:
        case ast.Constant(value=str(value)):
            yield value
        case ast.JoinedStr(values=parts) | ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Dict(values=parts):
            for part in parts:
                yield from literals(part)
        case ast.FormattedValue(value=part):
            yield from literals(part)
        case ast.BinOp(left=one, right=other) | ast.IfExp(body=one, orelse=other):
            yield from literals(one)
            yield from literals(other)
        case ast.Call(func=ast.Attribute(value=text, attr="format" | "join")):
            yield from literals(text)


def drawn(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every literal that a page draws."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        place = 0 if called(node) in DRAWING else BUILDING.get(called(node), len(node.args))
        for argument in [*node.args[place : place + 1], *(keyword.value for keyword in node.keywords if keyword.arg in SHOWN)]:
            yield from ((node.lineno, text) for text in literals(argument) if is_text(text))


def sentences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of everything that reads like a sentence and is neither a docstring nor marked as a text."""
    passed = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in TRANSLATED | REFUSALS:
            passed |= {id(part) for part in ast.walk(node)}
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))  # a docstring
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in ALLOWED
        if is_text and id(node) not in passed and _SENTENCE.match(node.value):
            yield node.lineno, node.value


@pytest.mark.parametrize("path", PAGES, ids=of)
def test_pages_show_nothing_that_is_not_in_the_catalogues(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [*drawn(tree), *sentences(tree)] == []


@pytest.mark.parametrize("path", PUBLIC, ids=of)
def test_the_servers_own_pages_show_nothing_that_is_not_in_the_catalogues(path: Path) -> None:
    assert list(drawn(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('st.button("Save")', ["Save"]),
        ('st.button(_("Save"), icon=":material/save:")', []),
        ('st.button(name, help="Saves it" if may else None)', ["Saves it"]),
        ('column.metric(f"{count} images", 1)', [" images"]),
        ('st.caption(":material/info: " + _("Wait"))', []),
        ('st.markdown("Done: {done}".format(done=1))', ["Done: {done}"]),
        ('st.radio(_("Task"), tasks, captions=("Boxes", _("Classes")))', ["Boxes"]),
        ('page_link("data.py", label="Data")', ["Data"]),
        ('link("/sign-in", "Back")', ["Back"]),
    ],
)
def test_the_search_finds_what_goes_past_the_catalogues(source: str, found: list[str]) -> None:
    assert [text for _line, text in drawn(ast.parse(source))] == found


# Scripts get their texts from Python

# A text where one is shown: as an element's property or attribute, or as a sentence anywhere.
_SET = re.compile(
    r"""(?:textContent|innerText|title|placeholder|alt|ariaLabel|"aria-label")["']?\s*(?:[:=]|,)\s*(["'`])(?P<text>[^"'`]*)\1"""
)
_SAID = re.compile(r"""(["'`])(?P<text>[A-Z][a-z]+ [^"'`]*[a-z]{2}[^"'`]*)\1""")
SCRIPT_ALLOWED = {"JSON": "a format's name", "CSV": "a format's name"}


def script_texts(source: str) -> list[str]:
    """Texts that a script would show in the language it is written in."""
    code = re.sub(r"(?m)(^|\s)//.*$", "", source)
    found = [match["text"] for pattern in (_SET, _SAID) for match in pattern.finditer(code)]
    without_values = [(text, re.sub(r"\$\{[^}]*\}", "", text)) for text in found]
    return [text for text, left in without_values if re.search(r"[A-Za-zА-Яа-я]{2,}", left) and text not in SCRIPT_ALLOWED]


@pytest.mark.parametrize("path", SCRIPTS, ids=of)
def test_scripts_have_no_texts_of_their_own(path: Path) -> None:
    assert script_texts(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('row.textContent = "Save"', ["Save"]),
        ('html("div", { title: texts.save, class: "plain" })', []),
        ('html("p", {}, "Nothing was found")', ["Nothing was found"]),
        ('button.setAttribute("aria-label", "Close")', ["Close"]),
        ("row.title = `${name} · ${key}`", []),
        ("// Nothing of this is shown", []),
    ],
)
def test_the_search_finds_texts_in_scripts(source: str, found: list[str]) -> None:
    assert script_texts(source) == found


# Refusals and messages are found by their literals

REPEATING = {
    "storage/check.py": "findings of the shell's `store check`, which speaks English",
    "storage/imports.py": "problems of an import by the shell, which speaks English",
    "worker/reporter.py": "passes on the template that `notice` was called with, where it is a literal",
}


def is_extracted(argument: ast.expr) -> bool:
    """Whether the catalogues get this template: it is a literal, or that of a refusal made elsewhere."""
    is_literal = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    return is_literal or (isinstance(argument, ast.Attribute) and argument.attr == "template")


def hidden(tree: ast.AST, kinds: frozenset[str] = REFUSALS) -> list[int]:
    """Lines of refusals and messages whose template is no literal."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in kinds:
            template = node.args or [keyword.value for keyword in node.keywords if keyword.arg == "template"]
            found += [node.lineno] if template and not is_extracted(template[0]) else []
    return found


@pytest.mark.parametrize("path", [path for path in EVERYTHING if of(path) not in REPEATING], ids=of)
def test_every_refusal_and_message_can_be_translated(path: Path) -> None:
    # A run's notices go by a method's name, which elsewhere is that of other things.
    kinds = REFUSALS | {"notice"} if path.is_relative_to(ROOT / "worker") else REFUSALS
    assert hidden(ast.parse(path.read_text(encoding="utf-8")), kinds) == []


def test_a_template_that_is_no_literal_is_found() -> None:
    assert hidden(ast.parse('template = "No"\nraise Refused(template, name=name)')) == [2]
    assert hidden(ast.parse('raise Refused("No {name}", name=name)\nraise Refused(error.template)')) == []
