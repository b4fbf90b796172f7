"""More changes that a kill may interrupt: what is imported, restored, exported and saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar
from unittest import mock

import numpy as np
import soundfile

from fstmuse_core.audio.reading import SAMPLE_RATE, write_audio
from fstmuse_core.bundle import bundle, changes, importing
from fstmuse_core.bundle.archive import export_model
from fstmuse_core.bundle.known_networks import Rebuilt
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.cli.common.output import identity
from fstmuse_core.cli.common.results import Choice, FileResult, JsonLinesWriter
from fstmuse_core.cli.common.resuming import open_again
from fstmuse_core.datasets.cache import FeatureCache
from fstmuse_core.library.database import open_library
from fstmuse_core.library.export import export_library
from fstmuse_core.library.playlists import write_playlists
from fstmuse_core.library.report import write_report
from fstmuse_core.library.rows import KnownModel, LibraryRow, State
from fstmuse_core.runs import store
from fstmuse_core.tags.batch import apply, list_batches, recover, undo
from fstmuse_core.tags.plan import FileGenres, Mode, Policy, plan_changes
from fstmuse_core.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from fstmuse_gui.settings import LAST_FOLDER, RECENT_FILES, THEME, Settings
from tests.attacks.kill_scenarios import ModelScenario, Scenario, TagWriting
from tests.conftest import make_music


class ModelImported(ModelScenario):
    """A model taken in from a file, without the process that builds its network."""

    name = "model-imported"

    def prepare(self) -> None:
        super().prepare()
        export_model("mine", self.folder / "file.fstmuse")

    def act(self) -> None:
        own = bundle.load_bundle(self.models / "mine")
        weights = (own.path / bundle.WEIGHTS_NAME).read_bytes()
        with (
            mock.patch.object(importing, "_rebuild", return_value=Rebuilt(own.litert, weights)),
            mock.patch.object(importing, "_try_apart", return_value=None),
        ):
            importing.import_model(self.folder / "file.fstmuse", "Theirs")

    def check(self) -> str:
        before = self.titles()
        assert before in (["first"], ["Theirs", "first"])
        if before == ["first"]:
            self.act()
        assert self.titles() == ["Theirs", "first"]
        return f"{len(before)} models"


class ModelRestoredBesideAnother(ModelScenario):
    """A deleted model brought back after another has taken its name."""

    name = "model-restored-beside-another"

    def prepare(self) -> None:
        super().prepare()
        changes.delete_model("mine")
        self.write_model("second")

    def act(self) -> None:
        changes.restore_model(changes.find_deleted("mine"))

    def check(self) -> str:
        n_listed = len(self.titles())
        if n_listed == 1:  # its own name is free once more
            (first,) = changes.list_deleted()
            changes.delete_model("mine")
            changes.restore_model(first)
            changes.restore_model(changes.find_deleted())
        assert len(self.titles()) == 2
        assert "second" in " ".join(self.titles())
        assert not changes.list_deleted()
        for folder in bundle.bundle_folders().values():
            found = bundle.load_bundle(folder)
            assert found.manifest.name == folder.name, "name and folder differ"
        return f"{n_listed} models"


class SettingsSaved(Scenario):
    """What the window remembers, changed a second time."""

    name = "settings"

    def settings(self) -> Settings:
        return Settings(self.folder / "fstmuse.ini")

    def save(self, theme: str, folder: str) -> None:
        settings = self.settings()
        settings.set(THEME, theme)
        settings.set(LAST_FOLDER, folder)
        settings.set(RECENT_FILES, [f"{folder}/{n}.mp3" for n in range(9)])
        settings.save()

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.save("light", "/old")

    def act(self) -> None:
        self.save("dark", "/new")

    def check(self) -> str:
        settings = self.settings()
        theme = settings.get(THEME)
        folder = {"light": "/old", "dark": "/new"}[theme]
        assert settings.get(LAST_FOLDER) == folder
        assert settings.get(RECENT_FILES)[0] == f"{folder}/0.mp3"
        self.save("dark", "/new")
        assert self.settings().get(THEME) == "dark"
        return theme


class ResultsResumed(Scenario):
    """A file of results that is gone on with; its last line was cut by an earlier kill."""

    name = "results-resumed"
    needs_same_files = True
    classifier: ClassVar[GenreClassifier] = GenreClassifier.load("toy-model")

    @property
    def output(self) -> Path:
        return self.folder / "results.jsonl"

    def songs(self) -> list[str]:
        return sorted(map(str, self.music.iterdir()))

    def write(self, most: int) -> None:
        model, songs = bundle.find_bundle("toy-model"), self.songs()
        with open_again(self.output, songs, model, Choice()) as (stream, done):
            files = {song: identity(song) for song in songs}
            with JsonLinesWriter(stream, model, Choice(), files) as writer:
                for song in [song for song in songs if song not in done][:most]:
                    writer.add(FileResult(song, self.classifier.classify_file(song)))

    def prepare(self) -> None:
        for seed in range(4):
            self.write_song(f"{seed}.wav", 4.0, seed)
        self.write(2)
        old = self.output.read_bytes()
        (self.folder / "old").write_bytes(old)
        with self.output.open("ab") as stream:
            stream.write(old[:100])

    def act(self) -> None:
        self.write(9)

    def check(self) -> str:
        old = (self.folder / "old").read_bytes()
        now = self.output.read_bytes()
        assert now.startswith(old), "an answer is lost"
        whole = now.count(b"\n")
        self.write(9)
        records = [json.loads(line) for line in self.output.read_text().splitlines()]
        assert sorted(record["path"] for record in records) == self.songs()
        return f"{whole} lines"


class SecondTagBatch(TagWriting):
    """Tags written a second time, with a journal of the first beside."""

    name = "tag-second-batch"
    formats: ClassVar[tuple[str, ...]] = ("a.mp3", "b.flac")

    def prepare(self) -> None:
        super().prepare()
        super().act()

    def act(self) -> None:
        heard = [FileGenres(p, {"Jazz": 0.8}, True, "m") for p in sorted(self.music.iterdir())]
        apply(plan_changes(heard, Policy(Mode.REPLACE)), folder=self.journal)

    def check(self) -> str:
        recover(self.journal)
        batches = sorted((batch.id for batch in list_batches(self.journal)), reverse=True)
        assert len(batches) in (1, 2)
        for number in batches:
            undo(number, folder=self.journal)
        assert not any(self.is_changed(name) for name in self.formats), "undo lost the old file"
        return f"{len(batches)} batches"


class RunScenario(Scenario):
    """A training on disk with two checkpoints and pictures."""

    def run(self) -> Path:
        return store.runs_folder() / "run"

    def prepare(self) -> None:
        run = self.run()
        (run / "figures").mkdir(parents=True)
        (run / "figures" / "curves.png").write_bytes(b"png")
        settings = {"model": "toy-model", "design": "ours", "out": "mine", "epochs": 3}
        store.write_json(run / store.RUN_FILE, {"settings": settings})
        arrays = {"0000": np.zeros(2_000, dtype=np.float32)}
        save_checkpoint(run, Checkpoint(1, arrays, arrays, arrays, 1, 1.0, {}, []))


class RunDiscarded(RunScenario):
    """A run removed: all of it is there, or it is not listed."""

    name = "run-discarded"

    def act(self) -> None:
        assert store.discard_run(self.run())

    def check(self) -> str:
        listed = store.list_runs()
        if listed:
            assert load_checkpoint(self.run()) is not None, "a listed run has lost its checkpoint"
            assert (self.run() / "figures" / "curves.png").is_file(), "a listed run lost pictures"
            self.act()
        assert not store.list_runs()
        with store.TrainingLock("another"):
            left = [p.name for p in store.runs_folder().iterdir() if p.is_dir()]
        assert not left, f"left: {left}"
        return "listed" if listed else "gone"


class RunFinished(RunScenario, ModelScenario):
    """The last steps of a training: its model, then its report."""

    name = "run-finished"

    def prepare(self) -> None:
        RunScenario.prepare(self)
        ModelScenario.prepare(self)

    def act(self) -> None:
        store.write_bytes(self.run() / "CARD.md", b"# Card")
        self.write_model("second")
        report = {"stopped_early": False, "resumable": False}
        store.write_json(self.run() / store.REPORT_FILE, report)

    def check(self) -> str:
        (title,) = self.titles()
        (run,) = store.list_runs()
        assert run.state is store.RunState.DONE or run.resumable
        assert title == "second" or run.state is not store.RunState.DONE
        assert load_checkpoint(self.run()) is not None
        self.act()
        assert store.list_runs()[0].state is store.RunState.DONE
        return f"{run.state.value}, {title} model"


_MODEL = KnownModel("a" * 64, "mine", "Mine", ("Folk", "Rock"), 0)


class LibraryWritten(Scenario):
    """Playlists, an export and a report written over those of an earlier state."""

    name = "library-written"

    def rows(self, artist: str) -> list[LibraryRow]:
        return [
            LibraryRow(
                *(0, str(self.music / f"{n}.wav"), 1, 1_000, "Title", artist, "", ""),
                *(State.DONE, ("Folk", "Rock")[n % 2], 0.8, True, None, "", 200.0, None),
                *(None, None, f"{n}"),
            )
            for n in range(40)
        ]

    def write(self, artist: str) -> None:
        rows = self.rows(artist)
        with open_library(self.folder / "library.db") as library:
            for name in ("out.csv", "out.json", "out.jsonl"):
                export_library(library, _MODEL, self.folder / name, rows=rows)
        write_playlists(rows, self.folder / "lists")
        write_report(self.folder / "report.html", rows, _MODEL)

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write("Older")

    def act(self) -> None:
        self.write("Newer")

    def check(self) -> str:
        lists = list((self.folder / "lists").glob("*.m3u8"))
        assert len(lists) == 2
        # A report tells of no artist; it is whole.
        assert (self.folder / "report.html").read_text().rstrip().endswith("</html>")
        n_new = 0
        for file in (*lists, *(self.folder / f"out.{end}" for end in ("csv", "json", "jsonl"))):
            text = file.read_text("utf-8-sig")
            counts = text.count("Older"), text.count("Newer")
            assert 0 in counts, f"{file.name} is of both"
            assert sum(counts) == (20 if file in lists else 40), f"{file.name} is cut"
            n_new += counts[1] > 0
        self.write("Newer")
        return f"{n_new} of 5 new"


class SoundSaved(Scenario):
    """A recording saved over an older one, in each format."""

    name = "sound-saved"
    suffixes: ClassVar[tuple[str, ...]] = ("wav", "flac", "ogg")

    def save(self, seconds: float) -> None:
        for suffix in self.suffixes:
            write_audio(self.folder / f"take.{suffix}", make_music(seconds), SAMPLE_RATE)

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.save(1.0)

    def act(self) -> None:
        self.save(2.0)

    def check(self) -> str:
        lengths = []
        for suffix in self.suffixes:
            samples, _ = soundfile.read(self.folder / f"take.{suffix}")
            lengths.append(len(samples) / SAMPLE_RATE)
        assert set(lengths) <= {1.0, 2.0}, lengths
        return f"{lengths.count(2.0)} new"


class FingerprintsKept(Scenario):
    """Fingerprints of three clips, made from features that are kept."""

    name = "fingerprints"

    def _with_cache(self, work: Callable[[FeatureCache, list[Path]], str]) -> str:
        with FeatureCache(self.folder / "cache") as cache:
            return work(cache, sorted(self.music.iterdir()))

    def prepare(self) -> None:
        for seed in range(3):
            self.write_song(f"{seed}.wav", 8.0, seed=seed)
        self._with_cache(lambda cache, paths: str(cache.fill(paths, processes=1)))

    def act(self) -> None:
        self._with_cache(lambda cache, paths: str(cache.prints(paths)))

    def check(self) -> str:
        return self._with_cache(self._compare)

    def _compare(self, cache: FeatureCache, paths: list[Path]) -> str:
        found, again = cache.prints(paths), cache.prints(paths)
        with FeatureCache(self.folder / "fresh") as fresh:
            fresh.fill(paths, processes=1)
            right = fresh.prints(paths)
        assert set(found) == set(right) == set(paths)
        for path in paths:
            assert np.array_equal(found[path], right[path])
            assert np.array_equal(again[path], right[path])
        return "same"


WRITTEN: dict[str, type[Scenario]] = {
    kind.name: kind
    for kind in (
        ModelImported,
        ModelRestoredBesideAnother,
        SettingsSaved,
        ResultsResumed,
        SecondTagBatch,
        RunDiscarded,
        RunFinished,
        LibraryWritten,
        SoundSaved,
        FingerprintsKept,
    )
}
