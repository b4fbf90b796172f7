"""A model that was exported comes back as it was; one that fits no network of ours does not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.audio.features import N_STATISTICS
from fstmuse_core.bundle import importing
from fstmuse_core.bundle.archive import ArchiveError, export_model, read_archive
from fstmuse_core.bundle.bundle import Bundle, find_bundle, load_bundle, shipped_models_folder
from fstmuse_core.bundle.importing import ImportCancelledError, import_model
from fstmuse_core.bundle.known_networks import Rebuilt
from fstmuse_core.bundle.litert import LiteRtNetwork
from fstmuse_core.bundle.model_list import Origin, list_models, model_details
from fstmuse_core.bundle.pattern_head import PatternHead, pattern_head
from fstmuse_core.bundle.sanity_check import try_out
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.system.errors import BundleError, FstMuseError
from tests.conftest import Samples, make_music, make_speech
from tests.models import stand_ins
from tests.models.conftest import Parcel

Build = Callable[[Callable[[], Rebuilt]], None]


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Build:
    """Puts something in the place of the process that builds, which takes ten seconds."""

    def stand_in(answer: Callable[[], Rebuilt]) -> None:
        monkeypatch.setattr(importing, "_rebuild", lambda _archive, _cancelled: answer())

    return stand_in


@pytest.fixture
def quick(build: Build, exported: Path) -> None:
    """The process would answer with the shipped network."""
    shipped = load_bundle(shipped_models_folder() / "toy-model")
    weights = (shipped.path / "weights.npz").read_bytes()
    build(lambda: Rebuilt(shipped.litert, weights))


def refusal(path: Path, name: str = "", kind: type[FstMuseError] = ArchiveError) -> str:
    before = [entry.name for entry in list_models()]
    with pytest.raises(kind) as caught:
        import_model(path, name)
    assert [entry.name for entry in list_models()] == before
    text = str(caught.value)
    assert "\n" not in text
    return text


# -- by the process itself -----------------------------------------------------------------


@pytest.mark.slow
def test_weights_of_another_shape_are_refused_by_the_process(parcel: Parcel) -> None:
    arrays = parcel.weights()
    arrays["bias/bias"] = np.zeros(9, dtype=np.float32)
    parcel.set_weights(arrays)
    assert "'bias/bias' has the shape (9,) instead of (4,)" in refusal(parcel.pack())


@pytest.mark.slow
def test_an_exported_model_comes_back_and_answers_the_same(parcel: Parcel, music: Samples) -> None:
    parcel.files["model.tflite"] = b"not a network, and not to be looked at"
    path = parcel.pack()
    steps: list[str] = []
    entry = import_model(path, "Back again", tell=steps.append)
    assert (entry.name, entry.title, entry.origin) == ("Back-again", "Back again", Origin.IMPORTED)
    assert len(steps) == 3
    ours = GenreClassifier.load("back again")
    shipped = GenreClassifier(load_bundle(shipped_models_folder() / "toy-model"))
    for samples in (music, make_music(8.0, seed=5), make_speech(6.0)):
        mine, theirs = ours.classify_samples(samples), shipped.classify_samples(samples)
        np.testing.assert_allclose(mine.probabilities, theirs.probabilities, atol=1e-4)
        assert mine.verdict == theirs.verdict
    origin = model_details("Back-again").imported
    assert origin["file"] == path.name
    assert origin["name"] == "toy-model"
    assert origin["sha256"] == read_archive(path).sha256
    before = _arrays(shipped.bundle)
    assert {k: v.tolist() for k, v in _arrays(ours.bundle).items()} == {
        k: v.tolist() for k, v in before.items()
    }
    assert (ours.bundle.path / "CARD.md").read_bytes() == parcel.files["CARD.md"]


def _arrays(bundle: Bundle) -> dict[str, Any]:
    with np.load(bundle.path / "weights.npz", allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.mark.slow
def test_weights_fit_exactly_or_not_at_all() -> None:
    """In a process of its own: TensorFlow is loaded."""
    script = """
import numpy as np
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.training.rebuild import assign_all

class Variable:
    path, shape, value = "a/kernel", (2, 3), None
    def assign(self, value):
        self.value = value

right = np.ones((2, 3), dtype=np.float32)
for weights in ({}, {"b": right}, {"a/kernel": right, "b": right}, {"a/kernel": right.T}):
    variable = Variable()
    try:
        assign_all([variable], weights)
    except FstMuseError as error:
        assert variable.value is None
        print(error.reason)
variable = Variable()
assign_all([variable], {"a/kernel": right})
assert variable.value is right
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert "lacks 'a/kernel'" in lines[0]
    assert "lacks 'a/kernel'" in lines[1]
    assert "has more than its network, such as 'b'" in lines[2]
    assert "has the shape (3, 2) instead of (2, 3)" in lines[3]


@pytest.mark.slow
def test_whoever_imports_loads_no_tensorflow(exported: Path, tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from fstmuse_core.bundle import bundle
bundle.user_models_folder = lambda: Path({str(tmp_path)!r}) / "models"
from fstmuse_core.bundle.importing import import_model

if __name__ == "__main__":
    import_model({str(exported)!r})
    loaded = {{name.partition(".")[0] for name in sys.modules}}
    assert not loaded & {{"tensorflow", "keras", "jax"}}, loaded
    assert "fstmuse_core.training" not in sys.modules
"""
    file = tmp_path / "script.py"
    file.write_text(script)
    subprocess.run([sys.executable, str(file)], check=True, timeout=200, capture_output=True)
    assert (tmp_path / "models" / "toy-model-2" / "model.tflite").is_file()


def test_an_import_can_be_given_up(exported: Path) -> None:
    with pytest.raises(ImportCancelledError):
        import_model(exported, cancelled=lambda: True)
    assert [entry.name for entry in list_models()] == [
        "fst-muse",
        "fst-muse-wide",
        "tagger",
        "toy-gan",
        "toy-model",
    ]


def test_a_process_that_dies_is_said(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "serve_build", stand_ins.die)
    assert "the process that builds its network has ended" in refusal(exported)


def test_a_process_that_never_answers_is_ended(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "serve_build", stand_ins.sleep)
    monkeypatch.setattr(importing, "_PATIENCE_S", 0.0)
    assert "took too long" in refusal(exported)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("trial", "why"), [(stand_ins.crash, "broke down"), (stand_ins.hang, "trying it out")]
)
def test_a_network_that_crashes_or_hangs_costs_one_line(
    trial: Callable[[Bundle], None], why: str, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "try_out", trial)
    monkeypatch.setattr(importing, "_TRYING", replace(importing._TRYING, idle_s=0.5))
    assert why in refusal(exported)


# -- around it -----------------------------------------------------------------------------


def test_a_network_that_refuses_is_said(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "serve_build", stand_ins.refuse)
    assert "its weights are odd" in refusal(exported)


@pytest.mark.usefixtures("quick")
def test_names_are_checked_before_anything_else(exported: Path, tmp_path: Path) -> None:
    assert "cannot hold '/'" in refusal(tmp_path / "none", "a/b", BundleError)
    assert "called fst-muse already" in refusal(tmp_path / "none", "FstMuse", BundleError)


@pytest.mark.usefixtures("quick")
def test_without_a_name_the_next_free_one_is_taken(exported: Path) -> None:
    names = [import_model(exported).name, import_model(exported).name]
    assert names == ["toy-model-2", "toy-model-3"]
    assert find_bundle("toy-model-3").manifest.title == "ToyModel 3"


@pytest.mark.usefixtures("quick")
def test_a_name_in_the_file_that_no_folder_can_have_is_refused(parcel: Parcel) -> None:
    parcel.manifest["name"] = "../../etc"
    assert "cannot hold '/'" in refusal(parcel.pack(), kind=BundleError)
    assert import_model(parcel.pack(), "fine").name == "fine"


@pytest.mark.usefixtures("quick")
def test_a_description_that_fits_another_network_is_refused(parcel: Parcel) -> None:
    parcel.manifest["segment_frames"] = 64
    parcel.manifest["segment_hop_frames"] = 32
    assert "its network cannot be run" in refusal(parcel.pack(), kind=BundleError)


@pytest.mark.usefixtures("quick")
def test_answers_that_are_no_numbers_are_refused(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(_network: object, features: Any) -> tuple[Any, Any, Any]:
        n = len(features)
        maps = np.zeros((n, 8, 8, 3), dtype=np.float32)
        return np.full((n, 3), answer, np.float32), np.zeros(n, np.float32), maps

    monkeypatch.setattr(LiteRtNetwork, "run", run)
    monkeypatch.setattr(importing, "_try_apart", lambda bundle, _cancelled: try_out(bundle))
    answer = np.nan
    assert "NaN or infinity" in refusal(exported, kind=BundleError)
    answer = 0.5
    assert "the same whatever it hears" in refusal(exported, kind=BundleError)


@pytest.mark.usefixtures("quick")
def test_a_full_disk_is_said(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(importing, "write_bundle", full)
    assert "No space left" in refusal(exported)


@pytest.mark.usefixtures("quick")
def test_the_record_of_the_training_stays(exported: Path) -> None:
    entry = import_model(exported, "mine")
    values = json.loads((entry.folder / "model.json").read_bytes())
    own = json.loads((shipped_models_folder() / "toy-model" / "model.json").read_bytes())
    record = values["training"].pop("imported")
    assert set(record) == {"file", "sha256", "name", "at", "fstmuse", "covered"}
    assert values["training"] == own["training"]
    assert values["metrics"] == own["metrics"]


# -- the linear head on pattern statistics -------------------------------------------------


def _head(outputs: int = 4) -> PatternHead:
    rng = np.random.default_rng(2)
    matrix = rng.standard_normal((N_STATISTICS, outputs)).astype(np.float32)
    return PatternHead(
        np.zeros(N_STATISTICS, np.float32),
        np.ones(N_STATISTICS, np.float32),
        np.asfortranarray(0.01 * matrix),
        np.zeros(outputs, np.float32),
    )


@pytest.mark.usefixtures("quick")
def test_a_pattern_head_comes_along(parcel: Parcel) -> None:
    head = _head()
    parcel.files["patterns.npz"] = head.to_bytes()
    import_model(parcel.pack(), "mine")
    found = pattern_head(find_bundle("mine"))
    assert found is not None
    np.testing.assert_array_equal(found.matrix, head.matrix)
    archive = read_archive(export_model("mine", parcel.folder))
    assert archive.others["patterns.npz"] == find_bundle("mine").patterns


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (_head(7).to_bytes(), "7 outputs for 3 genres"),
        (b"PK", "damaged"),
        (b"", "damaged"),
    ],
)
def test_a_pattern_head_that_does_not_fit_is_refused(parcel: Parcel, data: bytes, why: str) -> None:
    parcel.files["patterns.npz"] = data
    assert why in refusal(parcel.pack())


@pytest.mark.usefixtures("quick")
def test_a_pattern_head_of_other_arrays_is_refused(parcel: Parcel) -> None:
    parcel.files["patterns.npz"] = parcel.files["weights.npz"]
    assert "patterns.npz is malformed" in refusal(parcel.pack())
