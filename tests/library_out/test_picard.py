"""The plug-in for Picard 3, in Picard itself where that is at hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest

from fstmuse_core.audio.reading import SAMPLE_RATE
from tests.conftest import make_music

PLUGIN = Path(__file__).parents[2] / "scripts" / "release" / "picard_fstmuse"
DRIVER = Path(__file__).with_name("picard_driver.py")
TAGS = ("genre", "mood", "bpm", "key")
# Stands for "fstmuse classify": Picard is tested here, no model.
_ANSWERS = """\
import json, sys
for line in sys.stdin:
    path = json.loads(line)
    measures = {"bpm": 119.6, "key": "F#m", "loudness": -9.0, "sure": SURE}
    record = {"path": path, "genre": "Jazz", "traits": {"mood": ["calm", "sad"]}}
    print(json.dumps(record | {"measures": measures} if SURE else {"error": "it is damaged"}))
    sys.stdout.flush()
"""


def picard_python() -> str:
    """A Python that has Picard: this one, or the one that ``FSTMUSE_TEST_PICARD`` names."""
    return os.environ.get("FSTMUSE_TEST_PICARD", sys.executable)


@pytest.fixture(scope="module", autouse=True)
def picard_is_there() -> None:
    code = "import picard.plugin3.api"
    if subprocess.run([picard_python(), "-c", code], capture_output=True).returncode:
        pytest.skip(
            "Picard 3 is not installed, and FSTMUSE_TEST_PICARD names no Python that has it"
        )


class Picard:
    """Picard with a configuration of its own and our plug-in."""

    def __init__(self, home: Path) -> None:
        (home / "run").mkdir(mode=0o700)
        places = {"HOME": home, "XDG_CONFIG_HOME": home / "config", "XDG_DATA_HOME": home / "data"}
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            **{name: str(place) for name, place in places.items()},
            "XDG_RUNTIME_DIR": str(home / "run"),
            "QT_QPA_PLATFORM": "offscreen",
        }
        install = ["-m", "picard.cli", "plugins", "install", "--trust-community", "--no-git"]
        self._run(*install, str(PLUGIN), answer="y\n" * 5)

    def _run(self, *arguments: str, answer: str = "") -> str:
        done = subprocess.run(
            [picard_python(), *arguments],
            env=self.environment,
            input=answer,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def listen(self, command: str, path: Path, *options: str) -> tuple[list[str], list[str]]:
        """Load a file, listen, save; the tags that it has then, and what the log says of it."""
        uuid = tomllib.loads((PLUGIN / "MANIFEST.toml").read_text())["uuid"]
        told = json.loads(self._run(str(DRIVER), uuid, command, str(path), *options))
        assert told["why"] == ""
        file: Any = mutagen.File(path)
        tags = ["/".join(file.tags.get(name, [""])) for name in TAGS]
        return tags, [line.partition("FstMuse: ")[2] for line in told["log"] if "FstMuse: " in line]


@pytest.fixture
def picard(tmp_path: Path) -> Picard:
    return Picard(tmp_path)


@pytest.fixture
def song(make_file: Callable[..., Path]) -> Path:
    """A song without any of the tags."""
    samples = np.ascontiguousarray(make_music(3.0))
    path = make_file("song.flac", samples=samples, rate=SAMPLE_RATE)
    file: Any = mutagen.File(path)
    file["title"] = "Song"
    file.save()
    return path


def program(folder: Path, sure: list[str]) -> str:
    script = folder / "answers.py"
    script.write_text(f"SURE = {sure}\n{_ANSWERS}")
    return f"{sys.executable} {script}"


def test_picard_finds_nothing_wrong_with_it(picard: Picard, tmp_path: Path) -> None:
    listed = picard._run("-m", "picard.cli", "plugins", "list")

    assert "FstMuse (enabled)" in listed


def test_it_fills_in_what_is_missing(picard: Picard, song: Path, tmp_path: Path) -> None:
    file: Any = mutagen.File(song)
    file["mood"] = "my own"
    file.save()
    answers = program(tmp_path, ["bpm"])

    assert picard.listen(answers, song) == (["Jazz", "my own", "120", ""], [])
    wanted = ("replace=1", "genre=0")
    file["genre"] = "Polka"
    file.save()
    assert picard.listen(program(tmp_path, ["key"]), song, *wanted)[0] == [
        "Polka",
        "calm",
        "",
        "F#m",
    ]


def test_what_goes_wrong_is_said_and_changes_nothing(
    picard: Picard, song: Path, tmp_path: Path
) -> None:
    tags, log = picard.listen("nowhere-to-be-found", song)
    assert tags == ["", "", "", ""]
    assert log[0].startswith("song.flac: nowhere-to-be-found cannot be started")

    tags, log = picard.listen(program(tmp_path, []), song)
    assert (tags, log) == (["", "", "", ""], ["it is damaged"])


@pytest.mark.slow
def test_the_real_program_answers_picard(picard: Picard, song: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fstmuse_core.cli"]
    words = ["classify", str(song), "--measures", "--format", "json"]
    told = subprocess.run([*command, *words], capture_output=True, check=True)
    (answer,) = json.loads(told.stdout)
    measures, mood = answer["measures"], answer.get("traits", {}).get("mood", [""])[0]

    tags, _ = picard.listen(" ".join(["env", f"PYTHONPATH={_source()}", *command]), song)

    assert tags == [
        answer["genre"] or "",
        mood,
        f"{measures['bpm']:.0f}" if "bpm" in measures["sure"] else "",
        measures["key"] if "key" in measures["sure"] else "",
    ]


def _source() -> str:
    return str(Path(__file__).parents[2] / "src")
