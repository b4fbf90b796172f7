"""Foreign text is shown as it is, and what is dropped is copied."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

import fstmuse_gui
from fstmuse_core.system.errors import one_line
from fstmuse_gui.plain import PlainLabel, PlainMessage, caption, escaped, set_tip, tip, visible
from fstmuse_gui.widgets.about import AboutDialog
from fstmuse_gui.widgets.dialogs import Answer, Question, ShortcutsDialog
from fstmuse_gui.widgets.page_parts import ElidedLabel
from tests.gui.conftest import Bench, MakeBench
from tests.gui.fakes import MODELS, make_classification, make_result
from tests.gui.markup import HOSTILE, check_plain

SOURCE = Path(fstmuse_gui.__file__).parent


@pytest.fixture
def picture(tmp_path: Path) -> str:
    """Markup that would show a large picture."""
    image = QImage(700, 700, QImage.Format.Format_RGB32)
    image.fill(0)
    file = tmp_path / "picture.png"
    image.save(str(file))
    return f'<img src="{file}">'


def test_a_picture_in_a_label_is_not_loaded(qtbot: QtBot, picture: str) -> None:
    naive = QLabel(picture)
    qtbot.addWidget(naive)
    assert naive.sizeHint().height() > 600, "this is what is kept off"
    for label in (PlainLabel(picture), PlainLabel()):
        qtbot.addWidget(label)
        label.setText(picture)
        assert label.sizeHint().height() < 100
        assert label.text() == picture
    elided = ElidedLabel()
    qtbot.addWidget(elided)
    elided.set_text(picture)
    shown = QLabel(elided.toolTip())
    qtbot.addWidget(shown)
    assert shown.sizeHint().height() < 100


def test_a_picture_in_a_message_is_not_loaded(qtbot: QtBot, picture: str) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    box = PlainMessage(parent, f"Discard {picture}?", f"It holds {picture}.")
    check_plain(box)
    assert box.sizeHint().height() < 600
    question = Question(parent, picture, picture, [Answer("a", "R&amp;B", picture)])
    check_plain(question)
    assert question.sizeHint().height() < 600


def test_a_tip_is_read_as_it_is_written(qtbot: QtBot, picture: str) -> None:
    for text in (picture, "a<b>", "R&amp;B", "&lt;b&gt;", "two\nlines", "tom & <i>jerry</i>", "<3"):
        label = QLabel(tip(text))
        qtbot.addWidget(label)
        assert label.sizeHint().height() < 100
        document = QWidget()
        qtbot.addWidget(document)
        set_tip(document, text)
        from PySide6 import QtGui

        shown = document.toolTip()
        if QtGui.Qt.mightBeRichText(shown):
            page = QtGui.QTextDocument()
            page.setHtml(shown)
            shown = page.toPlainText()
        assert shown == text


def test_what_cannot_be_seen_is_made_visible() -> None:
    assert visible("a\u202eb\x1b[31m\x9bc") == "a\\u202eb\\x1b[31m\\x9bc"
    assert visible("שלום, two\nlines\tand \U0001f469\u200d\U0001f3a4") == (
        "שלום, two\nlines\tand \U0001f469\u200d\U0001f3a4"
    )
    assert escaped("<b>&\u202e") == "&lt;b&gt;&amp;\\u202e"
    assert caption("R&B") == "R&&B"


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else ""
            yield node, function.id if isinstance(function, ast.Name) else name


def test_no_widget_shows_text_past_the_one_place_that_keeps_it_plain() -> None:
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        if file.name == "plain.py":
            continue
        for call, name in calls(ast.parse(file.read_text("utf-8"))):
            where = f"{file.relative_to(SOURCE)}:{call.lineno}"
            is_fixed = all(isinstance(argument, ast.Constant) for argument in call.args)
            if name in ("QLabel", "QMessageBox", "setHtml", "QInputDialog", "QErrorMessage"):
                found.append(f"{where}: {name}; use fstmuse_gui.plain")
            elif name in ("setToolTip", "setWhatsThis", "setStatusTip") and not is_fixed:
                found.append(f"{where}: {name} of a text that may be foreign; use set_tip")
            elif name in ("information", "warning", "critical", "question", "about"):
                owner = call.func.value if isinstance(call.func, ast.Attribute) else None
                if isinstance(owner, ast.Name) and owner.id == "QMessageBox":
                    found.append(f"{where}: a message that guesses; use PlainMessage")
            elif name == "acceptProposedAction":
                found.append(f"{where}: a drop that may be a move; use copied_paths")
    assert not found, "\n".join(found)


# The Classify tab and the window --------------------------------------------------------------


def test_the_classify_tab_shows_foreign_text_as_it_is(make_bench: MakeBench) -> None:
    from dataclasses import replace

    bench = make_bench([replace(MODELS[0], title=HOSTILE), replace(MODELS[1], genres=(HOSTILE,))])
    check_plain(bench.window)
    bench.view.show_empty([f"/music/{HOSTILE}.mp3"])
    check_plain(bench.window)
    bench.presenter.open_paths([f"/music/{HOSTILE}.mp3"])
    bench.presenter._show_wait()
    check_plain(bench.window)
    result = make_classification({HOSTILE: 0.6, "R&B": 0.4}, sentence=HOSTILE, warnings=(HOSTILE,))
    from tests.conftest import make_music

    bench.answer(make_result(make_music(5.0), result))
    bench.presenter.display.set_why(True)
    bench.view.clip_page.correction.show_correction(HOSTILE)
    bench.view.record_panel.show_sentence(HOSTILE)
    bench.view.record_panel.show_inputs([(HOSTILE, None)], None)  # type: ignore[list-item]
    bench.view.notice.say(HOSTILE)
    bench.tab.message.emit(HOSTILE)
    check_plain(bench.window)
    assert bench.window.toast.text == one_line(HOSTILE)
    bench.presenter.open_paths(["/music/other.mp3"])
    bench.fail(HOSTILE)
    check_plain(bench.window)


def test_the_window_s_own_dialogs_are_plain(bench: Bench) -> None:
    keys = ShortcutsDialog(bench.window.menuBar(), bench.window)
    check_plain(keys, said=False)
    keys.deleteLater()
    bench.window._show_about()
    (about,) = bench.window.findChildren(AboutDialog)
    check_plain(about, said=False)
    about.close()


# Drops ----------------------------------------------------------------------------------------

COPY, MOVE, LINK = (
    Qt.DropAction.CopyAction,
    Qt.DropAction.MoveAction,
    Qt.DropAction.LinkAction,
)


def dragged(bench: Bench, actions: Qt.DropAction) -> list[tuple[bool, Qt.DropAction]]:
    """Results of an entering, a move and a drop of a file with these actions."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/music/song.mp3")])
    none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
    seen = []
    for event in (
        QDragEnterEvent(QPoint(500, 300), actions, data, left, none),
        QDragMoveEvent(QPoint(500, 300), actions, data, left, none),
        QDropEvent(QPointF(500, 300), actions, data, left, none),
    ):
        if actions & MOVE:
            event.setDropAction(MOVE)  # as many file managers propose it
        QApplication.sendEvent(bench.window, event)
        seen.append((event.isAccepted(), event.dropAction()))
    return seen


@pytest.mark.parametrize("actions", [COPY, COPY | MOVE, COPY | MOVE | LINK])
def test_a_drop_is_a_copy_whatever_was_proposed(bench: Bench, actions: Qt.DropAction) -> None:
    assert dragged(bench, actions) == [(True, COPY)] * 3
    assert bench.asked_for() == ["/music/song.mp3"]


@pytest.mark.parametrize("actions", [MOVE, LINK, MOVE | LINK])
def test_what_would_only_be_moved_is_refused(bench: Bench, actions: Qt.DropAction) -> None:
    assert [accepted for accepted, _ in dragged(bench, actions)] == [False] * 3
    assert bench.asked_for() == []
