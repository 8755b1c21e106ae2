"""Who may import whom, and what the store may not do; read from the source, nothing is run."""

import ast
import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("storage", "worker", "pages", "server")
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
MODULES |= {path.stem: path for path in (ROOT / "app.py", ROOT / "cli.py") if path.is_file()}

MAY_IMPORT = {"storage": {"storage"}, "worker": {"worker", "storage"}, "pages": {"pages", "storage"}, "server": {"server", "storage"}}
FOREIGN = {
    "storage": {"torch", "torchvision", "streamlit"},
    "worker": {"streamlit"},
    "pages": {"torch", "torchvision"},
    "server": {"torch"},
}
# Deeper, and a newcomer loses the thread. What a package offers in its __init__ counts as one step.
DEPTH = 4
# The ground first. An import goes to a lower floor or stays in its folder, whether it is for types, inside a function or neither.
FLOORS = {
    "worker": [
        ["hardware", "parent", "augment"],
        ["data", "reading"],
        ["examples", "text"],
        ["models"],
        ["trained", "detect", "orientation"],
        # Of `text` the one that has a model learn: what describes a page stands below the models.
        ["text.learning", "upright", "run_reading", "beginning", "onnx_export", "evaluate"],
        ["evaluate_classes", "train"],
        ["judging", "reporter"],
        ["reevaluate"],
        ["stages", "answers"],
        ["run", "desk", "apply"],
        ["desk_keeper", "disk_watch"],
        ["agent"],
        ["__main__", "__init__"],
    ],
}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text("utf-8"))


def named(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Full names of everything these nodes import; ``from a import b`` gives ``a`` and ``a.b``."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


@cache
def imported(module: str) -> frozenset[str]:
    """Everything imported, inside functions too."""
    return named(ast.walk(tree(module)))


@cache
def tops(module: str) -> frozenset[str]:
    return frozenset(name.split(".")[0] for name in imported(module))


def below(module: str) -> set[str]:
    """The modules of its own package that ``module`` imports; of one without floors those of its top level alone."""
    package = module.split(".")[0]
    names = imported(module) if package in FLOORS else named(tree(module).body)
    # With floors, what a package offers in its __init__ is followed; the bare package is how its modules are named.
    inits = {f"{name}.__init__" for name in names - {package}} if package in FLOORS else set()
    return {name for name in (names | inits) & MODULES.keys() if name.split(".")[0] == package}


def place(module: str) -> tuple[int, str]:
    """The floor of ``module``, and which of that floor's modules or folders it is or lies in; the closest counts."""
    package, _, name = module.partition(".")
    there = [(floor, entry) for floor, entries in enumerate(FLOORS[package]) for entry in entries if f"{name}.".startswith(f"{entry}.")]
    assert there, f"{module} stands on no floor"
    return max(there, key=lambda found: len(found[1]))


def goes_down(module: str, other: str) -> bool:
    """Whether an import of ``other`` in ``module`` leads to a lower floor or stays in the folder."""
    here, there = place(module), place(other)
    return there == here or there[0] < here[0]


def chain(module: str, above: tuple[str, ...] = ()) -> list[str]:
    """The longest chain of imports downwards from ``module`` inside its own package; fails on a cycle."""
    assert module not in above, f"import cycle: {' → '.join((*above, module))}"
    chains = [chain(name, (*above, module)) for name in below(module)]
    return [module, *max(chains, key=len, default=[])]


def of(package: str) -> list[str]:
    return [module for module in MODULES if module.split(".")[0] == package]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_one_way(package: str) -> None:
    ours = {*PACKAGES, "app", "cli", "tests", "bench"}
    wrong = {module: found for module in of(package) if (found := tops(module) & ((ours - MAY_IMPORT[package]) | FOREIGN[package]))}
    assert not wrong


@pytest.mark.parametrize("package", PACKAGES)
def test_chains_of_imports_are_short_and_closed_nowhere(package: str) -> None:
    longest = max((chain(module) for module in of(package)), key=len, default=[])
    assert package in FLOORS or len(longest) - 1 <= DEPTH, " → ".join(longest)


@pytest.mark.parametrize("package", FLOORS)
def test_imports_go_down_from_floor_to_floor(package: str) -> None:
    assert not [f"{module} → {other}" for module in of(package) for other in below(module) if not goes_down(module, other)]


def test_every_imported_library_is_pinned() -> None:
    pinned = {re.split("[=~<>]", line)[0] for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines()}
    providers = packages_distributions()
    used = {name for module in MODULES for name in tops(module)} - {*PACKAGES, "app", "cli", *sys.stdlib_module_names}
    assert not {name for name in used if not pinned & {distribution.lower() for distribution in providers.get(name, [])}}


@pytest.mark.parametrize("module", of("storage"))
def test_the_store_decides_nothing_by_stat(module: str) -> None:
    # On NFS these answer with what was true up to 44 seconds ago; an open file's os.fstat is fresh.
    stale = re.compile(r"\.(exists|lexists|stat|lstat|getmtime|getsize)\(")
    calls = [ast.unparse(node) for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    assert not [call for call in calls if stale.search(call)]


@pytest.mark.parametrize("module", [module for module in of("storage") if module != "storage.core.files"])
def test_only_storage_files_writes_files(module: str) -> None:
    writing = re.compile(r"(\.write_(text|bytes)|os\.(rename|replace|link))\(|\bopen\(.*'[rbt]*[wax+]")
    calls = [ast.unparse(node) for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    assert not [call for call in calls if writing.search(call)]


def test_no_test_is_left_out(pytestconfig: pytest.Config) -> None:
    collected = {path for pattern in pytestconfig.getini("testpaths") for top in ROOT.glob(pattern) for path in (top, *top.rglob("*.py"))}
    assert not set((ROOT / "tests").rglob("test_*.py")) - collected
