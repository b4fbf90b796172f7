"""Models of the report's design answer to clips of 30 s, and to longer ones by their mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.litert import WholeClipNetwork
from fstmuse_core.bundle.manifest import SEGMENTS, WHOLE_CLIP, BundleManifest
from fstmuse_core.bundle.sanity_check import try_out
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.classify.result import Doubt
from fstmuse_core.inversion.resynthesis import resynthesize_file
from fstmuse_core.system.errors import BundleError, FstMuseError
from tests.conftest import make_speech
from tests.original.conftest import HIGH, LOW, N_FRAMES, RATE, Samples, whole_clip_manifest

Sound = Callable[..., Samples]


@pytest.fixture
def classifier(bundle: Bundle) -> GenreClassifier:
    return GenreClassifier(bundle)


def test_a_clip_is_cut_to_the_length_that_the_network_takes(
    bundle: Bundle, classifier: GenreClassifier, sound: Sound
) -> None:
    samples = sound(5.1, HIGH)
    mel = mel_spectrogram(samples)
    assert N_FRAMES < len(mel) < N_FRAMES + 32
    answer = classifier.classify_samples(samples)
    expected = WholeClipNetwork(bundle, num_threads=1).run(mel)
    np.testing.assert_allclose(answer.probabilities, expected, atol=1e-5)
    assert answer.ranked()[0][0] == "High"
    assert len(answer.timeline) == 1


def test_it_names_a_genre_however_close_they_are(classifier: GenreClassifier, sound: Sound) -> None:
    answer = classifier.classify_samples(sound(6.0, LOW))
    assert answer.probabilities.max() < 0.7
    assert answer.verdict.genre == "Low"


def test_a_shorter_one_is_padded_with_zeros(
    bundle: Bundle, classifier: GenreClassifier, sound: Sound
) -> None:
    samples = sound(3.0, LOW)
    mel = mel_spectrogram(samples)
    padded = np.pad(mel, ((0, N_FRAMES - len(mel)), (0, 0)))
    expected = WholeClipNetwork(bundle, num_threads=1).run(padded)
    answer = classifier.classify_samples(samples)
    np.testing.assert_allclose(answer.probabilities, expected, atol=1e-5)
    assert answer.timeline.end_s.tolist() == [pytest.approx(3.0)]


def test_of_a_longer_one_successive_clips_are_averaged(
    classifier: GenreClassifier, sound: Sound
) -> None:
    samples = np.concatenate([sound(5.0, LOW), sound(5.0, HIGH), sound(3.0, HIGH)])
    answer = classifier.classify_samples(samples)
    length_s = N_FRAMES * 512 / RATE
    ends = 13.0 - length_s
    # The last clip ends with the sound, so that nothing is left out and nothing is padded.
    np.testing.assert_allclose(answer.timeline.start_s, [0.0, length_s, ends], atol=0.05)
    np.testing.assert_allclose(
        answer.probabilities, answer.timeline.probabilities.mean(axis=0), atol=1e-6
    )
    assert [row.argmax() for row in answer.timeline.probabilities] == [LOW, HIGH, HIGH]


def test_silence_does_not_count(classifier: GenreClassifier, sound: Sound) -> None:
    silence = np.zeros(round(N_FRAMES * 512), np.float32)
    answer = classifier.classify_samples(np.concatenate([silence, sound(6.0, HIGH)]))
    assert answer.timeline.silent.tolist()[0]
    heard = answer.timeline.probabilities[~answer.timeline.silent]
    np.testing.assert_allclose(answer.probabilities, heard.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize(
    ("samples", "doubt"),
    [
        (np.zeros(6 * RATE, np.float32), Doubt.SILENCE),
        (np.full(2 * RATE, 0.1, np.float32), Doubt.TOO_SHORT),
        (np.zeros(0, np.float32), Doubt.TOO_SHORT),
        (make_speech(12.0), Doubt.SPEECH),
    ],
)
def test_what_is_no_music_is_said(
    classifier: GenreClassifier, samples: Samples, doubt: Doubt
) -> None:
    answer = classifier.classify_samples(samples)
    assert answer.verdict.doubt is doubt
    assert answer.probabilities.any() == (doubt is Doubt.SPEECH)


@pytest.mark.parametrize("block", [1000, 22_050, 300_000])
def test_pieces_of_any_size_give_the_same_answer(
    classifier: GenreClassifier, sound: Sound, block: int
) -> None:
    samples = np.concatenate([sound(7.0, LOW), sound(6.5, HIGH)])
    session = classifier.session()
    for start in range(0, samples.size, block):
        session.push(samples[start : start + block])
        said = session.so_far()
        # A take answers once it is long enough, long before its first clip is full.
        assert said.probabilities.any() == (session.n_samples >= 3 * RATE)
    answer, whole = session.finish(), classifier.classify_samples(samples)
    assert session.n_samples == samples.size
    np.testing.assert_allclose(answer.probabilities, whole.probabilities, atol=1e-5)
    np.testing.assert_allclose(answer.timeline.start_s, whole.timeline.start_s)


def test_a_map_is_declined_in_a_sentence(
    classifier: GenreClassifier, sound: Sound, tmp_path: Path
) -> None:
    samples = sound(5.0, HIGH)
    assert classifier.classify_samples(samples).no_map == ""
    answer = classifier.classify_samples(samples, with_activation=True)
    assert answer.activation is None
    assert "cannot show what spoke for a genre" in answer.no_map
    path = tmp_path / "song.wav"
    soundfile.write(path, samples, RATE)
    with pytest.raises(FstMuseError, match=r"cannot show.*take one of FstMuse's own models"):
        resynthesize_file(path, why="High", classifier=classifier)


def test_every_mel_frame_is_told_once(classifier: GenreClassifier, sound: Sound) -> None:
    frames: list[int] = []
    session = classifier.session(on_mel=lambda mel: frames.append(len(mel)))
    session.push(sound(12.0, LOW))
    session.finish()
    assert sum(frames) == len(mel_spectrogram(sound(12.0, LOW)))


def test_a_network_of_another_kind_is_refused(bundle: Bundle) -> None:
    ours = replace(bundle, manifest=replace(bundle.manifest, input=SEGMENTS))
    with pytest.raises(BundleError, match="cannot be run"):
        GenreClassifier(ours)
    more = replace(bundle, manifest=whole_clip_manifest(("Low", "High", "Middle")))
    with pytest.raises(BundleError, match="its outputs have the shapes"):
        GenreClassifier(more)


def test_it_is_tried_out_like_others(bundle: Bundle) -> None:
    try_out(bundle)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"input": "whole album"}, "'whole album' is no input of a classifier"),
        (
            {"kind": "generator", "input": "tagger alone"},
            "'tagger alone' is no input of a generator",
        ),
    ],
)
def test_a_manifest_says_what_its_network_takes(changes: dict[str, str], said: str) -> None:
    values = whole_clip_manifest().to_dict()
    assert BundleManifest.from_dict(values).input == WHOLE_CLIP
    if "kind" in changes:
        from fstmuse_core.networks.toy_gan import SHAPE

        values["architecture"] = SHAPE.to_dict()
    with pytest.raises(ValueError, match=said):
        BundleManifest.from_dict({**values, **changes})


def test_models_of_before_take_segments() -> None:
    values = whole_clip_manifest().to_dict()
    del values["input"]
    assert BundleManifest.from_dict(values).input == SEGMENTS
