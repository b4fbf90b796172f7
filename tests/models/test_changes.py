"""Renaming, deleting and restoring; models that came with the program stay as they are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fstmuse_core.bundle import changes
from fstmuse_core.bundle.bundle import find_bundle, load_bundle, shipped_models_folder
from fstmuse_core.bundle.changes import (
    MAX_LENGTH,
    TRASH_DAYS,
    delete_model,
    empty_old_trash,
    find_deleted,
    list_deleted,
    name_of,
    rename_model,
    restore_model,
    trash_folder,
)
from fstmuse_core.bundle.manifest import manifest_bytes
from fstmuse_core.bundle.model_list import Origin, find_model, list_models, model_details
from fstmuse_core.system.errors import BundleError


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(BundleError) as caught:
        act()
    text = str(caught.value)
    assert "\n" not in text
    assert caught.value.remedy
    return text


def names() -> list[str]:
    return [entry.name for entry in list_models()]


# -- names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "why"),
    [
        ("", "it is empty"),
        (" \t\n", "it is empty"),
        ("x" * (MAX_LENGTH + 1), "65 characters"),
        ("a/b", "cannot hold '/'"),
        ("a\\b", "cannot hold"),
        ("../a", "cannot hold '/'"),
        ("a:b", "cannot hold ':'"),
        ("what?", "cannot hold '?'"),
        ("a\0b", "cannot hold '\\x00'"),
        ("a\x1bb", "cannot hold '\\x1b'"),
        ("..", "begins with a letter"),
        (".hidden", "begins with a letter"),
        ("-rf", "begins with a letter"),
        ("end.", "does not end in a dot"),
        ("日本", "begins with a letter"),
        ("CON", "Windows keeps"),
        ("nul.model", "Windows keeps"),
        ("com1", "Windows keeps"),
    ],
)
def test_names_that_cannot_be_are_refused_and_why(title: str, why: str) -> None:
    assert why in refusal(lambda: name_of(title))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("mine", "mine"),
        ("  My  best songs ", "My-best-songs"),
        ("Música 2", "Musica-2"),
        ("v1.2_final", "v1.2_final"),
        ("console", "console"),
        ("x" * MAX_LENGTH, "x" * MAX_LENGTH),
    ],
)
def test_names_follow_from_titles(title: str, name: str) -> None:
    assert name_of(title) == name


# -- renaming --------------------------------------------------------------------------


@pytest.mark.parametrize("taken", ["fst-muse", "FstMuse", "FST MUSE", "toy_model"])
def test_a_name_that_another_model_answers_to_is_refused(mine: Path, taken: str) -> None:
    assert "already" in refusal(lambda: rename_model("mine", taken))
    assert load_bundle(mine).name == "mine"


def test_shipped_models_stay_as_they_are() -> None:
    folder = shipped_models_folder() / "toy-model"
    before = (folder / "model.json").read_bytes()
    assert "came with FstMuse" in refusal(lambda: rename_model("toy-model", "other"))
    assert "came with FstMuse" in refusal(lambda: delete_model("ToyModel"))
    assert (folder / "model.json").read_bytes() == before


def test_a_model_that_is_not_there_names_those_that_are() -> None:
    assert "models: fst-muse" in refusal(lambda: rename_model("polka", "other"))
    assert "models: fst-muse" in refusal(lambda: delete_model("polka"))


def test_renaming_changes_what_lists_show_and_what_finds_it(mine: Path) -> None:
    old = find_bundle("mine")
    entry = rename_model("mine", "My songs")
    assert (entry.name, entry.title) == ("My-songs", "My songs")
    assert names() == ["fst-muse", "fst-muse-wide", "tagger", "toy-gan", "toy-model", "My-songs"]
    new = find_bundle("my songs")
    assert (new.name, new.manifest.title) == ("My-songs", "My songs")
    assert new.litert == old.litert
    with pytest.raises(BundleError):
        find_bundle("mine")


def test_a_renamed_model_keeps_its_hash_and_so_all_that_it_has_said(mine: Path) -> None:
    before = load_bundle(mine).sha256
    rename_model("mine", "My songs")
    entry = rename_model("my songs", "Jazz")
    assert entry.sha256 == before
    assert find_bundle("jazz").sha256 == before
    assert find_bundle("jazz").is_current()
    shutil.copytree(entry.folder, mine)
    assert rename_model("mine", "other").sha256 == before
    deleted = delete_model("Jazz")
    rename_model("other", "Jazz")
    assert restore_model(deleted).sha256 == before


def test_the_name_a_model_was_made_under_lends_no_hash_to_another(mine: Path) -> None:
    before = load_bundle(mine).sha256
    path = rename_model("mine", "other").folder / "model.json"
    values = json.loads(path.read_bytes())
    wrong: tuple[dict[str, object], ...] = (
        {"segment_hop_frames": 1},
        {"made_as": {**values["made_as"], "title": "another"}},
        {"made_as": {}},
        {"made_as": "mine"},
    )
    for spoilt in wrong:
        path.write_bytes(manifest_bytes(values | spoilt))
        assert load_bundle(path.parent).sha256 != before
    path.write_bytes(manifest_bytes(values))
    assert load_bundle(path.parent).sha256 == before


def test_a_running_classifier_notices_that_its_model_was_renamed(mine: Path) -> None:
    bundle = find_bundle("mine")
    assert bundle.is_current()
    rename_model("mine", "other")
    assert not bundle.is_current()
    assert find_bundle("other").is_current()


def test_only_the_case_of_a_letter_can_change(mine: Path) -> None:
    assert rename_model("mine", "MINE").name == "MINE"
    assert find_bundle("MINE").name == "MINE"
    assert rename_model("MINE", "MINE").title == "MINE"


def test_entries_that_this_version_does_not_know_are_kept(mine: Path) -> None:
    path = mine / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "later": 1}))
    entry = rename_model("mine", "other")
    assert json.loads((entry.folder / "model.json").read_bytes())["later"] == 1


def test_a_folder_in_the_way_is_not_touched(mine: Path) -> None:
    other = mine.with_name("other")
    other.mkdir()
    assert "cannot be renamed" in refusal(lambda: rename_model("mine", "other"))
    assert names()[-1] == "mine"
    assert other.is_dir()


def test_a_disk_that_refuses_leaves_the_old_name(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(changes, "open_atomic", full)
    assert "No space left" in refusal(lambda: rename_model("mine", "other"))
    assert find_bundle("mine").path == mine


def test_a_kill_while_renaming_leaves_a_model_that_works(mine: Path) -> None:
    script = f"""
import os
from pathlib import Path
from fstmuse_core.bundle import bundle
from fstmuse_core.bundle import changes

bundle.user_models_folder = lambda: Path({str(mine.parent)!r})
changes.open_atomic = lambda _path: os._exit(9)
changes.rename_model("mine", "Other name")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=120)
    assert done.returncode == 9, done.stderr
    assert names()[-1] == "Other-name"
    assert find_model("other name").trouble == ""
    assert rename_model("other name", "Other name").title == "Other name"


# -- deleting --------------------------------------------------------------------------


def test_what_is_deleted_can_be_restored(mine: Path) -> None:
    before = {file.name: file.read_bytes() for file in mine.iterdir()}
    deleted = delete_model("mine")
    assert names() == ["fst-muse", "fst-muse-wide", "tagger", "toy-gan", "toy-model"]
    assert not mine.exists()
    assert list_deleted() == [deleted]
    assert deleted.folder.parent == trash_folder()
    assert restore_model(find_deleted()).name == "mine"
    assert {file.name: file.read_bytes() for file in mine.iterdir()} == before
    assert list_deleted() == []


def test_restored_beside_one_that_has_taken_its_name(mine: Path) -> None:
    shutil.copytree(mine, mine.with_name("spare"))
    first = delete_model("mine")
    rename_model("spare", "Mine")
    entry = restore_model(first)
    assert (entry.name, entry.title) == ("mine-2", "mine 2")
    assert find_bundle("mine-2").name == "mine-2"
    assert find_bundle("mine").manifest.title == "Mine"


def test_the_latest_is_restored_first_and_any_by_name(mine: Path) -> None:
    shutil.copytree(mine, mine.with_name("other"))
    delete_model("mine")
    delete_model("other")
    assert find_deleted().name == "other"
    assert find_deleted("MINE").name == "mine"
    assert "deleted: other, mine" in refusal(lambda: find_deleted("polka"))


def test_with_an_empty_trash_there_is_nothing_to_restore() -> None:
    assert f"kept for {TRASH_DAYS} days" in refusal(find_deleted)


def test_what_was_restored_already_cannot_be_once_more(mine: Path) -> None:
    deleted = delete_model("mine")
    restore_model(deleted)
    assert "no longer in the trash" in refusal(lambda: restore_model(deleted))


def test_old_trash_is_emptied_and_young_is_not(mine: Path) -> None:
    stamp = (datetime.now(UTC) - timedelta(days=TRASH_DAYS, hours=1)).strftime("%Y%m%dT%H%M%S%f")
    old = trash_folder() / f"{stamp}-old"
    shutil.copytree(mine, old)
    stranger = trash_folder() / "not ours"
    stranger.mkdir()
    young = delete_model("mine")
    assert not old.exists()
    assert stranger.is_dir()
    empty_old_trash()
    assert list_deleted() == [young]


def test_a_damaged_model_is_listed_and_can_be_deleted(mine: Path) -> None:
    (mine / "weights.npz").write_bytes(b"")
    assert "changed or cut" in find_model("mine").trouble
    assert model_details("mine").card == ""
    restore_model(delete_model("mine"))
    assert "changed or cut" in find_model("mine").trouble


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_may_not_be_written_is_said(mine: Path) -> None:
    mine.parent.chmod(0o500)
    try:
        assert "cannot be deleted" in refusal(lambda: delete_model("mine"))
    finally:
        mine.parent.chmod(0o700)


# -- the list --------------------------------------------------------------------------


def test_each_model_says_where_it_comes_from(mine: Path) -> None:
    origins = {entry.name: entry.origin for entry in list_models()}
    assert origins == {
        "fst-muse": Origin.SHIPPED,
        "fst-muse-wide": Origin.SHIPPED,
        "tagger": Origin.SHIPPED,
        "toy-gan": Origin.SHIPPED,
        "toy-model": Origin.SHIPPED,
        "mine": Origin.OWN,
    }


def test_an_own_model_that_stands_before_a_shipped_one_can_be_deleted(mine: Path) -> None:
    mine.rename(mine.with_name("toy-model"))
    assert find_model("toy-model").origin is Origin.OWN
    delete_model("toy-model")
    assert find_model("toy-model").origin is Origin.SHIPPED


def test_the_details_of_the_starter_weights_are_read() -> None:
    details = model_details("FstMuse")
    manifest = load_bundle(shipped_models_folder() / "fst-muse").manifest
    assert details.figures.accuracy == manifest.metrics["accuracy"]
    assert tuple(row.genre for row in details.figures.genres) == manifest.genres
    assert len(details.figures.confusion) == len(manifest.genres)
    assert details.command == manifest.training["command"]
    assert details.card.startswith("# FstMuse")
    sizes = [file.stat().st_size for file in details.entry.folder.iterdir()]
    assert details.entry.size_bytes == sum(sizes)


def test_the_details_of_a_trained_model_are_read(mine: Path) -> None:
    path = mine / "model.json"
    values = json.loads(path.read_bytes())
    values["metrics"] = {
        "accuracy": 0.25,
        "macro_f1": 0.4,
        "recall": {"Rock": 0.25, "Folk": None},
        "songs": {"Rock": 4, "Folk": 0},
        "artists": {"Rock": 2, "Folk": 0},
        "confusion": [[1, 3], [0, 0]],
    }
    path.write_text(json.dumps(values))
    figures = model_details("mine").figures
    assert [(row.genre, row.recall, row.songs, row.artists) for row in figures.genres] == [
        ("Rock", 0.25, 4, 2),
        ("Folk", None, 0, 0),
    ]
    assert figures.confusion == ((1, 3), (0, 0))
    assert (figures.accuracy, figures.macro_f1) == (0.25, 0.4)


@pytest.mark.parametrize(
    "metrics",
    [
        {},
        {"accuracy": "high", "macro_f1": float("nan"), "genres": 3, "confusion": "?"},
        {"accuracy": 7, "recall": [1], "songs": None, "confusion": [[1], [1, 2]]},
        {"genres": [1, {"genre": ["Rock"]}, {"recall": -1}], "accuracy": True},
        {"accuracy": 10**400, "genres": [{"genre": "Rock", "songs": -3, "artists": 1e99}]},
    ],
)
def test_figures_that_make_no_sense_are_left_out(mine: Path, metrics: dict[str, object]) -> None:
    path = mine / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "metrics": metrics}))
    figures = model_details("mine").figures
    assert figures.accuracy is None
    assert figures.macro_f1 is None
    assert figures.confusion == ()
    assert all(row.recall is None and row.songs == 0 for row in figures.genres)
