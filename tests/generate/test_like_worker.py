"""Clips like a song, made by the window's process: listened to once, and said what was found."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.bundle import load_bundle
from fstmuse_core.generate.generator import (
    BeatWish,
    ClipGenerator,
    GeneratedClip,
    LikedSong,
    Recipe,
)
from fstmuse_core.generate.like import like_song
from fstmuse_core.workers.client import WorkerClient
from fstmuse_core.workers.protocol import Cancelled, Done, Failed, MakeClip, Partial, Started
from fstmuse_core.workers.tasks import sound
from tests.generate.grid import write_tiny_told
from tests.generate.test_worker import Events

RATE = 22_050


@pytest.fixture(scope="module")
def told(tiny: Path) -> Path:
    """The folder of an untrained generator that was told of songs."""
    return write_tiny_told(tiny.parent / "tiny-told")


@pytest.fixture(scope="module")
def drums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song of 14 s at 120 beats a minute."""
    rng, time = np.random.default_rng(4), np.arange(4000) / RATE
    samples = 0.01 * rng.standard_normal(14 * RATE)
    for beat in range(26):
        first = round((0.2 + 0.5 * beat) * RATE)
        tone = (90.0, 700.0)[beat % 4 > 0]
        samples[first : first + 4000] += (
            0.5 * np.exp(-25.0 * time) * np.sin(2 * np.pi * tone * time)
        )
    path = tmp_path_factory.mktemp("songs") / "Band - Drums.wav"
    soundfile.write(path, samples, RATE)
    return path


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def worker(events: Events) -> Iterator[WorkerClient]:
    worker = WorkerClient(events.put, serve=sound.serve)
    worker.start()
    yield worker
    worker.stop()


def payloads(seen: list[Any]) -> list[Any]:
    return [event.payload for event in seen if isinstance(event, Partial)]


def test_genre_tempo_and_place_are_the_songs(
    worker: WorkerClient, events: Events, told: Path, drums: Path
) -> None:
    worker.submit(MakeClip(str(told), "", 4.0, 7, like=str(drums)))
    seen = events.until(Done, Failed)
    assert isinstance(seen[-1], Done), seen[-1]
    heard, recipe, _image, clip = payloads(seen)
    assert isinstance(heard, LikedSong)
    assert isinstance(recipe, Recipe)
    assert isinstance(clip, GeneratedClip)
    assert heard.bpm == pytest.approx(120.0, abs=2.0)
    assert recipe.groove is not None
    assert recipe.groove.bpm == heard.bpm
    assert (recipe.genre, recipe.like) == (heard.genre, heard.like)
    assert heard.like.song == "Band - Drums.wav"

    generator = ClipGenerator(load_bundle(told))
    assert generator.listen_to(drums) == heard
    np.testing.assert_array_equal(generator.make(recipe).samples, clip.samples)
    plain = generator.generate(heard.genre, 4.0, 7, beat=BeatWish(bpm=heard.bpm))
    assert not np.array_equal(plain.samples, clip.samples)

    # What one names oneself goes before what the song has.
    worker.submit(MakeClip(str(told), "Jazz", 4.0, 7, beat=BeatWish(bpm=97.0), like=str(drums)))
    _heard, recipe, *_rest = payloads(events.until(Done, Failed))
    assert (recipe.genre, recipe.groove.bpm, recipe.like) == ("Jazz", 97.0, heard.like)
    # A genre without a beat has no tempo to be given.
    worker.submit(MakeClip(str(told), "Classical", 4.0, 7, like=str(drums)))
    _heard, recipe, *_rest = payloads(events.until(Done, Failed))
    assert (recipe.genre, recipe.groove, recipe.like) == ("Classical", None, heard.like)


def test_no_steady_beat_is_said(
    worker: WorkerClient, events: Events, told: Path, tmp_path: Path
) -> None:
    path = tmp_path / "wind.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(1).standard_normal(24 * RATE), RATE)
    worker.submit(MakeClip(str(told), "Rock", 3.0, 7, like=str(path)))
    heard, recipe, *_rest = payloads(events.until(Done, Failed))
    assert heard.bpm is None
    assert heard.note == "wind.wav has no steady beat, so its tempo is not taken over"
    assert recipe.groove is not None  # one of the genre's own


def test_what_cannot_be_listened_to_is_one_line(
    worker: WorkerClient,
    events: Events,
    told: Path,
    tiny_grid: Path,
    drums: Path,
    make_file: Callable[..., Path],
    tmp_path: Path,
) -> None:
    text = tmp_path / "notes.mp3"
    text.write_text("no music", encoding="utf-8")
    silence = make_file("silence.wav", np.zeros(8 * RATE, np.float32))
    short = make_file("short.wav", 0.1 * np.ones(RATE, np.float32))
    refused = [
        (MakeClip(str(told), "", 3.0, 1, like=str(silence)), "it is silent or shorter than 3 s"),
        (MakeClip(str(told), "", 3.0, 1, like=str(short)), "it is silent or shorter than 3 s"),
        (MakeClip(str(told), "", 3.0, 1, like=str(tmp_path / "gone.mp3")), "there is no such file"),
        (MakeClip(str(told), "", 3.0, 1, like=str(tmp_path)), "folder"),
        (MakeClip(str(told), "", 3.0, 1, like=str(text)), "notes.mp3"),
        (MakeClip(str(tiny_grid), "", 3.0, 1, like=str(drums)), "it was not told of songs"),
    ]
    for request, words in refused:
        worker.submit(request)
        failed = events.until(Failed, Done)[-1]
        assert isinstance(failed, Failed)
        assert words in failed.sentence
        assert "\n" not in failed.sentence


def test_listening_is_given_up(
    worker: WorkerClient, events: Events, told: Path, tmp_path: Path
) -> None:
    path = tmp_path / "long.flac"
    soundfile.write(path, 0.1 * np.random.default_rng(1).standard_normal(300 * RATE), RATE)
    job = worker.submit(MakeClip(str(told), "", 3.0, 1, like=str(path)))
    events.until(Started)
    worker.cancel(job)
    seen = events.until(Cancelled, Done, Failed)
    assert isinstance(seen[-1], Cancelled)
    assert not payloads(seen)


class _Connection:
    """The window's end of the pipe."""

    def __init__(self) -> None:
        self.sent: list[object] = []
        self.send = self.sent.append


def test_a_song_is_listened_to_once_for_each_state_of_file_and_model(
    told: Path, drums: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = sound._Server(cast(Any, _Connection()))
    generator = ClipGenerator(load_bundle(told))
    listened: list[Path] = []

    def listen(bundle: Any, path: Any, run: Any) -> LikedSong:
        listened.append(Path(path))
        return like_song(bundle, path, run)

    monkeypatch.setattr(sound, "like_song", listen)
    song = tmp_path / "song.wav"
    song.write_bytes(drums.read_bytes())
    first = server._listened(generator, str(song))
    assert server._listened(generator, str(song)) is first
    assert len(listened) == 1
    os.utime(song, (1, 1))
    assert server._listened(generator, str(song)) == first
    other = ClipGenerator(load_bundle(write_tiny_told(tmp_path / "other-told", "other-told")))
    server._listened(other, str(song))
    assert len(listened) == 3
    song.unlink()
    assert server._listened(generator, str(song)) == first
    with pytest.raises(Exception, match="there is no such file"):
        server._listened(generator, str(tmp_path / "never.wav"))


def test_a_take_can_be_made_again_after_its_song_has_gone(
    worker: WorkerClient, events: Events, told: Path, drums: Path, tmp_path: Path
) -> None:
    song = tmp_path / "song.wav"
    song.write_bytes(drums.read_bytes())
    clips = []
    for _ in range(2):
        worker.submit(MakeClip(str(told), "", 2.0, 7, like=str(song)))
        seen = events.until(Done, Failed)
        assert isinstance(seen[-1], Done), seen[-1]
        clips.append(payloads(seen)[-1])
        song.unlink(missing_ok=True)
    assert np.array_equal(clips[0].samples, clips[1].samples)
    worker.submit(MakeClip(str(told), "", 2.0, 7, like=str(tmp_path / "never.wav")))
    assert isinstance(events.until(Done, Failed)[-1], Failed)
