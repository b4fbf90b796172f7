from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_gui.classify.record_panel import RecordPanel
from fstmuse_gui.classify.recording import RecordPresenter
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.widgets.controls import keep_room
from fstmuse_gui.widgets.level_meter import LOWEST_DB, LevelMeter
from tests.rounding import mel_tolerance

from .conftest import ManualClock, delete
from .fake_portaudio import FakePortAudio


@pytest.fixture
def panel(qtbot: QtBot) -> RecordPanel:
    made = RecordPanel()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def presenter(
    panel: RecordPanel, portaudio: FakePortAudio, qtbot: QtBot
) -> Iterator[RecordPresenter]:
    made = RecordPresenter(panel)
    yield made
    made.close()
    delete(made, qtbot)


def record(
    presenter: RecordPresenter, samples: np.ndarray, qtbot: QtBot, pa: FakePortAudio
) -> None:
    with qtbot.waitSignal(presenter.started):
        presenter.toggle()
    with qtbot.waitSignal(presenter.samples_ready):
        pa.stream.bring(samples)


def noise(seconds: float) -> np.ndarray:
    return 0.1 * np.random.default_rng(5).standard_normal(round(seconds * 22_050)).astype("f4")


@pytest.mark.numeric
def test_live_frames_are_the_take_s_spectrogram(
    presenter: RecordPresenter, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    frames: list[np.ndarray] = []
    presenter.frames_ready.connect(frames.append)
    heard = noise(1.5)
    with qtbot.waitSignal(presenter.started):
        presenter.toggle()
    for part in np.array_split(heard, 3):
        with qtbot.waitSignal(presenter.samples_ready):
            portaudio.stream.bring(part)
    with qtbot.waitSignal(presenter.finished):
        presenter.toggle()
    whole = mel_spectrogram(heard)
    np.testing.assert_allclose(np.concatenate(frames), whole, rtol=0, atol=mel_tolerance(whole))
    assert presenter.take().samples.size == heard.size


def test_the_microphone_stays_shut_until_asked(
    presenter: RecordPresenter, panel: RecordPanel, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    panel.show()
    qtbot.waitUntil(lambda: panel.inputs.count() == 2)
    assert portaudio.streams == []


def test_the_button_records_and_stops(
    presenter: RecordPresenter, panel: RecordPanel, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    panel.show()
    with qtbot.waitSignal(presenter.started):
        qtbot.mouseClick(panel.record, Qt.MouseButton.LeftButton)
    assert panel.record.text() == "Stop"
    assert not panel.inputs.isEnabled()
    with qtbot.waitSignal(presenter.samples_ready):
        portaudio.stream.bring(noise(2.0))
    assert panel.elapsed.text() == "2 of 30 s"
    with qtbot.waitSignal(presenter.finished):
        panel.record.setFocus()
        qtbot.keyClick(panel.record, Qt.Key.Key_Space)
    assert panel.record.text() == "Record"


def test_inputs_are_offered_and_the_choice_is_used(
    presenter: RecordPresenter, panel: RecordPanel, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    usb = portaudio.add("USB microphone", inputs=1)
    panel.show()
    qtbot.waitUntil(lambda: panel.inputs.count() == 3)
    with qtbot.waitSignal(presenter.input_chosen) as chosen:
        panel.inputs.setFocus()
        qtbot.keyClick(panel.inputs, Qt.Key.Key_End)
    assert chosen.args == [DeviceId("USB microphone", "ALSA")]
    record(presenter, noise(0.1), qtbot, portaudio)
    assert portaudio.stream.settings["device"] == usb


def test_a_remembered_input_that_is_away_stays_chosen(
    panel: RecordPanel, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    presenter = RecordPresenter(panel, input_device=DeviceId("Studio", "ALSA"))
    assert panel.inputs.currentText() == "Studio (not connected)"
    presenter.close()
    delete(presenter, qtbot)


def test_a_rescan_finds_a_new_input(
    presenter: RecordPresenter, panel: RecordPanel, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    panel.show()
    after = FakePortAudio()
    after.add("Desk microphone", inputs=1)
    after.add("Headset", inputs=1)
    portaudio.after_rescan = after.devices
    qtbot.mouseClick(panel.rescan, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.inputs.findText("Headset") > 0)


def test_no_input_is_a_calm_sentence(
    panel: RecordPanel, no_devices: FakePortAudio, qtbot: QtBot
) -> None:
    presenter = RecordPresenter(panel)
    panel.show()
    qtbot.waitUntil(lambda: "no input device was found" in panel.sentence.text())
    with qtbot.waitSignal(presenter.message, check_params_cb=lambda text: "plug one in" in text):
        presenter.start()
    presenter.close()
    delete(presenter, qtbot)


def test_checking_the_level_ends_when_the_panel_is_hidden(
    presenter: RecordPresenter, panel: RecordPanel, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    panel.show()
    qtbot.mouseClick(panel.check_level, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(portaudio.streams))
    stream = portaudio.stream
    qtbot.waitUntil(lambda: panel.check_level.isChecked())
    stream.bring(noise(0.1))
    qtbot.waitUntil(lambda: panel.meter.value() > LOWEST_DB)
    panel.hide()
    qtbot.waitUntil(lambda: not stream.is_open)
    assert panel.meter.value() == LOWEST_DB


def test_unplugging_says_so_and_hands_the_take_over(
    presenter: RecordPresenter, panel: RecordPanel, portaudio: FakePortAudio, qtbot: QtBot
) -> None:
    record(presenter, noise(4.0), qtbot, portaudio)
    with qtbot.waitSignal(presenter.finished) as finished:
        portaudio.stream.unplug()
    assert finished.args is not None
    assert finished.args[0].duration_s == pytest.approx(4.0)
    assert "what was recorded is kept" in panel.sentence.text()


def test_every_control_has_a_name(panel: RecordPanel) -> None:
    for control in (panel.inputs, panel.rescan, panel.meter, panel.record, panel.check_level):
        assert control.accessibleName()
        assert control is panel.meter or control.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_meter_rises_at_once_and_falls_slowly(qtbot: QtBot, clock: ManualClock) -> None:
    meter = LevelMeter(clock=clock)
    qtbot.addWidget(meter)
    meter.set_level(-10.0, -20.0)
    assert meter.value() == -10
    clock.now += 0.5
    meter.set_level(-50.0, -55.0)
    assert meter.peak_db == pytest.approx(-22.0)


def test_the_meter_shows_clipping_for_a_while(qtbot: QtBot, clock: ManualClock) -> None:
    meter = LevelMeter(clock=clock)
    qtbot.addWidget(meter)
    meter.set_level(0.0, -3.0)
    assert meter.is_clipped
    assert meter.text() == "0 dB, too loud"
    clock.now += 2.1
    assert not meter.is_clipped


def test_a_button_keeps_room_for_all_its_words(qtbot: QtBot) -> None:
    button = QPushButton("Go")
    qtbot.addWidget(button)
    narrow = button.sizeHint().width()
    keep_room(button, "Go", "Wait for the others")
    assert button.text() == "Go"
    button.setText("Wait for the others")
    assert button.minimumWidth() == button.sizeHint().width() > narrow


@pytest.mark.parametrize("state", ["recording", "paused"])
def test_the_words_of_recording_do_not_move_its_buttons(panel: RecordPanel, state: str) -> None:
    panel.show_state(state)
    for button, words in ((panel.record, ("Record", "Stop")), (panel.pause, ("Pause", "Go on"))):
        for text in words:
            button.setText(text)
            assert button.sizeHint().width() <= button.minimumWidth()
