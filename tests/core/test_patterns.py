"""Pattern statistics, the head on them, and a clip that is heard with both."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy.special import logsumexp

from fstmuse_core.audio.features import N_STATISTICS, WINDOW_FRAMES, pattern_statistics
from fstmuse_core.audio.reading import load_audio
from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.bundle.bundle import PATTERNS_NAME, Bundle, load_bundle
from fstmuse_core.bundle.pattern_head import (
    PatternHead,
    PatternSession,
    pattern_head,
    with_evidence,
)
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.system.errors import BundleError

pytestmark = pytest.mark.numeric

RATE = 22_050
GENRES = 7


def mel_of(n_frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).gamma(1.0, 1.0, (n_frames, 128)).astype(np.float32)


def beating(beats_per_second: float) -> np.ndarray:
    """Twelve seconds of noise whose loudness beats."""
    seconds = np.arange(WINDOW_FRAMES) * 512 / RATE
    return mel_of(WINDOW_FRAMES) * (1.1 + np.sin(2 * np.pi * beats_per_second * seconds))[:, None]


@pytest.fixture
def head() -> PatternHead:
    rng = np.random.default_rng(1)
    return PatternHead(
        rng.standard_normal(N_STATISTICS).astype(np.float32),
        np.full(N_STATISTICS, 2.0, np.float32),
        0.05 * rng.standard_normal((N_STATISTICS, GENRES + 1)).astype(np.float32),
        np.zeros(GENRES + 1, np.float32),
    )


@pytest.fixture
def with_head(bundle_copy: Path, head: PatternHead) -> Bundle:
    return replace(load_bundle(bundle_copy), patterns=head.to_bytes(), tagger_head=None)


def test_statistics_do_not_depend_on_the_level() -> None:
    mel = np.float32(50.0) * mel_of(WINDOW_FRAMES)
    quiet = np.float32(0.01) * mel

    np.testing.assert_allclose(
        pattern_statistics(quiet), pattern_statistics(mel), rtol=1e-3, atol=2e-3
    )


def test_statistics_tell_a_slow_beat_from_a_fast_one() -> None:
    # The fluctuation patterns: twelve speeds by eight groups of bands.
    start = 80 + 128 + 224 + 128
    slow, fast = (
        pattern_statistics(beating(b))[start : start + 96].reshape(12, 8).mean(axis=1)
        for b in (1.0, 8.0)
    )

    # 1.0 Hz is bin 6 of 0.168 Hz, the range from 6 to 8; 8 Hz is bin 48, from 40 to 56.
    assert slow.argmax() == 4
    assert fast.argmax() == 10


@pytest.mark.parametrize("n_frames", [128, 300, WINDOW_FRAMES])
def test_statistics_are_finite_for_short_and_silent_windows(n_frames: int) -> None:
    for mel in (mel_of(n_frames), np.zeros((n_frames, 128), np.float32)):
        found = pattern_statistics(mel)
        assert found.shape == (N_STATISTICS,)
        assert np.isfinite(found).all()


def test_a_head_survives_its_file(head: PatternHead) -> None:
    again = PatternHead.from_bytes(head.to_bytes())

    np.testing.assert_array_equal(again.matrix, head.matrix)
    np.testing.assert_array_equal(again.mean, head.mean)


def test_the_ear_hears_the_same_in_any_pieces(head: PatternHead) -> None:
    mel = mel_of(1300)
    whole, pieces = PatternSession(head), PatternSession(head)
    whole.push(mel)
    for start in range(0, 1300, 77):
        pieces.push(mel[start : start + 77])
    starts = [0, 500, 512, 1023, 1024, 1172]

    evidence = whole.evidence(starts)

    np.testing.assert_array_equal(pieces.evidence(starts), evidence)
    np.testing.assert_array_equal(evidence[0], head.evidence(mel[:512]))
    np.testing.assert_array_equal(evidence[1], head.evidence(mel[:512]))
    np.testing.assert_array_equal(evidence[2], head.evidence(mel[512:1024]))
    # The last window ends with the clip.
    np.testing.assert_array_equal(evidence[5], head.evidence(mel[1300 - 512 :]))


def test_a_short_window_counts_for_less(head: PatternHead) -> None:
    mel = mel_of(128)
    tiled = np.tile(mel, (4, 1))

    np.testing.assert_allclose(head.evidence(mel), 0.25 * head.evidence(tiled), rtol=1e-5)


def test_a_clip_is_heard_with_both(with_head: Bundle, head: PatternHead) -> None:
    samples = 0.3 * np.random.default_rng(3).standard_normal(30 * RATE).astype(np.float32)
    alone = GenreClassifier(replace(with_head, patterns=None)).classify_samples(samples)

    found = GenreClassifier(with_head).classify_samples(samples)

    ear = PatternSession(head)
    ear.push(mel_spectrogram(samples))
    temperature = with_head.manifest.temperature
    rows = ear.evidence([round(s * RATE / 512) for s in alone.timeline.start_s])
    expected = np.log(alone.timeline.probabilities) + rows[:, :-1] / temperature
    expected = np.exp(expected - logsumexp(expected, axis=1, keepdims=True))
    np.testing.assert_allclose(found.timeline.probabilities, expected, atol=1e-4)
    assert not np.allclose(found.probabilities, alone.probabilities, atol=1e-3)


def test_file_and_samples_and_pieces_give_the_same(
    with_head: Bundle, tmp_path: Path, music: np.ndarray
) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.tile(music, 3), RATE, subtype="FLOAT")
    samples = load_audio(path, sample_rate=RATE)
    classifier = GenreClassifier(with_head)
    session = classifier.session()
    for start in range(0, len(samples), 4410):
        session.push(samples[start : start + 4410])
        session.so_far()

    pieces = session.finish()

    for other in (classifier.classify_file(path), classifier.classify_samples(samples)):
        np.testing.assert_allclose(other.probabilities, pieces.probabilities, atol=1e-5)


def test_evidence_moves_novelty_by_its_own() -> None:
    logits, novelty = np.zeros((1, 2), np.float32), np.zeros(1, np.float32)
    evidence = np.array([[1.0, 3.0, 2.5]], np.float32)

    both, moved = with_evidence(logits, novelty, evidence)

    np.testing.assert_allclose(both, [[1.0, 3.0]])
    np.testing.assert_allclose(moved, 2.5 - np.log(np.exp(1.0) + np.exp(3.0)), rtol=1e-5)


@pytest.mark.parametrize("damage", ["cut", "outputs", "not finite", "shape"])
def test_an_unsound_head_is_refused(with_head: Bundle, head: PatternHead, damage: str) -> None:
    arrays: dict[str, Any] = {
        name: np.array(getattr(head, name)) for name in ("mean", "deviation", "matrix", "bias")
    }
    if damage == "outputs":
        arrays |= {"matrix": arrays["matrix"][:, 1:], "bias": arrays["bias"][1:]}
    elif damage == "not finite":
        arrays["mean"][3] = np.nan
    elif damage == "shape":
        arrays["deviation"] = arrays["deviation"][1:]
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    data = stream.getvalue()[:5000] if damage == "cut" else stream.getvalue()

    with pytest.raises(BundleError, match="its pattern head is malformed"):
        pattern_head(replace(with_head, patterns=data))


def test_a_head_without_its_hash_is_not_heard(bundle_copy: Path, head: PatternHead) -> None:
    manifest = json.loads((bundle_copy / "model.json").read_text(encoding="utf-8"))
    manifest["files"].pop(PATTERNS_NAME, None)
    (bundle_copy / "model.json").write_text(json.dumps(manifest), encoding="utf-8")
    (bundle_copy / PATTERNS_NAME).write_bytes(head.to_bytes())

    assert load_bundle(bundle_copy).patterns is None

    manifest["files"][PATTERNS_NAME] = hashlib.sha256(head.to_bytes()).hexdigest()
    (bundle_copy / "model.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert load_bundle(bundle_copy).patterns == head.to_bytes()
