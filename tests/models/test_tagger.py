"""The tagger, and classifiers that stand on it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.audio.levels import HopLevels
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.audio.tagger_mel import tagger_patch
from fstmuse_core.bundle import bundle as bundles
from fstmuse_core.bundle.archive import export_model, read_archive
from fstmuse_core.bundle.bundle import (
    Bundle,
    bundle_folders,
    find_bundle,
    load_bundle,
    write_bundle,
)
from fstmuse_core.bundle.likeness import likeness_tagger
from fstmuse_core.bundle.model_list import list_models
from fstmuse_core.bundle.tagger import Tagger, TagOutputs, find_tagger, tagger_of_two
from fstmuse_core.bundle.tagger_head import TaggerHead, tagger_head
from fstmuse_core.classify import tagger_session
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.classify.result import Doubt
from fstmuse_core.classify.tagger_session import audible_patches, spread
from fstmuse_core.classify.traits import by_group
from fstmuse_core.cli import main
from fstmuse_core.system.errors import BundleError
from fstmuse_core.training.tagger_rows import clip_outputs
from fstmuse_gui.models.words import list_line
from tests.conftest import make_music

N_TAGS, N_FEATURES, RATE = 100, 712, 22_050
# Embedding of the first two networks, which were the tagger before the third came.
N_OF_TWO = 512


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger(find_bundle("tagger"))


def head_for(
    n_genres: int,
    shares: tuple[float, float, float] = (0.2, 0.7, 0.1),
    n_features: int = N_FEATURES,
) -> TaggerHead:
    rng = np.random.default_rng(0)
    size = N_TAGS + n_features
    return TaggerHead(
        tags=np.arange(n_genres + 2, dtype=np.int64)[:, None],
        offsets=np.zeros(n_genres + 2, np.float32),
        mean=np.zeros(size, np.float32),
        deviation=np.ones(size, np.float32),
        matrix=(rng.standard_normal((size, n_genres + 1)) / 10).astype(np.float32),
        bias=np.zeros(n_genres + 1, np.float32),
        shares=np.array(shares, np.float32),
    )


@pytest.fixture
def on_tagger(tagger: Tagger) -> Callable[..., Bundle]:
    """FstMuse's network with experts beside it."""

    def make(shares: tuple[float, float, float] = (0.2, 0.7, 0.1), sha256: str = "") -> Bundle:
        bundle = find_bundle("fst-muse")
        manifest = replace(bundle.manifest, tagger=sha256 or tagger.sha256)
        head = head_for(len(manifest.genres), shares).to_bytes()
        return replace(bundle, manifest=manifest, tagger_head=head)

    return make


def test_a_missing_tagger_is_said_in_the_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = {name: path for name, path in bundle_folders().items() if name != "tagger"}
    for module in ("bundle", "tagger"):
        monkeypatch.setattr(f"fstmuse_core.bundle.{module}.bundle_folders", lambda: folders)
    entries = {entry.name: entry for entry in list_models()}
    assert "stands on, is missing; install FstMuse again" in entries["fst-muse"].trouble
    assert not entries["toy-gan"].trouble
    assert list_line(entries["fst-muse"]) == "Its tagger is missing"
    assert main(["models", "list"]) == 1
    said = capsys.readouterr()
    assert "fstmuse: fst-muse: tagger: the one with the hash" in said.err
    assert "toy-gan" in said.out


def clip(seconds: float, seed: int = 0) -> FloatArray:
    """Pulses of noise, twice a second."""
    n = int(seconds * RATE)
    noise = np.random.default_rng(seed).standard_normal(n)
    return np.asarray(0.2 * noise * (np.arange(n) % (RATE // 2) < RATE // 8), dtype=np.float32)


def test_what_it_says_of_a_patch_does_not_depend_on_others(tagger: Tagger) -> None:
    patches = np.abs(np.random.default_rng(0).standard_normal((8, 187, 96))).astype(np.float32)
    assert tagger.third is not None
    for network in (tagger.first, tagger.second, tagger.third):
        whole, one = network.run(patches), network.run(patches[7:])
        assert whole.tags.shape == (8, network.n_tags)
        assert whole.embedding.shape == (8, network.n_features)
        np.testing.assert_array_equal(whole.tags[7:], one.tags)
        np.testing.assert_array_equal(whole.embedding[7:], one.embedding)


def test_a_patch_is_cut_once_for_all_networks(
    tagger: Tagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[int] = []

    def noted(samples: FloatArray, patch: int) -> FloatArray:
        cut.append(patch)
        return tagger_patch(samples, patch)

    monkeypatch.setattr(tagger_session, "tagger_patch", noted)
    samples = make_music(30.0)
    session, levels = tagger_session.TaggerSession(tagger), HopLevels(512)
    session.push(samples)
    levels.push(samples)
    patches, _ = session.outputs(levels.rms()) or ([], None)
    assert sorted(cut) == list(patches)


def test_a_classifier_answers_with_network_and_tagger(on_tagger: Callable[..., Bundle]) -> None:
    result = GenreClassifier(on_tagger()).classify_samples(clip(20), with_activation=True)
    assert result.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
    assert result.tagged is not None
    assert result.tagged.embedding.shape == (N_FEATURES,)
    assert len(result.tagged.names) == result.tagged.logits.size == N_TAGS
    assert result.activation is not None
    assert result.activation.share == pytest.approx(0.1)
    np.testing.assert_allclose(result.timeline.probabilities.sum(axis=1), 1.0, atol=1e-5)


def test_music_has_traits_in_words_and_noise_has_none() -> None:
    classifier = GenreClassifier.load("fst-muse")
    music = np.tile(make_music(), 2)
    result = classifier.classify_samples(music)

    assert result.traits
    noise = classifier.classify_samples(clip(20))
    assert noise.verdict.doubt is Doubt.SPEECH
    assert noise.tagged is not None
    assert noise.traits == ()
    assert result.to_dict()["traits"] == by_group(result.traits)
    alone = replace(classifier.bundle, tagger_head=None)
    without = GenreClassifier(alone).classify_samples(music)
    assert without.traits == ()
    assert "traits" not in without.to_dict()


def test_the_network_alone_answers_as_it_does_without_a_tagger(
    on_tagger: Callable[..., Bundle],
) -> None:
    samples = clip(12)
    alone = find_bundle("fst-muse")
    alone = replace(alone, tagger_head=None, manifest=replace(alone.manifest, tagger=""))
    without = GenreClassifier(alone).classify_samples(samples)
    all_network = GenreClassifier(on_tagger((0.0, 0.0, 1.0))).classify_samples(samples)
    np.testing.assert_allclose(all_network.probabilities, without.probabilities, atol=1e-4)
    assert without.tagged is None


def test_blocks_and_answers_on_the_way_change_nothing(on_tagger: Callable[..., Bundle]) -> None:
    """A live recording ends with the answer that its file gets."""
    samples = clip(25)
    classifier = GenreClassifier(on_tagger())
    at_once = classifier.classify_samples(samples)
    session = classifier.session()
    for start in range(0, samples.size, 7919):
        session.push(samples[start : start + 7919])
        if start % 3 == 0:
            session.so_far()
    live = session.finish()
    np.testing.assert_allclose(live.probabilities, at_once.probabilities, atol=1e-4)


def test_two_clips_in_a_row_leave_nothing_behind(on_tagger: Callable[..., Bundle]) -> None:
    classifier = GenreClassifier(on_tagger())
    first = classifier.classify_samples(clip(9))
    classifier.classify_samples(clip(30, seed=1))
    np.testing.assert_array_equal(
        classifier.classify_samples(clip(9)).probabilities, first.probabilities
    )


@pytest.mark.parametrize("gain", [0.003, 0.1])
def test_level_does_not_matter(on_tagger: Callable[..., Bundle], gain: float) -> None:
    samples = clip(12)
    classifier = GenreClassifier(on_tagger((0.3, 0.7, 0.0)))
    loud, quiet = (classifier.classify_samples(samples * np.float32(g)) for g in (1.0, gain))
    np.testing.assert_allclose(loud.probabilities, quiet.probabilities, atol=0.02)


def test_silent_patches_are_passed_over() -> None:
    rms = np.repeat(np.array([0.0, 0.1], np.float32), 430)  # ten seconds of each
    patches = audible_patches(860 * 512, rms)
    assert patches.tolist() == [3, 4, 5]
    assert spread(np.arange(20), 6).tolist() == [0, 4, 8, 11, 15, 19]
    assert spread(np.array([7]), 6).tolist() == [7]
    assert spread(np.array([], dtype=np.intp), 6).size == 0


def test_silence_and_short_clips_get_no_tags(on_tagger: Callable[..., Bundle]) -> None:
    classifier = GenreClassifier(on_tagger())
    for samples in (np.zeros(5 * RATE, np.float32), clip(2.9)):
        result = classifier.classify_samples(samples)
        assert result.tagged is None
        assert result.verdict.genre is None


def test_a_missing_tagger_is_named(on_tagger: Callable[..., Bundle]) -> None:
    with pytest.raises(
        BundleError, match="the hash 123456789abc, which the model stands on, is missing"
    ):
        GenreClassifier(on_tagger(sha256="123456789abcdef"))
    with pytest.raises(BundleError, match="it is a classifier, which names genres"):
        find_tagger(find_bundle("toy-model").sha256)


def test_a_head_made_on_another_tagger_is_refused(
    on_tagger: Callable[..., Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tagger, "n_features", 511)
    with pytest.raises(BundleError, match="made on another tagger"):
        GenreClassifier(on_tagger())


def test_a_tagger_is_no_classifier() -> None:
    with pytest.raises(BundleError, match="it is a tagger, which hears for classifiers"):
        GenreClassifier.load("tagger")


def test_a_tagger_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="comes with FstMuse and is not exported"):
        export_model("tagger", tmp_path)


def test_experts_go_along_with_an_export(
    on_tagger: Callable[..., Bundle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = on_tagger()
    models = tmp_path / "models"
    monkeypatch.setattr(bundles, "user_models_folder", lambda: models)
    files = {n: (bundle.path / n).read_bytes() for n in bundle.manifest.files}
    assert bundle.tagger_head is not None
    files["tagger_head.npz"] = bundle.tagger_head
    write_bundle(models / "mine", replace(bundle.manifest, name="mine"), files)
    archive = read_archive(export_model("mine", tmp_path))
    assert archive.manifest.tagger == bundle.manifest.tagger
    kept = TaggerHead.from_bytes(archive.others["tagger_head.npz"])
    head = tagger_head(bundle)
    assert head is not None
    np.testing.assert_array_equal(kept.matrix, head.matrix)
    assert (kept.tags == head.tags).all()


def test_what_stands_on_the_tagger_of_two_networks_is_answered_by_them_alone(
    tagger: Tagger,
) -> None:
    """Models, libraries and generators from before the third network name that tagger."""
    two = tagger_of_two()
    assert two.sha256 != tagger.sha256
    assert likeness_tagger(find_bundle("toy-gan").manifest.architecture) == two.sha256
    bundle = find_bundle("fst-muse")
    head = head_for(len(bundle.manifest.genres), n_features=N_OF_TWO).to_bytes()
    bundle = replace(bundle, manifest=replace(bundle.manifest, tagger=two.sha256), tagger_head=head)
    samples = clip(20)
    tagged = GenreClassifier(bundle).classify_samples(samples).tagged
    assert tagged is not None
    assert tagged.tagger_sha256 == two.sha256
    whole = clip_outputs(samples, tagger)
    assert whole is not None
    np.testing.assert_allclose(tagged.embedding, whole.embedding[:N_OF_TWO], atol=1e-4)
    # What only the second network says is the same too; of the first the third has its half.
    np.testing.assert_allclose(tagged.logits[50:], whole.tags[50:], atol=1e-4)
    assert np.abs(tagged.logits[:50] - whole.tags[:50]).max() > 0.01


def test_only_the_tagger_of_the_program_contains_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model of somebody else's cannot pretend to be the tagger that others stand on."""
    source, two = find_bundle("tagger"), tagger_of_two()
    files = {name: (source.path / name).read_bytes() for name in source.manifest.files}
    write_bundle(tmp_path / "mine", replace(source.manifest, name="mine"), files)
    monkeypatch.setattr(
        "fstmuse_core.bundle.tagger.bundle_folders", lambda: {"mine": tmp_path / "mine"}
    )
    with pytest.raises(BundleError, match="which the model stands on, is missing"):
        find_tagger(two.sha256)
    with pytest.raises(BundleError, match="it is missing; install FstMuse again"):
        tagger_of_two()


def test_a_third_network_that_is_none_is_refused(tmp_path: Path) -> None:
    source = find_bundle("tagger")
    files = {name: (source.path / name).read_bytes() for name in source.manifest.files}
    files["third.tflite"] = b"no network"
    write_bundle(tmp_path / "tagger", source.manifest, files)
    with pytest.raises(BundleError, match="install FstMuse again"):
        Tagger(load_bundle(tmp_path / "tagger"))


@pytest.mark.parametrize("gone", ["second.tflite", "model.tflite"])
def test_a_tagger_without_one_of_its_networks(tmp_path: Path, gone: str) -> None:
    source = find_bundle("tagger")
    files = {
        name: (source.path / name).read_bytes() for name in source.manifest.files if name != gone
    }
    write_bundle(tmp_path / "tagger", source.manifest, files)
    with pytest.raises(BundleError, match=gone):
        Tagger(load_bundle(tmp_path / "tagger"))


def test_heads_come_back_as_they_were_written() -> None:
    head = head_for(3)
    again = TaggerHead.from_bytes(head.to_bytes())
    outputs = TagOutputs(np.ones(N_TAGS, np.float32), np.ones(N_FEATURES, np.float32))
    before, after = (each.join(outputs, np.zeros(3, np.float32), 0.0) for each in (head, again))
    np.testing.assert_array_equal(before.logits, after.logits)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("shares", np.array([0.5, 0.6, 0.1], np.float32), "sum to 1"),
        ("shares", np.array([1.5, -0.5, 0.0], np.float32), "0 or more"),
        ("deviation", np.zeros(N_TAGS + N_FEATURES, np.float32), "above zero"),
        ("bias", np.zeros(7, np.float32), "do not fit together"),
        ("mean", np.full(N_TAGS + N_FEATURES, np.nan, np.float32), "NaN"),
    ],
)
def test_a_malformed_head_is_refused(name: str, value: FloatArray, why: str) -> None:
    changed: dict[str, Any] = {name: value}
    with pytest.raises(ValueError, match=why):
        replace(head_for(3), **changed)


def test_a_damaged_head_is_told_in_one_line(on_tagger: Callable[..., Bundle]) -> None:
    bundle = replace(on_tagger(), tagger_head=b"PK no zip")
    with pytest.raises(BundleError, match="its tagger head is malformed"):
        tagger_head(bundle)


def test_doubt_of_one_expert_is_not_doubt_of_the_genre() -> None:
    """An expert that says "none of these" of a clip may still know which it would be."""
    head = head_for(2, (0.0, 0.5, 0.5))
    tags = np.full(N_TAGS, -9.0, np.float32)
    tags[[0, 2]] = 2.0, 5.0  # the first genre, and more so other music
    outputs = TagOutputs(tags, np.zeros(N_FEATURES, np.float32))
    joined = head.join(outputs, np.zeros(2, np.float32), np.float32(-5.0))
    assert np.exp(joined.logits[0]) == pytest.approx(0.75, abs=0.01)
    assert 1 / (1 + np.exp(-joined.novelty)) == pytest.approx(0.95 / 2, abs=0.03)


def test_a_genre_without_a_tag_is_left_to_the_others() -> None:
    head = replace(head_for(2, (0.0, 0.5, 0.5)), tags=np.array([[0], [-1], [2], [3]]))
    outputs = TagOutputs(np.zeros(N_TAGS, np.float32), np.zeros(N_FEATURES, np.float32))
    joined = head.join(outputs, np.array([0.0, 4.0], np.float32), np.float32(-5.0))
    assert np.exp(joined.logits[1]) == pytest.approx(1 / (1 + np.exp(-4.0)), abs=0.01)


def test_tags_divide_what_the_other_experts_leave_to_genres_that_have_one() -> None:
    tags = np.array([[0], [1], [-1], [2]])
    head = replace(head_for(3, (0.0, 0.5, 0.5)), tags=tags, offsets=np.zeros(4, np.float32))
    logits = np.zeros(N_TAGS, np.float32)
    logits[0] = 9.0
    outputs = TagOutputs(logits, np.zeros(N_FEATURES, np.float32))
    joined = head.join(outputs, np.zeros(3, np.float32), np.float32(-9.0))
    expected = [(1 / 3 + 2 / 3) / 2, (1 / 3) / 2, 1 / 3]
    assert np.exp(joined.logits) == pytest.approx(expected, abs=0.01)
