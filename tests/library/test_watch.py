"""Folders that are watched: told once all is quiet, also when they go and come back."""

from __future__ import annotations

import queue
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from fstmuse_core.library.watch import FolderWatch

WAIT_S = 20.0


class Told:
    """Changes and troubles, in the order in which they were told."""

    def __init__(self) -> None:
        self.changes: queue.Queue[float] = queue.Queue()
        self.troubles: queue.Queue[str] = queue.Queue()

    def change(self) -> None:
        self.changes.put(time.monotonic())


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def watch(tmp_path: Path, told: Told) -> Iterator[Callable[..., FolderWatch]]:
    """Watches a folder until the test is over."""
    begun: list[FolderWatch] = []

    def begin(folder: Path, *, quiet_s: float = 0.4, rescan_s: float = 600.0) -> FolderWatch:
        folder.mkdir(exist_ok=True)
        watch = FolderWatch(
            [str(folder)], told.change, told.troubles.put, quiet_s=quiet_s, rescan_s=rescan_s
        )
        begun.append(watch)
        watch.start()
        return watch

    yield begin
    for one in begun:
        one.stop()


def event(path: str, kind: str = "created", *, is_folder: bool = False) -> SimpleNamespace:
    return SimpleNamespace(src_path=path, dest_path="", event_type=kind, is_directory=is_folder)


def test_the_system_tells_of_a_new_song(
    watch: Callable[..., FolderWatch], told: Told, tmp_path: Path
) -> None:
    pytest.importorskip("watchdog", reason="installed by scripts/test")
    watch(tmp_path / "music")
    time.sleep(0.5)  # the observer begins in a thread of its own, and does not say when
    (tmp_path / "music" / "new album").mkdir()
    (tmp_path / "music" / "new album" / "song.mp3").write_bytes(b"x")

    told.changes.get(timeout=WAIT_S)
    assert told.troubles.empty()


def test_many_changes_are_told_once_all_is_quiet(
    watch: Callable[..., FolderWatch], told: Told, tmp_path: Path
) -> None:
    watching = watch(tmp_path / "music")
    for number in range(10):
        watching.note(event(f"/m/{number}.flac"))
        time.sleep(0.02)
        last = time.monotonic()

    assert told.changes.get(timeout=WAIT_S) >= last + 0.3
    time.sleep(1.0)
    assert told.changes.empty()


@pytest.mark.parametrize(
    "nothing",
    [
        event("/m/cover.jpg"),
        event("/m/song.mp3", "opened"),
        event("/m/song.mp3", "closed_no_write"),
        event("/m", "modified", is_folder=True),
    ],
)
def test_what_is_no_new_sound_is_nothing(
    watch: Callable[..., FolderWatch], told: Told, tmp_path: Path, nothing: SimpleNamespace
) -> None:
    watching = watch(tmp_path / "music", quiet_s=0.1)
    watching.note(nothing)
    time.sleep(0.6)
    assert told.changes.empty()
    watching.note(event("/m/song.MP3"))
    told.changes.get(timeout=WAIT_S)


def test_a_folder_that_goes_and_comes_back_is_told(
    watch: Callable[..., FolderWatch], told: Told, tmp_path: Path
) -> None:
    watch(tmp_path / "music")
    shutil.rmtree(tmp_path / "music")
    gone = told.troubles.get(timeout=WAIT_S)
    while "no longer there" not in gone:  # without watchdog that is said first
        gone = told.troubles.get(timeout=WAIT_S)
    (tmp_path / "music").mkdir()

    assert told.troubles.get(timeout=WAIT_S).endswith("music is back, and watched again")
    told.changes.get(timeout=WAIT_S)


def test_what_the_system_misses_is_looked_for(
    watch: Callable[..., FolderWatch],
    told: Told,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "watchdog.observers", None)
    watch(tmp_path / "music", rescan_s=0.5)

    assert "the system does not tell of changes" in told.troubles.get(timeout=WAIT_S)
    told.changes.get(timeout=WAIT_S)
    told.changes.get(timeout=WAIT_S)
