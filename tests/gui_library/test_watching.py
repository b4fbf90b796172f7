"""Folders that are kept up to date: what is new is found, and heard once the machine is idle."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication

from fstmuse_core.library.scan import ScanReport
from fstmuse_core.workers.protocol import Done
from fstmuse_gui.library.tab import LIBRARY_WATCH
from tests.gui_library.conftest import LibraryBench


@pytest.fixture
def watched(bench: LibraryBench) -> LibraryBench:
    bench.view.sidebar.watch_box.click()
    return bench


def test_the_switch_watches_the_folders_and_is_remembered(watched: LibraryBench) -> None:
    work = watched.presenter.work
    assert work.watch._folders == tuple(f.path for f in watched.presenter._folders)
    watched.view.sidebar.watch_box.click()
    assert work.watch._folders == ()
    watched.view.sidebar.watch_box.click()
    watched.tab.close()

    assert watched.context.settings.get(LIBRARY_WATCH) is True


def test_a_change_is_looked_for_and_heard_once_idle(
    watched: LibraryBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = [False]
    monkeypatch.setattr("fstmuse_core.library.watch.is_idle", lambda _seconds: idle[0])
    work = watched.presenter.work
    work.watch.changed.emit()
    QCoreApplication.processEvents()
    (scan,) = watched.jobs.scans
    watched.load(lambda: watched.tell(scan, Done(0, ScanReport(n_found=5, n_new=1))))

    assert watched.view.strip.text.startswith("1 file waits until the machine is idle")
    work._start_if_idle()
    assert not watched.jobs.works
    idle[0] = True
    work._start_if_idle()
    assert len(watched.jobs.works) == 1


def test_a_folder_that_is_gone_is_said(watched: LibraryBench) -> None:
    watched.presenter.work.watch.trouble.emit("/music is no longer there; it is watched again")

    assert watched.view.notice.text == "/music is no longer there; it is watched again."


def test_who_looks_for_changes_does_not_wait(watched: LibraryBench) -> None:
    watched.presenter.work.scan()
    (scan,) = watched.jobs.scans
    watched.load(lambda: watched.tell(scan, Done(0, ScanReport(n_found=5, n_new=1))))

    assert len(watched.jobs.works) == 1
