"""The worker process answers, can be cancelled, and survives its own death."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from fstmuse_core.audio.images import ImageBuilder, to_levels
from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG, mel_spectrogram
from fstmuse_core.bundle.bundle import Bundle, shipped_models_folder
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.classify.result import Classification
from fstmuse_core.system.child_process import start_child
from fstmuse_core.workers.client import WorkerClient
from fstmuse_core.workers.playback import AudioFeed, FeedBlock, _feed
from fstmuse_core.workers.protocol import (
    Cancelled,
    ClassifyFile,
    ClassifyLive,
    ClipResult,
    Done,
    Event,
    Failed,
    Partial,
    Progress,
    Ready,
    SavePart,
    Started,
    WorkerLost,
)
from fstmuse_core.workers.server import JobServer
from fstmuse_core.workers.tasks.classify import title_of

Samples = npt.NDArray[np.float32]
RATE = 22_050
MODEL = str(shipped_models_folder() / "fst-muse")
PATIENCE_S = 60


class Events:
    """Events in the order they came."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Event] = queue.Queue()
        self.put = self._queue.put

    def until(self, *kinds: type, job: int | None = None) -> list[Any]:
        """All events up to the first of one of ``kinds`` (of ``job``)."""
        seen: list[Any] = []
        while True:
            event = self._queue.get(timeout=PATIENCE_S)
            seen.append(event)
            if isinstance(event, kinds) and (job is None or getattr(event, "job", None) == job):
                return seen


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def worker(events: Events) -> Iterator[WorkerClient]:
    worker = WorkerClient(events.put, warm_model=MODEL)
    worker.start()
    yield worker
    worker.stop()
    assert worker.pid is None


@pytest.fixture
def long_file(tmp_path: Path, music: Samples) -> Path:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(music, 60), RATE, subtype="PCM_U8")
    return path


def test_a_file_is_started_done_and_the_same_as_without_a_worker(
    worker: WorkerClient, events: Events, music_file: Path
) -> None:
    job = worker.submit(ClassifyFile(str(music_file), MODEL))
    seen = events.until(Done, job=job)
    assert [type(e) for e in seen if not isinstance(e, Progress)] == [Ready, Started, Done]
    result = seen[-1].payload
    assert isinstance(result, ClipResult)
    direct = GenreClassifier.load(MODEL).classify_file(music_file)
    np.testing.assert_array_equal(result.classification.probabilities, direct.probabilities)
    assert result.image.levels.shape == (431, 128)


def test_a_part_of_a_file_is_answered_as_if_it_were_a_file_of_its_own(
    worker: WorkerClient, events: Events, music_file: Path, music: Samples, tmp_path: Path
) -> None:
    job = worker.submit(ClassifyFile(str(music_file), MODEL, (2.0, 8.0)))
    answer = events.until(Done, job=job)[-1].payload.classification
    alone = tmp_path / "alone.wav"
    soundfile.write(alone, music[2 * RATE : 8 * RATE], RATE)
    direct = GenreClassifier.load(MODEL).classify_file(alone)
    assert answer.duration_s == pytest.approx(6.0)
    np.testing.assert_allclose(answer.probabilities, direct.probabilities, atol=1e-4)


def test_a_part_of_a_file_is_saved_at_its_own_rate_with_its_channels(
    worker: WorkerClient, events: Events, tmp_path: Path
) -> None:
    source, target = tmp_path / "stereo.flac", tmp_path / "part.wav"
    sound = np.random.default_rng(1).uniform(-0.5, 0.5, (4 * 32_000, 2))
    soundfile.write(source, sound, 32_000, subtype="PCM_16")
    job = worker.submit(SavePart(str(source), (1.0, 2.5), str(target)))
    events.until(Done, job=job)
    saved, rate = soundfile.read(target)
    assert rate == 32_000
    np.testing.assert_allclose(saved, sound[32_000 : 32_000 * 5 // 2], atol=1e-4)
    gone = worker.submit(SavePart(str(source), (0.0, 1.0), str(tmp_path / "no" / "part.wav")))
    assert "cannot be written" in events.until(Failed, job=gone)[-1].sentence


@pytest.mark.parametrize(
    ("tags", "title"),
    [
        ({"artist": "Brock", "title": "Big\nSpider"}, "Brock \N{EN DASH} Big Spider"),
        ({"title": "Big Spider"}, "Big Spider"),
        ({"artist": "Unknown Artist", "title": "Track 1"}, "Track 1"),
        ({"artist": "Brock"}, ""),
        ({}, ""),
    ],
)
def test_a_song_is_called_as_its_tags_say(
    tags: dict[str, str], title: str, tmp_path: Path, music: Samples
) -> None:
    path = tmp_path / "059.flac"
    soundfile.write(path, music[:RATE], RATE)
    file = mutagen.File(path)
    file.update(tags)
    file.save()
    assert title_of(str(path)) == title


def test_a_bad_file_fails_with_a_sentence_and_the_next_is_done(
    worker: WorkerClient, events: Events, music_file: Path, tmp_path: Path
) -> None:
    bad = worker.submit(ClassifyFile(str(tmp_path / "gone.wav"), MODEL))
    no_model = worker.submit(ClassifyFile(str(music_file), "polka-net"))
    good = worker.submit(ClassifyFile(str(music_file), MODEL))
    seen = events.until(Done, job=good)
    sentences = {e.job: e.sentence for e in seen if isinstance(e, Failed)}
    assert "there is no such file" in sentences[bad]
    assert "there is no model by that name" in sentences[no_model]


def test_cancelling_what_runs_and_what_waits(
    worker: WorkerClient, events: Events, music_file: Path, long_file: Path
) -> None:
    running = worker.submit(ClassifyFile(str(long_file), MODEL))
    waiting = worker.submit(ClassifyFile(str(long_file), MODEL))
    last = worker.submit(ClassifyFile(str(music_file), MODEL))
    events.until(Started, job=running)
    worker.cancel(waiting)
    worker.cancel(running)
    seen = events.until(Done, job=last)
    assert {e.job for e in seen if isinstance(e, Cancelled)} == {running, waiting}
    assert not [e for e in seen if isinstance(e, Done) and e.job != last]


def test_a_killed_worker_is_replaced_and_the_job_done_again(
    worker: WorkerClient, events: Events, long_file: Path
) -> None:
    job = worker.submit(ClassifyFile(str(long_file), MODEL))
    events.until(Started, job=job)
    first = worker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    seen = events.until(Done, job=job)
    assert [type(e) for e in seen if isinstance(e, WorkerLost | Started)] == [WorkerLost, Started]
    assert "started again" in next(e.sentence for e in seen if isinstance(e, WorkerLost))
    assert worker.pid != first


def test_a_job_that_kills_twice_is_given_up(
    worker: WorkerClient, events: Events, long_file: Path, music_file: Path
) -> None:
    job = worker.submit(ClassifyFile(str(long_file), MODEL))
    innocent = worker.submit(ClassifyFile(str(music_file), MODEL))
    for _ in range(2):
        events.until(Started, job=job)
        assert worker.pid is not None
        os.kill(worker.pid, signal.SIGKILL)
    failed = events.until(Failed)[-1]
    assert failed.job == job
    assert "stopped twice" in failed.sentence
    events.until(Done, job=innocent)


def test_live_samples_are_answered_as_they_come_and_survive_a_death(
    worker: WorkerClient, events: Events, music: Samples
) -> None:
    job = worker.submit(ClassifyLive(MODEL))
    pieces = np.array_split(music, 20)
    for piece in pieces[:10]:
        worker.send_live(job, piece)
    partial = events.until(Partial, job=job)[-1].payload
    assert isinstance(partial, Classification)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    for piece in pieces[10:]:
        worker.send_live(job, piece)
    worker.end_live(job)
    result = events.until(Done, job=job)[-1].payload
    direct = GenreClassifier.load(MODEL).classify_samples(music)
    np.testing.assert_allclose(result.classification.probabilities, direct.probabilities, atol=1e-4)
    assert result.classification.duration_s == pytest.approx(10.0)


def test_a_recording_does_not_wait_for_a_long_file(
    worker: WorkerClient, events: Events, music: Samples, long_file: Path
) -> None:
    file_job = worker.submit(ClassifyFile(str(long_file), MODEL))
    events.until(Started, job=file_job)
    live = worker.submit(ClassifyLive(MODEL))
    worker.send_live(live, music)
    worker.end_live(live)
    seen = events.until(Done)
    assert seen[-1].job == live
    events.until(Done, job=file_job)


def test_a_live_session_can_be_cancelled(worker: WorkerClient, events: Events) -> None:
    job = worker.submit(ClassifyLive(MODEL))
    events.until(Started, job=job)
    worker.cancel(job)
    events.until(Cancelled, job=job)
    worker.send_live(job, np.zeros(100, np.float32))


def test_a_worker_that_cannot_be_started_is_told(
    events: Events, music_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr("fstmuse_core.system.worker_process.start_child", refuse)
    worker = WorkerClient(events.put)
    job = worker.submit(ClassifyFile(str(music_file), MODEL))
    worker.start()
    seen = events.until(Failed, job=job)
    assert "fstmuse doctor" in seen[-2].sentence
    assert seen[-1].sentence == "the helper process does not start"
    late = worker.submit(ClassifyFile(str(music_file), MODEL))
    events.until(Failed, job=late)
    worker.stop()


# The feed ---------------------------------------------------------------------------------


@pytest.fixture
def feed() -> Iterator[AudioFeed]:
    feed = AudioFeed()
    yield feed
    feed.stop()


def read_all(feed: AudioFeed) -> tuple[Samples, FeedBlock]:
    parts = []
    while True:
        block = feed.read(PATIENCE_S)
        assert block is not None
        parts.append(block.samples)
        if block.end:
            return np.concatenate(parts), block


def test_the_feed_gives_the_sound_from_where_it_is_asked(
    feed: AudioFeed, music: Samples, music_file: Path
) -> None:
    feed.open(str(music_file), start_s=4.0, sample_rate=RATE)
    samples, last = read_all(feed)
    assert last.error is None
    np.testing.assert_allclose(samples[:, 0], music[4 * RATE :], atol=1e-4)
    np.testing.assert_array_equal(samples[:, 0], samples[:, 1])


def test_a_new_stream_drops_the_old_one_and_can_change_the_rate(
    feed: AudioFeed, music_file: Path
) -> None:
    feed.open(str(music_file), start_s=0.0, sample_rate=RATE)
    assert feed.read(PATIENCE_S) is not None
    stream = feed.open(str(music_file), start_s=8.0, sample_rate=48_000, channels=1)
    samples, last = read_all(feed)
    assert last.stream == stream
    assert samples.shape == (96_000, 1)


def test_a_bad_file_and_a_dead_feed_are_told_in_a_sentence(
    feed: AudioFeed, tmp_path: Path, music_file: Path
) -> None:
    feed.open(str(tmp_path / "gone.wav"), start_s=0.0, sample_rate=RATE)
    _, last = read_all(feed)
    assert last.error is not None
    assert "no such file" in last.error
    feed.open(str(music_file), start_s=0.0, sample_rate=RATE)
    assert feed._process is not None
    feed._process.process.kill()
    _, last = read_all(feed)
    assert last.error is not None
    feed.open(str(music_file), start_s=9.0, sample_rate=RATE)
    samples, last = read_all(feed)
    assert last.error is None
    assert len(samples) == RATE


# Pictures ---------------------------------------------------------------------------------


def test_a_feed_that_is_never_asked_ends_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    process, connection = start_child(_feed)
    connection.close()
    process.join(120.0)
    assert process.exitcode == 0
    assert capfd.readouterr().err == ""


def test_the_picture_is_bounded_and_keeps_the_loudest(music: Samples) -> None:
    mel = mel_spectrogram(music)
    levels = to_levels(mel, DEFAULT_CONFIG)
    for size in (1, 37, 431):
        fine, coarse = ImageBuilder(DEFAULT_CONFIG), ImageBuilder(DEFAULT_CONFIG, max_columns=100)
        for start in range(0, len(mel), size):
            fine.add(mel[start : start + size])
            coarse.add(mel[start : start + size])
        np.testing.assert_array_equal(fine.build().levels, levels)
        small = coarse.build()
        factor = round(small.seconds_per_column * DEFAULT_CONFIG.frames_per_second)
        assert len(small.levels) <= 200
        assert len(small.levels) == -(-len(levels) // factor)
        np.testing.assert_array_equal(small.levels[3], levels[3 * factor : 4 * factor].max(axis=0))


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 2), (16, 2)])
def test_a_clip_that_somebody_waits_for_has_two_threads(
    cores: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Server(JobServer):
        def do(self, request: object) -> None:
            raise NotImplementedError

    loaded: list[int] = []

    def load(bundle: Bundle, *, num_threads: int) -> None:
        loaded.append(num_threads)

    monkeypatch.setattr("fstmuse_core.classify.classifier.GenreClassifier", load)
    monkeypatch.setattr("fstmuse_core.system.pool.default_processes", lambda: cores)
    ours, theirs = multiprocessing.Pipe()
    Server(ours).classifier(MODEL)
    assert loaded == [threads]
    ours.close()
    theirs.close()
