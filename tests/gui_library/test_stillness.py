"""Nothing of the Library tab moves under the pointer while songs are listened to."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize

from fstmuse_core.library.work import WorkDone
from tests.gui.stillness import still
from tests.gui_library.conftest import LibraryBench, progress

SIZES = [QSize(1024, 640), QSize(1280, 800)]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_listening(bench: LibraryBench, size: QSize) -> None:
    bench.window.resize(size)
    window = bench.window
    for text in ("A short notice.", "A notice that takes more than a line. " * 8, ""):
        with still(window):
            bench.view.notice.say(text)
    bench.go_to("Bravo")
    bench.presenter.work.start()
    work = bench.jobs.works[0]
    for event in (progress(1, 5), progress(3, 50_000, failed=2), progress(4, 5, paused=True)):
        with still(window):
            bench.tell(work, event)
    with still(window):
        bench.load(bench.presenter.reload)
    with still(window):
        bench.tell(work, WorkDone(5, 2))
