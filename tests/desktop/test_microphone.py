"""The whole way: sound into the microphone, onto the screen, into an answer, and out again."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr

from fstmuse_core.audio import load_audio
from fstmuse_core.classify import GenreClassifier
from fstmuse_core.spectrogram import DEFAULT_CONFIG, mel_frequencies
from fstmuse_gui.settings import MODEL

from .sound_server import RATE, SoundServer, wait_for
from .window import Window

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

OpenWindow = Callable[[dict[str, str]], Window]
Signal = npt.NDArray[np.float32]

LOW_HZ, HIGH_HZ = 440.0, 3000.0
TONE_S = 2.0
TAKE_RATE = DEFAULT_CONFIG.sample_rate


def tone(hertz: float, seconds: float) -> Signal:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype("f4")


def played_piece(music: Signal) -> Signal:
    """A low tone, a high tone, then music; under all of it a little noise that marks the place."""
    rng = np.random.default_rng(11)
    piece = np.concatenate(
        [tone(LOW_HZ, TONE_S), tone(HIGH_HZ, TONE_S), soxr.resample(music, TAKE_RATE, RATE)]
    )
    return (0.8 * piece + 0.03 * rng.standard_normal(piece.size)).astype(np.float32)


@pytest.fixture(scope="module")
def piece(music: Signal, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Signal]:
    """What is played into the microphone: a file, and the same at the take's rate."""
    samples = played_piece(music)
    path = tmp_path_factory.mktemp("piece") / "piece.wav"
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path, soxr.resample(samples, RATE, TAKE_RATE)


def offset_of(part: Signal, whole: Signal) -> tuple[int, float]:
    """Where ``part`` lies in ``whole``, and how well it fits there, 1 at best."""
    n_places = whole.size - part.size + 1
    size = 1 << (part.size + whole.size).bit_length()
    spectrum = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(part, size))
    match = np.fft.irfft(spectrum, size)[:n_places]
    energy = np.concatenate([[0.0], np.cumsum(np.square(whole, dtype=np.float64))])
    loudness = np.sqrt(np.maximum(energy[part.size :] - energy[:n_places], 1e-6))
    start = int(np.argmax(match / loudness))
    return start, float(np.corrcoef(part, whole[start : start + part.size])[0, 1])


def decibels(samples: Signal) -> float:
    return 20 * float(np.log10(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))))


def longest_silence_s(samples: Signal, rate: int) -> float:
    """Length of the longest stretch without any sound."""
    heard = np.flatnonzero(np.abs(samples) > 1e-4)
    edges = np.concatenate([[-1], heard, [samples.size]])
    return float(np.diff(edges).max() - 1) / rate


def row_of(hertz: float, height: int) -> int:
    """The row of a spectrogram's picture that shows a frequency."""
    band = int(np.argmin(np.abs(mel_frequencies() - hertz)))
    return round((1.0 - (band + 0.5) / DEFAULT_CONFIG.n_mels) * height)


def line_at(hertz: float, picture: npt.NDArray[np.uint8]) -> float:
    """How much brighter the picture is along a frequency than over all, in grey levels.

    Only of the columns where anything is drawn, and of the brightest quarter of those.
    """
    row = row_of(hertz, picture.shape[0])
    line = picture[row - 3 : row + 4].max(axis=0).astype(float)
    usual = np.median(picture, axis=0)
    above = np.sort(line - usual)
    return float(above[-above.size // 12 :].mean())


@pytest.fixture
def recorded(
    sound: SoundServer, open_window: OpenWindow, piece: tuple[Path, Signal], screenshots: Path
) -> tuple[Window, Signal, dict[str, npt.NDArray[np.uint8]]]:
    """The window after a take of the piece, the take, and pictures made meanwhile."""
    window = open_window(sound.environment)
    pictures = {}
    pictures["before"] = window.screenshot(screenshots / "desktop-1-start.png")
    mark = window.press("r")
    window.wait("recording", since=mark)
    with sound.playing(piece[0]):
        heard_from = sound.capture.now

        def played(seconds: float) -> Callable[[], bool]:
            return lambda: sound.capture.now - heard_from > seconds * RATE

        wait_for(played(TONE_S * 0.9), "the low tone")
        pictures["low"] = window.screenshot(screenshots / "desktop-2-low-tone.png")
        wait_for(played(TONE_S * 1.9), "the high tone")
        pictures["high"] = window.screenshot(screenshots / "desktop-3-high-tone.png")
        wait_for(played(11.0), "the music")
        window.screenshot(screenshots / "desktop-4-recording.png")
        mark = window.press("r")
    event = window.wait("take", since=mark)
    assert event["warnings"] == []
    return window, np.load(event["path"]), pictures


def test_music_is_recorded_shown_live_and_classified(
    recorded: tuple[Window, Signal, dict[str, npt.NDArray[np.uint8]]],
    sound: SoundServer,
    piece: tuple[Path, Signal],
    screenshots: Path,
):
    window, take, pictures = recorded

    # Heard: the middle of the take is what the loudspeaker played, as loud, without a gap.
    part = take[3 * TAKE_RATE : 10 * TAKE_RATE]
    heard = soxr.resample(sound.capture.since(0), RATE, TAKE_RATE)
    start, fit = offset_of(part, heard)
    assert fit > 0.9
    assert decibels(part) == pytest.approx(decibels(heard[start:][: part.size]), abs=0.5)
    assert offset_of(part[: 2 * TAKE_RATE], piece[1])[1] > 0.9

    # Shown: each tone's line is in the picture made while it sounded.
    assert line_at(LOW_HZ, pictures["low"]) > 60
    assert line_at(HIGH_HZ, pictures["low"]) < 30
    assert line_at(HIGH_HZ, pictures["high"]) > 60

    # Classified: all of the take, by a model, with a verdict.
    result = window.wait("result")["result"]
    window.screenshot(screenshots / "desktop-5-answer.png")
    assert result["duration_s"] == pytest.approx(take.size / TAKE_RATE, abs=0.1)
    # The window says what the command line would say of the same samples.
    direct = GenreClassifier.load(MODEL.default).classify_samples(take)
    assert result["probabilities"] == pytest.approx(dict(direct.ranked()), abs=0.005)


def test_a_real_song_is_recognised_through_the_microphone_as_from_its_file(
    sound: SoundServer, open_window: OpenWindow, real_music: Path, screenshots: Path
):
    with (real_music / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        song = real_music / next(
            row["path"] for row in csv.DictReader(stream) if row["genre"] == "Electronic"
        )
    window = open_window(sound.environment)
    with sound.playing(song):
        heard_from = sound.capture.now
        mark = window.press("r")
        window.wait("recording", since=mark)
        wait_for(lambda: sound.capture.now - heard_from > 13 * RATE, "the song")
        window.press("r")
    take = np.load(window.wait("take", since=mark)["path"])
    result = window.wait("result", since=mark)["result"]
    window.screenshot(screenshots / "desktop-10-real-song.png")

    original = load_audio(song, duration_s=20.0)
    start, fit = offset_of(take[TAKE_RATE : 11 * TAKE_RATE], original)
    assert fit > 0.9
    same = original[start - TAKE_RATE :][: take.size]
    direct = GenreClassifier.load(MODEL.default).classify_samples(same)
    assert result["probabilities"] == pytest.approx(dict(direct.ranked()), abs=0.15)


def test_the_take_is_played_back_in_step_with_the_cursor(
    recorded: tuple[Window, Signal, dict[str, npt.NDArray[np.uint8]]],
    sound: SoundServer,
    screenshots: Path,
):
    window, take, _ = recorded
    window.wait("result")
    wait_for(lambda: longest_silence_s(sound.capture.since(0)[-RATE // 2 :], RATE) > 0.4, "silence")
    mark, heard_from = len(window.events), sound.capture.now
    window.press("space")
    window.wait("position", since=mark, where=lambda event: event["seconds"] > 6.5)
    window.screenshot(screenshots / "desktop-6-playing.png")
    window.press("space")
    window.wait("player", since=mark, where=lambda event: event["state"] == "paused")
    heard = sound.capture.since(heard_from)
    at_device_rate = soxr.resample(take, TAKE_RATE, RATE)

    part = at_device_rate[RATE : 6 * RATE]
    start, fit = offset_of(part, heard)
    assert fit > 0.9
    same = heard[start : start + part.size]
    assert decibels(same) == pytest.approx(decibels(part), abs=0.5)
    assert longest_silence_s(same, RATE) < longest_silence_s(part, RATE) + 0.02

    seconds = np.arange(1.0, 6.0, 0.05)
    samples = heard_from + start + ((seconds - 1.0) * RATE).astype(np.int64)
    moments, shown = window.positions(mark)
    error = np.interp(sound.capture.moments(samples), moments, shown) - seconds
    assert np.abs(np.median(error)) < 0.05
    assert np.percentile(np.abs(error), 95) < 0.08


def test_a_click_while_playing_goes_on_at_the_new_place(
    recorded: tuple[Window, Signal, dict[str, npt.NDArray[np.uint8]]],
    sound: SoundServer,
    screenshots: Path,
):
    window, take, _ = recorded
    window.wait("result")
    window.screenshot(screenshots / "desktop-5-answer.png")
    left, top, width, height = window.picture
    mark = window.press("space")
    window.wait("position", since=mark, where=lambda event: event["seconds"] > 1.0)
    heard_from = sound.capture.now
    mark = window.click(left + 0.6 * width, top + 0.5 * height)
    aim = 0.6 * take.size / TAKE_RATE
    landed = window.wait("position", since=mark, where=lambda event: event["seconds"] > aim - 0.2)
    assert landed["seconds"] == pytest.approx(aim, abs=0.1)
    window.wait("position", since=mark, where=lambda event: event["seconds"] > aim + 1.5)
    heard = sound.capture.since(heard_from)
    window.press("space")

    at_device_rate = soxr.resample(take, TAKE_RATE, RATE)
    after = round(landed["seconds"] * RATE)
    start, fit = offset_of(at_device_rate[after : after + RATE], heard)
    assert fit > 0.9
    assert start < RATE


def test_an_unplugged_sound_card_leaves_the_take(
    sound: SoundServer, open_window: OpenWindow, piece: tuple[Path, Signal], screenshots: Path
):
    window = open_window(sound.environment)
    mark = window.press("r")
    window.wait("recording", since=mark)
    with sound.playing(piece[0]):
        heard_from = sound.capture.now
        wait_for(lambda: sound.capture.now - heard_from > 5 * RATE, "five seconds of sound")
        sound.unplug()
    take = window.wait("take", since=mark)
    assert "what was recorded is kept" in take["warnings"][0]
    assert np.load(take["path"]).size > 4.5 * TAKE_RATE
    window.wait("result", since=mark)
    window.screenshot(screenshots / "desktop-7-unplugged.png")


def test_a_silent_microphone_is_a_sentence(
    sound: SoundServer, open_window: OpenWindow, screenshots: Path
):
    window = open_window(sound.environment)
    mark = window.press("r")
    sentence = window.wait("message", since=mark, where=lambda event: event["text"])["text"]
    assert "only silence arrives" in sentence
    window.screenshot(screenshots / "desktop-8-silent.png")
    window.press("r")
    window.wait("take", since=mark)


def test_no_sound_card_is_a_sentence(
    screen: str, tmp_path: Path, open_window: OpenWindow, screenshots: Path
):
    bare = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PULSE_SERVER": "none"}
    count = "import sounddevice; print(len(sounddevice.query_devices()))"
    devices = subprocess.run(
        [sys.executable, "-c", count], env={**os.environ, **bare}, capture_output=True, text=True
    )
    if devices.stdout.strip() != "0":
        pytest.skip("this computer has a sound card, which can't be hidden")
    window = open_window(bare)
    mark = window.press("r")
    sentence = window.wait("message", since=mark, where=lambda event: event["text"])["text"]
    assert "no input device was found; plug one in" in sentence
    window.screenshot(screenshots / "desktop-9-no-microphone.png")
