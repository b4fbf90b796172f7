"""Short sounds in every format that tags are written to, each with tags of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.flac import Picture
from mutagen.id3 import APIC, COMM, ID3, TALB, TCON, TIT2, TPE1, TYER
from mutagen.mp4 import MP4Cover

from fstmuse_core.tags.plan import Change, FileGenres, Mode, Policy, plan_changes

RATE = 22_050
PICTURE = np.random.default_rng(1).bytes(30_000)
FORMATS = (
    "id3v24.mp3 id3v23.mp3 id3v1.mp3 bare.mp3 song.flac song.ogg song.opus song.m4a song.wav "
    "song.aiff"
).split()
SHA = "1a2b3c4d" * 8


def noise(seconds: float = 1.0, rate: int = RATE, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.3, 0.3, int(seconds * rate)).astype(np.float32)


def write_m4a(path: Path) -> None:
    """AAC with the table of contents in front, where longer tags move the sound."""
    import av

    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(noise()[None], format="fltp", layout="mono")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def write_sound(path: Path) -> None:
    if path.suffix == ".m4a":
        write_m4a(path)
    elif path.suffix == ".opus":
        soundfile.write(path, noise(rate=48_000), 48_000, format="OGG", subtype="OPUS")
    else:
        soundfile.write(path, noise(), RATE)


def tag(path: Path) -> None:
    """Title, artist, a picture and the genre Polka, in the way of the format."""
    if path.name == "bare.mp3":
        return
    if path.name == "id3v1.mp3":
        path.write_bytes(path.read_bytes() + b"TAG" + b"Song".ljust(124, b"\0") + b"\x09")
        return
    file = mutagen.File(path)
    if path.suffix in (".mp3", ".wav", ".aiff"):
        _tag_id3(file, 3 if path.name == "id3v23.mp3" else 4)
    elif path.suffix == ".m4a":
        file["\xa9nam"], file["\xa9ART"], file["\xa9gen"] = ["Song"], ["Söngström"], ["Polka"]
        file["covr"] = [MP4Cover(PICTURE, MP4Cover.FORMAT_PNG)]
        file.save()
    else:
        file["title"], file["artist"], file["genre"] = ["Song"], ["Söngström", "Other"], ["Polka"]
        if path.suffix == ".flac":
            picture = Picture()
            picture.data, picture.mime, picture.type = PICTURE, "image/png", 3
            file.add_picture(picture)
        file.save()


def _tag_id3(file: Any, version: int) -> None:
    if file.tags is None:
        file.add_tags()
    frames = [
        TIT2(text="Song"),
        TPE1(encoding=1, text=["Söngström", "Other"]),
        TALB(text="Album"),
        TCON(text="Polka"),
        COMM(lang="eng", desc="x", text="Comment"),
        APIC(mime="image/png", type=3, data=PICTURE),
    ]
    for frame in (*frames, *([TYER(text="1999")] if version == 3 else [])):
        file.tags.add(frame)
    # The order of an old tagger: the picture first, so that ours moves it.
    file.save(v2_version=version, v23_sep=None)


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file of each of ``FORMATS``."""
    folder = tmp_path_factory.mktemp("originals")
    for name in FORMATS:
        write_sound(folder / name)
        tag(folder / name)
    return folder


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where batches are noted down."""
    return tmp_path / "journal"


@pytest.fixture
def take(originals: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy of one of the files: ``take("song.flac")``, also under another name."""

    def copy(name: str, as_name: str = "") -> Path:
        folder = tmp_path / "music"
        folder.mkdir(exist_ok=True)
        return Path(shutil.copy(originals / name, folder / (as_name or name)))

    return copy


def rock(*paths: Path) -> list[FileGenres]:
    return [FileGenres(path, {"Rock": 0.8, "Pop": 0.3}, True, "fst-muse", SHA) for path in paths]


def plan(paths: Sequence[Path], mode: Mode = Mode.REPLACE, **policy: Any) -> list[Change]:
    return plan_changes(rock(*paths), Policy(mode, **policy))


def symlink(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("links may not be made here")


def everything(folder: Path) -> dict[Path, bytes]:
    """Each file in a folder, hidden ones too, with its contents."""
    return {path: path.read_bytes() for path in folder.iterdir()}


def id3_version(path: Path) -> tuple[int, ...]:
    return tuple(ID3(path).version)
