from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.sound.intake import RECORDING_RATE
from fstmuse_gui.sound.recorder import DEFAULT_TAKE_S, Recorder, levels

from .conftest import ManualClock
from .fake_portaudio import FakePortAudio, FakeStream


def tone(seconds: float, rate: int = RECORDING_RATE, hertz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(
        np.float32
    )


def start(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot, *wanted: DeviceId
) -> FakeStream:
    recorder.start(wanted)
    qtbot.waitUntil(lambda: recorder.state == "recording")
    return portaudio.stream


def stop(recorder: Recorder, qtbot: QtBot) -> Take:
    with qtbot.waitSignal(recorder.finished) as finished:
        recorder.stop()
    assert finished.args is not None
    (take,) = finished.args
    assert isinstance(take, Take)
    return take


def test_a_take_is_what_the_microphone_heard(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, portaudio, qtbot)
    heard = tone(1.0)
    for block in np.array_split(heard, 13):
        stream.bring(block)
    take = stop(recorder, qtbot)
    np.testing.assert_array_equal(take.samples, heard)
    assert (take.sample_rate, take.warnings) == (RECORDING_RATE, ())


def test_samples_are_handed_on_while_recording(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, portaudio, qtbot)
    with qtbot.waitSignals([recorder.samples_ready, recorder.level_changed]):
        stream.bring(tone(0.1))
    assert recorder.elapsed_s == pytest.approx(0.1)


def test_the_device_is_closed_after_a_take(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, portaudio, qtbot)
    stream.bring(tone(0.1))
    stop(recorder, qtbot)
    qtbot.waitUntil(lambda: not stream.is_open)
    assert recorder.state == "idle"


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_another_rate_is_resampled_without_loss(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot, rate: int
) -> None:
    portaudio.devices[0]["default_samplerate"] = float(rate)
    portaudio.rates = {rate}
    stream = start(recorder, portaudio, qtbot)
    for block in np.array_split(tone(2.0, rate), 29):
        stream.bring(block)
    take = stop(recorder, qtbot)
    expected = tone(2.0)
    assert take.samples.size == pytest.approx(expected.size, abs=2)
    middle = slice(2000, expected.size - 2000)
    np.testing.assert_allclose(take.samples[middle], expected[middle], atol=1e-4)


def test_a_device_that_insists_on_stereo_is_mixed_to_mono(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    portaudio.devices[0]["max_input_channels"] = 2
    check = portaudio.check

    def only_stereo(settings: dict[str, Any], direction: str) -> None:
        if settings["channels"] != 2:
            raise portaudio.PortAudioError("Invalid number of channels", -9998)
        check(settings, direction)

    monkeypatch.setattr(portaudio, "check", only_stereo)
    stream = start(recorder, portaudio, qtbot)
    stream.bring(tone(1.0, 48_000))
    assert stop(recorder, qtbot).samples.std() == pytest.approx(tone(1.0).std(), rel=0.02)


def test_recording_stops_by_itself_when_the_take_is_full(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, portaudio, qtbot)
    with qtbot.waitSignal(recorder.finished) as finished:
        for _ in range(8):
            with qtbot.waitSignals([recorder.samples_ready]):
                stream.bring(tone(4.0))
    assert finished.args is not None
    assert finished.args[0].duration_s == DEFAULT_TAKE_S


def test_lost_sound_is_admitted(recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot) -> None:
    stream = start(recorder, portaudio, qtbot)
    stream.bring(tone(12.0))
    take = stop(recorder, qtbot)
    assert take.duration_s == pytest.approx(10.0)
    assert take.warnings == ("2.00 s of sound were lost because the computer was busy",)


def test_overflows_in_portaudio_are_admitted(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, portaudio, qtbot)
    stream.bring(tone(0.5), overflow=True)
    assert "too busy for the sound 1 times" in stop(recorder, qtbot).warnings[0]


def test_a_refused_microphone_is_noticed_while_recording(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, portaudio, qtbot)
    with qtbot.waitSignal(recorder.message) as message:
        stream.bring(np.zeros(2 * RECORDING_RATE))
    assert message.args is not None
    assert message.args[0].startswith("Desk microphone: only silence arrives; ")
    assert stop(recorder, qtbot).warnings == (message.args[0],)


def test_the_sentence_goes_when_sound_comes_after_all(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, portaudio, qtbot)
    with qtbot.waitSignal(recorder.message):
        stream.bring(np.zeros(2 * RECORDING_RATE))
    with qtbot.waitSignal(recorder.message, check_params_cb=lambda text: text == ""):
        stream.bring(tone(0.1))
    assert stop(recorder, qtbot).warnings == ()


def test_a_quiet_room_is_not_called_silent(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, portaudio, qtbot)
    with qtbot.assertNotEmitted(recorder.message), qtbot.waitSignal(recorder.samples_ready):
        stream.bring(1e-5 * tone(2.0))
    assert stop(recorder, qtbot).warnings == ()


def test_unplugging_keeps_the_take(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, portaudio, qtbot)
    stream.bring(tone(3.0))
    with qtbot.waitSignal(recorder.message), qtbot.waitSignal(recorder.finished) as finished:
        stream.unplug()
    assert finished.args is not None
    take = finished.args[0]
    assert take.duration_s == pytest.approx(3.0)
    assert "stopped after 3.0 s; what was recorded is kept" in take.warnings[0]


def test_a_device_that_falls_silent_without_a_word_counts_as_unplugged(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot, clock: ManualClock
) -> None:
    stream = start(recorder, portaudio, qtbot)
    with qtbot.waitSignal(recorder.samples_ready):
        stream.bring(tone(1.0))
    with qtbot.waitSignal(recorder.finished) as finished:
        clock.now += 1.1
    assert finished.args is not None
    assert finished.args[0].duration_s == pytest.approx(1.0)


def test_a_device_that_never_sends_is_a_sentence(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot, clock: ManualClock
) -> None:
    start(recorder, portaudio, qtbot)
    with qtbot.assertNotEmitted(recorder.finished), qtbot.waitSignal(recorder.failed) as failed:
        clock.now += 3.1
    assert failed.args is not None
    assert "no sound arrives from this input" in failed.args[0]
    assert recorder.state == "idle"


def test_no_microphone_is_a_sentence(
    no_devices: FakePortAudio, recorder: Recorder, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(recorder.failed) as failed:
        recorder.start()
    assert failed.args is not None
    assert failed.args[0].startswith("Microphone: no input device was found; plug one in")
    assert recorder.state == "idle"


def test_a_busy_microphone_keeps_the_take_before(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, portaudio, qtbot)
    stream.bring(tone(1.0))
    stop(recorder, qtbot)
    portaudio.busy = {0}
    with qtbot.waitSignal(recorder.failed):
        recorder.start()
    assert recorder.take().duration_s == pytest.approx(1.0)


def test_watching_the_level_records_nothing(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    recorder.monitor()
    qtbot.waitUntil(lambda: recorder.state == "monitoring")
    with (
        qtbot.assertNotEmitted(recorder.samples_ready),
        qtbot.waitSignal(recorder.level_changed) as level,
    ):
        portaudio.stream.bring(tone(0.1))
    assert level.args is not None
    assert level.args == pytest.approx([-6.02, -9.03], abs=0.1)
    with qtbot.assertNotEmitted(recorder.finished):
        recorder.stop()


def test_recording_goes_on_from_watching_with_fresh_sound(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    recorder.monitor()
    qtbot.waitUntil(lambda: recorder.state == "monitoring")
    stream = portaudio.stream
    stream.bring(tone(1.0, hertz=3000.0))
    recorder.start()
    assert recorder.state == "recording"
    stream.bring(tone(0.5))
    np.testing.assert_array_equal(stop(recorder, qtbot).samples, tone(0.5))
    assert len(portaudio.streams) == 1


def test_stopping_before_the_device_is_open_leaves_it_closed(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    recorder.start()
    recorder.stop()
    recorder.close()
    assert recorder.state == "idle"
    assert not any(stream.is_open for stream in portaudio.streams)


def test_closing_hands_over_the_take(
    recorder: Recorder, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    stream = start(recorder, portaudio, qtbot)
    stream.bring(tone(1.0))
    with qtbot.waitSignal(recorder.finished) as finished:
        recorder.close()
    assert finished.args is not None
    assert finished.args[0].duration_s == pytest.approx(1.0)


def test_levels_are_decibels_of_full_scale() -> None:
    assert levels(np.ones(10, dtype=np.float32)) == (0.0, 0.0)
    assert levels(np.zeros(10, dtype=np.float32)) == (-90.0, -90.0)
    assert levels(np.zeros(0, dtype=np.float32)) == (-90.0, -90.0)
