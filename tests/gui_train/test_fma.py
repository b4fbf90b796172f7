"""Getting FMA from the Train tab."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.errors import FstMuseError
from fstmuse_gui.train.fma import FmaGetter, FmaSet
from tests.gui_train.conftest import MakeTrainBench


def test_fma_is_asked_for_got_and_used(
    make_bench: MakeTrainBench, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, float, str]] = []

    def fetch(name: str, folder: Path, tell: object, cancelled: object) -> None:
        assert callable(tell)
        assert name == "fma-small"
        tell("fma_small.zip", 2**30, 7 * 2**30)

    bench = make_bench(fma=lambda parent: FmaGetter(parent, fetcher=fetch, folder=tmp_path))

    def answer(small: float, medium: float, folder: str) -> FmaSet:
        asked.append((small, medium, folder))
        return FmaSet.SMALL

    monkeypatch.setattr(bench.view, "ask_fma", answer)
    with qtbot.waitSignals([bench.music.fma.getter.progressed, bench.music.fma.getter.got]):
        bench.view.empty_page.fetch_button.click()
    assert asked == [(pytest.approx(7.534), pytest.approx(22.334), str(tmp_path))]
    qtbot.waitUntil(lambda: bench.view.page is bench.view.data_page)
    assert bench.music.paths == (str(tmp_path),)


def test_fma_that_cannot_be_had_says_why(
    make_bench: MakeTrainBench, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise FstMuseError("fma_small.zip", "there is no room for 7.2 GiB", "free some")

    bench = make_bench(fma=lambda parent: FmaGetter(parent, fetcher=fail, folder=tmp_path))
    monkeypatch.setattr(bench.view, "ask_fma", lambda *_: FmaSet.SMALL)
    with qtbot.waitSignal(bench.music.fma.getter.trouble):
        bench.view.empty_page.fetch_button.click()
    assert "there is no room for 7.2 GiB; free some." in bench.view.notice.text
    assert bench.view.page is bench.view.empty_page


def test_getting_fma_can_be_given_up(
    make_bench: MakeTrainBench, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up = threading.Event()

    def endless(name: str, folder: Path, tell: object, cancelled: object) -> None:
        assert callable(cancelled)
        while not cancelled():
            pass
        given_up.set()

    bench = make_bench(fma=lambda parent: FmaGetter(parent, fetcher=endless, folder=tmp_path))
    monkeypatch.setattr(bench.view, "ask_fma", lambda *_: FmaSet.SMALL)
    bench.view.empty_page.fetch_button.click()
    assert bench.view.page is bench.view.busy_page
    bench.view.busy_page.cancel_button.click()
    assert bench.view.page is bench.view.empty_page
    qtbot.waitUntil(given_up.is_set)
