"""The pages for those who change FstMuse name files that are there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"core": "src/fstmuse_core", "gui": "src/fstmuse_gui"}
PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
NAMED = re.compile(r"`((?:core|gui|src|tests|benchmarks|scripts|docs)/[a-z_/]*?)/?(\.[a-z]+)?`")


def place(name: str) -> Path:
    """Where a page's name for a file or a folder leads."""
    head, _, rest = name.partition("/")
    path = ROOT / PACKAGES.get(head, head) / rest
    return path.with_suffix(".py") if path.with_suffix(".py").is_file() else path


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_what_is_there(page: str) -> None:
    found = NAMED.findall((ROOT / page).read_text("utf-8"))
    assert found
    missing = [f"{name}{end}" for name, end in found if not is_there(name, end)]
    assert not missing


def is_there(name: str, end: str) -> bool:
    return Path(f"{ROOT / name}{end}").exists() if end else place(name).exists()


@cache
def imports(path: Path) -> set[str]:
    """Dotted names that a module, or any module of a folder, imports."""
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    found: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def arrows(walk: str) -> Iterator[tuple[str, str]]:
    """Callers and what they call."""
    before, group, waits = "", "", False
    for name, sign in re.findall(r"`((?:core|gui)/[a-z_/]+)`|([→⇒⇢(),;.])", walk):
        if sign == "→":
            waits = True
        elif sign == "(":
            group = before if waits else ""
        elif sign == ")":
            group = ""
        elif name:
            if waits:
                yield group or before, name
            if not group:
                before, waits = name, False
        elif sign != ",":
            waits = False


def test_each_arrow_of_the_walks_is_an_import() -> None:
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    walks = page.split("## Five walks")[1].split("## When a process")[0].split("twice.")[1]
    found = [arrow for walk in walks.split("\n\n") for arrow in arrows(walk)]
    assert len(found) > 30
    missing = [f"{caller} -> {called}" for caller, called in found if not calls(caller, called)]
    assert not missing


def calls(caller: str, called: str) -> bool:
    head, _, rest = called.partition("/")
    dotted = f"fstmuse_{head}.{rest.replace('/', '.')}"
    return any(f"{name}.".startswith(f"{dotted}.") for name in imports(place(caller)))


def test_the_layers_are_those_of_the_contracts() -> None:
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    rows = re.findall(
        r"^\| (\d) \| ((?:`[a-z_]+/?`(?:, )?)+) \|", page.split("## Rooms of the win")[0], re.M
    )
    documented: dict[str, set[str]] = {}
    for layer, rooms in rows:
        documented.setdefault(layer, set()).update(re.findall(r"`([a-z_]+)/?`", rooms))
    contract = (ROOT / "pyproject.toml").read_text("utf-8").split("Inside the core")[1]
    layers = re.findall(r'^    "([a-z_| ]+)",$', contract.split("]\n")[1], re.M)
    stated = [set(layer.split(" | ")) for layer in layers]
    assert [documented[number] for number in sorted(documented, reverse=True)] == stated
