"""``fstmuse spectrogram``: pictures and arrays that hold what the kernel gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from fstmuse_core.audio.images import to_levels
from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, mel_spectrogram
from fstmuse_core.cli.spectrogram import ROWS_PER_BAND, palette
from tests.rounding import mel_tolerance

from .conftest import Run


def read_png(path: Path) -> npt.NDArray[np.uint8]:
    """Its pixels as red, green, blue; shape ``(height, width, 3)``."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return np.asarray(frame.to_ndarray(format="rgb24"))


@pytest.mark.numeric
def test_npy_holds_the_magnitudes(fstmuse: Run, music_file: Path, tmp_path: Path) -> None:
    outcome = fstmuse("spectrogram", music_file, "-o", tmp_path / "out.npy")

    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    saved = np.load(tmp_path / "out.npy")
    assert saved.dtype == np.float32
    whole = mel_spectrogram(load_audio(music_file))
    np.testing.assert_allclose(saved, whole, rtol=0, atol=mel_tolerance(whole))


def test_png_shows_the_levels_low_ones_at_the_bottom(
    fstmuse: Run, music_file: Path, tmp_path: Path
) -> None:
    fstmuse("spectrogram", music_file, "-o", tmp_path / "out.png", "--range", "60")

    levels = to_levels(mel_spectrogram(load_audio(music_file)), DEFAULT_CONFIG)
    colours = palette(int(levels.max()), 60.0)[levels]
    expected = np.repeat(colours.transpose(1, 0, 2)[::-1], ROWS_PER_BAND, axis=0)
    shown = read_png(tmp_path / "out.png")
    assert shown.shape == expected.shape == (3 * 128, 431, 3)
    # Streaming may round a level to its neighbour.
    assert np.mean(np.any(shown != expected, axis=-1)) < 1e-3


def test_png_keeps_the_decibels_and_says_how_to_read_them(
    fstmuse: Run, music_file: Path, tmp_path: Path
) -> None:
    fstmuse("spectrogram", music_file, "-o", tmp_path / "out.png")

    levels = to_levels(mel_spectrogram(load_audio(music_file)), DEFAULT_CONFIG)
    with Image.open(tmp_path / "out.png") as image:
        assert image.mode == "P"
        assert image.info["Description"].endswith("decibels = palette index / 2 - 127.5")
        indices = np.asarray(image)[::-ROWS_PER_BAND].T
    # Streaming may round a level to its neighbour.
    assert np.mean(indices != levels) < 1e-3


def test_a_low_tone_is_bright_at_the_bottom(
    fstmuse: Run, make_file: Callable[..., Path], tmp_path: Path
) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 200 * np.arange(22_050 * 3) / 22_050)
    fstmuse("spectrogram", make_file("tone.wav", samples=tone), "-o", tmp_path / "out.png")

    brightness = read_png(tmp_path / "out.png").sum(axis=2)[:, 20:-20].mean(axis=1)

    assert brightness.argmax() > 0.8 * brightness.size


def test_colours_get_steadily_lighter() -> None:
    luma = palette(255, 127.5).astype(np.float64) @ [0.2126, 0.7152, 0.0722]

    assert (np.diff(luma) >= 0).all()
    assert luma[0] < 2
    assert luma[-1] > 240


@pytest.mark.parametrize("name", ["out.png", "out.npy"])
def test_a_file_that_fails_leaves_what_was_there(fstmuse: Run, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    target.write_text("old")

    outcome = fstmuse("spectrogram", tmp_path / "gone.mp3", "-o", target)

    assert outcome.code == 1
    assert outcome.complaints == [
        f"fstmuse: {tmp_path / 'gone.mp3'}: there is no such file; check the name and the folder"
    ]
    assert target.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_file_without_a_single_sample(
    fstmuse: Run, make_file: Callable[..., Path], tmp_path: Path
) -> None:
    silent = make_file("nothing.wav", samples=np.zeros(0, np.float32))

    outcome = fstmuse("spectrogram", silent, "-o", tmp_path / "out.png")

    assert outcome.code == 1
    assert "it holds no sound" in outcome.err
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("name", ["out.jpg", "out", "nowhere/out.png"])
def test_a_place_it_cannot_write_is_wrong_use(
    fstmuse: Run, music_file: Path, tmp_path: Path, name: str
) -> None:
    assert fstmuse("spectrogram", music_file, "-o", tmp_path / name).code == 2
