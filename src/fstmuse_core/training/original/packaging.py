"""The report's networks as files of a bundle, and the bundle with its card."""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, FloatArray
from fstmuse_core.bundle.bundle import (
    CARD_NAME,
    LITERT_NAME,
    WEIGHTS_NAME,
    Bundle,
    user_models_folder,
    write_bundle,
)
from fstmuse_core.bundle.known_networks import KNOWN_NETWORKS, has_room_for, reported_network
from fstmuse_core.bundle.litert import WholeClipNetwork
from fstmuse_core.bundle.manifest import CLASSIFIER, WHOLE_CLIP, BundleManifest, Thresholds
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.datasets.overlap import TRACKS_FILE
from fstmuse_core.runs.events import Done
from fstmuse_core.runs.store import REPORT_FILE, write_bytes, write_json
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.wording import counted, counted_share
from fstmuse_core.training.card import classifier_card
from fstmuse_core.training.export import litert_on_tensorflow, read_weights_into, weights_bytes
from fstmuse_core.training.metrics import Floats, Ints
from fstmuse_core.training.packaging import (
    FinishedRun,
    done_event,
    make_report,
    tested,
    with_record,
    write_figures,
)
from fstmuse_core.training.preparation import MelTable
from fstmuse_core.training.record import track_list
from fstmuse_core.training.run import name_at_end

# Of probabilities, between LiteRT and Keras.
TOLERANCE = 1e-3


def build(model: str, n_genres: int, n_frames: int) -> Any:
    """The report's network of a model ("fst-muse"), for clips of so many frames."""
    name = reported_network(model)
    function = KNOWN_NETWORKS[CLASSIFIER][name]
    return getattr(importlib.import_module(name), function)(n_genres, n_frames)


def exported(network: Any, model: str, *, is_quantised: bool) -> bytes:
    """A LiteRT file, whatever the backend."""
    if keras.backend.backend() == "tensorflow":
        return litert_bytes(network, is_quantised=is_quantised)
    words = [
        model,
        str(network.output_shape[-1]),
        str(network.input_shape[1]),
        str(int(is_quantised)),
    ]
    return litert_on_tensorflow(__name__, words, weights_bytes(network))


def litert_bytes(network: Any, *, is_quantised: bool) -> bytes:
    """A LiteRT file of built-in operators.

    Parameters
    ----------
    network : keras.Model
        On the TensorFlow backend.
    is_quantised : bool
        Eight bits a weight, a quarter of the size; what they change is for the caller to see.

    Raises
    ------
    FstMuseError
        If a file with weights of 32 bits does not give what Keras gives.
    """
    with tempfile.TemporaryDirectory() as folder:
        if is_quantised:
            return _quantised(network, folder)
        target = Path(folder) / LITERT_NAME
        network.export(str(target), format="litert", verbose=False)
        data = target.read_bytes()
    inputs = np.random.default_rng(0).gamma(1.0, size=(1, *network.input_shape[1:]))
    expected = np.asarray(network(inputs.astype(np.float32), training=False))
    check_close(_run(data, inputs.astype(np.float32)), expected)
    return data


def _quantised(network: Any, folder: str) -> bytes:
    network.export(folder, format="tf_saved_model", verbose=False)
    return eight_bits(folder)


def eight_bits(folder: str) -> bytes:
    """A LiteRT file, with weights of eight bits, of what was exported into a folder."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(folder)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return bytes(converter.convert())


def _run(data: bytes, inputs: FloatArray) -> FloatArray:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=data)
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, inputs.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, inputs)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def check_close(found: FloatArray | Floats, expected: FloatArray | Floats) -> None:
    """Raise ``FstMuseError`` where LiteRT gives other probabilities than Keras."""
    error = float(np.abs(found - expected).max())
    if not error <= TOLERANCE:
        raise FstMuseError("LiteRT export", f"it differs from Keras by {error:.2g}")


def network_of(litert: bytes, manifest: BundleManifest) -> WholeClipNetwork:
    """A network that has just been exported, ready to run."""
    return WholeClipNetwork(Bundle(Path(manifest.name), manifest, "", litert), num_threads=1)


def main(
    model: str, n_genres: str, n_frames: str, is_quantised: str, weights: str, target: str
) -> None:
    """Build a network, give it ``weights`` and write ``target``."""
    network = build(model, int(n_genres), int(n_frames))
    read_weights_into(network, Path(weights))
    Path(target).write_bytes(litert_bytes(network, is_quantised=is_quantised == "1"))


if __name__ == "__main__":
    main(*sys.argv[1:])


# What it cannot do, for its card and for whoever trains it.
LACKS = (
    "it is of the report's design, to compare with: it answers all music with one of its genres "
    'and knows no "none of these"',
    "it shows no map of what spoke for a genre",
    "the same music, louder or softer, may be another genre to it",
)
# Of probabilities: what weights of eight bits may change where they are chosen.
_HARMLESS = 0.02
Tell = Callable[[str, int, int], None]


class Clips(Protocol):
    """Features of clips, shape ``(n, frames, 128, 1)``."""

    def __len__(self) -> int: ...

    def take(self, places: range) -> FloatArray:
        """Features of the clips at these places."""


class Trained(Protocol):
    """One of the report's networks with the features and the labels of its music."""

    model: Any

    def probabilities(self, part: str, tell: Callable[[int, int], None] | None = None) -> Floats:
        """Probabilities of each clip of a part, shape ``(clips, genres)``."""

    def clips(self, part: str) -> Clips:
        """Features of a part."""

    def labels(self, part: str) -> Ints:
        """Index of the genre of each clip of a part."""


@dataclass(frozen=True)
class Chosen:
    """The LiteRT file that was chosen.

    Attributes
    ----------
    litert : bytes
    is_quantised : bool
        True for weights of eight bits.
    changed, clips : int
        Test clips to which eight bits give another answer, of how many.
    difference : float
        Largest change of a probability by eight bits.
    right : int
        Test clips that Keras gets right.
    """

    litert: bytes
    is_quantised: bool
    changed: int
    clips: int
    difference: float
    right: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "quantised": self.is_quantised,
            "changed": self.changed,
            "clips": self.clips,
            "difference": self.difference,
            "right": self.right,
        }


def whole_clip_manifest(name: str, genres: tuple[str, ...], n_frames: int) -> BundleManifest:
    """The description of a model that takes whole clips, without figures."""
    bands = DEFAULT_CONFIG.n_mels
    return BundleManifest(
        name=name,
        title=name,
        kind=CLASSIFIER,
        genres=genres,
        spectrogram=DEFAULT_CONFIG,
        scaling=FeatureScaling(np.zeros(bands, np.float32), np.ones(bands, np.float32)),
        segment_frames=n_frames,
        segment_hop_frames=n_frames,
        temperature=1.0,
        thresholds=Thresholds(novelty=float("inf"), confidence=0.0),
        input=WHOLE_CLIP,
    )


def package_original(
    run: FinishedRun,
    trainer: Trained,
    mels: MelTable,
    tell: Tell,
    warn: Callable[[str], None],
) -> Done:
    """Export and measure the network, write everything, and return the last event.

    Parameters
    ----------
    trainer : Trained
        Its model has the best weights.
    tell : callable
        Told a stage, clips done, of how many; may raise to give up.
    warn : callable
        Takes a sentence about the model.

    Raises
    ------
    FstMuseError
        If the exported network does not give what Keras gives, or nothing is left to test on.
    """
    genres, network = run.parts.genres, trainer.model
    manifest = whole_clip_manifest(run.settings.out, genres, network.input_shape[1])
    chosen = choose_litert(trainer, run.settings.model, manifest, tell)
    classifier = GenreClassifier(Bundle(Path(manifest.name), manifest, "", chosen.litert))
    metrics, warnings = tested(classifier, run.parts, mels, lambda n, of: tell("testing", n, of))
    warnings = [*warnings, *LACKS, *_about(chosen)]
    for sentence in warnings:
        warn(sentence)
    settings = name_at_end(run.settings, run.folder.name, warn)
    run = replace(run, settings=settings, warnings=(*run.warnings, *warnings))
    manifest = replace(manifest, name=settings.out, title=settings.title or settings.out)
    metrics |= {"temperature": 1.0, "network": chosen.to_dict()}
    report = make_report(run, metrics)
    figures = write_figures(run, metrics)
    card = classifier_card(report, more=network_section(chosen))
    write_bytes(run.folder / CARD_NAME, card.encode())
    files = {
        LITERT_NAME: chosen.litert,
        **({WEIGHTS_NAME: weights_bytes(network)} if _goes_along(network) else {}),
        CARD_NAME: card.encode(),
        TRACKS_FILE: track_list(run.parts, prints=mels.prints).encode(),
    }
    architecture = {
        "network": reported_network(settings.model),
        "parameters": network.count_params(),
        "quantised": chosen.is_quantised,
    }
    folder = user_models_folder() / settings.out
    sha256 = write_bundle(folder, with_record(manifest, report, architecture), files)
    write_json(run.folder / REPORT_FILE, {**report, "model_sha256": sha256})
    return done_event(run, report, figures, str(folder), sha256)


def _goes_along(network: Any) -> bool:
    return has_room_for(int(network.count_params()))


def choose_litert(trainer: Trained, model: str, manifest: BundleManifest, tell: Tell) -> Chosen:
    """Export a network: with eight bits where that changes no answer, or where it has to be.

    Parameters
    ----------
    model : str
        Its name in :data:`fstmuse_core.runs.spec.MODELS`.
    manifest : BundleManifest
        Genres and frames.

    Raises
    ------
    FstMuseError
        If weights of 32 bits are chosen, and LiteRT does not give what Keras gives.
    """
    expected = trainer.probabilities("test", lambda n, of: tell("exporting", n, of))
    answers = expected.argmax(axis=1)
    small = exported(trainer.model, model, is_quantised=True)
    found = _answers(small, manifest, trainer.clips("test"), tell)
    changed = int((found.argmax(axis=1) != answers).sum())
    difference = float(np.abs(found - expected).max())
    right = int((answers == trainer.labels("test")).sum())
    figures = changed, len(expected), difference, right
    if (not changed and difference <= _HARMLESS) or not _goes_along(trainer.model):
        return Chosen(small, True, *figures)
    large = exported(trainer.model, model, is_quantised=False)
    check_close(_answers(large, manifest, trainer.clips("test"), tell), expected)
    return Chosen(large, False, *figures)


def _answers(litert: bytes, manifest: BundleManifest, clips: Clips, tell: Tell) -> Floats:
    network = network_of(litert, manifest)
    rows = []
    for place in range(len(clips)):
        rows.append(network.run(clips.take(range(place, place + 1))[0, :, :, 0]))
        tell("exporting", place + 1, len(clips))
    return np.array(rows, dtype=np.float64)


def _about(chosen: Chosen) -> list[str]:
    """Cost of the choice, if any."""
    if not chosen.is_quantised or not chosen.changed:
        return []
    return [
        "its weights are kept with eight bits, being too large otherwise, and that changes its "
        f"answer to {counted_share(chosen.changed, chosen.clips).number} test clips"
    ]


def network_section(chosen: Chosen) -> Mapping[str, list[str]]:
    """A section of the card on the network alone, before it was exported and after."""
    right = counted_share(chosen.right, chosen.clips).said()
    changes = (
        f"change the answer to {counted(chosen.changed, 'test clip')}"
        if chosen.changed
        else f"change no test answer, and a probability by {chosen.difference:.3f} at most"
    )
    kept = "are used" if chosen.is_quantised else "are not used; those of 32 bits are"
    return {
        "The network alone": [
            "It takes 30 s at once, shorter clips with silence behind. As the report measured it, "
            f"by Keras on the first 30 s of each test clip: {right}. Above, all of a song counts, "
            "30 s after 30 s, as in Classify.",
            f"Weights of eight bits {changes}. They {kept}.",
        ]
    }
