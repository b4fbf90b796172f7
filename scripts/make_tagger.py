"""Make the tagger bundle, ``models/tagger``, from the checkpoints of the package musicnn.

    python scripts/make_tagger.py --wheel musicnn-0.1.0-py3-none-any.whl --out models/tagger

The wheel is what ``pip download --no-deps musicnn==0.1.0`` fetches; it cannot be installed here
(it asks for numpy below 1.17), and only its checkpoints are read. The networks are built in
Keras from the checkpoints' names and shapes and compared with the checkpoints' own graphs on noise
(1e-5). Then they lose their dead filters: training has left nothing of half of the first network's
filters but zeros, and of nine in ten of the third's. What is left gives the same and costs a fifth.
It is exported to LiteRT files with weights of sixteen bits. The bundle names the hash of the tagger
that had the first two alone, so that what stands on it is still answered.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.audio.tagger_mel import N_MELS, PATCH_FRAMES, TAGGER_SPECTROGRAM
from fstmuse_core.bundle.bundle import (
    CARD_NAME,
    LITERT_NAME,
    SECOND_NAME,
    THIRD_NAME,
    WEIGHTS_NAME,
    write_bundle,
)
from fstmuse_core.bundle.manifest import TAGGER, BundleManifest, Thresholds
from fstmuse_core.bundle.tagger import contained_entry

_VGG_FILTERS = (128,) * 5
# Timbral and temporal ones; the shapes of their kernels.
_BAND_FILTERS = (204, 204, 51, 51, 51)
_BANDS = ((7, 38), (7, 67), (128, 1), (64, 1), (32, 1))
_N_TIMBRAL = 2
_LARGEST_ERROR = 1e-5
# Of a filter's norm, as a share of the largest in its layer: below it are nearly all that are left
# out, far below, and above it all that change a logit by a thousandth.
_DEAD = 0.004
# Of a logit without the dead filters, over the deviation of logits.
_LARGEST_LOSS = 1e-3
_N_TAGS = 50
# Patches that networks are compared on.
_NOISE = np.asarray(
    np.abs(np.random.default_rng(0).normal(1.0, 1.0, (8, PATCH_FRAMES, N_MELS))), np.float32
)
_EPSILON = 1e-3
# Of the tagger that came with FstMuse until the third network did.
_TWO_ALONE = "c28d24d0ca9bc26e910aa0a248b6e2f455cc6aa8ebf600e7687d1f847e561015"
# Pooling of each layer, from the checkpoints' own graphs: the wheel's code pools the Million Song
# network otherwise than it was trained.
Places = npt.NDArray[np.intp]
_Pools = tuple[tuple[tuple[int, int], tuple[int, int]], ...]
_MSD_POOLS: _Pools = tuple((size, size) for size in ((4, 1), (1, 4), (2, 2), (2, 2), (4, 4)))
_MTT_POOLS: _Pools = (((4, 1), (2, 2)), *(((size, size), (size, size)) for size in (2, 2, 2, 4)))


@dataclass(frozen=True)
class Source:
    """A checkpoint of the wheel.

    Attributes
    ----------
    folder : str
        Its folder in the wheel.
    build : callable
        Builds its network.
    slim : callable
        Given this, builds the same without dead filters.
    output : str
        Operation of its own graph that gives the logits.
    """

    folder: str
    build: Callable[[], keras.Model]
    slim: Callable[[keras.Model], keras.Model]
    output: str


_MSD_TAGS = (
    "rock,pop,alternative,indie,electronic,female vocalists,dance,00s,alternative rock,jazz,"
    "beautiful,metal,chillout,male vocalists,classic rock,soul,indie rock,mellow,electronica,80s,"
    "folk,90s,chill,instrumental,punk,oldies,blues,hard rock,ambient,acoustic,experimental,"
    "female vocalist,guitar,hip-hop,70s,party,country,easy listening,sexy,catchy,funk,electro,"
    "heavy metal,progressive rock,60s,rnb,indie pop,sad,house,happy"
).split(",")
_MTT_TAGS = (
    "guitar,classical,slow,techno,strings,drums,electronic,rock,fast,piano,ambient,beat,violin,"
    "vocal,synth,female,indian,opera,male,singing,vocals,no vocals,harpsichord,loud,quiet,flute,"
    "woman,male vocal,no vocal,pop,soft,sitar,solo,man,classic,choir,voice,new age,dance,"
    "male voice,female vocal,beats,harp,cello,no voice,weird,country,metal,female voice,choral"
).split(",")


def build_vgg(pools: _Pools, n_filters: Sequence[int] = _VGG_FILTERS) -> keras.Model:
    """Build a network of five convolutions; it gives logits and the last pooled layer.

    Input has the shape ``(187, 96, 1)``, the outputs ``(50,)`` and ``(256,)``.
    """
    x = inputs = keras.Input((PATCH_FRAMES, N_MELS, 1))
    x = keras.layers.BatchNormalization(epsilon=_EPSILON, name="batch_normalization")(x)
    for number, (n, (size, stride)) in enumerate(zip(n_filters, pools, strict=True), 1):
        x = keras.layers.Conv2D(n, 3, padding="same", activation="relu", name=f"{number}CNN")(x)
        x = keras.layers.BatchNormalization(epsilon=_EPSILON, name=f"batch_normalization_{number}")(
            x
        )
        x = keras.layers.MaxPooling2D(size, stride)(x)
    embedding = keras.layers.Flatten()(x)
    return keras.Model(inputs, [keras.layers.Dense(_N_TAGS, name="dense")(embedding), embedding])


def build_musicnn(n_filters: Sequence[int] = _BAND_FILTERS) -> keras.Model:
    """Build the network of the package's own design; it gives logits and its last layer but one.

    Wide and high filters, a middle of three layers with residuals, mean and maximum over time.
    Input has the shape ``(187, 96, 1)``, the outputs ``(50,)`` and ``(200,)``.
    """
    layers = keras.layers
    numbers = iter(range(11))

    def normalised(x: Any) -> Any:
        number = next(numbers)
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        return layers.BatchNormalization(epsilon=_EPSILON, name=name)(x)

    def block(x: Any, number: int, filters: int, size: tuple[int, int], padding: str) -> Any:
        name = f"conv2d_{number}" if number else "conv2d"
        conv = layers.Conv2D(filters, size, padding=padding, activation="relu", name=name)
        return normalised(conv(x))

    inputs = keras.Input((PATCH_FRAMES, N_MELS, 1))
    x = normalised(inputs)
    padded = layers.ZeroPadding2D(((3, 3), (0, 0)))(x)
    bands = [
        block(padded, i, n, size, "valid") if i < _N_TIMBRAL else block(x, i, n, size, "same")
        for i, (n, size) in enumerate(zip(n_filters, _BANDS, strict=True))
    ]
    pooled = [layers.MaxPooling2D((1, band.shape[2]))(band) for band in bands]
    front = layers.Permute((1, 3, 2))(layers.Concatenate(axis=3)(pooled))
    maps = [front]
    for number in (5, 6, 7):
        size = (7, maps[-1].shape[2])
        last = layers.ZeroPadding2D(((3, 3), (0, 0)))(maps[-1])
        found = layers.Permute((1, 3, 2))(block(last, number, 64, size, "valid"))
        maps.append(found if number == 5 else layers.Add()([found, maps[-1]]))
    joined = layers.Concatenate(axis=2)(maps)
    both = [keras.ops.max(joined, axis=1), keras.ops.mean(joined, axis=1)]
    flat = normalised(layers.Flatten()(layers.Concatenate(axis=2)(both)))
    embedding = normalised(layers.Dense(200, activation="relu", name="dense")(flat))
    return keras.Model(inputs, [layers.Dense(_N_TAGS, name="dense_1")(embedding), embedding])


def load_weights(network: keras.Model, checkpoint: str) -> None:
    """Set the weights of each layer from the variables of the same name."""
    reader = tf.train.load_checkpoint(checkpoint)
    parts = {
        keras.layers.BatchNormalization: ("gamma", "beta", "moving_mean", "moving_variance"),
        keras.layers.Conv2D: ("kernel", "bias"),
        keras.layers.Dense: ("kernel", "bias"),
    }
    for layer in network.layers:
        names = parts.get(type(layer))
        if names:
            layer.set_weights([reader.get_tensor(f"{layer.name}/{name}") for name in names])


def own_logits(
    checkpoint: str, patches: npt.NDArray[np.float32], output: str
) -> npt.NDArray[np.float32]:
    """Logits of the graph that lies beside a checkpoint."""
    reader = tf.train.load_checkpoint(checkpoint)
    described = tf.compat.v1.MetaGraphDef()
    described.ParseFromString(Path(checkpoint + ".meta").read_bytes())
    # Without its gradients, which today's TensorFlow refuses.
    part = tf.compat.v1.graph_util.extract_sub_graph(described.graph_def, [output])
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        tf.graph_util.import_graph_def(part, name="")
        feed: dict[Any, Any] = {}
        for operation in graph.get_operations():
            if operation.type in ("Variable", "VariableV2"):
                feed[operation.outputs[0]] = reader.get_tensor(operation.name)
            elif operation.type == "Placeholder":
                tensor = operation.outputs[0]
                feed[tensor] = False if tensor.dtype == tf.bool else patches
        logits: npt.NDArray[np.float32] = session.run(output + ":0", feed)
        return logits


def trained_network(source: Source, folder: Path) -> keras.Model:
    """Network of one checkpoint, checked against its own graph; raises SystemExit."""
    checkpoint = str(folder / source.folder)
    network = source.build()
    load_weights(network, checkpoint)
    ours = np.asarray(network(_NOISE[..., None], training=False)[0])
    error = float(np.abs(ours - own_logits(checkpoint, _NOISE, source.output)).max())
    print(f"{source.folder}: {network.count_params():,} parameters, logits within {error:.1e}")
    if not error < _LARGEST_ERROR * max(1.0, float(np.abs(ours).max())):
        raise SystemExit(f"{source.folder}: logits differ by {error}")
    return network


def living(convolution: keras.layers.Layer) -> Places:
    """Filters that are not all but zero."""
    kernel = convolution.get_weights()[0]
    norms = np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), axis=0)
    return np.flatnonzero(norms > _DEAD * norms.max())


def take(network: keras.Model, whole: keras.Model, name: str, out: Places, into: Any = ...) -> None:
    """Take a layer's weights from those of the whole network: of these outputs and inputs."""
    weights = whole.get_layer(name).get_weights()
    if weights[0].ndim > 1:
        weights[0] = weights[0][into]
    network.get_layer(name).set_weights([each[..., out] for each in weights])


def slim_vgg(whole: keras.Model, pools: _Pools) -> keras.Model:
    """The same without dead filters; those of the last layer are its output and stay."""
    kept = [living(whole.get_layer(f"{number}CNN")) for number in range(1, len(pools))]
    kept.append(np.arange(_VGG_FILTERS[-1]))
    network = build_vgg(pools, [len(places) for places in kept])
    into = np.arange(1)
    take(network, whole, "batch_normalization", into)
    for number, places in enumerate(kept, 1):
        take(network, whole, f"{number}CNN", places, np.s_[:, :, into])
        take(network, whole, f"batch_normalization_{number}", places)
        into = places
    take(network, whole, "dense", np.arange(_N_TAGS))
    return network


def slim_musicnn(whole: keras.Model) -> keras.Model:
    """The same without the dead filters of its bands, which are what it costs."""
    names = ["conv2d", *(f"conv2d_{number}" for number in range(1, len(_BANDS)))]
    kept = [living(whole.get_layer(name)) for name in names]
    network = build_musicnn([len(places) for places in kept])
    for layer in network.layers:
        same = whole.get_layer(layer.name).get_weights() if layer.weights else []
        if [each.shape for each in same] == [each.shape for each in layer.get_weights()]:
            layer.set_weights(same)
    for number, (name, places) in enumerate(zip(names, kept, strict=True), 1):
        take(network, whole, name, places)
        take(network, whole, f"batch_normalization_{number}", places)
    firsts = np.cumsum([0, *_BAND_FILTERS])
    front = np.concatenate([first + places for first, places in zip(firsts, kept, strict=False)])
    take(network, whole, "conv2d_5", np.arange(64), np.s_[:, front])
    # The maximum and the mean over time of each, side by side. What the dead say to the last layer
    # but one is always the same.
    joined = np.concatenate([front, np.arange(firsts[-1], firsts[-1] + 3 * 64)])
    pairs = (2 * joined[:, None] + np.arange(2)).ravel()
    dead = np.setdiff1d(np.arange(2 * (firsts[-1] + 3 * 64)), pairs)
    gamma, beta, mean, variance = whole.get_layer("batch_normalization_9").get_weights()
    constant = (beta - mean * gamma / np.sqrt(variance + _EPSILON))[dead]
    kernel, bias = whole.get_layer("dense").get_weights()
    take(network, whole, "batch_normalization_9", pairs)
    network.get_layer("dense").set_weights([kernel[pairs], bias + constant @ kernel[dead]])
    return network


def without_dead_filters(source: Source, whole: keras.Model) -> keras.Model:
    """The same network for less, compared on noise; raises SystemExit."""
    network = source.slim(whole)
    (ours, _), (all_of, _) = (each(_NOISE[..., None], training=False) for each in (network, whole))
    loss = float(np.abs(ours - all_of).max() / np.std(all_of))
    print(f"{source.folder}: {network.count_params():,} parameters live, logits within {loss:.1e}")
    if not loss < _LARGEST_LOSS:
        raise SystemExit(f"{source.folder}: its filters are not all dead that were left out")
    return network


def _vgg(folder: str, pools: _Pools) -> Source:
    build, slim = partial(build_vgg, pools), partial(slim_vgg, pools=pools)
    return Source(folder, build, slim, "model/dense/BiasAdd")


_SOURCES = (
    _vgg("MSD_vgg", _MSD_POOLS),
    _vgg("MTT_vgg", _MTT_POOLS),
    Source("MSD_musicnn", build_musicnn, slim_musicnn, "model/dense_1/BiasAdd"),
)


def litert_file(network: keras.Model) -> bytes:
    """LiteRT file with weights of sixteen bits."""
    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())


def unpack(wheel: Path, folder: Path) -> None:
    """Unpack the checkpoints; each gets a name, since a bare ``.index`` cannot be opened."""
    with zipfile.ZipFile(wheel) as archive:
        for source in _SOURCES:
            for ending in (".index", ".data-00000-of-00001", ".meta"):
                data = archive.read(f"musicnn/{source.folder}/{ending}")
                (folder / (source.folder + ending)).write_bytes(data)


_CARD = """# The tagger

Three networks that hear music and say tags; FstMuse's classifiers stand on them. They are not
ours: they come from **musicnn** by Jordi Pons (Music Technology Group, Universitat Pompeu Fabra),
version 0.1.0, without their dead filters, which training left all zero, and with weights of sixteen
bits. What they say is the same.

- `MSD_vgg`, trained on the Million Song Dataset (some 200,000 songs, tags of last.fm): {msd} tags.
  It hears six patches of a clip.
- `MTT_vgg`, trained on MagnaTagATune: {mtt} tags. It is asked for what the others lack, classical,
  and hears two.
- `MSD_musicnn`, of the package's own design, trained as the first was: the same tags. It hears
  two as well; a tag's logit is the mean of the first's and its own.

Input: patches of 3 s, 187 frames of 96 mel bands at 16 kHz. Output of each: logits of its tags and
256 numbers (the last pooled layer) or, of the third, 200 (the last layer but one). What names the
tagger of two networks, which came before, is answered by the first two alone.

One tag is no genre, and these tags are people's, from the years before 2011; what is newer they
have never heard.

Jordi Pons and Xavier Serra, "musicnn: pre-trained convolutional neural networks for music audio
tagging", ISMIR 2019, late-breaking session. The package has the ISC licence; the Music Technology
Group publishes the same models under CC BY-NC-SA 4.0, so they stand here with the starter models:
**non-commercial use, with this attribution, shared alike.**

Made by `{command}`
"""


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", required=True, type=Path, help="musicnn-0.1.0-py3-none-any.whl")
    parser.add_argument("--out", type=Path, default=Path("models/tagger"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        unpack(options.wheel, Path(name))
        networks = [
            without_dead_filters(source, trained_network(source, Path(name))) for source in _SOURCES
        ]
    stream = io.BytesIO()
    values: dict[str, Any] = {
        f"{source.folder}.{variable.path}".replace("/", "."): np.asarray(variable, np.float16)
        for source, network in zip(_SOURCES, networks, strict=True)
        for variable in network.variables
    }
    np.savez_compressed(stream, **values)
    command = f"python scripts/make_tagger.py --wheel {options.wheel.name}"
    manifest = BundleManifest(
        name="tagger",
        title="Tagger",
        kind=TAGGER,
        # Two of the networks share their tags, and two sets of tags share names.
        genres=(*_MSD_TAGS, *("MTT " + tag for tag in _MTT_TAGS)),
        spectrogram=TAGGER_SPECTROGRAM,
        scaling=FeatureScaling(np.zeros(N_MELS, np.float32), np.ones(N_MELS, np.float32)),
        segment_frames=PATCH_FRAMES,
        segment_hop_frames=PATCH_FRAMES,
        temperature=1.0,
        thresholds=Thresholds(0.0, 0.0),
        architecture={
            "network": "MSD_vgg, MTT_vgg and MSD_musicnn of musicnn 0.1.0",
            "parameters": sum(network.count_params() for network in networks),
            **contained_entry(_TWO_ALONE),
        },
        training={"command": command, "use": "non-commercial", "licence": "CC BY-NC-SA 4.0"},
    )
    files = {
        **dict(
            zip((LITERT_NAME, SECOND_NAME, THIRD_NAME), map(litert_file, networks), strict=True)
        ),
        WEIGHTS_NAME: stream.getvalue(),
        CARD_NAME: _CARD.format(msd=len(_MSD_TAGS), mtt=len(_MTT_TAGS), command=command).encode(),
    }
    write_bundle(options.out, manifest, files)
    print(f"{options.out}: {sum(map(len, files.values())) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
