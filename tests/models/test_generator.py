"""A generator is exported and imported like a classifier."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.bundle.archive import ArchiveError, export_model, read_archive
from fstmuse_core.bundle.bundle import load_bundle
from fstmuse_core.bundle.importing import import_model
from fstmuse_core.bundle.litert import GeneratorNetwork
from fstmuse_core.bundle.model_list import model_details
from fstmuse_core.bundle.noise import draw_noise
from tests.models.conftest import Parcel

pytestmark = pytest.mark.slow

_STEPS = 9
_MAKE = """
import sys
import numpy as np
from fstmuse_core.bundle.bundle import write_bundle
from fstmuse_core.bundle.manifest import GENERATOR, BundleManifest, Thresholds
from fstmuse_core.audio.features import FeatureScaling
from fstmuse_core.networks.toy_gan import CROP_FRAMES, SHAPE, build_generator
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG
from fstmuse_core.training.export import weights_bytes
from fstmuse_core.training.gan import export as gan_export
from fstmuse_core.training.gan.judges import judge_bytes, judge_plan

sizes = {"width": 16, "plane": 8}
generator = build_generator(3, **sizes)
weights, litert = weights_bytes(generator), gan_export.litert_bytes(generator)
manifest = BundleManifest(
    name="band", title="Band", kind=GENERATOR, genres=("Rock", "Folk", "Jazz"),
    spectrogram=DEFAULT_CONFIG,
    scaling=FeatureScaling(np.zeros(128, np.float32), np.ones(128, np.float32)),
    segment_frames=CROP_FRAMES, segment_hop_frames=CROP_FRAMES,
    temperature=1.0, thresholds=Thresholds(0.0, 0.0),
    architecture={"network": "fstmuse_core.networks.toy_gan", **sizes, **SHAPE.to_dict()},
    metrics={"accuracy": 0.4, "consistency": {"Rock": 0.5, "Folk": 0.3, "Jazz": 0.4}},
)
plan = judge_plan(manifest.genres)
judge = judge_bytes(plan.build(3), manifest.scaling)
files = {"weights.npz": weights, "model.tflite": litert, "CARD.md": b"# Band", "judge.npz": judge}
write_bundle(sys.argv[1], manifest, files)
"""


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small generator, made in a process of its own: TensorFlow is loaded for it."""
    folder = tmp_path_factory.mktemp("generator") / "band"
    command = [sys.executable, "-c", _MAKE, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def band(untrained: Path, own_models: Path, tmp_path: Path) -> Parcel:
    """It among the user's own models, exported and unpacked."""
    shutil.copytree(untrained, own_models / "band")
    with zipfile.ZipFile(export_model("band", tmp_path)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return Parcel(tmp_path, files, json.loads(files.pop("model.json")))


def test_it_comes_back_and_makes_the_same(band: Parcel, untrained: Path) -> None:
    entry = import_model(band.pack(), "back")
    assert entry.kind == "generator"
    pieces = []
    for folder in (untrained, entry.folder):
        network = GeneratorNetwork(load_bundle(folder))
        noise = draw_noise(network.shape, _STEPS, 3)
        genre = np.eye(3, dtype=np.float32)[1]
        pieces.append(network.run(genre, noise, _STEPS * network.shape.frames_per_step))
    np.testing.assert_allclose(pieces[0], pieces[1], atol=1e-4)
    with np.load(untrained / "judge.npz") as sent, np.load(entry.folder / "judge.npz") as come:
        assert sorted(sent) == sorted(come)
        for name in sent:
            np.testing.assert_array_equal(sent[name], come[name])
    figures = model_details("back").figures
    assert figures.accuracy == 0.4
    assert [row.recall for row in figures.genres] == [0.5, 0.3, 0.4]


@pytest.mark.parametrize("size", [10**9, 0, -8, 12, "8", 8.0, True, None])
@pytest.mark.parametrize("name", ["width", "plane"])
def test_sizes_that_make_no_sense_are_refused(band: Parcel, name: str, size: object) -> None:
    band.manifest["architecture"][name] = size
    with pytest.raises(ArchiveError, match=f"its {name} is "):
        read_archive(band.pack())


@pytest.mark.parametrize(
    ("change", "why"),
    [({"margin_steps": 4}, "it takes other noise than our network"), ({"width": 24}, "the shape")],
)
def test_a_record_that_does_not_fit_the_weights_is_refused(
    band: Parcel, change: dict[str, object], why: str
) -> None:
    band.manifest["architecture"].update(change)
    with pytest.raises(ArchiveError) as caught:
        import_model(band.pack())
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["weights.npz", "judge.npz"])
def test_its_weights_are_read_as_strictly(band: Parcel, name: str) -> None:
    stream = io.BytesIO()
    np.savez(stream, a=np.array([np.nan], dtype=np.float32))
    band.files[name] = stream.getvalue()
    with pytest.raises(ArchiveError, match="NaN or infinity"):
        read_archive(band.pack())
