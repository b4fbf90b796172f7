"""ToyGan is trained through the same door: shown, stopped, cancelled, resumed, and shipped."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.bar_noise import N_BEAT_VALUES
from fstmuse_core.bundle.bundle import load_bundle
from fstmuse_core.bundle.manifest import manifest_bytes, sealed
from fstmuse_core.bundle.noise import NoiseShape
from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.runs.store import RunState, list_runs, newest_checkpoint, runs_folder
from fstmuse_core.system.errors import BundleError, FstMuseError
from fstmuse_core.training.control import Control
from fstmuse_core.training.gan import starter, trainer
from fstmuse_core.training.gan.evaluate import evaluate_generator
from fstmuse_core.training.gan.export import generator_inputs, run_litert
from fstmuse_core.training.gan.judges import FIGURES
from fstmuse_core.training.gan.model import GanSizes
from fstmuse_core.training.gan.trainer import GanScale
from tests.training_system.conftest import Event, Home, fstmuse, killed_in_epoch, make_home

EPOCHS = 3
ASKED = ["Rock", "Hip-Hop", "Folk", "Classical"]
OPTIONS: dict[str, Any] = {
    "model": "toy-gan",
    "epochs": EPOCHS,
    "batch_size": 4,
    "out": "made",
    "genres": ASKED,
}
SCALE = GanScale(
    steps_per_epoch=2,
    judge_steps=3,
    guide_steps=3,
    sounds=1,
    windows=4,
    sample_s=0.5,
    sizes=GanSizes(width=16, plane=8, critic=4),
)
# The same in another process, before the command runs.
CHILD = """
import sys
from fstmuse_core.training.gan import starter
from fstmuse_core.training.gan import trainer as trainee
from fstmuse_core.training.gan.model import GanSizes
from fstmuse_core.training.gan.trainer import GanScale
trainee.SCALE = {scale!r}
from fstmuse_core.cli import main
sys.exit(main())
"""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "SCALE", SCALE)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory, tones: Path, shared_cache: Path) -> Home:
    """A whole training; its folders are the user's only while it runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer, "SCALE", SCALE)
        home = make_home(tmp_path_factory.mktemp("gan"), shared_cache, patch)
        assert home.train(**OPTIONS, data=[str(tones)]) == 0, home.said
    return home


def words_for(options: dict[str, Any]) -> list[str]:
    """The same options for the command line."""
    told = {**options, "genres": ",".join(options["genres"])}
    return [f"--{name.replace('_', '-')}={value}" for name, value in told.items()]


def after_epoch(number: int, verb: str) -> Any:
    def on(event: Event, control: Control) -> None:
        if event["event"] == "epoch" and event["epoch"] == number:
            getattr(control, verb)()

    return on


def test_it_trains_shows_and_ships(unbroken: Home) -> None:
    home = unbroken
    assert home.of_kind("started")[0]["genres"] == ASKED
    epochs = home.of_kind("epoch")
    assert len(epochs) == EPOCHS
    for epoch in epochs:
        assert np.isfinite([epoch["loss"], epoch["val_loss"], epoch["generator_loss"]]).all()
        assert epoch["figures"].keys() == set(FIGURES)
        assert sum(map(sum, epoch["confusion"])) == 4 * SCALE.windows
    samples = home.of_kind("sample")
    assert len(samples) == EPOCHS * 4
    assert Path(samples[0]["picture"]).read_bytes().startswith(b"\x89PNG")
    mel = np.load(samples[0]["mel"])
    assert mel.shape[1] == 128
    sound, rate = soundfile.read(samples[0]["sound"])
    assert rate == 22_050
    assert sound.size == 512 * len(mel)

    done = home.last
    assert done["event"] == "done"
    assert set(done["metrics"]["figures"]) == {"made", "real", "noise"}
    card = Path(done["card"]).read_text(encoding="utf-8")
    assert "## What it sounds like" in card
    # Told by other pieces than those that chose the epoch.
    best = min(epochs, key=lambda epoch: epoch["val_loss"])
    assert done["metrics"]["figures"]["made"] != best["figures"]
    assert done["metrics"]["figures"]["made"].keys() == best["figures"].keys() | {"sound"}
    assert done["metrics"]["nearest_of_unheard"] > 0.0
    assert "Music by artists it never heard" in card
    assert "fstmuse train --model toy-gan" in card
    # Tones of four seconds have no beat, and that is said.
    assert "no steady beat was found in the music" in card
    assert "bars" not in done["metrics"]["figures"]["made"]
    assert done["metrics"]["figures"]["made"]["sound"] > 0.0
    assert "A tagger that knows music in general" in card
    assert all(Path(figure).is_file() for figure in done["figures"])
    check_bundle(Path(done["bundle"]))


def check_bundle(folder: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter

    bundle = load_bundle(folder)
    bundle.require_kind("generator")
    manifest = bundle.manifest
    assert manifest.genres == tuple(ASKED)
    assert set(manifest.files) >= {"model.tflite", "weights.npz", "CARD.md", "TRACKS.csv"}
    shape = NoiseShape.from_dict(manifest.architecture)
    told = len(manifest.genres) + N_BEAT_VALUES
    inputs = generator_inputs(told, 1, shape.steps(100), 7)
    mel = run_litert(Interpreter(model_content=bundle.litert), inputs)
    assert mel.shape == (1, 112, 128)


def test_stopped_and_resumed_equals_unbroken(home: Home, tones: Path, unbroken: Home) -> None:
    other = {**OPTIONS, "out": "stopped"}
    assert home.train(**other, data=[str(tones)], on=after_epoch(1, "stop")) == 0
    assert home.last["stopped_early"]
    assert home.last["resumable"]
    run = home.of_kind("started")[0]["run"]
    check_bundle(Path(home.last["bundle"]))

    assert home.train(resume=run) == 0
    assert home.of_kind("started")[0]["resumed_from_epoch"] == 1
    again = home.of_kind("epoch")
    assert [event["epoch"] for event in again] == [2, 3]
    assert_same(again[-1], unbroken.of_kind("epoch")[-1])
    assert {s.run: s.state for s in list_runs()}[run] == RunState.DONE


def assert_same(one: Event, two: Event) -> None:
    for key in ("loss", "generator_loss", "val_loss"):
        assert one[key] == pytest.approx(two[key], rel=1e-3, abs=1e-3)
    for name, value in one["figures"].items():
        assert value == pytest.approx(two["figures"][name], rel=1e-2, abs=1e-3)


@pytest.mark.parametrize(
    "moment",
    ["epoch", *(pytest.param(m, marks=pytest.mark.long) for m in ("guide", "sample", "testing"))],
)
def test_cancel_leaves_nothing(home: Home, tones: Path, moment: str) -> None:
    def on(event: Event, control: Control) -> None:
        if moment in (event["event"], event.get("stage")):
            control.cancel()

    assert home.train(**{**OPTIONS, "genres": []}, data=[str(tones)], on=on) == 130
    # Without a list, all that the music has, in order.
    assert home.of_kind("started")[0]["genres"] == sorted(ASKED)
    assert home.last["event"] == "cancelled"
    if moment == "sample":
        assert len(home.of_kind("sample")) == 1
    assert [p.name for p in runs_folder().iterdir()] == ["training.lock"]
    assert not (home.folder / "data" / "fstmuse" / "models").exists()


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="needs XDG folders and POSIX signals")
def test_killed_and_resumed_equals_unbroken(home: Home, tones: Path, unbroken: Home) -> None:
    words = words_for(OPTIONS)
    code = CHILD.format(scale=SCALE)
    python = fstmuse()[0]
    killed_in_epoch(
        3,
        [python, "-c", code, "train", *words, "--data", str(tones), "--events", "-"],
        home.environment,
    )
    summary = next(s for s in list_runs() if s.out == "made")
    assert summary.state == RunState.UNFINISHED
    assert summary.epoch == 2

    assert home.train(resume=summary.run) == 0
    assert_same(home.of_kind("epoch")[-1], unbroken.of_kind("epoch")[-1])
    assert newest_checkpoint(Path(summary.folder))[0] == EPOCHS


def test_it_is_measured_on_any_music(unbroken: Home, tones: Path) -> None:
    folder = unbroken.last["bundle"]
    tracks = [t for t in load_tracks(tones).tracks if t.genre != "Folk"]
    found = evaluate_generator(
        load_bundle(folder), tracks, lambda done, total: None, count=3, sounds=1
    )
    assert set(found["consistency"]) == {"Classical", "Hip-Hop", "Rock"}
    assert found["windows"] == 9
    assert "and its judge from" in found["note"]
    assert found["figures"]["noise"]["frechet"] > found["figures"]["real"]["frechet"] >= 0.0
    with pytest.raises(FstMuseError, match="none of it is of a genre the model makes"):
        evaluate_generator(load_bundle(folder), [], lambda done, total: None)


def test_a_starter_says_its_terms_and_its_music(unbroken: Home, tmp_path: Path) -> None:
    assert starter.main([unbroken.last["bundle"], str(tmp_path / "starter")]) == 0
    bundle = load_bundle(tmp_path / "starter")
    bundle.require_kind("generator")
    assert bundle.manifest.title == "ToyGan"
    assert bundle.manifest.training["use"] == "non-commercial"
    assert sum(bundle.manifest.training["licences"].values()) == 8
    card = (bundle.path / "CARD.md").read_text(encoding="utf-8")
    assert card.index("**Non-commercial.**") < card.index("## What it sounds like")
    assert "- Learned from, by genre: Classical 2" in card
    assert starter.main([str(tmp_path), str(tmp_path / "none")]) == 1


@pytest.mark.slow
def test_a_starter_is_measured_once_more(
    unbroken: Home, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def measure(bundle: Any, tracks: Any, tell: Any) -> dict[str, Any]:
        seen.append(len(tracks))
        return evaluate_generator(bundle, tracks, tell, count=3, sounds=1)

    monkeypatch.setattr(starter, "evaluate_generator", measure)
    trained, out = unbroken.last["bundle"], str(tmp_path / "starter")
    report = str(unbroken.of_kind("started")[0]["folder"] + "/report.json")
    options = ["--report", report, "--music", str(tones)]
    assert starter.main([trained, out, *options]) == 0
    # Those that were set aside for the judge are not among them.
    assert seen == [8]
    metrics = load_bundle(Path(out)).manifest.metrics
    assert metrics["windows"] == 12
    assert metrics["nearest_of_unheard"] == unbroken.last["metrics"]["nearest_of_unheard"]
    assert "12 windows of six seconds" in (Path(out) / "CARD.md").read_text(encoding="utf-8")


def test_a_generator_without_a_judge_is_a_sentence(unbroken: Home, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    shutil.copytree(unbroken.last["bundle"], folder)
    manifest = folder / "model.json"
    values = json.loads(manifest.read_text(encoding="utf-8"))
    del values["files"]["judge.npz"]
    manifest.write_bytes(manifest_bytes(sealed(values)))
    with pytest.raises(BundleError, match="it has no judge"):
        evaluate_generator(load_bundle(folder), [], lambda done, total: None)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_it_trains_on_the_other_backend(home: Home, tones: Path) -> None:
    pytest.importorskip("jax")
    words = words_for({**OPTIONS, "epochs": 1})
    child = [fstmuse()[0], "-c", CHILD.format(scale=SCALE)]
    done = subprocess.run(
        [*child, "train", *words, "--data", str(tones), "--events", "-"],
        env={**home.environment, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["event"] == "done", events[-1]
    bundle = load_bundle(events[-1]["bundle"])
    assert bundle.manifest.versions["backend"] == "jax"
    check_bundle(bundle.path)


@pytest.mark.parametrize("option", [{"dropout": 0.3}, {"l2": 0.1}, {"augment": "full"}])
def test_what_only_classifiers_have_is_refused(
    home: Home, tones: Path, option: dict[str, Any]
) -> None:
    assert home.train(**OPTIONS, **option, data=[str(tones)]) == 2
    assert "toy-gan" in home.last["sentence"]
