"""What a model hears, as sound: all of it, or what spoke for a genre."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, mel_spectrogram
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.classify.result import ActivationMap
from fstmuse_core.inversion import InversionCancelledError, resynthesis, spectral_convergence
from fstmuse_core.inversion.resynthesis import contribution_mask, resynthesize_file
from fstmuse_core.system.errors import AudioError, FstMuseError

pytestmark = pytest.mark.numeric

Samples = npt.NDArray[np.float32]


def test_a_file_is_heard_as_long_and_as_loud_as_it_is(music_file: Path, music: Samples) -> None:
    told: list[float] = []
    heard = resynthesize_file(music_file, progress=told.append)

    assert heard.sample_rate == 22_050
    assert heard.samples.shape == music.shape
    assert np.abs(heard.samples).max() < 1.0
    assert np.sqrt(np.mean(heard.samples**2)) == pytest.approx(np.sqrt(np.mean(music**2)), rel=0.1)
    assert spectral_convergence(mel_spectrogram(heard.samples), heard.mel) < 0.06
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_only_what_spoke_for_a_genre_is_heard(
    music_file: Path, classifier: GenreClassifier
) -> None:
    result = classifier.classify_file(music_file)
    genre = result.ranked()[0][0]
    whole = resynthesize_file(music_file, iterations=2)
    part = resynthesize_file(music_file, why=genre.lower(), classifier=classifier, iterations=2)

    assert part.samples.shape == whole.samples.shape
    np.testing.assert_array_less(part.mel, whole.mel + 1e-4 * whole.mel.max())
    assert 0.0 < part.mel.sum() < 0.9 * whole.mel.sum()


def map_with(column: int, row: int) -> ActivationMap:
    """Ten columns of eight frames and sixteen rows of eight bands, of which one spoke."""
    values = np.full((2, 10, 16), -0.5, np.float16)
    values[1, column, row] = 2.0
    return ActivationMap(values, 8 / DEFAULT_CONFIG.frames_per_second, np.linspace(0, 8000, 17))


def test_the_mask_lies_where_the_map_says() -> None:
    mask = contribution_mask(map_with(3, 5), 1, 80, DEFAULT_CONFIG)

    assert mask.shape == (80, 128)
    assert mask.max() <= 1.0
    frame, band = np.unravel_index(mask.argmax(), mask.shape)
    assert 3 * 8 <= frame < 4 * 8
    assert 5 * 8 <= band < 6 * 8
    assert not mask[:16].any()
    assert not mask[40:].any()
    assert not mask[:, :32].any()
    weights = mask.sum()
    assert (mask.sum(axis=1) @ np.arange(80)) / weights == pytest.approx(3.5 * 8 - 0.5)
    assert (mask.sum(axis=0) @ np.arange(128)) / weights == pytest.approx(5.5 * 8 - 0.5)


def test_what_speaks_against_is_not_heard() -> None:
    assert not contribution_mask(map_with(3, 5), 0, 80, DEFAULT_CONFIG).any()


def test_a_genre_the_model_does_not_know(music_file: Path, classifier: GenreClassifier) -> None:
    with pytest.raises(FstMuseError, match=r"'polka': the model does not know.*it knows Pop, Jazz"):
        resynthesize_file(music_file, why="polka", classifier=classifier)


def test_a_file_for_which_nothing_spoke(
    make_file: Callable[..., Path], classifier: GenreClassifier
) -> None:
    path = make_file("silence.wav", samples=np.zeros(22_050 * 5, np.float32))
    with pytest.raises(FstMuseError, match=r"nothing in it spoke for Jazz.*only silence"):
        resynthesize_file(path, why="Jazz", classifier=classifier)


def test_nothing_and_too_much(
    make_file: Callable[..., Path], music_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(AudioError, match="it holds no sound"):
        resynthesize_file(make_file("nothing.wav", samples=np.zeros(0, np.float32)))
    monkeypatch.setattr(resynthesis, "MAX_SECONDS", 3.0)
    with pytest.raises(AudioError, match="too long to be made sound again; cut a piece"):
        resynthesize_file(music_file)


@pytest.mark.parametrize("why", [None, "Rock"])
def test_cancelling(music_file: Path, classifier: GenreClassifier, why: str | None) -> None:
    with pytest.raises(InversionCancelledError):
        resynthesize_file(music_file, why=why, classifier=classifier, cancelled=lambda: True)
