"""``fstmuse models``: the list, one of them, damaged ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fstmuse_core.bundle import bundle
from fstmuse_core.bundle.bundle import Bundle

from .conftest import Run


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own models, empty for this test."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setattr(bundle, "user_models_folder", lambda: folder)
    return folder


def test_list_names_all_models_with_their_genres(fstmuse: Run, own_models: Path) -> None:
    outcome = fstmuse("models", "list")

    assert (outcome.code, outcome.err) == (0, "")
    fst_muse, wide, tagger, toy_gan, toy_model = outcome.out.splitlines()
    assert fst_muse.split()[:2] == ["fst-muse", "FstMuse"]
    assert wide.split()[:3] == ["fst-muse-wide", "FstMuse", "Wide"]
    assert tagger.endswith("tagger      100 tags")
    assert toy_gan.split()[:2] == ["toy-gan", "ToyGan"]
    assert toy_model.split()[:2] == ["toy-model", "ToyModel"]
    assert "Folk, Hip-Hop, Rock" in toy_model


def test_list_as_json(fstmuse: Run, own_models: Path, shipped: Bundle) -> None:
    records = {
        record["name"]: record for record in fstmuse("models", "list", "--format", "json").json()
    }

    assert records["fst-muse"]["sha256"] == shipped.sha256
    assert records["fst-muse"]["genres"] == list(shipped.manifest.genres)


def test_a_damaged_model_is_said_and_the_others_are_listed(
    fstmuse: Run, own_models: Path, shipped: Bundle
) -> None:
    copy = shutil.copytree(shipped.path, own_models / "mine")
    (copy / "weights.npz").unlink()

    outcome = fstmuse("models", "list")

    assert outcome.code == 1
    assert len(outcome.out.splitlines()) == 5
    assert outcome.complaints == [
        "fstmuse: mine: weights.npz is missing; get the bundle again or retrain it"
    ]


def test_no_model_at_all(fstmuse: Run, own_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "shipped_models_folder", lambda: own_models)

    outcome = fstmuse("models", "list")

    assert outcome.code == 1
    assert "there is no model" in outcome.err


def test_show_gives_the_facts_and_the_card(fstmuse: Run, shipped: Bundle) -> None:
    outcome = fstmuse("models", "show", "FstMuse")

    assert outcome.code == 0
    assert shipped.sha256 in outcome.out
    assert outcome.out.endswith((shipped.path / "CARD.md").read_text(encoding="utf-8"))


def test_show_as_json_is_the_manifest(fstmuse: Run, shipped: Bundle) -> None:
    values = fstmuse("models", "show", "fst-muse", "--format", "json").json()

    assert values["sha256"] == shipped.sha256
    assert values["spectrogram"] == shipped.manifest.spectrogram.to_dict()
    assert values["training"] == shipped.manifest.training


def test_an_unknown_name_is_wrong_use(fstmuse: Run) -> None:
    outcome = fstmuse("models", "show", "polka")

    assert outcome.code == 2
    assert len(outcome.complaints) == 1
    assert "fst-muse" in outcome.err
