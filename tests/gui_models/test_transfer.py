"""Models that leave as one file, and come as one."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication

from fstmuse_core.system.errors import FstMuseError
from fstmuse_gui.models.store import import_model
from tests.gui_models.conftest import (
    SHIPPED,
    MakeModelsBench,
    ModelsBench,
    add_model,
)


def test_a_file_that_is_refused_says_why(bench: ModelsBench, tmp_path: Path) -> None:
    bench.importing.error = FstMuseError("net.keras", "it is a Keras model", "import another")
    with bench.qtbot.waitSignals([bench.store.trouble, bench.store.import_ended]):
        bench.window.open_paths([str(tmp_path / "net.keras")])
    assert bench.view.notice.text == "net.keras: it is a Keras model; import another."
    assert bench.view.sidebar.work == ""
    assert bench.names == [*SHIPPED, "mine"]


def test_an_export_that_fails_says_why(
    bench: ModelsBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = str(tmp_path / "no" / "such" / "place.fstmuse")
    monkeypatch.setattr(bench.view, "ask_save_path", lambda _suggestion: place)
    with bench.qtbot.waitSignal(bench.store.trouble):
        bench.view.details.export_button.click()
    assert "cannot be written" in bench.view.notice.text


def test_export_asks_where_and_writes(
    bench: ModelsBench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bench.choose("mine")
    asked: list[str] = []

    def answer(suggestion: str) -> str:
        asked.append(suggestion)
        return str(tmp_path / "elsewhere.fstmuse")

    monkeypatch.setattr(bench.view, "ask_save_path", answer)
    with bench.qtbot.waitSignal(bench.tab.message):
        bench.view.details.export_button.click()
    assert asked == ["mine.fstmuse"]
    with zipfile.ZipFile(tmp_path / "elsewhere.fstmuse") as archive:
        assert json.loads(archive.read("model.json"))["title"] == "My songs"


def test_who_would_rather_not_export_or_import_does_nothing(
    bench: ModelsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.view, "ask_save_path", lambda _suggestion: "")
    monkeypatch.setattr(bench.view, "ask_files", list)
    bench.view.details.export_button.click()
    bench.view.sidebar.import_button.click()
    assert not bench.store.is_importing


def test_dropped_files_are_imported_one_after_the_other(bench: ModelsBench) -> None:
    with (
        bench.qtbot.waitSignal(bench.store.import_ended),
        bench.qtbot.waitSignal(
            bench.store.detailed, check_params_cb=lambda d: d.entry.name == "second"
        ),
    ):
        bench.window.open_paths(["/m/first.fstmuse", "/m/second.fstmuse"])
    assert bench.importing.paths == ["/m/first.fstmuse", "/m/second.fstmuse"]
    assert set(bench.names) == {*SHIPPED, "mine", "first", "second"}
    assert bench.view.sidebar.list.current == "second"


@pytest.fixture
def held(bench: ModelsBench) -> Callable[[], None]:
    """Holds an import until the function is called or the import is given up."""
    gate = threading.Event()

    def hold(cancelled: Callable[[], bool]) -> None:
        while not gate.wait(0.01):
            if cancelled():
                raise FstMuseError("x", "given up")

    bench.importing.hold = hold
    return gate.set


def test_an_import_says_what_it_does_while_the_window_goes_on(
    bench: ModelsBench, held: Callable[[], None]
) -> None:
    with bench.qtbot.waitSignal(
        bench.store.import_begun, check_params_cb=lambda _file, step: step.startswith("Building")
    ):
        bench.presenter.import_files(["/m/new.fstmuse"])
    QCoreApplication.processEvents()
    assert bench.view.sidebar.work == (
        "Importing new.fstmuse: Building the network from its weights"
    )
    bench.choose("mine")
    bench.settle(held, "new")
    assert bench.view.sidebar.work == ""


def test_an_import_can_be_cancelled_with_those_that_wait(
    bench: ModelsBench, held: Callable[[], None]
) -> None:
    bench.presenter.import_files(["/m/new.fstmuse", "/m/next.fstmuse"])
    with bench.qtbot.waitSignal(bench.store.import_ended):
        bench.view.sidebar.cancel_button.click()
    assert bench.importing.paths == ["/m/new.fstmuse"]
    assert not bench.view.notice.isVisible()
    assert bench.names == [*SHIPPED, "mine"]


def test_the_window_closes_while_something_is_imported(
    bench: ModelsBench, held: Callable[[], None]
) -> None:
    bench.presenter.import_files(["/m/new.fstmuse"])
    assert bench.window.close()
    assert not (bench.models / "new").exists()


@pytest.mark.slow
def test_a_real_file_is_really_imported(
    make_bench: MakeModelsBench, own_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_model(own_models, "mine", "My songs")
    bench = make_bench(importer=import_model)
    bench.choose("mine")
    file = str(tmp_path / "mine.fstmuse")
    monkeypatch.setattr(bench.view, "ask_save_path", lambda _suggestion: file)
    with bench.qtbot.waitSignal(bench.store.exported):
        bench.presenter.export()
    with bench.qtbot.waitSignal(
        bench.store.detailed, check_params_cb=lambda d: d.entry.name == "mine-2", timeout=200_000
    ):
        bench.presenter.import_files([file])
    assert bench.names == [*SHIPPED, "mine", "mine-2"]
    assert bench.view.details._head.lines[0] == "My songs 2"
