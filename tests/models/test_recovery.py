"""A kill at any step of writing a model leaves the old one or the new one, and no rubbish."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fstmuse_core.bundle import bundle as bundles
from fstmuse_core.bundle.bundle import bundle_folders, find_bundle, load_bundle, write_bundle
from fstmuse_core.bundle.changes import delete_model, find_deleted, rename_model, restore_model


class Killed(BaseException):
    """Ends a step as a kill does: nothing that would tidy up runs after it."""


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Arms a kill at the n-th rename or removal from now on; all after it fail too."""

    def arm(step: int) -> None:
        left = step
        for owner, name in ((Path, "rename"), (shutil, "rmtree"), (Path, "replace")):
            real = getattr(owner, name)

            def stand_in(*given: Any, _real: Any = real, **named: Any) -> Any:
                nonlocal left
                left -= 1
                if left < 0:
                    raise Killed
                return _real(*given, **named)

            monkeypatch.setattr(owner, name, stand_in)

    return arm


def rewrite(folder: Path) -> None:
    bundle = load_bundle(folder)
    files = {name: (folder / name).read_bytes() for name in bundle.manifest.files}
    write_bundle(folder, bundle.manifest, {**files, "CARD.md": b"# New\n"})


STEPS: dict[str, Callable[[Path], object]] = {
    "write": rewrite,
    "rename": lambda _folder: rename_model("mine", "Other"),
    "delete": lambda _folder: delete_model("mine"),
}


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("what", STEPS)
def test_a_kill_at_any_step_loses_no_model(
    mine: Path,
    what: str,
    step: int,
    kill_at: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kill_at(step)
    with suppress(Killed):
        STEPS[what](mine)
    monkeypatch.undo()
    monkeypatch.setattr("fstmuse_core.bundle.bundle.user_models_folder", lambda: mine.parent)

    names = {name for name, folder in bundle_folders().items() if folder.parent == mine.parent}
    if not names:
        assert what == "delete"
        restore_model(find_deleted("mine"))
        names = {"mine"}
    assert len(names) == 1
    assert find_bundle(names.pop()).manifest.genres
    left = {child.name for child in mine.parent.iterdir() if child.name.startswith(".")}
    assert not any(name.endswith("-old") for name in left)


def test_the_old_model_comes_back_between_the_two_renames(mine: Path) -> None:
    retired = mine.with_name(".mine-abcd1234-old")
    mine.rename(retired)

    assert find_bundle("mine").path == mine
    assert not retired.exists()


def test_what_was_left_long_ago_is_removed_and_what_is_new_is_not(mine: Path) -> None:
    old, new = mine.with_name(".mine-aaaaaaaa"), mine.with_name(".mine-bbbbbbbb")
    for folder in (old, new):
        folder.mkdir()
    os.utime(old, (0, 0))

    bundle_folders()

    assert not old.exists()
    assert new.exists()


def test_a_place_that_refuses_gets_the_old_model_back(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_bundle(mine).sha256
    real = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if target == mine and not self.name.endswith("-old"):
            raise PermissionError(13, "no")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        rewrite(mine)

    assert load_bundle(mine).sha256 == before
    assert [child.name for child in mine.parent.iterdir() if child.is_dir()] == ["mine"]


def test_a_folder_that_cannot_be_changed_is_listed_all_the_same(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine.with_name(".other-abcd1234-old").mkdir()

    def refuse(*_: Any) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr(bundles, "locked", refuse)
    assert bundle_folders()["mine"] == mine
