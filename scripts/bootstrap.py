"""Make the checkout ready to use, then start the program or its tests.

Called by ``scripts/run``, ``scripts/test`` and ``scripts/build-app`` with any Python 3.11 or
3.12; needs nothing but the standard library. A stamp in the virtual environment tells what was
installed, so that a second start goes straight on, and imports no more than it needs for that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
VENV = Path(os.environ.get("FSTMUSE_VENV", ROOT / ".venv"))
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "fstmuse-installed"
UNFINISHED = VENV / "fstmuse-installing"
# Beside the environment, so that files are linked into it and lie on the disk once. What has come
# stays until all is there: a set-up that was interrupted goes on from it.
DOWNLOADS = VENV.with_name(f"{VENV.name}-downloads")
_ALL_TESTS = ["-n", "auto", "--maxprocesses", "4", "--dist", "worksteal"]


def main(arguments: Sequence[str]) -> int:
    """Do what the first argument says, ``run``, ``test`` or ``app``, with the others."""
    work, rest = arguments[0], list(arguments[1:])
    purpose = "run" if work == "run" else "test"
    if not is_ready(purpose):
        set_up(purpose)
    # What is installed comes without bytecode, and every process that may not keep it compiles
    # all that it imports anew: TensorFlow takes 13 seconds then instead of four.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return {"run": run_program, "test": run_checks, "app": build_app}[work](rest)


def is_ready(purpose: str) -> bool:
    """Return true if what is installed serves the purpose; the tests' set-up serves both."""
    wanted = [wanted_stamp(also) for also in {purpose, "test"}]
    try:
        return STAMP.read_text(encoding="utf-8") in wanted and not UNFINISHED.exists()
    except OSError:
        return False


def wanted_stamp(purpose: str) -> str:
    """Text of the stamp once everything for ``purpose`` is installed here."""
    digest = sha256()
    for file in (ROOT / "pyproject.toml", lock_file(purpose)):
        digest.update(file.read_bytes())
    return f"{purpose}\n{digest.hexdigest()}\n{ROOT}\n{VENV}\n"


def lock_file(purpose: str) -> Path:
    """Every package that is installed for ``purpose``, with the hashes of its files."""
    return ROOT / "requirements" / f"{purpose}.txt"


def set_up(purpose: str) -> None:
    """Install the system's packages and a virtual environment for ``purpose``."""
    from system_packages import install_system_packages

    is_broken = UNFINISHED.exists() or not works(PYTHON)
    if is_broken and Path(sys.prefix).resolve() == VENV.resolve():
        # An environment can't clear itself away: go on in the Python that it was made from.
        base = getattr(sys, "_base_executable", sys.executable)
        os.execv(base, [base, *sys.argv])
    total = len(packages(purpose))
    say(f"Setting FstMuse up, once: {total} packages, 0.8 GB to download and 3 GB on the disk.")
    say("TensorFlow, which trains networks, is most of it: 0.6 GB to download, 2 GB on the disk.")
    install_system_packages(purpose, say)
    if is_broken:
        say("Making a Python environment ...")
        make_environment()
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    install(purpose)
    STAMP.write_text(wanted_stamp(purpose), encoding="utf-8")
    UNFINISHED.unlink()
    say("FstMuse is set up.")


def works(python: Path) -> bool:
    """Return true if the environment's own Python and pip start and are of a supported version."""
    import subprocess

    code = "import sys, pip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))"
    try:
        return subprocess.run([python, "-c", code], capture_output=True).returncode == 0
    except OSError:
        return False


def make_environment() -> None:
    """A new, empty virtual environment in place of whatever is there."""
    import subprocess
    import venv

    try:
        venv.create(VENV, clear=True, with_pip=True)
    except (ImportError, subprocess.CalledProcessError, OSError) as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        give_up(
            f"no virtual environment could be made in {VENV} ({error}); "
            f"on Debian and Ubuntu install python{version}-venv and start again"
        )


def install(purpose: str) -> None:
    """Install what the lock file lists, and the program from this checkout.

    Every package must have a hash that is listed, and comes built: nothing of it is run to
    install it. The program is built by what was installed so, not by what an index has today.
    uv does it in a sixth of the time that pip takes, which does it where there is no uv.
    """
    wanted = ["--require-hashes", "--only-binary=:all:", "--requirement", str(lock_file(purpose))]
    own = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    uv = find_uv()
    if uv is None or not (uv_install(uv, *wanted) and uv_install(uv, "--offline", "--quiet", *own)):
        pip_install(*wanted, total=len(packages(purpose)))
        pip_install("--no-index", *own)
    import shutil

    shutil.rmtree(DOWNLOADS, ignore_errors=True)


def find_uv() -> str | None:
    """The user's uv, or one that is fetched; ``None`` where there is none for this system."""
    import shutil
    import subprocess

    if installed := shutil.which("uv"):
        return installed
    folder = DOWNLOADS / "uv"
    program = folder / "bin" / ("uv.exe" if os.name == "nt" else "uv")
    if not program.is_file():
        command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--no-compile"]
        command += ["--disable-pip-version-check", "--require-hashes", "--only-binary=:all:"]
        command += ["--target", str(folder), "--requirement", str(lock_file("uv"))]
        # pip, which comes next where this fails, says why.
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    return str(program) if program.is_file() else None


def uv_install(uv: str, *arguments: str) -> bool:
    """Run ``uv pip install`` in the environment, from where pip is told to look; true if done."""
    import subprocess

    command = [uv, "pip", "install", "--no-config", "--python", str(PYTHON), *arguments]
    environment = {
        # Which of several indexes has a file is all the same: its hash is listed.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_CACHE_DIR": str(DOWNLOADS / "cache"),
        **places_of_pip(),
        **os.environ,
    }
    # It tells itself how far it is. Standard output belongs to the program that comes afterwards.
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    if done.returncode:
        say("uv could not do it; pip tries now.")
    return done.returncode == 0


# What pip's settings are called by uv, which does not read them.
_OF_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
}


def places_of_pip() -> dict[str, str]:
    """Settings of pip on where to look for packages, in the variables that tell uv."""
    import ast
    import subprocess

    command = [str(PYTHON), "-m", "pip", "config", "list"]
    lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    found: dict[str, str] = {}
    # As pip itself: a variable counts most, then what is for the command "install".
    for section in (":env:.", "install.", "global."):
        for line in lines:
            name, _, value = line.removeprefix(section).partition("=")
            if line.startswith(section) and name in _OF_UV:
                found.setdefault(_OF_UV[name], " ".join(ast.literal_eval(value).split()))
    return found


def packages(purpose: str) -> set[str]:
    """Names of the packages in the lock file."""
    lines = lock_file(purpose).read_text(encoding="utf-8").splitlines()
    return {line.partition("==")[0] for line in lines if line[:1].isalnum()}


def pip_install(*arguments: str, total: int = 1) -> None:
    """Run ``pip install`` of so many packages in the environment; give up if it fails."""
    from install_progress import run_pip

    command = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", *arguments]
    # Standard output belongs to the program that is started afterwards.
    if run_pip(command, total, VENV, sys.stderr):
        give_up("the packages could not be installed (see above); once that is mended, start again")


def run_program(arguments: Sequence[str]) -> int:
    """Become ``fstmuse`` with the arguments."""
    command = [str(PYTHON), "-m", "fstmuse_core.cli", *arguments]
    if os.name != "nt":
        os.execv(PYTHON, command)
    import subprocess

    return subprocess.run(command).returncode


def build_app(arguments: Sequence[str]) -> int:
    """Build the app into the folder that is named, by default ``dist``."""
    import subprocess

    return subprocess.run([PYTHON, ROOT / "scripts" / "build_app.py", *arguments]).returncode


def run_checks(arguments: Sequence[str]) -> int:
    """Run every check, also after one has failed; the arguments go to pytest.

    Without any, the whole suite runs, a process for each core (four at most: each may load
    TensorFlow), and then what depends on rounding once more, on another BLAS kernel.
    """
    import subprocess

    os.chdir(ROOT)
    if not arguments:
        compile_all()
    environment = {
        "QT_QPA_PLATFORM": "offscreen",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "NO_MKDOCS_2_WARNING": "1",
        **os.environ,
    }
    python = str(PYTHON)
    checks = {
        "ruff": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "mypy": [python, "-m", "mypy"],
        "import-linter": [str(BIN / "lint-imports")],
        "advisories": [python, str(ROOT / "scripts" / "check_advisories.py")],
        # Not --quiet: what it does not print does not count as a warning.
        "site": [python, "-m", "mkdocs", "build", "--strict"],
        "pytest": [python, "-m", "pytest", *(arguments or _ALL_TESTS)],
    }
    if not arguments:
        again = str(ROOT / "scripts" / "blas_kernels.py")
        checks["pytest on another BLAS kernel"] = [python, again, *_ALL_TESTS]
    failed = []
    for name, command in checks.items():
        say(f"== {name}")
        code = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL).returncode
        if code:
            failed.append(f"{name} (exit code {code})")
    say(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


def compile_all() -> None:
    """Keep the bytecode of our sources and of all packages before the whole suite needs it.

    A test that limits the size of files would leave it cut off, which no later import survives.
    Packages also hold files that are no Python of today, so it does not matter what cannot be done.
    """
    import subprocess

    folders = [str(VENV), str(ROOT / "src"), str(ROOT / "scripts")]
    words = [str(PYTHON), "-m", "compileall", "-qq", "-j", "0", *folders]
    say("== bytecode")
    subprocess.run(words, stdin=subprocess.DEVNULL)


def say(sentence: str) -> None:
    """Tell the user; standard output is left to the program."""
    print(sentence, file=sys.stderr, flush=True)


def give_up(reason: str) -> NoReturn:
    """End with a sentence."""
    sys.exit(f"FstMuse is not set up: {reason}.")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
