"""The command line with broken decoders, closed streams and little memory, in real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="made of Linux's own means")
COMMAND = [sys.executable, "-m", "fstmuse_core.cli"]
PATIENCE_S = 240


@pytest.fixture
def song(tmp_path: Path, music: Any) -> Path:
    path = tmp_path / "song.wav"
    soundfile.write(path, music, 22_050)
    return path


def run(*arguments: Any, shell: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    if shell:
        command = ["sh", "-c", shell, "sh", *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, **options)


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and "Traceback" not in text


@pytest.mark.parametrize("fault", ["crash", "abort"])
def test_a_single_clip_that_crashes_the_decoder_is_one_line(
    fault: str, tmp_path: Path, faulty: dict[str, str]
) -> None:
    clip = tmp_path / f"{fault}.wav"
    clip.write_bytes(b"RIFF")

    ended = run("classify", clip, env=faulty)

    assert ended.returncode == 1
    assert one_line(ended.stderr)
    assert f"{fault}.wav: the process that read it crashed (SIG" in ended.stderr


@pytest.mark.parametrize("n_songs", [2, 14])
def test_crashes_cost_their_files_only(
    n_songs: int, song: Path, tmp_path: Path, faulty_twice: dict[str, str]
) -> None:
    bad = [tmp_path / "crash1.wav", tmp_path / "crash2.wav", tmp_path / "abort.wav"]
    for path in bad:
        path.write_bytes(b"RIFF")

    ended = run(
        "classify", *bad[:2], *[song] * n_songs, bad[2], "--format", "jsonl", env=faulty_twice
    )

    assert ended.returncode == 1
    lines = ended.stdout.splitlines()
    assert len(lines) == n_songs + 3
    assert sum('"error"' in line for line in lines) == 3
    assert ended.stderr.count("crashed (SIG") == 3


@pytest.mark.parametrize(
    "arguments",
    [
        "spectrogram crash.wav -o out.png",
        "spectrogram crash.wav -o out.npy",
        "spectrogram crash.wav --listen out.wav",
        "correct crash.wav --genre Rock",
        "generate --recipe crash.wav -o out.wav",
    ],
)
def test_a_crash_in_any_command_that_decodes_is_one_line(
    arguments: str, tmp_path: Path, faulty: dict[str, str]
) -> None:
    clip = tmp_path / "crash.wav"
    clip.write_bytes(b"RIFF")
    kept = sorted(tmp_path.iterdir())

    home = tmp_path.parent / "home"
    ended = run(*arguments.split(), env={**faulty, "XDG_DATA_HOME": str(home)}, cwd=tmp_path)

    assert ended.returncode in (1, 2)
    assert one_line(ended.stderr)
    assert "crash.wav: the process that read it crashed (SIGSEGV)" in ended.stderr
    assert sorted(tmp_path.iterdir()) == kept, "nothing half-written is left"


def test_results_kept_in_a_file_go_on_after_a_crash(
    song: Path, tmp_path: Path, faulty_twice: dict[str, str]
) -> None:
    crash, output = tmp_path / "crash.wav", tmp_path / "results.jsonl"
    crash.write_bytes(b"RIFF")

    ended = run("classify", crash, song, "-o", output, "--resume", env=faulty_twice)

    assert ended.returncode == 1
    assert ["error" in line for line in output.read_text().splitlines()] == [True, False]
    assert ended.stderr.count("crashed (SIGSEGV)") == 1


def test_correcting_goes_on_after_a_crash(
    song: Path, tmp_path: Path, faulty_twice: dict[str, str]
) -> None:
    crash = tmp_path / "crash.wav"
    crash.write_bytes(b"RIFF")
    home = {**faulty_twice, "XDG_DATA_HOME": str(tmp_path / "home")}

    ended = run("correct", crash, song, "--genre", "Rock", env=home)

    assert ended.returncode == 1
    assert "song.wav: Rock" in ended.stdout
    assert "1 correction; train on them" in ended.stderr


def test_a_crash_when_tags_are_planned_costs_that_file(
    song: Path, tmp_path: Path, faulty_twice: dict[str, str]
) -> None:
    results = tmp_path / "results.jsonl"
    crash = song.with_name("crash.wav")
    crash.write_bytes(song.read_bytes())
    run("classify", crash, song, "-o", results)

    home = {**faulty_twice, "XDG_DATA_HOME": str(tmp_path)}
    ended = run("tag", "write", results, "--unsure", env=home)

    assert ended.returncode == 1
    assert "1 file written, 1 failed" in ended.stdout
    assert one_line(ended.stderr)
    assert "crash.wav: the process that read it crashed (SIGSEGV)" in ended.stderr


def test_no_standard_stream_is_needed_where_the_result_goes_to_a_file(
    song: Path, tmp_path: Path
) -> None:
    output = tmp_path / "result.json"

    ended = run("classify", song, "-o", output, shell='"$@" <&- >&- 2>&-')

    assert ended.returncode == 0
    assert '"genre"' in output.read_text() or '"path"' in output.read_text()
