"""Make the tagger bundle, ``models/tagger``, from the checkpoints of the package musicnn.

    python scripts/make_tagger.py --wheel musicnn-0.1.0-py3-none-any.whl --out models/tagger

The wheel is what ``pip download --no-deps musicnn==0.1.0`` fetches; it cannot be installed here
(it asks for numpy below 1.17), and only its checkpoints are read. The networks are built in
Keras from the checkpoints' names and shapes, compared with the checkpoints' own graphs on noise
(1e-5), and exported to two LiteRT files with 8-bit weights.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import zipfile
from dataclasses import dataclass
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
    WEIGHTS_NAME,
    write_bundle,
)
from fstmuse_core.bundle.manifest import TAGGER, BundleManifest, Thresholds

_FILTERS, _LAYERS = 128, 5
_LARGEST_ERROR = 1e-5
_VGG_EPSILON = 1e-3
_OWN_OUTPUT = "model/dense/BiasAdd"


@dataclass(frozen=True)
class Source:
    """A checkpoint of the wheel.

    Attributes
    ----------
    folder : str
        Its folder in the wheel.
    prefix : str
        Put before its tags, since two sets share names.
    pools : tuple of (size, stride)
        Pooling of each layer, from the checkpoint's own graph: the wheel's code pools the
        Million Song network otherwise than it was trained.
    tags : tuple of str
        Names of its outputs, from the wheel's configuration.
    """

    folder: str
    prefix: str
    pools: tuple[tuple[tuple[int, int], tuple[int, int]], ...]
    tags: tuple[str, ...]


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

_SOURCES = (
    Source(
        "MSD_vgg",
        "",
        tuple((size, size) for size in ((4, 1), (1, 4), (2, 2), (2, 2), (4, 4))),
        tuple(_MSD_TAGS),
    ),
    Source(
        "MTT_vgg",
        "MTT ",
        (((4, 1), (2, 2)), *(((size, size), (size, size)) for size in (2, 2, 2, 4))),
        tuple(_MTT_TAGS),
    ),
)


def build_vgg(source: Source, n_tags: int) -> keras.Model:
    """Build a network of five convolutions; it gives logits and the last pooled layer.

    Input has the shape ``(187, 96, 1)``, the outputs ``(n_tags,)`` and ``(256,)``.
    """
    x = inputs = keras.Input((PATCH_FRAMES, N_MELS, 1))
    x = keras.layers.BatchNormalization(epsilon=_VGG_EPSILON, name="batch_normalization")(x)
    for number, (size, stride) in enumerate(source.pools, 1):
        x = keras.layers.Conv2D(
            _FILTERS, 3, padding="same", activation="relu", name=f"{number}CNN"
        )(x)
        x = keras.layers.BatchNormalization(
            epsilon=_VGG_EPSILON, name=f"batch_normalization_{number}"
        )(x)
        x = keras.layers.MaxPooling2D(size, stride)(x)
    embedding = keras.layers.Flatten()(x)
    return keras.Model(inputs, [keras.layers.Dense(n_tags, name="dense")(embedding), embedding])


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
    checkpoint: str, patches: npt.NDArray[np.float32], output: str = _OWN_OUTPUT
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
    network = build_vgg(source, len(source.tags))
    load_weights(network, checkpoint)
    patches = np.abs(np.random.default_rng(0).normal(1.0, 1.0, (8, PATCH_FRAMES, N_MELS)))
    patches = patches.astype(np.float32)
    ours = np.asarray(network(patches[..., None], training=False)[0])
    error = float(np.abs(ours - own_logits(checkpoint, patches)).max())
    print(f"{source.folder}: {network.count_params():,} parameters, logits within {error:.1e}")
    if not error < _LARGEST_ERROR * max(1.0, float(np.abs(ours).max())):
        raise SystemExit(f"{source.folder}: logits differ by {error}")
    return network


def litert_file(network: keras.Model) -> bytes:
    """LiteRT file with weights of eight bits."""
    with tempfile.TemporaryDirectory() as folder:
        network.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())


def unpack(wheel: Path, folder: Path) -> None:
    """Unpack the checkpoints; each gets a name, since a bare ``.index`` cannot be opened."""
    with zipfile.ZipFile(wheel) as archive:
        for source in _SOURCES:
            for ending in (".index", ".data-00000-of-00001", ".meta"):
                data = archive.read(f"musicnn/{source.folder}/{ending}")
                (folder / (source.folder + ending)).write_bytes(data)


_CARD = """# The tagger

Two networks that hear music and say tags; FstMuse's classifiers stand on them. They are not
ours: they come from **musicnn** by Jordi Pons (Music Technology Group, Universitat Pompeu Fabra),
version 0.1.0, unchanged but for their weights, which have eight bits here.

- `MSD_vgg`, trained on the Million Song Dataset (some 200,000 songs, tags of last.fm): {msd} tags.
- `MTT_vgg`, trained on MagnaTagATune: {mtt} tags. It is asked for what the other lacks, classical.

Input: patches of 3 s, 187 frames of 96 mel bands at 16 kHz. Output of each: logits of its tags and
256 numbers (the last pooled layer). One tag is no genre, and these tags are people's, from the
years before 2011; what is newer they have never heard.

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
        networks = [trained_network(source, Path(name)) for source in _SOURCES]
    tags = tuple(source.prefix + tag for source in _SOURCES for tag in source.tags)
    first, second = (litert_file(network) for network in networks)
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
        genres=tags,
        spectrogram=TAGGER_SPECTROGRAM,
        scaling=FeatureScaling(np.zeros(N_MELS, np.float32), np.ones(N_MELS, np.float32)),
        segment_frames=PATCH_FRAMES,
        segment_hop_frames=PATCH_FRAMES,
        temperature=1.0,
        thresholds=Thresholds(0.0, 0.0),
        architecture={
            "network": "MSD_vgg and MTT_vgg of musicnn 0.1.0",
            "parameters": sum(network.count_params() for network in networks),
        },
        training={"command": command, "use": "non-commercial", "licence": "CC BY-NC-SA 4.0"},
    )
    files = {
        LITERT_NAME: first,
        SECOND_NAME: second,
        WEIGHTS_NAME: stream.getvalue(),
        CARD_NAME: _CARD.format(msd=len(_MSD_TAGS), mtt=len(_MTT_TAGS), command=command).encode(),
    }
    write_bundle(options.out, manifest, files)
    print(f"{options.out}: {sum(map(len, files.values())) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
