"""Renaming, deleting and bringing back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QLineEdit

from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.bundle.changes import delete_model, trash_folder
from tests.gui_models.conftest import (
    SHIPPED,
    MakeModelsBench,
    ModelsBench,
    add_model,
    type_name,
)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("a/b", "cannot hold '/'"),
        ("CON", "Windows keeps this name"),
        ("FstMuse", "called fst-muse already"),
        ("   ", "it is empty"),
    ],
)
def test_a_name_that_cannot_be_is_said_and_the_old_one_stays(
    bench: ModelsBench, typed: str, why: str
) -> None:
    bench.choose("mine")
    with bench.qtbot.waitSignal(bench.store.trouble):
        type_name(bench, typed)
    assert why in bench.view.notice.text
    assert bench.names == [*SHIPPED, "mine"]
    assert bench.view.sidebar.list.item(len(SHIPPED)).text() == "My songs"


def test_models_that_came_along_cannot_be_changed(bench: ModelsBench) -> None:
    bench.choose("fst-muse")
    details = bench.view.details
    assert not bench.tab._rename.isEnabled()
    assert not bench.tab._delete.isEnabled()
    assert not details.rename_button.isVisible()
    assert not details.delete_button.isVisible()
    bench.presenter.rename()
    assert bench.view.sidebar.list.findChild(QLineEdit) is None
    bench.presenter.delete()
    assert bench.names == [*SHIPPED, "mine"]


def test_rename_in_place(bench: ModelsBench) -> None:
    bench.choose("mine")
    told: list[tuple[str, str]] = []
    bench.news.renamed.connect(lambda old, new: told.append((old, new)))
    with bench.qtbot.waitSignal(bench.news.changed):
        bench.settle(lambda: type_name(bench, "Jazz & more".replace("&", "and")), "Jazz-and-more")
    assert told == [("mine", "Jazz-and-more")]
    assert bench.names == [*SHIPPED, "Jazz-and-more"]
    assert bench.view.sidebar.list.current == "Jazz-and-more"
    assert bench.view.details._head.lines[0] == "Jazz and more"
    assert find_bundle("jazz and more").manifest.title == "Jazz and more"


def test_escape_leaves_the_name_as_it_was(bench: ModelsBench) -> None:
    bench.choose("mine")
    type_name(bench, "other", Qt.Key.Key_Escape)
    QCoreApplication.processEvents()
    assert bench.view.sidebar.list.item(len(SHIPPED)).text() == "My songs"
    assert find_bundle("mine").manifest.title == "My songs"


def test_delete_and_undo_by_the_keys(bench: ModelsBench) -> None:
    bench.choose("mine")
    rows = bench.view.sidebar.list
    rows.setFocus()
    bench.settle(lambda: bench.qtbot.keyClick(rows, Qt.Key.Key_Delete), "toy-model")
    assert bench.names == SHIPPED
    bar = bench.view.sidebar.undo_bar
    assert bar.isVisible()
    assert bar.text == "Deleted My songs"
    with bench.qtbot.waitSignal(bench.news.changed):
        bench.settle(
            lambda: bench.qtbot.keyClick(rows, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier),
            "mine",
        )
    assert bench.names == [*SHIPPED, "mine"]
    assert rows.current == "mine"
    assert not bar.isVisible()
    assert not bench.tab._undo.isEnabled()


def test_delete_and_undo_by_the_mouse(bench: ModelsBench) -> None:
    bench.choose("mine")
    bench.settle(bench.view.details.delete_button.click)
    bench.settle(bench.view.sidebar.undo_bar.undo_button.click, "mine")
    assert bench.names == [*SHIPPED, "mine"]


def test_a_damaged_model_that_was_deleted_is_brought_back(bench: ModelsBench) -> None:
    (bench.models / "mine" / "weights.npz").write_bytes(b"")
    bench.settle(bench.news.changed.emit)
    bench.choose("mine")
    bench.settle(bench.presenter.delete)
    assert bench.tab._undo.isEnabled()
    bench.settle(bench.view.sidebar.undo_bar.undo_button.click, "mine")
    assert bench.names == [*SHIPPED, "mine"]


def test_undo_brings_back_one_after_the_other(bench: ModelsBench) -> None:
    add_model(bench.models, "other")
    bench.settle(bench.news.changed.emit)
    for name in ("mine", "other"):
        bench.choose(name)
        bench.settle(bench.presenter.delete)
    bench.settle(bench.presenter.undo, "other")
    bench.settle(bench.presenter.undo, "mine")
    assert bench.names == [*SHIPPED, "mine", "other"]


def test_what_was_deleted_earlier_can_be_brought_back(
    make_bench: MakeModelsBench, own_models: Path
) -> None:
    add_model(own_models, "mine", "My songs")
    delete_model("mine")
    bench = make_bench()
    sidebar = bench.view.sidebar
    assert sidebar.deleted_button.isVisible()
    assert not bench.tab._undo.isEnabled()
    (action,) = sidebar.deleted_menu.actions()
    assert action.text().startswith("My songs, deleted ")
    bench.settle(action.trigger, "mine")
    assert bench.names == [*SHIPPED, "mine"]
    assert not sidebar.deleted_button.isVisible()
    assert list(trash_folder().iterdir()) == []
