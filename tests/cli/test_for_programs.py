"""``fstmuse classify`` for other programs: paths on standard input, measures in the answers."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest

from fstmuse_core.audio.measures import measure_file

from .conftest import COMMAND


def test_each_path_is_answered_before_the_next_is_named(music_file: Path, tmp_path: Path) -> None:
    odd = tmp_path / 'two "lines"\nlong.wav'
    odd.write_bytes(music_file.read_bytes())
    command = [*COMMAND, "classify", "--stdin", "--measures"]
    answers = []

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for path in (str(music_file), json.dumps(str(odd)), str(tmp_path / "nowhere.wav")):
            process.stdin.write(path.encode() + b"\n")
            process.stdin.flush()
            answers.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        assert process.wait(60) == 1  # as one of them failed

    assert [answer["path"] for answer in answers[:2]] == [str(music_file), str(odd)]
    assert answers[0]["probabilities"] == answers[1]["probabilities"]
    assert answers[0]["measures"] == measure_file(music_file).to_dict()
    assert answers[2]["error"].endswith("there is no such file; check the name and the folder")


def test_measures_stand_in_tables_too(music_file: Path) -> None:
    command = [*COMMAND, "classify", str(music_file), "--measures"]
    measures = measure_file(music_file)

    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text = subprocess.run([*command, "--format", "csv"], capture_output=True, text=True).stdout
    (row,) = csv.DictReader(io.StringIO(text))

    assert f"{measures.loudness:.1f} LUFS, energy {measures.energy:.2f}" in table
    assert float(row["energy"]) == measures.energy
    assert row["key"] == (measures.key or "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "name files or folders, or have them read with --stdin"),
        (("x.wav", "--stdin"), "name files or folders, or have them read with --stdin"),
        (("--stdin", "--format", "csv"), "--stdin answers in lines of JSON"),
        (("--stdin", "--shard", "1/2"), "--stdin answers in lines of JSON"),
        (("x.wav", "--measures", "--resume", "-o", "x.jsonl"), "leave out --measures"),
    ],
)
def test_what_does_not_go_together_is_said(arguments: tuple[str, ...], sentence: str) -> None:
    done = subprocess.run([*COMMAND, "classify", *arguments], capture_output=True, text=True)

    assert done.returncode == 2
    assert sentence in done.stderr
