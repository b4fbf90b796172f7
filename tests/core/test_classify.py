"""One path from samples to an answer, whatever way they come."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.bundle.litert import LiteRtNetwork
from fstmuse_core.classify.classifier import ClassificationCancelledError, GenreClassifier
from fstmuse_core.classify.result import Classification, Doubt

from ..conftest import make_music, make_speech

Samples = npt.NDArray[np.float32]
RATE = 22_050


def assert_same(one: Classification, other: Classification) -> None:
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-4)
    np.testing.assert_allclose(one.timeline.start_s, other.timeline.start_s)
    np.testing.assert_allclose(one.timeline.probabilities, other.timeline.probabilities, atol=1e-3)
    assert one.verdict.doubt == other.verdict.doubt


def test_an_answer_is_complete(classifier: GenreClassifier, music_file: Path) -> None:
    seen: list[float] = []
    frames: list[int] = []
    answer = classifier.classify_file(
        music_file,
        with_activation=True,
        on_mel=lambda mel: frames.append(len(mel)),
        progress=seen.append,
    )
    assert answer.model == "fst-muse"
    assert answer.duration_s == pytest.approx(10.0)
    assert answer.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(answer.timeline.probabilities.sum(axis=1), 1.0, atol=1e-5)
    assert sum(frames) == 431
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)
    assert answer.activation is not None
    assert answer.activation.values.shape[0] == len(answer.genres)
    width = answer.activation.values.shape[1] * answer.activation.seconds_per_column
    assert width == pytest.approx(answer.timeline.end_s[-1], abs=0.4)
    record = answer.to_dict(timeline=True)
    assert json.loads(json.dumps(record)) == record
    assert set(record["probabilities"]) == set(answer.genres)
    assert len(record["segments"]) == len(answer.timeline)
    assert "segments" not in answer.to_dict()


def test_segments_cover_the_clip(classifier: GenreClassifier, music: Samples) -> None:
    timeline = classifier.classify_samples(music).timeline
    assert timeline.start_s[0] == 0.0
    assert (timeline.start_s[1:] <= timeline.end_s[:-1]).all()
    assert timeline.end_s[-1] > 10.0 - 0.75
    assert (timeline.end_s <= 10.0).all()


def test_probabilities_are_the_softmax_of_the_mean_logits(
    classifier: GenreClassifier, music: Samples
) -> None:
    # Of the network alone; what the heads add is tested beside them.
    classifier = GenreClassifier(replace(classifier.bundle, patterns=None, tagger_head=None))
    manifest = classifier.bundle.manifest
    mel = mel_spectrogram(music)
    starts = [*range(0, len(mel) - 127, 64)]
    if len(mel) - (starts[-1] + 128) >= 32:
        starts.append(len(mel) - 128)
    features = manifest.scaling.apply(np.stack([mel[s : s + 128] for s in starts]))
    network = LiteRtNetwork(classifier.bundle, num_threads=1)
    logits, _, activation = network.run(features)
    raised = np.exp(logits.mean(axis=0) / manifest.temperature)
    answer = classifier.classify_samples(music)
    np.testing.assert_allclose(answer.probabilities, raised / raised.sum(), atol=1e-4)
    # The map is exact: its mean differs from the logits by one constant per genre.
    bias = logits - activation.mean(axis=(1, 2))
    np.testing.assert_allclose(bias - bias[0], 0.0, atol=1e-3)


def test_a_second_thread_changes_no_byte(classifier: GenreClassifier, music: Samples) -> None:
    two = GenreClassifier(classifier.bundle, num_threads=2)
    one, other = (each.classify_samples(music, with_activation=True) for each in (classifier, two))
    assert one.probabilities.tobytes() == other.probabilities.tobytes()
    assert_same(one, other)


@pytest.mark.parametrize("block", [1000, 22_050, 100_000])
def test_pieces_of_any_size_give_the_same_answer(
    classifier: GenreClassifier, music: Samples, block: int
) -> None:
    session = classifier.session()
    for start in range(0, music.size, block):
        session.push(music[start : start + block])
        session.so_far()
    assert_same(session.finish(), classifier.classify_samples(music))


def test_file_and_array_give_the_same_answer(
    classifier: GenreClassifier, make_file: Callable[..., Path], music: Samples
) -> None:
    path = make_file("song.wav", subtype="FLOAT")
    assert_same(classifier.classify_file(path), classifier.classify_samples(music))


@pytest.mark.parametrize("gain_db", [-30, 3])
def test_loudness_does_not_matter(
    classifier: GenreClassifier, music: Samples, gain_db: float
) -> None:
    quieter = music * np.float32(10 ** (gain_db / 20))
    np.testing.assert_allclose(
        classifier.classify_samples(quieter).probabilities,
        classifier.classify_samples(music).probabilities,
        atol=0.01,
    )


@pytest.mark.parametrize("seconds", [0.0, 0.2, 2.9])
def test_too_short_is_said(classifier: GenreClassifier, seconds: float) -> None:
    answer = classifier.classify_samples(make_music(seconds) if seconds else np.zeros(0))
    assert answer.verdict.doubt is Doubt.TOO_SHORT
    assert f"{seconds:.1f} s long; at least 3 s" in answer.verdict.sentence
    assert not answer.probabilities.any()
    assert len(answer.timeline) == 0


def test_three_seconds_are_enough(classifier: GenreClassifier) -> None:
    answer = classifier.classify_samples(make_music(3.0))
    assert len(answer.timeline) == 1
    assert answer.probabilities.sum() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("noise", [0.0, 3e-4])
def test_silence_is_said(classifier: GenreClassifier, noise: float) -> None:
    hiss = noise * np.random.default_rng(0).normal(size=5 * RATE)
    answer = classifier.classify_samples(hiss)
    assert answer.verdict.doubt is Doubt.SILENCE
    assert not answer.probabilities.any()


def test_silence_around_music_does_not_count(classifier: GenreClassifier, music: Samples) -> None:
    padded = np.concatenate([np.zeros(20 * RATE, np.float32), music])
    answer = classifier.classify_samples(padded)
    assert answer.timeline.silent[:10].all()
    assert not answer.timeline.silent[-4:].any()
    assert "% of the clip is silence" in " ".join(answer.warnings)
    assert answer.verdict.doubt is not Doubt.SILENCE


def test_hard_clipping_is_said(classifier: GenreClassifier, music: Samples) -> None:
    assert classifier.classify_samples(music).verdict.doubt is not Doubt.CLIPPED
    answer = classifier.classify_samples(np.clip(music * 100, -1, 1))
    assert answer.verdict.doubt is Doubt.CLIPPED


@pytest.mark.parametrize("seed", range(3))
def test_speech_is_told_from_music(classifier: GenreClassifier, seed: int) -> None:
    answer = classifier.classify_samples(make_speech(12.0, seed=seed))
    assert answer.verdict.doubt is Doubt.SPEECH
    assert (
        classifier.classify_samples(make_music(12.0, seed=seed)).verdict.doubt is not Doubt.SPEECH
    )


def test_work_stops_when_it_is_no_longer_wanted(
    classifier: GenreClassifier, music_file: Path
) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked == 2

    with pytest.raises(ClassificationCancelledError):
        classifier.classify_file(music_file, cancelled=cancelled)
    assert asked == 2


def test_damage_is_a_warning_beside_the_answer(
    classifier: GenreClassifier, tmp_path: Path, music: Samples
) -> None:
    whole = tmp_path / "whole.flac"
    soundfile.write(whole, music, RATE)
    cut = tmp_path / "cut.flac"
    data = whole.read_bytes()
    cut.write_bytes(data[: int(len(data) * 0.7)])
    answer = classifier.classify_file(cut)
    assert answer.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
    assert any("damaged or cut" in warning for warning in answer.warnings)


def test_real_songs_are_mostly_named_rightly(classifier: GenreClassifier, real_music: Path) -> None:
    """A check that the whole path fits together; the songs were trained on, so no measure."""
    with (real_music / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        rows = [
            r for r in csv.DictReader(stream) if r["genre"] in classifier.bundle.manifest.genres
        ]
    chosen = [r for r in rows if r["collection"] == "cc"][::3]
    right = 0
    for row in chosen:
        samples = load_audio(real_music / row["path"], duration_s=30)
        right += classifier.classify_samples(samples).ranked()[0][0] == row["genre"]
    assert right > 0.6 * len(chosen)
