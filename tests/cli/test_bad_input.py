"""Files that are not as they should be, as the user of the command line meets them.

Each gets one line on standard error or, where it can still be heard, an answer with a
warning; the file after it is always done.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from fstmuse_core.classify.classifier import GenreClassifier

from .conftest import COMMAND, Outcome, Run

MakeFile = Callable[..., Path]


@pytest.fixture
def classify(fstmuse: Run, music_file: Path) -> Callable[[str | Path], tuple[Any, Outcome]]:
    """Classifies a path and then a sound file, which must be done whatever comes before it."""

    def run(path: str | Path) -> tuple[Any, Outcome]:
        outcome = fstmuse("classify", path, music_file, "--format", "json")
        *results, last = outcome.json()
        assert last["path"] == str(music_file)
        assert last["probabilities"]
        assert "Traceback" not in outcome.err
        (result,) = results
        return result, outcome

    return run


Classify = Callable[[str | Path], tuple[Any, Outcome]]


def assert_refused(result: Any, outcome: Outcome, *words: str) -> None:
    """One line with the file's name, the reason and what to do; exit code 1."""
    assert outcome.code == 1
    assert outcome.complaints == [f"fstmuse: {result['error']}"]
    assert "; " in result["error"]
    for word in words:
        assert word in result["error"]


def test_empty_file(classify: Classify, tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    path.touch()

    assert_refused(*classify(path), "empty.wav", "empty (0 bytes)")


@pytest.mark.parametrize("size", [20, 200_000])
def test_text_named_mp3(classify: Classify, tmp_path: Path, size: int) -> None:
    path = tmp_path / "poem.mp3"
    path.write_text("Shall I compare thee to a summer's day? " * (size // 40 + 1))

    assert_refused(*classify(path), "poem.mp3")


@pytest.mark.parametrize("suffix", ["mp3", "flac"])
def test_truncated(classify: Classify, make_file: MakeFile, suffix: str) -> None:
    path = make_file(f"cut.{suffix}")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])

    result, outcome = classify(path)

    assert outcome.code == 0
    assert result["duration_s"] == pytest.approx(5.0, abs=1.5)
    # An mp3 without a header of its own only looks shorter.
    assert suffix == "mp3" or any("damaged or cut" in warning for warning in result["warnings"])


@pytest.mark.parametrize("suffix", ["mp3", "flac", "ogg", "wav", "m4a"])
def test_cut_within_its_header(
    classify: Classify, make_file: MakeFile, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"stub.{suffix}"
    whole = make_file("whole.flac" if suffix == "m4a" else f"whole.{suffix}")
    path.write_bytes(whole.read_bytes()[:30])

    assert_refused(*classify(path), f"stub.{suffix}")


def test_folder_named_like_a_file(classify: Classify, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.mkdir()

    assert_refused(*classify(path), "x.wav", "no sound files in this folder")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
@pytest.mark.usefixtures("in_this_process")
def test_file_without_permission(
    classify: Classify, make_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_file("locked.wav")
    path.chmod(0)
    if os.geteuid() == 0:
        # Root may read anything, so be somebody else for this file.
        classify_file = GenreClassifier.classify_file

        def as_nobody(self: GenreClassifier, file: str, **options: Any) -> Any:
            os.seteuid(65_534 if file == str(path) else 0)
            try:
                return classify_file(self, file, **options)
            finally:
                os.seteuid(0)

        monkeypatch.setattr(GenreClassifier, "classify_file", as_nobody)

    assert_refused(*classify(path), "locked.wav", "it may not be read")


def test_file_that_vanishes(
    classify: Classify, make_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fstmuse_core.audio.sound_files

    path = make_file("shy.wav")
    find = fstmuse_core.audio.sound_files.find_audio_files

    def find_and_lose(*arguments: Any) -> Any:
        found = list(find(*arguments))
        path.unlink()
        return iter(found)

    monkeypatch.setattr(fstmuse_core.audio.sound_files, "find_audio_files", find_and_lose)

    assert_refused(*classify(path.parent), "shy.wav", "no such file")


def test_nan_and_infinity(classify: Classify, make_file: MakeFile, music: np.ndarray) -> None:
    samples = music.copy()
    samples[1000:1100] = np.nan
    samples[2000], samples[3000] = np.inf, -np.inf

    result, outcome = classify(make_file("odd.wav", samples=samples, subtype="FLOAT"))

    assert outcome.code == 0
    assert sum(result["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
    assert any("102 samples were NaN or infinity" in warning for warning in result["warnings"])


def test_a_fifth_of_a_second(classify: Classify, make_file: MakeFile, music: np.ndarray) -> None:
    result, outcome = classify(make_file("blip.wav", samples=music[:4410]))

    assert outcome.code == 0
    assert result["genre"] is None
    assert "0.2 s long; at least 3 s are needed" in result["verdict"]


def test_eight_channels_at_192_khz(classify: Classify, tmp_path: Path, music: np.ndarray) -> None:
    path = tmp_path / "wide.wav"
    soundfile.write(path, np.tile(np.repeat(music[:88_200], 8)[:, None], 8), 192_000)

    result, outcome = classify(path)

    assert outcome.code == 0
    assert result["duration_s"] == pytest.approx(8 * 88_200 / 192_000, abs=0.01)


def test_eight_bits(classify: Classify, make_file: MakeFile) -> None:
    result, outcome = classify(make_file("coarse.wav", subtype="PCM_U8"))

    assert outcome.code == 0
    assert result["duration_s"] == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize("name", ["🎵 é\n\tsong\x1b[31m.wav", "-- -o.wav", "concat:a|b.wav"])
@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
def test_strange_names(classify: Classify, fstmuse: Run, make_file: MakeFile, name: str) -> None:
    path = make_file("plain.wav")
    path = path.rename(path.parent / name)

    result, outcome = classify(path)

    assert outcome.code == 0
    assert result["path"] == str(path)
    assert len(fstmuse("classify", path).out.splitlines()) == 1

    path.write_bytes(b"")
    result, outcome = classify(path)
    assert outcome.code == 1
    assert len(outcome.complaints) == 1
    assert "\x1b" not in outcome.err


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_a_name_that_is_no_text(start: Run, make_file: MakeFile) -> None:
    path = make_file("plain.wav")
    odd = os.fsencode(path.parent) + b"/caf\xe9.wav"
    os.rename(path, odd)

    for layout in ("json", "jsonl", "csv", "table"):
        outcome = start("classify", os.fsdecode(odd), "--format", layout)
        assert (outcome.code, outcome.err) == (0, "")
        if layout == "json":
            (result,) = outcome.json()
            assert os.fsencode(result["path"]) == odd


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_symlink_loop_in_a_folder(fstmuse: Run, make_file: MakeFile) -> None:
    path = make_file("song.wav")
    (path.parent / "again").symlink_to(path.parent, target_is_directory=True)
    (path.parent / "self.wav").symlink_to("self.wav")

    outcome = fstmuse("classify", path.parent, "--format", "json")

    assert (outcome.code, outcome.err) == (0, "")
    assert [result["path"] for result in outcome.json()] == [str(path)]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_to_itself(classify: Classify, tmp_path: Path) -> None:
    path = tmp_path / "self.wav"
    path.symlink_to("self.wav")

    assert_refused(*classify(path), "self.wav")


def test_a_name_that_is_too_long(classify: Classify, tmp_path: Path) -> None:
    assert_refused(*classify(tmp_path / ("x" * 300 + ".wav")), "it cannot be opened")


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes of this kind on Windows")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "pipe.wav"
    os.mkfifo(path)

    done = subprocess.run([*COMMAND, "classify", path], capture_output=True, text=True, timeout=240)

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
