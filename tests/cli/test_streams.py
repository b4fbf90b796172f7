"""Terminals, pipes and interrupts, with real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from .conftest import COMMAND

MakeFile = Callable[..., Path]
posix_only = pytest.mark.skipif(os.name == "nt", reason="a matter of POSIX systems")


@pytest.fixture
def endless(music_file: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts the command with more files than it will get through; unbuffered pipes."""
    started: list[subprocess.Popen[bytes]] = []

    def start(layout: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [*COMMAND, "classify", *[music_file] * 1000, "--format", layout],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@posix_only
def test_a_closed_pipe_is_no_fault(
    endless: Callable[[str], subprocess.Popen[bytes]], music_file: Path
) -> None:
    process = endless("jsonl")
    assert process.stdout is not None
    assert process.stderr is not None
    first = process.stdout.readline()
    process.stdout.close()

    assert process.stderr.read() == b""
    assert process.wait(240) == 141
    assert json.loads(first)["path"] == str(music_file)


@posix_only
def test_ctrl_c_ends_at_once_and_quietly(
    endless: Callable[[str], subprocess.Popen[bytes]],
) -> None:
    process = endless("json")
    assert process.stdout is not None
    begun = process.stdout.readline() + process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=240)

    assert process.returncode == 130
    assert errors.strip() == b""
    # What was done before is a valid array.
    results = json.loads(begun + rest)
    assert 1 <= len(results) < 1000


@pytest.mark.parametrize("layout", ["table", "json", "csv"])
def test_a_terminal_that_knows_only_ascii(make_file: MakeFile, layout: str) -> None:
    path = make_file("song.wav")
    path = path.rename(path.parent / "Ænima 🎵.wav")
    broken = path.parent / "böse.wav"
    broken.touch()

    done = subprocess.run(
        [*COMMAND, "classify", path, broken, "--format", layout],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )

    assert done.returncode == 1
    assert done.stdout.isascii()
    assert rb"b\xf6se.wav: it is empty" in done.stderr
    if layout == "json":
        assert [r["path"] for r in json.loads(done.stdout)] == [str(path), str(broken)]


def run_on_terminal(*arguments: str | Path, stdout: int | None = None) -> tuple[str, int]:
    """What the command writes to a terminal, and its exit code."""
    import pty

    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        pytest.skip(f"there are no pseudo-terminals here ({error})")
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 65_536)
        except OSError:  # Linux says so when the last writer has closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    return shown.decode(), process.wait(240)


@pytest.fixture(scope="module")
def long_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three files that together keep any machine busy for well over half a second."""
    import soundfile

    folder = tmp_path_factory.mktemp("long")
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 22_050 * 60).astype(np.float32)
    paths = [folder / f"{name}.wav" for name in "abc"]
    for path in paths:
        with soundfile.SoundFile(path, "w", 22_050, 1) as file:
            for _ in range(3):
                file.write(noise)
    return paths


@posix_only
def test_a_terminal_gets_a_bar_and_whole_rows(long_files: list[Path]) -> None:
    shown, code = run_on_terminal("classify", *long_files)

    assert code == 0
    assert "of 3" in shown
    rows = [line for line in shown.splitlines() if "3:00" in line]
    assert len(rows) == 3
    assert "of 3" not in shown.splitlines()[-1]


@posix_only
def test_data_beside_a_terminal_is_clean(long_files: list[Path], tmp_path: Path) -> None:
    with (tmp_path / "out.json").open("wb") as target:
        shown, code = run_on_terminal(
            "classify", *long_files, "--format", "json", stdout=target.fileno()
        )

    assert code == 0
    assert "of 3" in shown
    assert len(json.loads((tmp_path / "out.json").read_text())) == 3


def test_libraries_do_not_chatter(make_file: MakeFile) -> None:
    path = make_file("song.mp3")
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 3000] = os.urandom(3000)
    path.write_bytes(data)

    done = subprocess.run(
        [*COMMAND, "classify", path, "--format", "json"], capture_output=True, text=True
    )

    assert done.stderr == ""


def test_the_installed_command_starts() -> None:
    command = Path(sys.executable).with_name("fstmuse.exe" if os.name == "nt" else "fstmuse")

    done = subprocess.run([command, "--version"], capture_output=True, text=True)

    assert (done.returncode, done.stdout.split()[0]) == (0, "fstmuse")
