"""The built wheel, installed away from the checkout, is the same program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    target = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return target


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's contents; what it depends on stays where it is."""
    target = tmp_path_factory.mktemp("site")
    (wheel,) = built.glob("fstmuse-*.whl")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*command, f"--target={target}", str(wheel)], check=True, capture_output=True)
    return target


def run(installed: Path, *arguments: str) -> str:
    """Standard output of a Python that finds the installed wheel and not the checkout."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": str(installed), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def relative_files(folder: Path) -> set[str]:
    # But for locks that a checkout's own work leaves behind.
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def test_models_and_assets_travel_inside_the_packages(installed: Path) -> None:
    assert relative_files(installed / "fstmuse_core" / "_models") == relative_files(ROOT / "models")
    needed = {f for f in relative_files(ROOT / "assets") if not f.startswith("screenshots/")}
    assert relative_files(installed / "fstmuse_gui" / "_assets") == needed


def test_data_files_travel_beside_the_code_that_reads_them(installed: Path) -> None:
    here, there = ROOT / "src" / "fstmuse_core", installed / "fstmuse_core"
    data = {name for name in relative_files(here) if not name.endswith((".py", ".pyc"))}

    assert {"training/fonts/DejaVuSans.ttf", "training/fonts/LICENSE_DEJAVU"} <= data
    assert {"library/templates/report.html", "library/templates/report.css"} <= data
    assert data <= relative_files(there)
    (record,) = installed.glob("fstmuse-*.dist-info")
    # What the makers of the tagger ask for.
    assert {"LICENSE", "NOTICE"} <= relative_files(record / "licenses")


def test_nothing_else_travels(installed: Path) -> None:
    names = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}

    # Commands, and what desktops on Linux look for.
    assert names - {"bin", "Scripts", "share"} == {"beetsplug", "fstmuse_core", "fstmuse_gui"}


def test_man_and_shells_find_each_command(installed: Path) -> None:
    share = installed / "share"
    pages = {path.stem for path in (share / "man" / "man1").iterdir()}

    assert {"fstmuse", "fstmuse-classify", "fstmuse-library-similar"} <= pages
    assert "_fstmuse_completion" in (share / "bash-completion/completions/fstmuse").read_text()
    assert (share / "zsh/site-functions/_fstmuse").is_file()
    assert (share / "fish/vendor_completions.d/fstmuse.fish").is_file()


def test_its_build_requires_all_that_the_commands_import() -> None:
    # What is imported to write the man pages; an environment for the build alone has no more.
    code = (
        "import importlib.metadata, json, sys, make_man_pages\n"
        "list(make_man_pages.commands(make_man_pages.program))\n"
        "owners = importlib.metadata.packages_distributions()\n"
        "tops = {name.partition('.')[0] for name in sys.modules} & set(owners)\n"
        "print(json.dumps(sorted({owner for top in tops for owner in owners[top]})))"
    )
    paths = os.pathsep.join(str(ROOT / name) for name in ("scripts", "src"))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    required = {name.partition(">=")[0] for name in project["build-system"]["requires"]}

    assert set(json.loads(done.stdout)) - {"fstmuse", "setuptools"} == required - {"hatchling"}


def test_it_finds_its_own_code_and_models(installed: Path) -> None:
    file = run(installed, "-c", "import fstmuse_core; print(fstmuse_core.__file__)").strip()
    assert Path(file).is_relative_to(installed)

    records = json.loads(
        run(installed, "-m", "fstmuse_core.cli", "models", "list", "--format=json")
    )
    folders = {record["name"]: Path(record["folder"]) for record in records}
    assert folders == {
        name: installed / "fstmuse_core" / "_models" / name
        for name in ("fst-muse", "fst-muse-wide", "tagger", "toy-gan", "toy-model")
    }


def test_it_classifies_as_the_checkout_does(installed: Path, music_file: Path) -> None:
    arguments = ("-m", "fstmuse_core.cli", "classify", str(music_file), "--format=json")

    here = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True
    ).stdout

    assert run(installed, *arguments) == here


def test_its_window_opens_and_finds_its_assets(installed: Path) -> None:
    printed = run(installed, "-m", "fstmuse_core.cli", "gui", "--smoke-test")

    report = json.loads(printed.splitlines()[-1])
    assert report["ready_ms"] > 0
    assert report["first_result_ms"] > 0


def test_the_source_distribution_is_whole(built: Path) -> None:
    import tarfile

    (archive,) = built.glob("fstmuse-*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.split("/", 1)[1] for name in tar.getnames() if "/" in name}

    needed = {
        "pyproject.toml",
        "constraints.txt",
        "requirements/run.txt",
        "LICENSE",
        "NOTICE",
        "README.md",
        "scripts/run",
        "scripts/test",
        "models/fst-muse/model.json",
        "src/fstmuse_gui/__init__.py",
        "tests/cli/test_wheel.py",
    }
    assert needed <= names
    assert not any(name.startswith((".venv", "shared")) for name in names)
