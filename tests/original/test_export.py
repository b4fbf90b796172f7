"""The report's networks become LiteRT files, of eight bits where that changes no answer."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.metrics import Floats, Ints
from fstmuse_core.training.original import packaging
from fstmuse_core.training.original.packaging import LACKS, choose_litert, whole_clip_manifest

N_FRAMES, N_CLIPS = 64, 6
MANIFEST = whole_clip_manifest("small", ("Low", "High"), N_FRAMES)


@dataclass
class Table:
    """Clips in memory."""

    values: Any

    def __len__(self) -> int:
        return len(self.values)

    def take(self, places: range) -> Any:
        return self.values[list(places)]


@dataclass
class Small:
    """A network for clips of a second and a half, with clips to test it on."""

    model: Any
    features: Table
    flipped: tuple[int, ...] = ()
    told: list[tuple[int, int]] = field(default_factory=list)

    def probabilities(self, part: str, tell: Callable[[int, int], None] | None = None) -> Floats:
        assert part == "test"
        answers = np.asarray(self.model.predict_on_batch(self.features.values), np.float64)
        for place in self.flipped:  # as if eight bits had changed it
            answers[place] = answers[place][::-1]
        return answers

    def clips(self, part: str) -> Table:
        assert part == "test"
        return self.features

    def labels(self, part: str) -> Ints:
        labels: Ints = self.probabilities(part).argmax(axis=1)
        return labels


@pytest.fixture(scope="module", params=["fst-muse", "toy-model"])
def network(request: pytest.FixtureRequest) -> Any:
    """Each of the report's two classifiers, for short clips."""
    import keras

    keras.utils.set_random_seed(1)
    return packaging.build(request.param, 2, N_FRAMES)


@pytest.fixture
def small(network: Any) -> Small:
    rng = np.random.default_rng(0)
    clips = rng.gamma(1.0, size=(N_CLIPS, N_FRAMES, 128, 1)).astype(np.float32)
    return Small(network, Table(clips))


def model_of(network: Any) -> str:
    return "fst-muse" if "fst" in network.name else "toy-model"


def choose(small: Small) -> packaging.Chosen:
    tell = lambda _stage, n, of: small.told.append((n, of))  # noqa: E731
    return choose_litert(small, model_of(small.model), MANIFEST, tell)


def answers_of(chosen: packaging.Chosen, small: Small) -> Any:
    network = packaging.network_of(chosen.litert, MANIFEST)
    return np.array([network.run(clip[..., 0]) for clip in small.features.values])


def test_eight_bits_are_taken_where_they_change_nothing(small: Small) -> None:
    chosen = choose(small)
    assert chosen.is_quantised
    assert (chosen.changed, chosen.clips, chosen.right) == (0, N_CLIPS, N_CLIPS)
    assert len(chosen.litert) < 1.5 * small.model.count_params()
    expected = small.probabilities("test")
    np.testing.assert_allclose(answers_of(chosen, small), expected, atol=chosen.difference + 1e-6)
    assert small.told[-1] == (N_CLIPS, N_CLIPS)


def test_32_bits_are_taken_where_eight_change_something(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaging, "_HARMLESS", -1.0)
    chosen = choose(small)
    assert not chosen.is_quantised
    assert len(chosen.litert) > 4 * small.model.count_params()
    np.testing.assert_allclose(
        answers_of(chosen, small), small.probabilities("test"), atol=packaging.TOLERANCE
    )
    (section,) = packaging.network_section(chosen).values()
    assert "They are not used; those of 32 bits are." in section[-1]


def test_a_network_that_is_too_large_has_eight_bits_and_a_warning(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaging, "has_room_for", lambda _parameters: False)
    small.flipped = (1, 4)
    chosen = choose(small)
    assert chosen.is_quantised
    assert chosen.changed == 2
    (said,) = packaging._about(chosen)
    assert "changes its answer to 2 of 6 test clips" in said
    (section,) = packaging.network_section(chosen).values()
    assert "change the answer to 2 test clips" in section[-1]


def test_a_file_that_answers_otherwise_than_keras_is_refused(small: Small) -> None:
    small.flipped = (0,)
    with pytest.raises(FstMuseError, match="it differs from Keras by"):
        choose(small)


def test_another_process_makes_the_same_file(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under another backend than TensorFlow, which alone can write one."""
    monkeypatch.setattr("keras.backend.backend", lambda: "jax")
    runs: list[list[str]] = []
    run = subprocess.run

    def watched(words: list[str], **options: Any) -> Any:
        runs.append(words)
        return run(words, **options)

    monkeypatch.setattr("fstmuse_core.training.export.subprocess.run", watched)
    litert = packaging.exported(small.model, model_of(small.model), is_quantised=True)
    assert len(runs) == 1
    clip = small.features.values[:1]
    found = packaging.network_of(litert, MANIFEST).run(clip[0, :, :, 0])
    expected = np.asarray(small.model.predict_on_batch(clip))[0]
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_what_it_lacks_is_said() -> None:
    said = " ".join(LACKS)
    for lack in ('no "none of these"', "no map", "louder or softer"):
        assert lack in said
