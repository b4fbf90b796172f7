"""Actions on several clips at once: removed and given back, sorted, copied, exported."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QAction, QActionGroup, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu

from fstmuse_core.system.tables import csv_rows
from fstmuse_gui.classify.presenter import ClassifyPresenter
from fstmuse_gui.classify.saving import record_of
from fstmuse_gui.classify.view import ClassifyView
from fstmuse_gui.settings import CLIP_ORDER, Settings
from fstmuse_gui.shared.clips import Clip
from fstmuse_gui.shared.tabs import make_action
from fstmuse_gui.widgets.file_list import Order, RowState

_FIRST = ("path", "title", "model", "duration_s", "verdict", "genre", "said")


def in_words(clip: Clip) -> str:
    """A clip's answer on one line, as it is read."""
    if clip.result is None:
        return f"{clip.title}: {clip.sentence or clip.state}"
    said = f" You said {clip.said}." if clip.said else ""
    return f"{clip.title}: {clip.result.classification.verdict.sentence}{said}"


def as_table(clips: list[Clip]) -> str:
    """CSV with a header, and a row for each clip that has an answer or none for a reason."""
    genres = dict.fromkeys(
        genre for clip in clips if clip.result for genre in clip.result.classification.genres
    )
    text = io.StringIO()
    write = csv_rows(text)
    columns = (*_FIRST, *genres, "warnings", "error")
    write(columns)
    for clip in clips:
        record = _record(clip)
        row = {**record, **record.get("probabilities", {})}
        row["warnings"] = "; ".join(record.get("warnings", ()))
        write(row.get(column, "") for column in columns)
    return text.getvalue()


def as_lines(clips: list[Clip]) -> str:
    """One JSON object a line, a line for each clip."""
    return "".join(json.dumps(_record(clip), ensure_ascii=False) + "\n" for clip in clips)


def _record(clip: Clip) -> dict[str, Any]:
    source = clip.path or clip.saved_as or clip.title
    named = {"title": clip.title, "said": clip.said}
    if clip.result is None:
        return {"path": source, **named, "error": clip.sentence or str(clip.state)}
    return {**record_of(source, clip.result.classification), **named}


def _file_of(clip: Clip | None) -> str:
    """Path of a clip's file; empty while it has none."""
    return "" if clip is None else str(clip.path or clip.saved_as or "")


class SeveralClips(QObject):
    """Acts on the clips that are selected in the list, or on all of them.

    Signals
    -------
    music_like_wanted(list)
        Music like the song at this path is to be made.
    """

    music_like_wanted = Signal(list)

    def __init__(
        self,
        presenter: ClassifyPresenter,
        view: ClassifyView,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._presenter, self._view, self._settings = presenter, view, settings
        self._list = view.sidebar.list
        self._removed: list[list[Clip]] = []
        self._build_actions()
        self._build_order()
        presenter.removed.connect(self._on_removed)
        # What was done last is undone first.
        presenter.correcting.message.connect(lambda _text: self._forget_removed())
        presenter.changed.connect(self._allow)
        self._list.selectionModel().selectionChanged.connect(lambda *_: self._allow())
        self._allow()

    def _build_actions(self) -> None:
        ellipsis = "\N{HORIZONTAL ELLIPSIS}"
        self.remove = make_action(
            self, "Re&move from the list", "Delete", lambda: self._presenter.remove(*self._keys)
        )
        self.select_all = make_action(self, "Select &all", "Ctrl+A", self._list.selectAll)
        self.copy = make_action(self, "&Copy the answer", "Ctrl+C", self.copy_answers)
        self.folder = make_action(self, "Show in &folder", "Ctrl+Shift+F", self.show_in_folder)
        self.export = make_action(
            self, f"E&xport all results{ellipsis}", "Ctrl+Shift+J", self.export_all
        )
        self.rename = make_action(self, f"Rena&me the recording{ellipsis}", "F2", self.ask_name)
        self.like = make_action(self, "Make m&usic like it", "", self._make_like)
        self._list.addActions([self.rename, self.copy, self.folder, self.like])

    def _build_order(self) -> None:
        self.order_menu = QMenu("&Order of the clips", self._view)
        group = QActionGroup(self.order_menu)
        chosen = Order(self._settings.get(CLIP_ORDER))
        for order in Order:
            action = QAction(order.value, self.order_menu)
            action.setCheckable(True)
            action.setChecked(order is chosen)
            action.triggered.connect(lambda _checked=False, by=order: self.order(by))
            group.addAction(action)
            self.order_menu.addAction(action)
        self._view.sidebar.order_button.setMenu(self.order_menu)
        self._list.order(chosen)

    @property
    def _keys(self) -> list[int]:
        return self._list.selected_keys

    @property
    def _chosen(self) -> list[Clip]:
        clips = self._presenter.clips
        return [clip for key in self._keys if (clip := clips.get(key)) is not None]

    def order(self, by: Order) -> None:
        """Sort the list, and remember how."""
        self._settings.set(CLIP_ORDER, by.value)
        self._list.order(by)

    # -- undo --------------------------------------------------------------------------

    @property
    def undoes(self) -> str:
        """Words for what :meth:`undo` gives back; empty if nothing."""
        if not self._removed:
            return ""
        count = len(self._removed[-1])
        return "the removal" if count == 1 else f"the removal of {count} clips"

    def undo(self) -> None:
        """Give back what was removed last."""
        if self._removed:
            self._restore(self._removed.pop())
            self._presenter.changed.emit()

    def _restore(self, clips: list[Clip]) -> None:
        queue = self._presenter.queue
        back = [clip for clip in clips if self._presenter.clips.takes_back(clip)]
        self._list.add_rows([clip.row() for clip in back])
        for clip in back:
            if clip.state is RowState.CANCELLED or not queue.is_current(clip):
                queue.add(clip)
        if back:
            self._list.select(back[0].key)

    def _on_removed(self, clips: list[Clip]) -> None:
        self._removed.append(clips)
        what = clips[0].title if len(clips) == 1 else f"{len(clips)} clips"
        self._presenter.message.emit(f"Removed {what}. Ctrl+Z brings back what was removed.")
        self._presenter.changed.emit()

    def _forget_removed(self) -> None:
        self._removed.clear()

    # -- what is done with them --------------------------------------------------------

    def copy_answers(self) -> None:
        """Put the selected clips' answers on the clipboard, one a line."""
        clips = self._chosen
        if clips:
            region = self._presenter.region
            lines = [in_words(clip) for clip in clips]
            if clips == [self._presenter.shown] and region.answer and region.region:
                said = region.answer.verdict.sentence
                lines = [f"{clips[0].title}, {region.region.name}: {said}"]
            QGuiApplication.clipboard().setText("\n".join(lines))
            what = "the answer" if len(clips) == 1 else f"{len(clips)} answers"
            self._presenter.message.emit(f"Copied {what}.")

    def ask_name(self) -> None:
        """Give the current clip, a recording, another name."""
        clip = self._presenter.clips.get(self._list.current_key)
        if clip is not None:
            self._presenter.takes.rename(clip)

    def show_in_folder(self) -> None:
        """Open the folder that the current clip's file is in."""
        clip = self._presenter.clips.get(self._list.current_key)
        if path := _file_of(clip):
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(Path(path).absolute().parent)))

    def _make_like(self) -> None:
        if path := _file_of(self._presenter.clips.get(self._list.current_key)):
            self.music_like_wanted.emit([path])

    def export_all(self) -> None:
        """Write the results of all clips, in the order of the list, as CSV or JSON lines."""
        rows = self._list.rows
        clips = [clip for row in rows if (clip := self._presenter.clips.get(row.key)) is not None]
        self._presenter.saving.save_all(clips, as_table, as_lines)

    def _allow(self) -> None:
        shown = self._presenter.clips.get(self._list.current_key)
        has_any = bool(self._list.rows) and not self._presenter.takes.is_live
        for action in (self.remove, self.copy, self.select_all, self.export):
            action.setEnabled(has_any)
        self.rename.setEnabled(has_any and shown is not None and shown.take is not None)
        for action in (self.folder, self.like):
            action.setEnabled(has_any and bool(_file_of(shown)))
