"""The system's own packages: PortAudio and Qt's libraries, and for the tests a screen and sound."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

_RUN = """
    libportaudio2 libasound2-plugins
    libegl1 libgl1 libopengl0 libglib2.0-0 libdbus-1-3 libfontconfig1 fonts-dejavu-core
    libxkbcommon0 libxkbcommon-x11-0 libx11-xcb1 libxcb-cursor0 libxcb-glx0 libxcb-icccm4
    libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-shm0
    libxcb-sync1 libxcb-util1 libxcb-xfixes0 libxcb-xinerama0 libxcb-xkb1
""".split()
_TEST = "xvfb xauth xdotool pulseaudio pulseaudio-utils".split()
# Where there is no apt: the names elsewhere.
_ELSEWHERE = (
    "Fedora: dnf install portaudio libxkbcommon-x11 xcb-util-cursor xcb-util-keysyms "
    "xcb-util-wm; Arch: pacman -S portaudio libxkbcommon-x11 xcb-util-cursor xcb-util-keysyms "
    "xcb-util-wm"
)


def install_system_packages(purpose: str, say: Callable[[str], None]) -> None:
    """Install what ``purpose``, "run" or "test", needs, or say what is missing.

    Nothing is needed on macOS and Windows, where the Python packages bring it all. What
    can't be installed is said and left: the command line works without.
    """
    if not sys.platform.startswith("linux"):
        return
    if not shutil.which("apt-get") or not shutil.which("dpkg-query"):
        if not shutil.which("ldconfig") or "libportaudio.so" not in _output(["ldconfig", "-p"]):
            say(f"PortAudio and Qt's X11 libraries may be missing. {_ELSEWHERE}.")
        return
    wanted = _RUN + (_TEST if purpose == "test" else [])
    if importlib.util.find_spec("ensurepip") is None:
        wanted = [*wanted, f"python{sys.version_info.major}.{sys.version_info.minor}-venv"]
    missing = missing_packages(wanted)
    if not missing:
        return
    prefix = _privilege()
    if prefix is None or not _install(prefix, missing, say):
        say(f"These packages are missing: sudo apt-get install {' '.join(missing)}")


def missing_packages(names: Sequence[str]) -> list[str]:
    """Those of the Debian packages ``names`` that are not installed, by either of their names."""
    # Since the change to 64-bit time some libraries are called libfoo0t64.
    query = ["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n"]
    listed = _output([*query, *names, *(f"{name}t64" for name in names)])
    installed = {line.split()[0] for line in listed.splitlines() if line.endswith(" installed")}
    return [name for name in names if not {name, f"{name}t64"} & installed]


def _privilege() -> list[str] | None:
    """Words to put before a command to run it as root; ``None`` where that may not be done."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    # Asks for a password only where someone can type it.
    quietly = subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    return ["sudo"] if quietly or sys.stdin.isatty() else None


def _install(prefix: list[str], names: Sequence[str], say: Callable[[str], None]) -> bool:
    say(f"Installing {' '.join(names)}")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    stdin = None if prefix else subprocess.DEVNULL

    def run(*arguments: str) -> bool:
        done = subprocess.run([*apt, *arguments], stdin=stdin, stdout=sys.stderr)
        return done.returncode == 0

    run("update")  # may fail in part and still know the packages
    known = [name if _has_candidate(name) else f"{name}t64" for name in names]
    return run("install", "--yes", "--no-install-recommends", *known)


def _has_candidate(name: str) -> bool:
    policy = _output(["apt-cache", "policy", name])
    return bool(policy) and "Candidate: (none)" not in policy


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}
    )
    return done.stdout
