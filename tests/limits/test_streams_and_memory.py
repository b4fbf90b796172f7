"""Every command where its standard output takes nothing, and where it has little memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from tests.conftest import make_music

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="made of Linux's own means")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 240
PRINTING = (
    "--help",
    "--version",
    "classify --help",
    "classify song.wav",
    "classify song.wav --format json",
    "classify song.wav --format jsonl",
    "classify song.wav --format csv",
    "library list",
    "tag preview results.jsonl --unsure",
    "tag list",
    "correct song.wav --genre Rock",
    "generate --genre Rock --seconds 1 --seed 1 -o clip.wav",
    "generate --genre Rock --seconds 1 --seed 1 -o clip.wav --json",
    "models list",
    "models show fst-muse",
    "evaluate --model fst-muse --data music",
    "compare fst-muse toy-model --data music",
    "data check music",
    "data check music --format json",
    "data corrections",
    "data cache",
    "doctor",
)
WORKING = (
    "classify song.wav",
    "library scan music",
    "tag preview results.jsonl --unsure",
    "correct song.wav --genre Rock",
    "spectrogram song.wav -o picture.png --listen heard.wav",
    "generate --genre Rock --seconds 1 --seed 1 -o clip.wav",
    "models list",
    "train --data music --epochs 1",
    "evaluate --model fst-muse --data music",
    "data check music --processes 1",
    "doctor",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a song, results for it, a small data set and a library."""
    home = tmp_path_factory.mktemp("home")
    soundfile.write(home / "song.wav", make_music(), 22_050)
    for seed, genre in enumerate(("Rock", "Jazz")):
        folder = home / "music" / genre
        folder.mkdir(parents=True)
        soundfile.write(folder / f"{genre}.wav", make_music(seed=seed), 22_050)
    run(home, "classify song.wav -o results.jsonl")
    for command in (
        "classify music -o others.jsonl",
        "tag write others.jsonl --unsure",
        "library scan music",
        "correct song.wav --genre Rock",
    ):
        run(home, command)
    return home


def run(home: Path, arguments: str, shell: str = '"$@"') -> subprocess.CompletedProcess[str]:
    names = ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    return subprocess.run(
        ["sh", "-c", shell, "sh", sys.executable, "-m", "fstmuse_core.cli", *arguments.split()],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=PATIENCE_S,
        cwd=home,
        env={
            **os.environ,
            **{name: str(home / name) for name in names},
            "PYTHONPATH": str(ROOT / "src"),
        },
    )


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize("arguments", PRINTING)
def test_standard_output_that_takes_nothing_is_one_line(
    home: Path, arguments: str, redirection: str
) -> None:
    ended = run(home, arguments, f'"$@" {redirection}')

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
    lines = [line for line in ended.stderr.splitlines() if "standard output cannot be" in line]
    assert lines == ended.stderr.splitlines()[-1:]


@pytest.mark.parametrize("kib", [400_000, 330_000, 200_000, 100_000, 60_000])
@pytest.mark.parametrize("arguments", WORKING)
def test_too_little_memory_is_one_line(home: Path, arguments: str, kib: int) -> None:
    ended = run(home, arguments, f'ulimit -v {kib}; exec "$@"')

    assert "Traceback" not in ended.stderr
    assert "please report" not in ended.stderr
    if kib <= 200_000:
        assert ended.returncode == 1
        assert len(ended.stderr.splitlines()) == 1
    if ended.returncode:
        # The report of a check is there, though nothing can be trained on so little music.
        is_report = arguments.startswith("data check") and bool(ended.stdout)
        is_too_little = arguments.startswith("train") and "too few to learn from" in ended.stderr
        said = [line for line in ended.stderr.splitlines() if "memory" in line.lower()]
        assert is_report or is_too_little or said == ended.stderr.splitlines()[-1:]
