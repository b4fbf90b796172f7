"""Nothing of the Classify tab moves under the pointer while clips and recordings go their way."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize

from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.workers.protocol import Partial, Progress, Started, WorkerLost
from fstmuse_gui.sound.buffers import Take
from tests.conftest import make_music
from tests.gui.conftest import Bench
from tests.gui.fakes import make_classification, make_result
from tests.gui.stillness import settle, still

SIZES = [QSize(1024, 640), QSize(1280, 800)]
LONG = "A song with a name that is rather long, live at the pier on a summer's evening " * 3


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_clips(bench: Bench, size: QSize) -> None:
    bench.window.resize(size)
    window, worker, view, song = bench.window, bench.worker, bench.view, make_music(30.0)
    for text in ("A short notice.", LONG, ""):
        with still(window):
            view.notice.say(text)
    bench.presenter.open_paths([f"/music/{name}.mp3" for name in ("a", "b", LONG[:120], "d")])
    with still(window):
        worker.tell(Started(worker.last))
    for share in (0.1, 0.9):
        with still(window):
            worker.tell(Progress(worker.last, share))
            bench.presenter._show_wait()
    for _clip in range(2):  # the first is shown, the second is not
        with still(window):
            bench.answer(make_result(song))
    with still(window):
        bench.fail("x.mp3: it holds no sound that can be read; choose a sound or video file")
    with still(window):
        bench.answer(make_result(song))
    with still(window):
        worker.tell(WorkerLost("The helper process stopped unexpectedly and was started again."))
    page = view.clip_page
    for seconds in (0.0, 29.9):
        with still(window):
            bench.presenter.playback.seek(seconds)
    with still(window):
        page.listen_button.show_share(0.6)
    with still(window):
        page.listen_button.show_share(None)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_what_was_learned_from_corrections(bench: Bench, size: QSize) -> None:
    bench.window.resize(size)
    bench.presenter.open_paths(["/music/a.mp3"])
    bench.answer(make_result(make_music(30.0)))
    bar = bench.view.clip_page.correction
    bar.show_count(3)
    bar.show_learning()
    settle()
    with still(bench.window):
        bar.show_learned("Learned", LONG, can_use=True)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_recording(bench: Bench, size: QSize) -> None:
    bench.window.resize(size)
    window, panel, song = bench.window, bench.view.record_panel, make_music(30.0)
    for sentence in ("No input was found; plug one in and choose Rescan.", ""):
        with still(window):
            panel.show_sentence(sentence)
    bench.recording.started.emit()
    panel.show_state("recording")
    for seconds in (1.0, 29.0):
        with still(window):
            panel.show_elapsed(seconds)
            panel.meter.set_level(-9.0, -19.0)
    with still(window):
        bench.recording.frames_ready.emit(mel_spectrogram(song[: 17 * 22_050]))
    with still(window):
        bench.worker.tell(Partial(bench.worker.last, make_classification(duration_s=17.0)))
    with still(window):
        panel.show_warning("The sound may be clipped: turn the input down.")
    # It ends by itself: Stop, which is Record now, takes no press at once.
    with still(window):
        panel.show_state("idle")
        bench.recording.finished.emit(Take(song, 22_050))
    where = panel.record.mapTo(window, panel.record.rect().center())
    assert window.childAt(where) is not panel.record
    with still(window):
        bench.answer(make_result(song))
