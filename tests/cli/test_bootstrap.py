"""``scripts/run`` and ``scripts/test``: what they decide before anything is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
posix_only = pytest.mark.skipif(os.name == "nt", reason="these scripts are for bash")


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the scripts, from which they can be imported."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    yield ROOT / "scripts"
    for name in ("bootstrap", "install_progress", "system_packages"):
        sys.modules.pop(name, None)


@pytest.fixture
def bootstrap(scripts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, for an environment in a folder of its own."""
    monkeypatch.setenv("FSTMUSE_VENV", str(tmp_path / "venv"))
    (tmp_path / "venv").mkdir()
    import bootstrap

    return bootstrap


def test_nothing_is_ready_without_a_stamp(bootstrap: ModuleType) -> None:
    assert not bootstrap.is_ready("run")
    assert not bootstrap.is_ready("test")


@pytest.mark.parametrize(
    ("installed", "run_is_ready", "test_is_ready"), [("run", True, False), ("test", True, True)]
)
def test_the_tests_environment_serves_both(
    bootstrap: ModuleType, installed: str, run_is_ready: bool, test_is_ready: bool
) -> None:
    bootstrap.STAMP.write_text(bootstrap.wanted_stamp(installed))

    assert bootstrap.is_ready("run") is run_is_ready
    assert bootstrap.is_ready("test") is test_is_ready


def test_an_interrupted_installation_is_not_ready(bootstrap: ModuleType) -> None:
    bootstrap.STAMP.write_text(bootstrap.wanted_stamp("test"))
    bootstrap.UNFINISHED.touch()

    assert not bootstrap.is_ready("run")


def test_other_dependencies_or_another_place_want_another_stamp(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bootstrap.wanted_stamp("run")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    moved = bootstrap.wanted_stamp("run")
    with (tmp_path / "requirements" / "run.txt").open("a") as file:
        file.write("polka==1\n")

    assert len({before, moved, bootstrap.wanted_stamp("run")}) == 3


@pytest.mark.parametrize("work", ["run", "test"])
def test_what_is_started_may_keep_its_bytecode(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    (tmp_path / "tune.py").touch()
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(bootstrap, "is_ready", lambda purpose: True)
    start = [sys.executable, "-c", "import tune"]
    for name in ("run_program", "run_checks"):
        monkeypatch.setattr(
            bootstrap, name, lambda words: subprocess.run(start, cwd=tmp_path).returncode
        )

    assert bootstrap.main([work]) == 0
    assert list((tmp_path / "__pycache__").glob("tune.*"))


def test_all_is_compiled_before_the_whole_suite(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("src", "scripts", "venv"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "tune.py").write_text("x = 1\n")
    (tmp_path / "venv" / "old.py").write_text("print 'no Python of today'\n")
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)

    bootstrap.compile_all()

    for name in ("src", "scripts", "venv"):
        assert list((tmp_path / name / "__pycache__").glob("tune.*.pyc"))


def test_a_failed_installation_gives_up_and_leaves_no_stamp(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("system_packages.install_system_packages", lambda *_: None)
    monkeypatch.setattr(bootstrap, "make_environment", lambda: None)
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(bootstrap, "find_uv", lambda: None)
    monkeypatch.setattr("install_progress.run_pip", lambda *_: 1)

    with pytest.raises(SystemExit, match="could not be installed"):
        bootstrap.set_up("run")

    assert not bootstrap.is_ready("run")
    assert bootstrap.UNFINISHED.exists()


@posix_only
@pytest.mark.parametrize("does_it", [True, False])
def test_uv_installs_and_pip_where_uv_cannot(
    bootstrap: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    does_it: bool,
) -> None:
    uv, calls, by_pip = tmp_path / "uv", tmp_path / "calls", list[str]()
    uv.write_text(f'#!/bin/sh\necho "$@" >> "{calls}"\necho told\nexit {int(not does_it)}\n')
    uv.chmod(0o755)
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(bootstrap, "find_uv", lambda: str(uv))
    monkeypatch.setattr(bootstrap, "pip_install", lambda *words, total=1: by_pip.extend(words))
    bootstrap.DOWNLOADS.mkdir()

    bootstrap.install("run")

    out, err = capfd.readouterr()
    assert out == ""  # which belongs to the program
    assert err.startswith("told\n")
    packages, *own = calls.read_text().splitlines()
    assert "--require-hashes --only-binary=:all: --requirement" in packages
    assert len(own) == int(does_it)
    assert ("--require-hashes" in by_pip, "--editable" in by_pip) == (not does_it, not does_it)
    assert ("pip tries now" in err) is not does_it
    assert not bootstrap.DOWNLOADS.exists()


def test_uv_looks_where_pip_is_told_to(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://one.example/simple\nextra-index-url =\n"
        "    https://two.example/simple\n    file:///three\n"
        "[install]\nindex-url = https://four.example/simple\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("PIP_CERT", "/own/authority.pem")

    found = bootstrap.places_of_pip()

    assert found["UV_DEFAULT_INDEX"] == "https://four.example/simple"
    assert found["UV_INDEX"].startswith("https://two.example/simple file:///three")
    assert found["SSL_CERT_FILE"] == "/own/authority.pem"


def test_what_sets_up_is_locked_too(bootstrap: ModuleType) -> None:
    text = bootstrap.lock_file("uv").read_text()
    pin = text.splitlines()[1].removesuffix(" \\")

    assert pin.startswith("uv==")
    assert text.count("--hash=sha256:") > 10  # a wheel for each system
    assert pin in (ROOT / "constraints.txt").read_text().splitlines()


@posix_only
@pytest.mark.parametrize("script", ["run", "test"])
def test_without_a_python_that_will_do_it_says_so(tmp_path: Path, script: str) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("bash", "dirname", "env"):
        (tools / tool).symlink_to(shutil.which(tool) or "")
    for name in ("python3", "python3.12"):
        (tools / name).write_text("#!/bin/sh\necho Python 3.9.1\nexit 1\n")
        (tools / name).chmod(0o755)
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", checkout / "scripts")
    finder = checkout / "scripts" / "find-python.sh"
    # Whatever this system has in its usual places must not be found either.
    finder.write_text(
        finder.read_text().replace("/usr/", "/nowhere/").replace("/opt/", "/nowhere/")
    )

    done = subprocess.run(
        [checkout / "scripts" / script, "--version"],
        env={"PATH": str(tools), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert "FstMuse needs Python 3.11 or 3.12" in done.stderr
    assert "Python 3.9.1" in done.stderr


@posix_only
def test_a_second_start_goes_straight_to_the_program(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "python"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    environment = {**os.environ, "FSTMUSE_VENV": str(tmp_path), "FSTMUSE_PYTHON": sys.executable}
    code = "import bootstrap; bootstrap.STAMP.write_text(bootstrap.wanted_stamp('run'))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT / "scripts", env=environment, check=True)

    done = subprocess.run(
        [ROOT / "scripts" / "run", "classify", "a song.mp3"],
        env=environment,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "-m fstmuse_core.cli classify a song.mp3\n"


@posix_only
def test_missing_system_packages_are_named_where_they_cannot_be_installed(
    scripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import system_packages

    said: list[str] = []
    installed = "libportaudio2 installed\nlibglib2.0-0t64 installed\nlibegl1 config-files\n"
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(system_packages, "_output", lambda _: installed)
    monkeypatch.setattr(system_packages, "_privilege", lambda: None)

    system_packages.install_system_packages("test", said.append)

    (sentence,) = said
    assert sentence.startswith("These packages are missing: sudo apt-get install ")
    missing = sentence.split()[7:]
    assert {"libegl1", "xvfb", "pulseaudio"} <= set(missing)
    assert {"libportaudio2", "libglib2.0-0"}.isdisjoint(missing)


def test_packages_are_counted_while_pip_renames_them(
    scripts: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import install_progress

    monkeypatch.setattr(install_progress, "_POLL_S", 0.001)
    packages = tmp_path / install_progress._PACKAGES.replace("*", "3.11")
    (packages / "numpy-2.dist-info").mkdir(parents=True)
    is_over, told, real = threading.Event(), list[int](), Path.glob

    def glob(path: Path, pattern: str) -> Iterator[Path]:
        if not told:
            told.append(0)
            raise FileNotFoundError(2, "gone meanwhile")
        return iter(list(real(path, pattern)))

    def tell(count: int) -> None:
        told.append(count)
        is_over.set()

    monkeypatch.setattr(Path, "glob", glob)
    install_progress._watch(tmp_path, tell, is_over)
    assert told == [0, 1]
