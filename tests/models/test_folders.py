"""A model's folder that lies anywhere is checked as an import is; a file's word opens none."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fstmuse_core.bundle import importing
from fstmuse_core.bundle.bundle import find_bundle, load_bundle, shipped_models_folder
from fstmuse_core.bundle.importing import checked_folder
from fstmuse_core.system.errors import BundleError

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache" / "checked-models"
    monkeypatch.setattr("fstmuse_core.bundle.bundle.checked_models_folder", lambda: folder)
    return folder


@pytest.fixture
def stray(tmp_path: Path) -> Path:
    """A sound model in a folder of no models."""
    return Path(shutil.copytree(shipped_models_folder() / "toy-model", tmp_path / "stray"))


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    values = json.loads((folder / "model.json").read_bytes())
    change(values)
    (folder / "model.json").write_text(json.dumps(values), "utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        checked_folder(folder)
    text = str(caught.value)
    assert text.isprintable()
    return text


def test_models_of_this_program_stay_where_they_are(mine: Path) -> None:
    shipped = shipped_models_folder() / "fst-muse"

    assert checked_folder(shipped) == shipped
    assert checked_folder(mine) == mine


def test_a_folder_elsewhere_is_not_run_unchecked(stray: Path) -> None:
    with pytest.raises(BundleError, match="it is a folder that was not checked"):
        find_bundle(str(stray))


def test_a_link_among_the_models_is_no_place_of_trust(stray: Path, own_models: Path) -> None:
    own_models.mkdir(parents=True)
    (stray / "weights.npz").rename(stray.parent / "weights.npz")
    (stray / "weights.npz").symlink_to(stray.parent / "weights.npz")

    with pytest.raises(BundleError, match=r"weights.npz is a link that leads out"):
        load_bundle(stray)
    assert "is a link that leads elsewhere" in refusal(stray)


def test_the_network_that_lies_there_is_never_read(stray: Path, own_cache: Path) -> None:
    told: list[str] = []
    (stray / "model.tflite").write_bytes(b"harm")

    found = load_bundle(checked_folder(stray, tell=told.append))

    assert found.path.parent == own_cache
    assert found.litert[4:8] == b"TFL3"
    assert (
        found.manifest.genres == load_bundle(shipped_models_folder() / "toy-model").manifest.genres
    )
    assert told == ["Building the network from its weights", "Trying it out"]
    assert checked_folder(stray, tell=told.append) == found.path
    assert len(told) == 2
    (found.path / "model.tflite").write_bytes(b"cut")
    assert load_bundle(checked_folder(stray)).litert == found.litert


@needs_pipes
@pytest.mark.parametrize("name", ["model.json", "weights.npz", "patterns.npz", "CARD.md"])
@pytest.mark.timeout(60)
def test_pipes_are_not_waited_for(stray: Path, name: str) -> None:
    (stray / name).unlink()
    os.mkfifo(stray / name)

    assert "it is a pipe, not a file" in refusal(stray)
    with pytest.raises(BundleError, match="it is a pipe, not a file"):
        load_bundle(stray)


@pytest.mark.parametrize("name", ["model.json", "weights.npz"])
def test_devices_are_not_read(stray: Path, name: str) -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("there are no devices")
    (stray / name).unlink()
    (stray / name).symlink_to("/dev/zero")

    refusal(stray)
    with pytest.raises(BundleError):
        load_bundle(stray)


def test_huge_files_are_not_read(stray: Path) -> None:
    os.truncate(stray / "weights.npz", 2**40)

    assert "larger than" in refusal(stray)
    with pytest.raises(BundleError, match="larger than"):
        load_bundle(stray)


@pytest.mark.parametrize(
    "genre", ["\x1b[31mRock", "Ro\x9bck", "Rock\u202e", "Ro\nck", "\ud800", "", "R" * 1000]
)
def test_genres_that_a_terminal_would_obey_are_refused_everywhere(stray: Path, genre: str) -> None:
    edit(stray, lambda values: values["genres"].__setitem__(0, genre))

    refusal(stray)
    with pytest.raises(BundleError) as caught:
        load_bundle(stray)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        '{"format": NaN}',
        '{"format": 1e400}',
        '{"format": ' + "9" * 5000 + "}",
        "[" * 100_000,
        '{"format": "a", "format": "b"}',
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "",
    ],
)
def test_odd_json_is_one_line(stray: Path, text: str) -> None:
    (stray / "model.json").write_text(text, "utf-8")

    assert "model.json" in refusal(stray)


def test_what_cannot_be_built_leaves_nothing(
    stray: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.models import stand_ins

    monkeypatch.setattr(importing, "serve_build", stand_ins.refuse)

    assert "its weights are odd" in refusal(stray)
    assert not own_cache.exists()


def test_a_recipe_names_installed_models_only(stray: Path, tmp_path: Path) -> None:
    for name in (str(stray), os.path.relpath(stray), f"{stray}/", "..", "/dev"):
        with pytest.raises(BundleError, match="there is no model by that name"):
            find_bundle(name, installed_only=True)
    shipped = str(shipped_models_folder() / "toy-model")
    with pytest.raises(BundleError, match="there is no model by that name"):
        find_bundle(shipped, installed_only=True)


def test_a_description_with_too_many_of_anything_is_refused(stray: Path) -> None:
    manifest = load_bundle(stray).manifest
    for many in (
        replace(manifest, genres=tuple(f"g{n}" for n in range(5000))),
        replace(manifest, files={f"f{n}": "0" * 64 for n in range(50)}),
    ):
        with pytest.raises(ValueError, match="too many"):
            type(manifest).from_dict(many.to_dict())
