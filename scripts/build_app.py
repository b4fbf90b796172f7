"""Build the app: a folder with FstMuse and its own Python, and without TensorFlow.

``scripts/build-app`` calls it once PyInstaller is installed. The app does all that needs no
TensorFlow: the window, the command line and quick trainings.

Usage: python scripts/build_app.py [FOLDER]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What deep trainings and tests take, and what would come along with the rest unasked.
_WITHOUT = (
    "IPython",
    "PySide6.QtQml",
    "PySide6.QtQuick",
    "h5py",
    "jax",
    "jaxlib",
    "keras",
    "librosa",
    "llvmlite",
    "matplotlib",
    "numba",
    "pytest",
    "tensorflow",
    "tensorflow_io",
    "tkinter",
)
_PACKAGES = ("fstmuse_core", "fstmuse_gui")
# As the wheel has them.
_DATA = {
    "models": "fstmuse_core/_models",
    "assets": "fstmuse_gui/_assets",
    "LICENSE": ".",
    "NOTICE": ".",
}


def build(folder: Path, work: Path) -> Path:
    """Build the app into ``folder``; what it takes on the way lies in ``work``.

    Returns
    -------
    Path
        The program.

    Raises
    ------
    subprocess.CalledProcessError
        If PyInstaller fails; it has said why.
    """
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--onedir", "--name=fstmuse"]
    command += ["--log-level=WARN", f"--paths={ROOT / 'src'}"]
    command += [f"--distpath={folder}", f"--workpath={work}", f"--specpath={work}"]
    # Commands and parts of the window are imported by their names.
    for package in _PACKAGES:
        command += [f"--collect-submodules={package}", f"--collect-data={package}"]
    command += [f"--add-data={ROOT / name}{os.pathsep}{place}" for name, place in _DATA.items()]
    command += [f"--exclude-module={name}" for name in _WITHOUT]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    entry = ROOT / "src" / "fstmuse_core" / "cli" / "__main__.py"
    subprocess.run([*command, str(entry)], check=True, env=environment, stdin=subprocess.DEVNULL)
    return folder / "fstmuse" / ("fstmuse.exe" if os.name == "nt" else "fstmuse")


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder; what links point to counts once."""
    return sum(
        file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file() and not file.is_symlink()
    )


def main(arguments: Sequence[str]) -> int:
    """Build the app, let it look whether all is there, and say how large it is."""
    folder = Path(arguments[0] if arguments else ROOT / "dist").absolute()
    try:
        with tempfile.TemporaryDirectory() as work:
            program = build(folder, Path(work))
        subprocess.run([program, "doctor"], check=True, stdout=subprocess.DEVNULL)
    except subprocess.CalledProcessError as error:
        sys.exit(f"the app could not be built: {Path(error.cmd[0]).name} failed (see above)")
    print(f"{program}: {size_of(program.parent) / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
