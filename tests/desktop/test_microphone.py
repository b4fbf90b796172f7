"""The whole way: sound into the microphone, onto the screen, into an answer, and out again."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from fstmuse_core.audio.reading import load_audio
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_gui.settings import MODEL

from .conftest import OpenWindow
from .playback import check_playback
from .signals import (
    HIGH_HZ,
    LOW_HZ,
    TAKE_RATE,
    TONE_S,
    Picture,
    Signal,
    decibels,
    line_at,
    line_where,
    offset_of,
    tone,
)
from .sound_server import RATE, SoundServer, wait_for

pytestmark = [pytest.mark.desktop, pytest.mark.slow]


def test_music_is_recorded_shown_live_classified_and_played_back(
    sound: SoundServer, open_window: OpenWindow, piece: tuple[Path, Signal], screenshots: Path
) -> None:
    window = open_window(sound.environment)
    window.screenshot(screenshots / "desktop-1-start.png")
    mark = window.press("r")
    window.wait("recording", since=mark)
    with sound.playing(piece[0]):
        heard_from = sound.capture.now

        def played(seconds: float) -> Callable[[], bool]:
            return lambda: sound.capture.now - heard_from > seconds * RATE

        def shown(hertz: float, file: Path) -> Picture:
            """The picture with its line, which a busy machine draws some moments later."""
            pictures: list[Picture] = []

            def is_there() -> bool:
                pictures.append(window.screenshot(file))
                return line_at(hertz, pictures[-1]) > 60

            wait_for(is_there, f"the line at {hertz:.0f} Hz")
            return pictures[-1]

        wait_for(played(TONE_S * 0.9), "the low tone")
        shown(LOW_HZ, screenshots / "desktop-2-low-tone.png")
        wait_for(played(TONE_S * 1.9), "the high tone")
        both = shown(HIGH_HZ, screenshots / "desktop-3-high-tone.png")
        wait_for(played(11.0), "the music")
        window.screenshot(screenshots / "desktop-4-recording.png")
        window.press("r")
    event = window.wait("take", since=mark)
    assert event["warnings"] == []
    take = np.load(event["path"])

    # Heard: the middle of the take is what the loudspeaker played, as loud, without a gap.
    part = take[3 * TAKE_RATE : 10 * TAKE_RATE]
    heard = soxr.resample(sound.capture.since(0), RATE, TAKE_RATE)
    start, fit = offset_of(part, heard)
    assert fit > 0.9
    assert decibels(part) == pytest.approx(decibels(heard[start:][: part.size]), abs=0.5)
    assert offset_of(part[: 2 * TAKE_RATE], soxr.resample(piece[1], RATE, TAKE_RATE))[1] > 0.9

    # Shown: each tone has its line, and the high one had none before it sounded.
    assert line_where(HIGH_HZ, LOW_HZ, both) < 30
    assert line_where(LOW_HZ, HIGH_HZ, both) < 30

    # Classified: all of the take, and as the command line would.
    result = window.wait("result")["result"]
    window.screenshot(screenshots / "desktop-5-answer.png")
    assert result["duration_s"] == pytest.approx(take.size / TAKE_RATE, abs=0.1)
    direct = GenreClassifier.load(MODEL.default).classify_samples(take)
    assert result["probabilities"] == pytest.approx(dict(direct.ranked()), abs=0.005)

    # Played back: as it was recorded, with the cursor where the ear is.
    original = np.load(Path(event["path"]).with_suffix(".original.npy"))
    check_playback(window, sound, original.mean(axis=1))


def test_a_real_song_is_recognised_through_the_microphone_as_from_its_file(
    sound: SoundServer, open_window: OpenWindow, real_music: Path, screenshots: Path
) -> None:
    with (real_music / "manifest.csv").open(newline="", encoding="utf-8") as stream:
        song = real_music / next(
            row["path"] for row in csv.DictReader(stream) if row["genre"] == "Electronic"
        )
    window = open_window(sound.environment)
    with sound.playing(song):
        # The song is compared from where the take begins, so it must have begun before.
        heard_from = sound.capture.now
        wait_for(lambda: sound.capture.now - heard_from > 2 * RATE, "the song's first seconds")
        mark = window.press("r")
        window.wait("recording", since=mark)
        wait_for(lambda: sound.capture.now - heard_from > 15 * RATE, "the song")
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


def test_both_channels_are_kept_at_the_input_s_own_rate(
    sound: SoundServer, open_window: OpenWindow, tmp_path: Path, screenshots: Path
) -> None:
    sides = np.stack([tone(LOW_HZ, 6.0), tone(HIGH_HZ, 6.0)], axis=1)
    soundfile.write(tmp_path / "sides.wav", sides, RATE, subtype="FLOAT")
    window = open_window(sound.environment)
    with sound.playing(tmp_path / "sides.wav"):
        heard_from = sound.capture.now
        wait_for(lambda: sound.capture.now - heard_from > RATE, "the tones")
        mark = window.press("r")
        window.wait("recording", since=mark)
        window.screenshot(screenshots / "desktop-11-stereo.png")
        wait_for(lambda: sound.capture.now - heard_from > 4 * RATE, "two more seconds")
        window.press("p")
        wait_for(lambda: sound.capture.now - heard_from > 5 * RATE, "a pause")
        window.screenshot(screenshots / "desktop-12-paused.png")
        window.press("r")
    event = window.wait("take", since=mark)
    original = np.load(Path(event["path"]).with_suffix(".original.npy"))
    assert event["rate"] == RATE
    assert original.shape[1] == 2
    middle = original[RATE // 2 : RATE * 3 // 2]
    spectra = np.abs(np.fft.rfft(middle, axis=0))
    assert spectra.argmax(axis=0).tolist() == [LOW_HZ, HIGH_HZ]
    assert len(original) / RATE == pytest.approx(np.load(event["path"]).size / TAKE_RATE, abs=0.1)


def test_an_unplugged_sound_card_leaves_the_take(
    sound: SoundServer, open_window: OpenWindow, piece: tuple[Path, Signal], screenshots: Path
) -> None:
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
) -> None:
    window = open_window(sound.environment)
    mark = window.press("r")
    sentence = window.wait("message", since=mark, where=lambda event: event["text"])["text"]
    assert "only silence arrives" in sentence
    window.screenshot(screenshots / "desktop-8-silent.png")
    window.press("r")
    window.wait("take", since=mark)


def test_no_sound_card_is_a_sentence(
    screen: str, tmp_path: Path, open_window: OpenWindow, screenshots: Path
) -> None:
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
