"""A model of the report's design is listed, renamed, exported and imported like any other."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.bundle.archive import ArchiveError, export_model, read_archive
from fstmuse_core.bundle.bundle import find_bundle, load_bundle, write_bundle
from fstmuse_core.bundle.changes import delete_model, find_deleted, rename_model, restore_model
from fstmuse_core.bundle.importing import checked_folder, import_model
from fstmuse_core.bundle.known_networks import has_room_for, reported_network
from fstmuse_core.bundle.litert import WholeClipNetwork
from fstmuse_core.bundle.manifest import SEGMENTS
from fstmuse_core.bundle.model_list import Origin, find_model, list_models, model_details
from fstmuse_core.system.errors import BundleError
from fstmuse_core.training.export import weights_bytes
from fstmuse_core.training.original.packaging import build, litert_bytes, whole_clip_manifest
from fstmuse_core.training.run import find_base
from fstmuse_core.training.settings import TrainSettings

N_FRAMES = 64
GENRES = ("Folk", "Rock")
KERNEL = "original_fst_muse/conv2d/kernel"
Files = dict[str, bytes]


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own models, empty."""
    folder = tmp_path / "user" / "models"
    monkeypatch.setattr("fstmuse_core.bundle.bundle.user_models_folder", lambda: folder)
    return folder


@pytest.fixture(scope="module")
def files() -> Files:
    """A small network of the report's FstMuse, as a training leaves it."""
    import keras

    keras.utils.set_random_seed(2)
    network = build("fst-muse", 2, N_FRAMES)
    return {
        "model.tflite": litert_bytes(network, is_quantised=True),
        "weights.npz": weights_bytes(network),
        "CARD.md": b"# report\n",
    }


def write(folder: Path, files: Files, *, is_quantised: bool = True) -> Path:
    manifest = replace(
        whole_clip_manifest("report", GENRES, N_FRAMES),
        architecture={
            "network": reported_network("fst-muse"),
            "parameters": 1,
            "quantised": is_quantised,
        },
    )
    write_bundle(folder / "report", manifest, files)
    return folder / "report"


def without_weights(files: Files) -> Files:
    return {name: data for name, data in files.items() if name != "weights.npz"}


def clip(seed: int = 0) -> Any:
    return np.random.default_rng(seed).gamma(1.0, size=(N_FRAMES, 128)).astype(np.float32)


def answer(name: str) -> Any:
    return WholeClipNetwork(find_bundle(name), num_threads=1).run(clip())


@pytest.mark.parametrize("is_quantised", [True, False])
def test_one_that_was_exported_comes_back(
    own_models: Path, tmp_path: Path, files: Files, is_quantised: bool
) -> None:
    write(own_models, files, is_quantised=is_quantised)
    path = export_model("report", tmp_path)
    entry = import_model(path, "again")
    assert entry.origin is Origin.IMPORTED
    again = find_bundle("again")
    assert again.manifest.input == "whole clip"
    assert again.manifest.architecture["quantised"] is is_quantised
    # A quarter of the size with eight bits; the same weights either way.
    assert (len(again.litert) < 1.5 * len(files["model.tflite"])) == is_quantised
    np.testing.assert_allclose(answer("again"), answer("report"), atol=0.02)


def test_one_without_weights_is_a_model_like_any_other(own_models: Path, files: Files) -> None:
    folder = write(own_models, without_weights(files))
    assert "report" in [entry.name for entry in list_models()]
    assert find_model("report").trouble == ""
    assert model_details("report").card == "# report\n"
    before = answer("report")
    assert rename_model("report", "Mine").name == "Mine"
    assert not folder.exists()
    delete_model("Mine")
    restore_model(find_deleted("Mine"))
    np.testing.assert_array_equal(answer("Mine"), before)


def test_one_without_weights_cannot_be_exported(
    own_models: Path, tmp_path: Path, files: Files
) -> None:
    write(own_models, without_weights(files))
    with pytest.raises(BundleError) as caught:
        export_model("report", tmp_path / "x.fstmuse")
    assert str(caught.value) == (
        "report: it has no weights.npz: its weights are larger than the 256 MiB that a file may "
        "have; train it where it is to be used"
    )
    assert not (tmp_path / "x.fstmuse").exists()


def test_a_folder_from_elsewhere_without_weights_is_refused(tmp_path: Path, files: Files) -> None:
    folder = write(tmp_path / "elsewhere", without_weights(files))
    with pytest.raises(BundleError, match=r"there is no weights\.npz in it"):
        checked_folder(folder)


def test_only_the_report_s_models_may_lack_weights(own_models: Path, files: Files) -> None:
    folder = write(own_models, without_weights(files))
    manifest = replace(load_bundle(folder).manifest, input=SEGMENTS)
    write_bundle(folder, manifest, without_weights(files))
    with pytest.raises(BundleError, match=r"weights\.npz is not listed in model\.json"):
        load_bundle(folder)


def test_the_toy_model_of_the_report_has_no_room() -> None:
    assert has_room_for(7_521_479)
    assert not has_room_for(151_860_099)


@pytest.mark.parametrize("name", ["model.tflite", "CARD.md"])
def test_a_file_that_was_changed_is_found(own_models: Path, files: Files, name: str) -> None:
    folder = write(own_models, files)
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:-1])
    with pytest.raises(BundleError, match="changed or cut"):
        load_bundle(folder)
    assert "changed or cut" in find_model("report").trouble


def npz(arrays: Mapping[str, Any]) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def spoiled(files: Files, change: str) -> Files:
    """The files with other weights."""
    with np.load(io.BytesIO(files["weights.npz"])) as arrays:
        weights = {name: arrays[name] for name in arrays.files}
    kernel = weights[KERNEL]
    if change == "shape":
        weights[KERNEL] = kernel[:-1]
    elif change == "NaN":
        weights[KERNEL] = np.full_like(kernel, np.nan)
    elif change == "name":
        weights["other/kernel"] = weights.pop(KERNEL)
    else:
        weights["original_fst_muse/dense_1/kernel"] *= 0.0
    return {**files, "weights.npz": npz(weights)}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("shape", rf"its '{KERNEL}' has the shape \(8, 9, 1, 32\) instead of"),
        ("NaN", "holds NaN or infinity"),
        ("name", f"it lacks '{KERNEL}', so it fits no network of ours"),
        ("constant", "it answers the same whatever it hears"),
    ],
)
def test_weights_that_make_no_sense_are_refused(
    own_models: Path, tmp_path: Path, files: Files, change: str, said: str
) -> None:
    write(own_models, spoiled(files, change))
    path = export_model("report", tmp_path)
    with pytest.raises(BundleError if change == "constant" else ArchiveError, match=said):
        import_model(path, "again")
    assert [entry.name for entry in list_models() if entry.name == "again"] == []


@pytest.mark.parametrize(
    ("network", "reads", "said"),
    [
        ("fstmuse_core.networks.fst_muse", "whole clip", "is said to take 'whole clip'"),
        ("fstmuse_core.original.fst_muse", "segments", "is said to take 'segments'"),
        ("fstmuse_core.original.networks", "whole clip", "is none of ours"),
    ],
)
def test_a_network_takes_what_it_takes(
    own_models: Path, tmp_path: Path, files: Files, network: str, reads: str, said: str
) -> None:
    folder = write(own_models, files)
    manifest = replace(load_bundle(folder).manifest, architecture={"network": network}, input=reads)
    write_bundle(folder, manifest, files)
    path = export_model("report", tmp_path)
    with pytest.raises(ArchiveError, match=said):
        read_archive(path)


def test_it_is_no_start_for_another_training(own_models: Path, files: Files) -> None:
    write(own_models, files)
    settings = TrainSettings(model="fst-muse", data=("music",), fine_tune="report")
    with pytest.raises(BundleError, match=r"report's design, which always learns anew; start"):
        find_base(settings)


def test_the_window_does_not_offer_it_as_a_start(own_models: Path, files: Files) -> None:
    from fstmuse_gui.train.form import choices

    folder = write(own_models, files)
    assert json.loads((folder / "model.json").read_text())["input"] == "whole clip"
    assert choices._base("report", folder) == []
