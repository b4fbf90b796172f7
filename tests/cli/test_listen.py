"""``fstmuse spectrogram --listen``: one hears what a model hears."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.inversion import spectral_convergence

from .conftest import Run


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_a_spectrogram_is_heard(
    fstmuse: Run, music_file: Path, tmp_path: Path, suffix: str
) -> None:
    target = tmp_path / f"heard.{suffix}"

    outcome = fstmuse("spectrogram", music_file, "--listen", target)

    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    mel = mel_spectrogram(load_audio(music_file))
    heard = load_audio(target)
    assert soundfile.info(target).samplerate == 22_050
    assert spectral_convergence(mel_spectrogram(heard), mel) < 0.1


def test_picture_and_sound_at_once(fstmuse: Run, music_file: Path, tmp_path: Path) -> None:
    picture, sound = tmp_path / "song.png", tmp_path / "song.wav"
    assert fstmuse("spectrogram", music_file, "-o", picture, "--listen", sound).code == 0
    assert picture.stat().st_size > 1000
    assert soundfile.info(sound).duration == pytest.approx(10.0)


def test_what_spoke_for_a_genre(fstmuse: Run, music_file: Path, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.wav", tmp_path / "part.wav"
    fstmuse("spectrogram", music_file, "--listen", whole)

    outcome = fstmuse("spectrogram", music_file, "--listen", part, "--why", "electronica")

    assert (outcome.code, outcome.err) == (0, "")
    assert 0 < np.square(load_audio(part)).sum() < 0.9 * np.square(load_audio(whole)).sum()


def test_a_genre_the_model_does_not_know(fstmuse: Run, music_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "part.wav"
    arguments: list[str | Path] = ["spectrogram", music_file, "--listen", target, "--why"]

    outcome = fstmuse(*arguments, "polka", "--model", "toy-model")

    assert outcome.code == 1
    assert outcome.complaints == [
        "fstmuse: 'polka': the model does not know this genre; it knows Folk, Hip-Hop, Rock"
    ]
    assert fstmuse(*arguments, "Rock", "--model", "nothing").code == 2
    assert not target.exists()


def test_a_file_that_is_not_there(fstmuse: Run, tmp_path: Path) -> None:
    for options in ([], ["--why", "Rock"]):
        outcome = fstmuse(
            "spectrogram", tmp_path / "gone.mp3", "--listen", tmp_path / "out.wav", *options
        )
        assert outcome.code == 1
        assert outcome.complaints == [
            f"fstmuse: {tmp_path / 'gone.mp3'}: there is no such file; "
            "check the name and the folder"
        ]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--why", "Rock", "-o", "out.png"],
        ["--listen", "out.mp3"],
        ["--listen", "out"],
        ["--listen", "nowhere/out.wav"],
    ],
)
def test_wrong_use(
    fstmuse: Run,
    music_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = fstmuse("spectrogram", music_file, *arguments)
    assert outcome.code == 2
    assert "Error: " in outcome.err
    assert not list(tmp_path.iterdir())


def test_a_full_disk(
    fstmuse: Run, music_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.wav"
    target.write_text("old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    outcome = fstmuse("spectrogram", music_file, "--listen", target)

    assert outcome.code == 1
    assert outcome.complaints == [
        f"fstmuse: {target}: it cannot be written (No space left on device); choose another folder"
    ]
    assert target.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.wav"]
