"""Build the app: a folder with FstMuse and its own Python, and without TensorFlow.

``scripts/build-app`` calls it once PyInstaller is installed. The app does all that needs no
TensorFlow: the window, the command line and quick trainings. ``scripts/release/app.spec`` says
what is in it.

Usage: python scripts/build_app.py [--pack] [FOLDER]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import release_files

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "scripts" / "release" / "app.spec"
# Symbols make a sixth of all on Linux, and nothing needs them. Wheels keep the libraries that
# they bring in such folders, with offsets that strip breaks.
_NOT_STRIPPED = ".libs"
_STRIPPED_AT_ONCE = 50


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
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level=WARN"]
    command += [f"--distpath={folder}", f"--workpath={work}", str(SPEC)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL)
    app = folder / "fstmuse"
    if sys.platform == "linux":
        strip(app)
        release_files.write_share(app)
        shutil.copy(ROOT / "scripts" / "release" / "linux" / "install.sh", app)
    if sys.platform == "darwin":
        return folder / "FstMuse.app" / "Contents" / "MacOS" / "fstmuse"
    return app / ("fstmuse.exe" if os.name == "nt" else "fstmuse")


def strip(app: Path) -> None:
    """Take the symbols out of the libraries of an app, where there is a program for it."""
    program = shutil.which("strip")
    libraries = [
        file
        for file in sorted(app.rglob("*.so*"))
        if file.is_file() and not file.is_symlink() and not file.parent.name.endswith(_NOT_STRIPPED)
    ]
    if program is None:
        print("strip is not installed; the app is larger than it could be", file=sys.stderr)
        return
    for start in range(0, len(libraries), _STRIPPED_AT_ONCE):
        group = libraries[start : start + _STRIPPED_AT_ONCE]
        subprocess.run([program, "--strip-unneeded", *group], check=True)


def pack(app: Path, folder: Path) -> Path:
    """The app as one archive in ``folder``: a zip, and a tar.xz on Linux."""
    system = {"linux": "linux", "darwin": "macos", "win32": "windows"}[sys.platform]
    target = folder / release_files.ARCHIVES[system].format(release_files.version())
    if system == "linux":
        with tarfile.open(target, "w:xz", preset=6) as archive:
            archive.add(app, arcname=app.name)
    elif system == "macos":  # whose own program keeps links and signatures
        command = ["ditto", "-c", "-k", "--keepParent", str(app), str(target)]
        subprocess.run(command, check=True)
    else:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for file in sorted(app.rglob("*")):
                archive.write(file, file.relative_to(app.parent))
    return target


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder; what links point to counts once."""
    return sum(
        file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file() and not file.is_symlink()
    )


def main(arguments: Sequence[str]) -> int:
    """Build the app, let it look whether all is there, and say how large it is."""
    folders = [argument for argument in arguments if argument != "--pack"]
    folder = Path(folders[0] if folders else ROOT / "dist").absolute()
    try:
        with tempfile.TemporaryDirectory() as work:
            program = build(folder, Path(work))
        subprocess.run([program, "doctor"], check=True, stdout=subprocess.DEVNULL)
        app = program.parents[2] if sys.platform == "darwin" else program.parent
        print(f"{program}: {size_of(app) / 1e6:.0f} MB", flush=True)
        if "--pack" in arguments:
            packed = pack(app, folder)
            print(f"{packed}: {packed.stat().st_size / 1e6:.0f} MB")
    except subprocess.CalledProcessError as error:
        sys.exit(f"the app could not be built: {Path(error.cmd[0]).name} failed (see above)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
