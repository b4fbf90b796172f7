"""``fstmuse models rename``, ``delete``, ``restore``, ``export`` and ``import``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.bundle import bundle
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.manifest import BundleManifest

from .conftest import Run


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shipped: Bundle) -> Path:
    """A model of the user's own, called "mine"."""
    folder = tmp_path / "user" / "models"
    monkeypatch.setattr(bundle, "user_models_folder", lambda: folder)
    return shutil.copytree(shipped.path, folder / "mine")


def names(fstmuse: Run) -> list[str]:
    return [record["name"] for record in fstmuse("models", "list", "--format", "json").json()]


# -- wrong use ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("rename", "mine", ""), "it is empty"),
        (("rename", "mine", "a/b"), "cannot hold '/'"),
        (("rename", "mine", "FstMuse"), "called fst-muse already"),
        (("rename", "polka", "new"), "models: fst-muse"),
        (("rename", "fst-muse", "new"), "came with FstMuse"),
        (("delete", "fst-muse"), "came with FstMuse"),
        (("delete", "polka"), "models: fst-muse"),
        (
            ("restore",),
            "Your models: no deleted model is kept; those you delete are kept for 30 days",
        ),
        (("restore", "polka"), "no deleted model is kept by that name"),
        (("export", "polka"), "models: fst-muse"),
        (("import", "x.fstmuse", "--name", "mine"), "called mine already"),
    ],
)
def test_wrong_use_is_one_line_and_changes_nothing(
    fstmuse: Run, mine: Path, arguments: tuple[str, ...], why: str
) -> None:
    outcome = fstmuse("models", *arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    (line,) = outcome.complaints
    assert why in line
    assert names(fstmuse) == ["fst-muse", "fst-muse-wide", "tagger", "toy-gan", "toy-model", "mine"]


@pytest.mark.parametrize("name", ["net.keras", "net.h5", "net.pt", "net.pkl"])
def test_files_that_can_run_code_are_refused_and_why(
    fstmuse: Run, mine: Path, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.write_bytes(b"anything")
    outcome = fstmuse("models", "import", file)
    assert outcome.code == 1
    assert "can run code" in outcome.complaints[-1]
    assert names(fstmuse) == ["fst-muse", "fst-muse-wide", "tagger", "toy-gan", "toy-model", "mine"]


def test_a_file_that_is_not_there_is_said(fstmuse: Run, tmp_path: Path) -> None:
    outcome = fstmuse("models", "import", tmp_path / "none.fstmuse")
    assert outcome.code == 1
    assert "none.fstmuse: it cannot be read" in outcome.complaints[-1]


def test_a_place_that_cannot_be_written_is_said(fstmuse: Run, tmp_path: Path) -> None:
    outcome = fstmuse("models", "export", "toy-model", "-o", tmp_path / "no" / "m.fstmuse")
    assert outcome.code == 2
    assert "there is no folder" in outcome.err


# -- what it is for ------------------------------------------------------------------------


def test_rename_delete_and_restore(fstmuse: Run, mine: Path) -> None:
    assert fstmuse("models", "rename", "Mine", "My songs").err == "Mine is now called My-songs\n"
    assert names(fstmuse)[-1] == "My-songs"
    gone = fstmuse("models", "delete", "my songs")
    assert (gone.code, gone.out) == (0, "")
    assert "fstmuse models restore My-songs" in gone.err
    assert names(fstmuse) == ["fst-muse", "fst-muse-wide", "tagger", "toy-gan", "toy-model"]
    assert fstmuse("models", "list", "--deleted").out.split()[0] == "My-songs"
    (record,) = fstmuse("models", "list", "--deleted", "--format", "json").json()
    assert record["name"] == "My-songs"
    assert fstmuse("models", "restore").err == "My-songs is back\n"
    assert names(fstmuse)[-1] == "My-songs"
    assert "none was deleted" in fstmuse("models", "list", "--deleted").err


def test_a_name_that_was_taken_meanwhile_gets_a_number(fstmuse: Run, mine: Path) -> None:
    copy = shutil.copytree(mine, mine.with_name("copy"))
    fstmuse("models", "delete", "mine")
    copy.rename(mine)
    assert fstmuse("models", "restore", "mine").err == "mine is back, called mine-2\n"


def test_show_says_what_is_known_and_prints_no_orders_to_the_terminal(
    fstmuse: Run, mine: Path
) -> None:
    (mine / "CARD.md").write_text("# mine\n\x1b]0;owned\x07\n", encoding="utf-8")
    values = json.loads((mine / "model.json").read_bytes())
    del values["files"]["CARD.md"]
    bundle.write_bundle(
        mine,
        BundleManifest.from_dict(values),
        {file.name: file.read_bytes() for file in mine.iterdir() if file.name != "model.json"},
    )
    outcome = fstmuse("models", "show", "mine")
    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    assert "\\x1b]0;owned" in outcome.out
    for fact in ("your own", "accuracy", "macro-F1", "113 songs, 42 artists", "starter --model"):
        assert fact in outcome.out


@pytest.mark.slow
def test_an_exported_model_is_imported_and_gives_the_same_answers(
    start: Run, music_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    file = tmp_path / "fst-muse.fstmuse"
    assert start("models", "export", "fst-muse", "-o", tmp_path).code == 0
    outcome = start("models", "import", file, "--name", "Once more")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.complaints[-1].endswith("is now the model Once-more")
    answers = [
        start("classify", music_file, "--format", "json", "--model", name).json()
        for name in ("fst-muse", "once-more")
    ]
    before, after = (answer[0] if isinstance(answer, list) else answer for answer in answers)
    assert after["model"] == "Once-more"
    assert before["verdict"] == after["verdict"]
    np.testing.assert_allclose(
        list(before["probabilities"].values()), list(after["probabilities"].values()), atol=1e-4
    )
    listed = start("models", "show", "once-more").out
    assert "imported from fst-muse.fstmuse" in listed
