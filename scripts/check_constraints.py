"""Check that the pins in constraints.txt resolve for every supported system and Python.

And that the lock file which the set-up installs has just the same packages for each.

Resolves with pip for one target after another, from wheels alone and without installing.
pip evaluates environment markers for the machine it runs on, whatever ``--platform`` says,
so each target runs in a process of its own with the markers of that target put in place.

Usage: python scripts/check_constraints.py
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
LOCK = ROOT / "requirements" / "test.txt"
PYTHONS = ("3.11", "3.12")
LINUX_TAGS = ("2_34", "2_28", "2_27", "2_24", "2_17", "2_12", "2_5")
# Per target: wheel tags, newest first, and the markers that differ from system to system.
TARGETS: dict[str, tuple[list[str], dict[str, str]]] = {
    "Linux": (
        [f"manylinux_{tag}_x86_64" for tag in LINUX_TAGS]
        + ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"],
        {
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "platform_machine": "x86_64",
        },
    ),
    "macOS": (
        [
            f"macosx_{major}_0_{machine}"
            for major in (14, 13, 12, 11)
            for machine in ("arm64", "universal2")
        ],
        {
            "sys_platform": "darwin",
            "platform_system": "Darwin",
            "os_name": "posix",
            "platform_machine": "arm64",
        },
    ),
    "Windows": (
        ["win_amd64"],
        {
            "sys_platform": "win32",
            "platform_system": "Windows",
            "os_name": "nt",
            "platform_machine": "AMD64",
        },
    ),
}
_CHILD = """
import json, runpy, sys
from pip._vendor.packaging import markers
overrides = json.loads(sys.argv.pop(1))
original = markers.default_environment
markers.default_environment = lambda: {**original(), **overrides}
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__")
"""


def requirements() -> list[str]:
    """Every requirement of pyproject.toml, those of the extras and of the build included."""
    values = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = values["project"]
    extras = project["optional-dependencies"].values()
    return [
        *values["build-system"]["requires"],
        *project["dependencies"],
        *(requirement for extra in extras for requirement in extra),
    ]


def resolve(target: str, python: str) -> tuple[dict[str, str], str]:
    """Names and versions that pip would install, and its complaint where it would not."""
    tags = TARGETS[target][0]
    markers = _markers(target, python)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-c", _CHILD, json.dumps(markers)]
        command += ["install", "--dry-run", "--ignore-installed", "--quiet"]
        command += ["--only-binary=:all:", "--implementation=cp", f"--python-version={python}"]
        command += [f"--platform={tag}" for tag in tags]
        command += [f"--target={folder}/target", f"--report={report}"]
        command += ["--constraint", str(CONSTRAINTS)]
        done = subprocess.run([*command, *requirements()], capture_output=True, text=True)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            return {}, "\n".join(errors or done.stderr.splitlines()[-3:])
        items = json.loads(report.read_text(encoding="utf-8"))["install"]
    found = {_name(item["metadata"]["name"]): item["metadata"]["version"] for item in items}
    return dict(sorted(found.items())), ""


def _markers(target: str, python: str) -> dict[str, str]:
    return {
        **TARGETS[target][1],
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def locked(target: str, python: str) -> dict[str, str]:
    """Names and versions that the lock file has for a target."""
    from packaging.requirements import Requirement

    found = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line[:1] not in ("", "#", " "):
            entry = Requirement(line.removesuffix("\\"))
            if entry.marker is None or entry.marker.evaluate(_markers(target, python)):
                found[_name(entry.name)] = str(entry.specifier).removeprefix("==")
    return found


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> dict[str, set[str]]:
    """Names and pinned versions in constraints.txt."""
    found: dict[str, set[str]] = {}
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", line):
            found.setdefault(_name(match[1]), set()).add(match[2])
    return found


def check() -> int:
    """Print one line for each target; the number of targets that do not resolve."""
    failures = 0
    for target in TARGETS:
        for python in PYTHONS:
            found, error = resolve(target, python)
            loose = [n for n, version in found.items() if version not in pins().get(n, set())]
            if loose:
                error = "not pinned: " + ", ".join(loose)
            if not error:
                others = found.items() ^ locked(target, python).items()
                names = sorted({name for name, _ in others})
                error = f"not the same in {LOCK.name}: {', '.join(names)}" if names else ""
            failures += bool(error)
            print(f"{target} {python}: {error or f'{len(found)} packages'}", flush=True)
    return failures


if __name__ == "__main__":
    sys.exit(1 if check() else 0)
