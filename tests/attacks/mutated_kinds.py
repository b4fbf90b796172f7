"""Kinds of files that are damaged: how a sound one is made, and who reads it."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

import av
import numpy as np
import soundfile

from fstmuse_core.audio.reading import SAMPLE_RATE, probe, stream_audio, write_audio
from fstmuse_core.bundle import bundle
from fstmuse_core.bundle.archive import export_model, read_archive
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.generate.recipe import Recipe, read_recipe
from fstmuse_core.library.database import open_library
from fstmuse_core.library.scan import scan_library
from fstmuse_core.tags.batch import apply, list_batches, undo
from fstmuse_core.tags.plan import FileGenres, Mode, Policy, plan_changes
from fstmuse_core.tags.reading import read_tags
from tests.conftest import make_music

_SECONDS = 2.0
# Twenty times as much sound as there is: a header's word for more must not be believed.
_MOST_SECONDS = 40.0
_ENCODERS = {
    "m4a": ("ipod", "aac"),
    "mka": ("matroska", "flac"),
    "webm": ("webm", "libopus"),
    "mp2": ("mp2", "mp2"),
    "ac3": ("ac3", "ac3"),
    "wv": ("wv", "wavpack"),
    "tta": ("tta", "tta"),
}
_SNDFILE = {
    "mp3": ("MP3", None),
    "flac": ("FLAC", None),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "wav": ("WAV", "PCM_16"),
    "aiff": ("AIFF", "PCM_16"),
    "au": ("AU", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "w64": ("W64", "PCM_16"),
}


class Kind(ABC):
    """A kind of file that comes from outside."""

    name: ClassVar[str]
    # False where damage is lived with: a song without tags, a library that is begun anew.
    refuses: ClassVar[bool] = True

    @abstractmethod
    def build(self, folder: Path) -> list[Path]:
        """Write sound files of this kind to ``folder``."""

    @abstractmethod
    def read(self, path: Path) -> None:
        """Read one, as the program does."""


def _write_with_ffmpeg(path: Path, format_name: str, codec: str) -> None:
    rate = 48_000 if codec in ("libopus", "ac3", "mp2") else 44_100
    samples = make_music(_SECONDS, rate)
    with av.open(str(path), "w", format=format_name) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(
            stream.format, stream.layout, rate, frame_size=stream.codec_context.frame_size or 1024
        )
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))


def write_sounds(folder: Path) -> list[Path]:
    """A short piece of music in every format that can be written here."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for suffix, (format_name, subtype) in _SNDFILE.items():
        path = folder / f"song.{suffix}"
        rate = 48_000 if subtype == "OPUS" else SAMPLE_RATE
        soundfile.write(path, make_music(_SECONDS, rate), rate, format=format_name, subtype=subtype)
        paths.append(path)
    for suffix, (format_name, codec) in _ENCODERS.items():
        path = folder / f"song.{suffix}"
        try:
            _write_with_ffmpeg(path, format_name, codec)
        except (av.FFmpegError, ValueError):  # not every build has every encoder
            path.unlink(missing_ok=True)
        else:
            paths.append(path)
    assert len(paths) > len(_SNDFILE)
    return paths


class Sounds(Kind):
    name = "sound"

    def build(self, folder: Path) -> list[Path]:
        return write_sounds(folder)

    def read(self, path: Path) -> None:
        probe(path)
        heard = 0
        for block in stream_audio(path):
            assert np.isfinite(block).all()
            heard += block.size
            assert heard < _MOST_SECONDS * SAMPLE_RATE, "more is heard than can be in it"


class Tags(Kind):
    """Tags that are read, written and taken back to the byte."""

    name = "tags"
    refuses = False

    def build(self, folder: Path) -> list[Path]:
        return [p for p in write_sounds(folder) if p.suffix in _TAGGED]

    def read(self, path: Path) -> None:
        read_tags(path)
        work = path.with_name(f"{path.name}-tags")
        work.mkdir()
        try:
            song = Path(shutil.copy(path, work))
            before = song.read_bytes()
            heard = [FileGenres(song, {"Rock": 0.8}, True, "m")]
            apply(plan_changes(heard, Policy(Mode.REPLACE)), folder=work / "journal")
            for batch in list_batches(work / "journal"):
                undo(batch.id, folder=work / "journal")
            assert song.read_bytes() == before, "undo did not give the file back"
        finally:
            shutil.rmtree(work)


_TAGGED = (".mp3", ".flac", ".ogg", ".opus", ".wav", ".aiff", ".m4a")


class Archives(Kind):
    """Exported models."""

    name = "archive"

    def build(self, folder: Path) -> list[Path]:
        folder.mkdir(parents=True)
        return [export_model(name, folder) for name in ("toy-model", "toy-gan")]

    def read(self, path: Path) -> None:
        read_archive(path)


class ArchiveEntries(Kind):
    """What lies in an exported model, damaged by somebody who also mends the digests."""

    name = "archive-entry"

    def build(self, folder: Path) -> list[Path]:
        folder.mkdir(parents=True)
        with zipfile.ZipFile(export_model("toy-model", folder / "model.zip")) as archive:
            archive.extractall(folder / "entries")
        return sorted(p for p in (folder / "entries").iterdir() if p.suffix in (".json", ".npz"))

    def read(self, path: Path) -> None:
        entries = path.parent / "sound" / "entries"
        files = {p.name: p.read_bytes() for p in entries.iterdir()}
        files[path.name.partition("--")[2]] = path.read_bytes()
        packed = path.with_suffix(".fstmuse")
        _pack(packed, files)
        try:
            read_archive(packed)
        finally:
            packed.unlink()


def _pack(path: Path, files: dict[str, bytes]) -> None:
    try:
        values = json.loads(files["model.json"])
        values["files"] = {
            name: hashlib.sha256(data).hexdigest()
            for name, data in files.items()
            if name != "model.json"
        }
        files["model.json"] = json.dumps(values).encode()
    except (ValueError, TypeError, RecursionError):
        pass  # then it stays as damaged as it is
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


class Manifests(Kind):
    """Lists of songs as spreadsheets write them."""

    name = "manifest"

    def build(self, folder: Path) -> list[Path]:
        folder.mkdir(parents=True)
        songs = ((f"{n}.wav", "Rock", f"A{n}", "30") for n in range(30))
        rows = [("path", "genre", "artist", "seconds"), *songs]
        paths = []
        for number, (mark, encoding) in enumerate(
            ((",", "utf-8"), (";", "utf-16"), ("\t", "cp1252"))
        ):
            path = folder / f"{number}.csv"
            path.write_text("".join(mark.join(row) + "\r\n" for row in rows), encoding=encoding)
            paths.append(path)
        return paths

    def read(self, path: Path) -> None:
        read_manifest(path, [])


class Recipes(Kind):
    """Clips that hold what they were made by."""

    name = "recipe"

    def build(self, folder: Path) -> list[Path]:
        folder.mkdir(parents=True)
        model = bundle.find_bundle("toy-gan")
        recipe = Recipe(model.name, model.sha256, model.manifest.genres[0], 1, 10.0)
        paths = []
        for suffix in ("wav", "flac", "ogg"):
            path = folder / f"take.{suffix}"
            write_audio(path, make_music(1.0), SAMPLE_RATE, texts={"comment": recipe.to_text()})
            paths.append(path)
        return paths

    def read(self, path: Path) -> None:
        read_recipe(path)


class Bundles(Kind):
    """A model's folder, of which one file is damaged."""

    name = "bundle"

    def build(self, folder: Path) -> list[Path]:
        source = bundle.shipped_models_folder() / "toy-model"
        return sorted(
            path for path in source.iterdir() if path.suffix in (".json", ".npz", ".tflite")
        )

    def read(self, path: Path) -> None:
        folder = path.with_name(f"{path.name}-bundle")
        shutil.copytree(bundle.shipped_models_folder() / "toy-model", folder)
        damaged = {".json": "model.json", ".npz": "weights.npz", ".tflite": "model.tflite"}
        shutil.copy(path, folder / damaged[path.suffix])
        try:
            bundle.load_bundle(folder)
        finally:
            shutil.rmtree(folder)


class Libraries(Kind):
    """The library's own file, which is set aside where it is damaged."""

    name = "library"
    refuses = False

    def build(self, folder: Path) -> list[Path]:
        file = folder / "library.db"
        soundfile.write(_made(folder / "music") / "a.wav", make_music(1.0), SAMPLE_RATE)
        with open_library(file) as library:
            library.add_folder(folder / "music")
            scan_library(library)
            with library.reading() as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return [file]

    def read(self, path: Path) -> None:
        work = _made(path.with_name(f"{path.name}-library"))
        try:
            with open_library(Path(shutil.copy(path, work))) as library:
                scan_library(library)
        finally:
            shutil.rmtree(work)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


KINDS: dict[str, type[Kind]] = {
    kind.name: kind
    for kind in (
        Sounds,
        Tags,
        Archives,
        ArchiveEntries,
        Manifests,
        Recipes,
        Bundles,
        Libraries,
    )
}
