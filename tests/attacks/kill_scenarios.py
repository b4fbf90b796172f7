"""Changes to files that a kill may interrupt, and what must hold after it.

Each scenario prepares a folder once, changes it in a process that is killed at a chosen
moment, and is then checked by a fresh process, which may recover first as a start of the
program does.
"""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import soundfile

from fstmuse_core.audio.reading import SAMPLE_RATE
from fstmuse_core.bundle import bundle, changes
from fstmuse_core.bundle.archive import export_model, read_archive
from fstmuse_core.bundle.manifest import MANIFEST_NAME, parse_manifest
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.classify.result import Classification
from fstmuse_core.datasets.cache import FeatureCache
from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.datasets.examine import examine
from fstmuse_core.library.database import open_library
from fstmuse_core.library.scan import scan_library
from fstmuse_core.runs import store as runs
from fstmuse_core.system.atomic_write import open_atomic
from fstmuse_core.tags.batch import apply, list_batches, recover, undo
from fstmuse_core.tags.plan import FileGenres, Mode, Policy, plan_changes
from fstmuse_core.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tests.conftest import make_music


class Scenario(ABC):
    """A change to ``folder``; the user's own data lie in ``folder / "data"``."""

    name: ClassVar[str]
    # True where a copy of what was prepared would not do, since files are known by their inodes.
    needs_same_files: ClassVar[bool] = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def prepare(self) -> None:
        """Make what is to be changed; never killed."""

    @abstractmethod
    def act(self) -> None:
        """Make the change; killed at some moment."""

    @abstractmethod
    def check(self) -> str:
        """Raise ``AssertionError`` if something is lost; else say how far the change came."""

    @property
    def music(self) -> Path:
        return self.folder / "music"

    def write_song(self, name: str, seconds: float = 1.0, seed: int = 0) -> Path:
        path = self.music / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, make_music(seconds, seed=seed), SAMPLE_RATE)
        return path


class TagWriting(Scenario):
    """Tags of files of several formats, one of which has two more names."""

    name = "tag-writing"
    formats: ClassVar[tuple[str, ...]] = ("a.mp3", "b.flac", "c.ogg", "d.wav")

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    def prepare(self) -> None:
        for seed, name in enumerate(self.formats):
            path = self.write_song(name, seed=seed)
            shutil.copy(path, self.folder / f"{name}.old")
        os.link(self.music / "b.flac", self.music / "z.flac")
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        os.link(self.music / "b.flac", elsewhere / "outside.flac")

    def act(self) -> None:
        heard = [FileGenres(p, {"Rock": 0.8}, True, "m") for p in sorted(self.music.iterdir())]
        apply(plan_changes(heard, Policy(Mode.REPLACE)), folder=self.journal)

    def check(self) -> str:
        recover(self.journal)
        names = {*self.formats, "z.flac"}
        assert {p.name for p in self.music.iterdir()} == names, "unfinished copies are left"
        changed = sum(self.is_changed(name) for name in self.formats)
        for batch in list_batches(self.journal):
            undo(batch.id, folder=self.journal)
        assert not any(self.is_changed(name) for name in self.formats), "undo lost the old file"
        first = (self.music / "b.flac").stat()
        assert (self.music / "z.flac").stat().st_ino == first.st_ino, "a hard link is split"
        outside = self.folder / "elsewhere" / "outside.flac"
        assert outside.stat().st_ino == first.st_ino, "a hard link outside is split"
        return "old" if not changed else "all" if changed == len(self.formats) else "some"

    def is_changed(self, name: str) -> bool:
        old = (self.folder / f"{name}.old").read_bytes()
        now = (self.music / name).read_bytes()
        if now == old:
            return False
        samples, _ = soundfile.read(self.music / name)
        before, _ = soundfile.read(self.folder / f"{name}.old")
        assert np.array_equal(samples, before), f"{name} sounds otherwise"
        return True


class TagUndo(TagWriting):
    """The same taken back."""

    name = "tag-undo"
    needs_same_files = True

    def prepare(self) -> None:
        super().prepare()
        super().act()

    def act(self) -> None:
        for batch in list_batches(self.journal):
            undo(batch.id, folder=self.journal)


class ModelScenario(Scenario):
    """A change to the user's own models; "mine" is one."""

    @property
    def models(self) -> Path:
        return bundle.user_models_folder()

    def prepare(self) -> None:
        self.models.mkdir(parents=True)
        self.write_model("first")

    def write_model(self, title: str) -> None:
        source = bundle.shipped_models_folder() / "toy-model"
        manifest = parse_manifest(source, (source / MANIFEST_NAME).read_bytes())
        files = {name: (source / name).read_bytes() for name in manifest.files}
        bundle.write_bundle(
            self.models / "mine", replace(manifest, name="mine", title=title), files
        )

    def titles(self) -> list[str]:
        """Titles of the user's models, each read whole, as a next start of the program does."""
        changes.empty_old_trash()
        found = bundle.bundle_folders()
        own = [folder for folder in found.values() if folder.parent == self.models]
        return sorted(bundle.load_bundle(folder).manifest.title for folder in own)

    def left_over(self) -> list[str]:
        return [p.name for p in self.models.iterdir() if p.name.startswith(".")]


class ModelReplaced(ModelScenario):
    name = "model-replaced"

    def act(self) -> None:
        self.write_model("second")

    def check(self) -> str:
        (title,) = self.titles()
        assert title in ("first", "second")
        return title


class ModelRenamed(ModelScenario):
    name = "model-renamed"

    def act(self) -> None:
        changes.rename_model("mine", "Other songs")

    def check(self) -> str:
        assert len(self.titles()) == 1
        return next(
            iter(
                bundle.bundle_folders().keys()
                - {"fst-muse", "fst-muse-wide", "tagger", "toy-model", "toy-gan"}
            )
        )


class ModelDeletedAndRestored(ModelScenario):
    name = "model-deleted-and-restored"

    def act(self) -> None:
        changes.restore_model(changes.delete_model("mine"))

    def check(self) -> str:
        is_listed = bool(self.titles())
        if not is_listed:
            changes.restore_model(changes.find_deleted("mine"))
        assert self.titles() == ["first"]
        return "listed" if is_listed else "in the trash"


class ModelExported(ModelScenario):
    name = "model-exported"

    def act(self) -> None:
        export_model("mine", self.folder / "mine.fstmuse")

    def check(self) -> str:
        target = self.folder / "mine.fstmuse"
        if target.exists():
            assert read_archive(target).manifest.title == "first"
        return "there" if target.exists() else "not there"


class Corrections(Scenario):
    """A file corrected, a recording corrected, and one step taken back."""

    name = "corrections"

    def prepare(self) -> None:
        path = self.write_song("old.wav", 4.0)
        CorrectionStore(listen=examine).correct_file(path, "Jazz", self.answer(path))
        self.write_song("new.wav", 4.0, seed=1)

    def answer(self, path: Path) -> Classification:
        return GenreClassifier.load("toy-model").classify_file(path)

    def act(self) -> None:
        store, path = CorrectionStore(listen=examine), self.music / "new.wav"
        answer = self.answer(path)
        store.correct_file(path, "Folk", answer)
        store.correct_take(make_music(4.0, seed=2), SAMPLE_RATE, "Take 1", "Rock", answer)
        store.undo()

    def check(self) -> str:
        store = CorrectionStore(listen=examine)
        genres = [record.genre for record in store.records()]
        assert genres in (["Jazz"], ["Jazz", "Folk"], ["Jazz", "Folk", "Rock"])
        assert not store.notices(), store.notices()
        assert all(record.path.is_file() for record in store.records())
        store.correct_file(self.music / "old.wav", "Pop", self.answer(self.music / "old.wav"))
        found = store.find(self.music / "old.wav")
        assert found is not None
        assert found.genre == "Pop"
        return f"{len(genres)} corrections"


class LibraryScan(Scenario):
    """A library is begun, a folder is added and scanned, and scanned once more."""

    name = "library-scan"

    @property
    def file(self) -> Path:
        return self.folder / "data" / "library.db"

    def prepare(self) -> None:
        for seed in range(3):
            self.write_song(f"{seed}.wav", seed=seed)

    def act(self) -> None:
        with open_library(self.file) as library:
            library.add_folder(self.music)
            scan_library(library)
            os.rename(self.music / "0.wav", self.music / "moved.wav")
            scan_library(library)

    def check(self) -> str:
        with open_library(self.file) as library:
            assert not library.notice, library.notice
            with library.reading() as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                before = connection.execute("SELECT count(*) FROM files").fetchone()[0]
            library.add_folder(self.music)
            scan_library(library)
            assert library.folders()[0].n_files == 3
        return f"{before} files"


class FeaturesFilled(Scenario):
    """Features of three clips, made and written in this process."""

    name = "features"

    def prepare(self) -> None:
        for seed in range(3):
            self.write_song(f"{seed}.wav", 4.0, seed=seed)

    def act(self) -> None:
        with FeatureCache(self.folder / "cache") as cache:
            cache.fill(sorted(self.music.iterdir()), processes=1)

    def check(self) -> str:
        paths = sorted(self.music.iterdir())
        with FeatureCache(self.folder / "cache") as cache:
            known = len(cache.places(paths))
            cache.fill(paths, processes=1)
            rows = [np.asarray(mel, dtype=np.float32) for mel in cache.open(paths)]
        with FeatureCache(self.folder / "fresh") as fresh:
            fresh.fill(paths, processes=1)
            for row, right in zip(rows, fresh.open(paths), strict=True):
                assert np.array_equal(row, np.asarray(right, dtype=np.float32))
        return f"{known} known"


class CheckpointSaved(Scenario):
    name = "checkpoint"

    def prepare(self) -> None:
        save_checkpoint(self.run(), self.checkpoint(1))

    def run(self) -> Path:
        folder = runs.runs_folder() / "run"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def checkpoint(self, epoch: int) -> Checkpoint:
        arrays = {"0000": np.full(2_000, epoch, dtype=np.float32)}
        return Checkpoint(epoch, arrays, arrays, arrays, epoch, 1.0, {}, [])

    def act(self) -> None:
        for epoch in (2, 3):
            save_checkpoint(self.run(), self.checkpoint(epoch))

    def check(self) -> str:
        found = load_checkpoint(self.run())
        assert found is not None, "no checkpoint is left"
        assert (found.network["0000"] == found.epoch).all()
        save_checkpoint(self.run(), self.checkpoint(4))
        folders = [p.name for p in (self.run() / runs.CHECKPOINTS).iterdir()]
        assert folders == ["epoch-00004"], "what a kill left is not removed"
        return f"epoch {found.epoch}"


class WholeFile(Scenario):
    """Any file that takes another's place."""

    name = "whole-file"

    def prepare(self) -> None:
        (self.folder / "file").write_bytes(b"old" * 5_000)

    def act(self) -> None:
        with open_atomic(self.folder / "file") as stream:
            stream.write(b"new" * 5_000)

    def check(self) -> str:
        now = (self.folder / "file").read_bytes()
        assert now in (b"old" * 5_000, b"new" * 5_000)
        return now[:3].decode()


SCENARIOS: dict[str, type[Scenario]] = {
    kind.name: kind
    for kind in (
        TagWriting,
        TagUndo,
        ModelReplaced,
        ModelRenamed,
        ModelDeletedAndRestored,
        ModelExported,
        Corrections,
        LibraryScan,
        FeaturesFilled,
        CheckpointSaved,
        WholeFile,
    )
}
