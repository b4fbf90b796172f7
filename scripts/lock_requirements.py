"""Write the lock files: what the set-up installs, each file of it with its SHA-256.

``requirements/run.txt`` is for the program, ``requirements/test.txt`` for its tests, for building
the app and the site, and for clusters too, ``requirements/uv.txt`` for what the set-up installs
them with. The versions come from constraints.txt; one lock serves every supported system and
Python. Needs uv (``pip install uv``), which reads the hashes of all
files from the package index.

Usage: python scripts/lock_requirements.py
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = {purpose: ROOT / "requirements" / f"{purpose}.txt" for purpose in ("run", "test", "uv")}
_OF_TESTS = ("test", "app", "cluster", "docs")
_HEADER = "# Written by scripts/lock_requirements.py from pyproject.toml and constraints.txt.\n"


def lock(purpose: str) -> str:
    """The contents of a lock file; raises ``CalledProcessError`` if versions do not resolve."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        sys.exit("uv is not installed; pip install uv")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        # The project itself is installed without isolation, so what builds it is locked too.
        build = Path(folder) / "build.in"
        wanted = ["uv"] if purpose == "uv" else project["build-system"]["requires"]
        build.write_text("\n".join(wanted), encoding="utf-8")
        target = Path(folder) / "lock.txt"
        command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
        command += ["--generate-hashes", "--no-header", "--no-annotate"]
        command += ["--no-emit-index-url", "--no-emit-find-links"]
        command += ["--constraint", str(ROOT / "constraints.txt"), "--output-file", str(target)]
        for extra in _OF_TESTS if purpose == "test" else ():
            command += ["--extra", extra]
        command += [] if purpose == "uv" else [str(ROOT / "pyproject.toml")]
        command += [str(build)]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        return _HEADER + _for_our_pythons(target.read_text(encoding="utf-8"))


def _for_our_pythons(text: str) -> str:
    """Lock without what only Pythons that are not supported need."""
    entries = re.findall(r"^\S.*\n(?:[ ].*\n)*", text, re.MULTILINE)
    return "".join(entry for entry in entries if ">= '3.13'" not in entry.split("\n")[0])


def main() -> int:
    """Write the lock files."""
    for purpose, path in LOCKS.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(lock(purpose), encoding="utf-8", newline="\n")
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
