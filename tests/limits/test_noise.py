"""Libraries write warnings to standard error by themselves; none of them reaches the user."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from tests.conftest import make_music

pytestmark = pytest.mark.skipif(os.name == "nt", reason="runs commands through sh")
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 400
OURS = re.compile(
    r"fstmuse: |note: |music: |set aside: |\S*\.mp3: "
    r"|and \d+ more files? |\d+ (files?|corrections?)\b"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with five damaged mp3s in a folder called Rock, classified already."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "music" / "Rock"
    folder.mkdir(parents=True)
    for n in range(5):
        song = folder / f"{n}.mp3"
        soundfile.write(song, make_music(seed=n), 22_050, format="MP3")
        whole = song.read_bytes()
        start = len(whole) * (n + 1) // 8
        song.write_bytes(whole[:start] + b"\x00\xff" * 900 + whole[start + 700 :])
    run(home, "classify", "music", "-o", "results.jsonl")
    return home


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    names = ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    environment = {**os.environ, **{name: str(home / name) for name in names}}
    environment["PYTHONPATH"] = str(ROOT / "src")
    # A library may be as talkative as it is by itself.
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.run(
        [sys.executable, *arguments]
        if arguments[0] == "-c"
        else [sys.executable, "-m", "fstmuse_core.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=home,
        env=environment,
    )


def test_a_decoder_by_itself_is_talkative(home: Path) -> None:
    read = "import glob, soundfile\nfor f in glob.glob('music/*/*.mp3'): soundfile.read(f)"

    assert "mpg123" in run(home, "-c", read).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "classify music",
        "classify music/Rock/1.mp3",
        "spectrogram music/Rock/1.mp3 -o one.png --listen one.wav",
        "correct music/Rock/1.mp3 music/Rock/2.mp3 --genre Jazz",
        "data check music",
        "library scan music",
        "tag preview results.jsonl --unsure",
        "tag write results.jsonl --unsure",
        "generate --genre Rock --seconds 2 --seed 1 -o clip.wav",
        "evaluate --model fst-muse --data music",
        "doctor",
    ],
)
def test_standard_error_holds_our_lines_only(home: Path, arguments: str) -> None:
    ended = run(home, *arguments.split())

    assert ended.returncode in (0, 1), ended.stderr
    assert [line for line in ended.stderr.splitlines() if not OURS.match(line)] == []


def test_an_error_of_the_program_s_own_still_shows_where_it_arose(home: Path) -> None:
    fail = (
        "from fstmuse_core.cli import main; from fstmuse_core.cli import classify\n"
        "def fail(*_): raise RuntimeError('a fault')\n"
        "classify._find = fail\n"
        "main(['classify', 'music'])"
    )

    ended = run(home, "-c", fail)

    assert ended.stderr.startswith("Traceback")
    assert ended.stderr.endswith("RuntimeError: a fault\n")
