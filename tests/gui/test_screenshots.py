"""Every state of the window, in light and dark, as pictures to look at.

They go to the folder named by FSTMUSE_SCREENSHOTS, which must lie outside the repository, or
to a temporary one. `FSTMUSE_SCREENSHOT_MUSIC` may name a sound file to show instead of
the synthetic band.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray, mel_spectrogram
from fstmuse_core.classify.result import Doubt
from fstmuse_core.workers.protocol import Partial, Progress, Started, WorkerLost
from fstmuse_gui.settings import RECENT_FILES, THEME
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.widgets.dialogs import ShortcutsDialog
from fstmuse_gui.widgets.model_cards import ModelsDialog
from tests.conftest import make_music
from tests.gui.conftest import Bench, MakeBench
from tests.gui.fakes import make_classification, make_result

_UNSURE = {
    "Pop": 0.31,
    "Rock": 0.29,
    "Folk": 0.22,
    "Electronic": 0.1,
    "Jazz": 0.05,
    "Punk": 0.02,
    "Hip-Hop": 0.01,
}


@pytest.fixture(scope="module")
def song() -> FloatArray:
    named = os.environ.get("FSTMUSE_SCREENSHOT_MUSIC")
    if not named:
        return make_music(30.0)
    from fstmuse_core.audio.reading import load_audio

    return load_audio(named, duration_s=30.0)


def _empty(bench: Bench, _song: FloatArray) -> None:
    pass


def _recent(bench: Bench, _song: FloatArray) -> None:
    bench.settings.set(
        RECENT_FILES, ["/music/Blue Monk.flac", "/music/Kind of Green.mp3", "/music/Teenage.ogg"]
    )
    bench.view.show_empty(bench.settings.get(RECENT_FILES))


def _hot(bench: Bench, _song: FloatArray) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/music/song.mp3")])
    event = QDragEnterEvent(
        QPoint(600, 400),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(bench.window, event)


def _working(bench: Bench, _song: FloatArray) -> None:
    bench.presenter.open_paths(["/music/A rather long evening, live at the pier.mp3"])
    bench.worker.tell(Started(bench.worker.last))
    bench.worker.tell(Progress(bench.worker.last, 0.42))
    QCoreApplication.processEvents()
    bench.presenter._show_wait()


def _done(bench: Bench, song: FloatArray) -> None:
    bench.presenter.open_paths(["/music/Ferryman Blues.mp3"])
    bench.answer(make_result(song))


def _warnings(bench: Bench, song: FloatArray) -> None:
    bench.presenter.open_paths(["/music/Garage demo.mp3"])
    warnings = ("the sound may be clipped", "54 % of the clip is silence and was not counted")
    bench.answer(make_result(song, make_classification(warnings=warnings)))


def _not_sure(bench: Bench, song: FloatArray) -> None:
    bench.presenter.open_paths(["/music/Dusk in E.flac"])
    sentence = "Not sure: Pop (31 %) and Rock (29 %) are too close to call."
    unsure = make_classification(_UNSURE, doubt=Doubt.UNDECIDED, sentence=sentence)
    bench.answer(make_result(song, unsure))


def _failed(bench: Bench, _song: FloatArray) -> None:
    bench.presenter.open_paths(["/music/notes.mp3"])
    bench.fail("notes.mp3: it holds no sound that can be read; choose a sound or video file")


def _cancelled(bench: Bench, _song: FloatArray) -> None:
    bench.presenter.open_paths(["/music/Ten hours of rain.mp3"])
    bench.presenter.queue.cancel_all()
    QCoreApplication.processEvents()


def _several(bench: Bench, song: FloatArray) -> None:
    names = ["Ferryman Blues", "Small Hours", "notes", "Dusk in E", "Ten hours of rain", "Coda"]
    bench.presenter.open_paths([f"/music/{name}.mp3" for name in names])
    bench.answer(make_result(song))
    folk = {"Folk": 0.91, "Pop": 0.05, "Rock": 0.02, "Jazz": 0.01, "Electronic": 0.01}
    rest = {"Hip-Hop": 0.0, "Punk": 0.0}
    bench.answer(make_result(song, make_classification(folk | rest)))
    bench.fail("notes.mp3: it holds no sound that can be read; choose a sound or video file")
    sentence = "Not sure: this is unlike the music the model knows; Pop would be its guess."
    doubt = make_classification(_UNSURE, doubt=Doubt.UNFAMILIAR, sentence=sentence)
    bench.answer(make_result(song, doubt))
    bench.worker.tell(Started(bench.worker.last))
    bench.worker.tell(Progress(bench.worker.last, 0.3))
    QCoreApplication.processEvents()


def _corrected(bench: Bench, song: FloatArray) -> None:
    bench.recording.started.emit()
    bench.recording.finished.emit(Take(song, 22_050))
    sentence = "Not sure: Pop (31 %) and Rock (29 %) are too close to call."
    unsure = make_classification(_UNSURE, doubt=Doubt.UNDECIDED, sentence=sentence)
    bench.answer(make_result(song, unsure))
    bench.presenter.correcting.correct("Jazz")
    while not bench.view.clip_page.correction.is_corrected:
        QCoreApplication.processEvents()


def _picker(bench: Bench, song: FloatArray) -> None:
    _done(bench, song)
    bench.presenter.correcting.ask()


def _picker_typed(bench: Bench, song: FloatArray) -> None:
    _picker(bench, song)
    bench.view.clip_page.correction.picker.field.setText("regae")


def _recording(bench: Bench, song: FloatArray) -> None:
    bench.recording.started.emit()
    bench.view.record_panel.show_state("recording")
    bench.view.record_panel.show_elapsed(17.0)
    bench.view.record_panel.meter.set_level(-9.0, -19.0)
    n = 17 * 22_050
    bench.recording.frames_ready.emit(mel_spectrogram(song[:n]))
    so_far = make_classification(_UNSURE | {"Rock": 0.61, "Pop": 0.12}, duration_s=17.0)
    bench.worker.tell(Partial(bench.worker.last, so_far))
    QCoreApplication.processEvents()


def _paused(bench: Bench, song: FloatArray) -> None:
    bench.recording.started.emit()
    bench.recording.frames_ready.emit(mel_spectrogram(song[: 2 * 22_050]))
    bench.view.record_panel.show_length(300.0)
    bench.view.record_panel.show_state("recording")
    bench.tab._pause.trigger()
    bench.view.record_panel.show_state("paused")
    bench.view.record_panel.show_elapsed(2.0)


def _take(bench: Bench, song: FloatArray) -> None:
    bench.recording.started.emit()
    bench.recording.finished.emit(Take(song, 22_050))
    bench.answer(make_result(song))


def _why(bench: Bench, song: FloatArray) -> None:
    _done(bench, song)
    bench.presenter.display.set_why(True)


def _heard_as_model(bench: Bench, song: FloatArray) -> None:
    _why(bench, song)
    page = bench.view.clip_page
    page.listen_button.show_share(0.6)
    page.transport.show_source("What spoke for Rock")


def _models(bench: Bench, song: FloatArray) -> None:
    bench.presenter.open_paths(["/music/Ferryman Blues.mp3"])
    note = "FstMuse was trained on this song: its answer says little about how good it is."
    bench.answer(replace(make_result(song), note=note))
    bench.tab.side_by_side.show()
    toy = {"Folk": 0.48, "Rock": 0.42, "Hip-Hop": 0.1}
    sentence = "Not sure: Folk (48 %) and Rock (42 %) are too close to call."
    bench.answer(
        make_result(song, make_classification(toy, doubt=Doubt.UNDECIDED, sentence=sentence))
    )
    for card in bench.tab.side_by_side.cards.values():
        card.bars._glide.setCurrentTime(1000)


def _noted(bench: Bench, song: FloatArray) -> None:
    bench.presenter.open_paths(["/music/Ferryman Blues.mp3"])
    note = "FstMuse was trained on this song: its answer says little about how good it is."
    bench.answer(replace(make_result(song), note=note))


def _toast(bench: Bench, song: FloatArray) -> None:
    _done(bench, song)
    bench.tab.message.emit("Removed Ferryman Blues.mp3. Ctrl+Z brings back what was removed.")


def _display_menu(bench: Bench, song: FloatArray) -> None:
    _done(bench, song)
    button = bench.view.clip_page.transport.display_button
    bench.view.clip_page.transport.display_menu.popup(button.mapToGlobal(QPoint(-150, -330)))


def _playing(bench: Bench, song: FloatArray) -> None:
    _done(bench, song)
    bench.presenter.playback.toggle()
    bench.presenter.playback.seek(11.5)


def _zoomed(bench: Bench, song: FloatArray) -> None:
    _playing(bench, song)
    bench.view.clip_page.spectrogram.zoom(0.25)
    bench.view.clip_page.spectrogram._on_hover(QPointF(300, 120))


def _shortcuts(bench: Bench, song: FloatArray) -> None:
    _done(bench, song)
    bench.window.show_shortcuts()


def _no_device(bench: Bench, _song: FloatArray) -> None:
    bench.view.record_panel.show_sentence(
        "Microphone: no input device was found; plug one in and choose Rescan"
    )


def _worker_lost(bench: Bench, song: FloatArray) -> None:
    _done(bench, song)
    bench.worker.tell(WorkerLost("The helper process stopped unexpectedly and was started again."))
    QCoreApplication.processEvents()


STATES: dict[str, Callable[[Bench, FloatArray], None]] = {
    "empty": _empty,
    "recent": _recent,
    "hot": _hot,
    "working": _working,
    "done": _done,
    "warnings": _warnings,
    "not-sure": _not_sure,
    "corrected": _corrected,
    "picker": _picker,
    "picker-typed": _picker_typed,
    "failed": _failed,
    "cancelled": _cancelled,
    "several": _several,
    "recording": _recording,
    "paused": _paused,
    "take": _take,
    "why": _why,
    "heard-as-model": _heard_as_model,
    "models": _models,
    "noted": _noted,
    "toast": _toast,
    "display-menu": _display_menu,
    "playing": _playing,
    "zoomed": _zoomed,
    "shortcuts": _shortcuts,
    "no-device": _no_device,
    "worker-lost": _worker_lost,
}


@pytest.mark.parametrize("theme_name", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_state_can_be_seen(
    state: str,
    theme_name: str,
    make_bench: MakeBench,
    pictures: Path,
    song: FloatArray,
    qtbot: QtBot,
) -> None:
    bench = make_bench()
    bench.window.choose_theme(theme_name)
    assert bench.settings.get(THEME) == theme_name
    STATES[state](bench, song)
    bench.view.clip_page.bars._glide.setCurrentTime(1000)
    QCoreApplication.processEvents()
    dialog = bench.window.findChild(ShortcutsDialog) or bench.window.findChild(ModelsDialog)
    picture = (dialog or bench.window).grab().toImage()
    _add_popup(picture, bench)
    assert picture.save(str(pictures / f"{state}-{theme_name}.png"))
    assert _n_colours(picture) > 40
    if dialog is not None:
        dialog.close()


def _add_popup(picture: QImage, bench: Bench) -> None:
    page = bench.view.clip_page
    for popup in (page.correction.picker, page.transport.display_menu):
        if popup.isVisible():
            painter = QPainter(picture)
            painter.drawPixmap(bench.window.mapFromGlobal(popup.pos()), popup.grab())
            painter.end()
            popup.close()


def _n_colours(picture: QImage) -> int:
    small = picture.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(small.constBits(), dtype=np.uint32)
    return len(np.unique(pixels))
