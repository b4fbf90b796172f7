"""What may be written where: no music is lost, and a disk that refuses is said in one line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fstmuse_core.cli import main

from .conftest import COMMAND, Outcome, Run

MakeFile = Callable[..., Path]
posix_only = pytest.mark.skipif(os.name == "nt", reason="a matter of POSIX systems")
linux_only = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")


@pytest.fixture
def song(make_file: MakeFile, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A song in the current folder."""
    path = make_file("song.wav")
    monkeypatch.chdir(path.parent)
    return path


# Music ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        "classify other.wav -o song.wav",
        "classify other.wav -o SONG.MP3 --format json",
        "classify other.wav -o song.ogg --resume --format jsonl",
        "library export song.wav --format csv",
        "library report song.wav",
        "models export fst-muse -o song.wav",
        "data corrections export song.wav",
        "data check . -o song.wav",
    ],
)
def test_no_text_is_written_under_the_name_of_a_song(
    fstmuse: Run, song: Path, arguments: str
) -> None:
    before = song.read_bytes()

    outcome = fstmuse(*arguments.split())

    assert outcome.code == 2
    assert "is a sound file's name" in outcome.complaints[-1]
    assert song.read_bytes() == before
    assert list(song.parent.iterdir()) == [song]


@posix_only
def test_a_link_to_a_song_is_none_to_write_through(fstmuse: Run, song: Path) -> None:
    link = song.with_name("results.json")
    link.symlink_to(song)
    before = song.read_bytes()

    assert fstmuse("classify", song, "-o", link).code == 2
    assert song.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        "classify {} -o {}",
        "classify other.wav {} -o ./{} --format csv",
        "data check {} -o {}",
    ],
)
def test_what_is_read_is_never_written(fstmuse: Run, song: Path, arguments: str) -> None:
    # Files named outright are taken for sound whatever they are called.
    odd = song.rename(song.with_name("song.odd"))
    before = odd.read_bytes()

    outcome = fstmuse(*arguments.replace("{}", odd.name).split())

    assert outcome.code == 2
    assert outcome.complaints[-1].endswith(
        "is what is read, and would be lost; choose another name"
    )
    assert odd.read_bytes() == before


def test_what_a_model_hears_does_not_replace_the_song(fstmuse: Run, song: Path) -> None:
    before = song.read_bytes()

    outcome = fstmuse("spectrogram", song, "--listen", "song.wav")

    assert outcome.code == 2
    assert "would be lost" in outcome.complaints[-1]
    assert song.read_bytes() == before


def test_an_export_of_corrections_makes_no_folders(fstmuse: Run, song: Path) -> None:
    outcome = fstmuse("data", "corrections", "export", "new/corrections.csv")

    assert outcome.code == 2
    assert "there is no folder new" in outcome.complaints[-1]
    assert not Path("new").exists()


# Disks that refuse ----------------------------------------------------------------------------


def without_room(*arguments: str) -> Outcome:
    """Runs the command where no file may grow beyond nothing."""
    line = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *COMMAND, *arguments]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=120)
    return Outcome(done.returncode, done.stdout, done.stderr)


@posix_only
@pytest.mark.parametrize(
    "target", ["u.json", "u.jsonl", "u.csv", "u.txt", "u.png", "u.npy", "u.wav", "u.flac", "u.ogg"]
)
def test_a_disk_without_room_is_one_line_and_leaves_no_file(song: Path, target: str) -> None:
    if target.endswith((".wav", ".flac", ".ogg")):
        arguments = ["spectrogram", "song.wav", "--listen", target]
    elif target.endswith((".png", ".npy")):
        arguments = ["spectrogram", "song.wav", "-o", target]
    else:
        arguments = ["classify", "song.wav", "-o", target]

    outcome = without_room(*arguments)

    assert (outcome.code, outcome.out) == (1, "")
    (line,) = outcome.complaints
    assert line.startswith(f"fstmuse: {target}: it cannot be written (File too large); choose an")
    assert list(song.parent.iterdir()) == [song]


@posix_only
def test_a_clip_that_finds_no_room(song: Path) -> None:
    outcome = without_room("generate", "--genre", "Rock", "--seconds", "1", "-o", "clip.flac")

    assert outcome.code == 1
    (line,) = outcome.complaints
    assert line.startswith("fstmuse: clip.flac: it cannot be written (File too large)")
    assert list(song.parent.iterdir()) == [song]


@posix_only
def test_a_report_that_finds_no_room(song: Path) -> None:
    for genre in ("Rock", "Jazz"):
        Path("set", genre).mkdir(parents=True)
        shutil.copy(song, Path("set", genre, f"{genre}.wav"))

    outcome = without_room("data", "check", "set", "-o", "report.txt", "--processes", "1")

    assert outcome.code == 1
    assert outcome.complaints[-1] == (
        "fstmuse: report.txt: it cannot be written (File too large); choose another place"
    )
    assert "Traceback" not in outcome.err
    assert not Path("report.txt").exists()


@linux_only
@pytest.mark.parametrize("layout", ["table", "json", "jsonl", "csv"])
def test_a_full_device_as_output(start: Run, song: Path, layout: str) -> None:
    outcome = start("classify", song, "-o", "/dev/full", "--format", layout)

    assert outcome.code == 1
    assert outcome.complaints == [
        "fstmuse: /dev/full: it cannot be written (No space left on device); choose another place"
    ]


@linux_only
def test_a_folder_in_which_nothing_can_be_made(start: Run, song: Path) -> None:
    outcome = start("classify", song, "-o", "/proc/results.json")

    # Whether it may be tried at all depends on who asks.
    assert outcome.code in (1, 2)
    assert "Traceback" not in outcome.err
    assert "/proc" in outcome.complaints[-1]


@linux_only
@pytest.mark.parametrize(
    "arguments", ["--help", "models list", "classify song.wav", "classify song.wav --format json"]
)
@pytest.mark.parametrize("buffered", ["", "1"])
def test_standard_output_that_takes_nothing(song: Path, arguments: str, buffered: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            env={**os.environ, "PYTHONUNBUFFERED": buffered},
        )

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("fstmuse: ")
    assert "(No space left on device)" in line


def test_a_standard_output_that_was_closed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    assert main(["models", "list"]) == 0
    assert capsys.readouterr().err == ""


def test_an_error_of_the_system_names_its_file(
    fstmuse: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/some/where\n")

    monkeypatch.setattr("fstmuse_core.bundle.model_list.list_models", broken)
    outcome = fstmuse("models", "list")

    assert (outcome.code, outcome.complaints) == (
        1,
        ["fstmuse: /some/where\\n: Permission denied"],
    )


# Nothing as a name ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("library", "scan", ""),
        ("library", "forget", ""),
        ("library", "list", "--folder", ""),
        ("library", "export", ""),
        ("library", "report", ""),
        ("library", "playlists", ""),
        ("library", "playlists", "lists", "--from", ""),
        ("library", "truth", "--beets", ""),
        ("library", "list", "--model", ""),
        ("library", "classify", "--model", ""),
        ("library", "compare", "", "toy-model"),
        ("library", "import", ""),
        ("data", "check", ""),
        ("data", "check", "music", "-o", ""),
        ("data", "corrections", "export", ""),
        ("data", "corrections", "remove", ""),
        ("tag", "preview", ""),
        ("tag", "preview", "r.jsonl", "--folder", ""),
        ("tag", "write", "r.jsonl", "--folder", ""),
        ("classify", ""),
        ("classify", "song.wav", "-o", ""),
        ("classify", "song.wav", "--model", ""),
        ("correct", "", "--right"),
        ("correct", "song.wav", "--right", "--model", ""),
        ("spectrogram", "", "-o", "out.png"),
        ("spectrogram", "song.wav", "--listen", ""),
        ("generate", "--recipe", ""),
        ("generate", "--genre", "Rock", "--model", ""),
        ("models", "show", ""),
        ("models", "export", ""),
        ("models", "export", "fst-muse", "-o", ""),
        ("models", "import", ""),
        ("models", "rename", "", "new"),
        ("models", "delete", ""),
        ("models", "restore", ""),
    ],
    ids=" ".join,
)
def test_an_empty_name_is_not_the_current_folder(
    fstmuse: Run, song: Path, arguments: tuple[str, ...]
) -> None:
    outcome = fstmuse(*arguments)

    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.complaints[-1].endswith(": it is empty; give a name")
    assert list(song.parent.iterdir()) == [song]
