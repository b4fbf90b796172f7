"""The project file says what it is meant to say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# Where TensorFlow and Keras may be imported.
HEAVY_ROOMS = {"networks", "original", "training"}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_light_room_is_under_the_tensorflow_contract(project: dict[str, Any]) -> None:
    contracts = project["tool"]["importlinter"]["contracts"]
    (contract,) = [c for c in contracts if c["name"].startswith("TensorFlow")]
    rooms = {
        path.stem
        for path in (ROOT / "src" / "fstmuse_core").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").is_file())
        and not path.name.startswith("_")
    }

    assert {f"fstmuse_core.{room}" for room in rooms - HEAVY_ROOMS} == set(
        contract["source_modules"]
    )


def test_every_dependency_is_pinned(project: dict[str, Any]) -> None:
    def normal(requirement: str) -> str:
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert name is not None
        return re.sub(r"[-_.]+", "-", name[0]).lower()

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {normal(line) for line in lines if not line.startswith("#")}
    extras = project["project"]["optional-dependencies"]
    wanted = [*project["project"]["dependencies"], *(r for extra in extras.values() for r in extra)]

    assert {normal(requirement) for requirement in wanted} <= pinned


def test_constraints_name_packages_and_versions_only() -> None:
    pin = re.compile(r"#.*|[a-z0-9-]+==[0-9a-z.+]+(; sys_platform [!=]= '(win32|darwin)')?")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert pin.fullmatch(line)
