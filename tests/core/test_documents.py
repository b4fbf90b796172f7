"""The pages for those who change FstMuse name files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = (ROOT, ROOT / "src/fstmuse_core", ROOT / "src/fstmuse_gui", ROOT / "src")
PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
NAMED = re.compile(r"`([a-z_]+(?:/[a-z_]+)+)(/?|\.py)`")


def named(page: str) -> list[str]:
    return [name for name, _ in NAMED.findall((ROOT / page).read_text("utf-8"))]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_what_is_there(page: str) -> None:
    names = named(page)
    assert names
    missing = [
        name
        for name in names
        if not any((at / name).is_dir() or (at / f"{name}.py").is_file() for at in PLACES)
        and not (ROOT / name).exists()
    ]
    assert not missing


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
