"""Decides what is shown of the data sets."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from fstmuse_core.datasets.corrections.store import CorrectionStore, corrections_folder
from fstmuse_core.datasets.corrections.tracks import RESERVED_NAME
from fstmuse_core.datasets.manifest import is_manifest
from fstmuse_core.datasets.survey import CheckReport, Survey
from fstmuse_core.runs.spec import TAG_ENCODING
from fstmuse_gui.plain import counted, set_tip
from fstmuse_gui.settings import Option, Settings
from fstmuse_gui.shared.background import ThreadRunner
from fstmuse_gui.train.data.fma import FmaDownloader, FmaPresenter
from fstmuse_gui.train.data.reader import DataSetReader
from fstmuse_gui.train.results.presenter import PastRunsPresenter
from fstmuse_gui.train.view import TrainView
from fstmuse_gui.widgets.controls import ENCODINGS, choose_encoding

_MOST_SETS = 32
TRAIN_DATA = Option(
    "train/data_sets",
    list,
    [],
    lambda v: len(v) <= _MOST_SETS and all(isinstance(path, str) for path in v),
)
# Where genres stand, by data set, where the user has said so.
TRAIN_KINDS: Option[dict[str, str]] = Option(
    "train/data_kinds",
    dict,
    {},
    lambda v: len(v) <= _MOST_SETS and all(kind in ("folders", "tags") for kind in v.values()),
)
TRAIN_ENCODING = Option(
    "train/tag_encoding", str, TAG_ENCODING.default, lambda name: name in ENCODINGS
)
# What has come of a download that was cut lies there.
FMA_FOLDER = Option("train/fma_folder", str, "")


def corrections_count() -> int:
    """Count the verdicts that the user has corrected."""
    return CorrectionStore().count()


@dataclass(frozen=True)
class _LastRead:
    """The data sets that were read last, and as what."""

    paths: tuple[str, ...] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    encoding: str = TAG_ENCODING.default
    survey: Survey | None = None


class DataPresenter(QObject):
    """Holds the data sets, has them read and checked, and shows their page.

    Parameters
    ----------
    count_corrections : callable
        Function that counts the user's corrections; called in a thread.

    Signals
    -------
    message(str)
        For the status bar.
    changed
        There are others, or more is known of them.
    front_wanted
        Their page is to be shown.

    Attributes
    ----------
    is_front : bool
        True if the right side is about their page.
    """

    message = Signal(str)
    changed = Signal()
    front_wanted = Signal()

    def __init__(
        self,
        view: TrainView,
        settings: Settings,
        work: DataSetReader,
        run_files: PastRunsPresenter,
        fma: FmaDownloader,
        parent: QObject | None = None,
        *,
        count_corrections: Callable[[], int] = corrections_count,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._settings = settings
        self._work = work
        self._run_files = run_files
        self.is_front = True
        self._count_corrections = count_corrections
        self._background = ThreadRunner(self)
        if settings.get(FMA_FOLDER):
            fma.folder = Path(settings.get(FMA_FOLDER))
        self.fma = FmaPresenter(view, fma, self._awaits_nothing, self)
        self.fma.folder_chosen.connect(lambda folder: settings.set(FMA_FOLDER, folder))
        self.paths: tuple[str, ...] = ()
        self.kinds: dict[str, str] = {}
        self.survey: Survey | None = None
        self.trouble = ""
        self._last_read = _LastRead()
        self._report: CheckReport | None = None
        self._show_encoding(settings.get(TRAIN_ENCODING))
        self._connect_view()
        self._connect_work()

    def _connect_view(self) -> None:
        view, shown = self._view, self._view.form.data
        shown.entered.connect(self.enter)
        shown.removed.connect(self.remove)
        shown.source_chosen.connect(self.read_as)
        view.form.encoding_chosen.connect(self.read_in)
        shown.browse_requested.connect(self.browse)
        shown.corrections_requested.connect(lambda: self.add(RESERVED_NAME))
        view.empty_page.browse_requested.connect(self.browse)
        view.empty_page.fetch_requested.connect(self.fma.ask)
        view.data_page.check_requested.connect(self.check)
        view.data_page.stop_requested.connect(self.stop_check)
        view.data_page.save_requested.connect(self.save_report)

    def _connect_work(self) -> None:
        work, fma = self._work, self.fma
        work.surveyed.connect(self._on_surveyed)
        work.checked.connect(self._on_checked)
        work.progressed.connect(self._on_progress)
        work.trouble.connect(self._on_trouble)
        fma.message.connect(self.message)
        fma.begun.connect(self.front_wanted)
        fma.ended.connect(self.front_wanted)
        fma.got.connect(self.add)

    # -- which they are ----------------------------------------------------------------

    def restore(self) -> None:
        """Take up those of the last time that are still there."""
        remembered = [path for path in self._settings.get(TRAIN_DATA) if _is_there(path)]
        if remembered and not self.paths:
            kinds: dict[str, str] = self._settings.get(TRAIN_KINDS)
            self.kinds = {path: kind for path, kind in kinds.items() if path in remembered}
            for path, kind in self.kinds.items():
                self._work.read_as(path, kind)
            self._take(tuple(remembered))

    def refresh_corrections(self) -> None:
        """Let the user's corrections be added if there are any that are not yet."""
        self._background.run(self._count_corrections, self._on_corrections, lambda _why: None)

    def _on_corrections(self, count: int) -> None:
        button = self._view.form.data.corrections_button
        is_added = RESERVED_NAME in self.paths
        button.setEnabled(bool(count) and not is_added)
        tip = f"Add the {counted(count, 'verdict')} that you have corrected in Classify"
        if is_added:
            tip = "The verdicts that you have corrected in Classify are among the data sets"
        elif not count:
            tip = "What you correct in Classify can be learned from: you have corrected nothing yet"
        set_tip(button, tip)

    def browse(self) -> None:
        """Ask for a data set."""
        last = next((path for path in reversed(self.paths) if path != RESERVED_NAME), "")
        path = self._view.ask_folder(last)
        if path:
            self.add(path)

    def enter(self, path: str) -> None:
        """Add what was typed, if it is there."""
        whole = path if path == RESERVED_NAME else os.path.abspath(Path(path).expanduser())
        if _is_there(whole):
            self._view.form.data.line.clear()
            self.add(whole)
        else:
            self.trouble = f"There is no folder {path}; check the name."
            self.changed.emit()

    def open_paths(self, paths: list[str]) -> None:
        """Add the folders and lists among what was dropped."""
        folders = [path for path in paths if Path(path).is_dir() or is_manifest(Path(path))]
        if folders:
            self.add(*folders)
        elif paths:
            self._view.notice.say("A training needs a folder of music; drop the folder itself.")

    def add(self, *paths: str) -> None:
        """Learn from these data sets too; one that is there already is read again."""
        named = [_named(path) for path in paths]
        for path in named:
            self._work.forget(path)
        both = tuple(dict.fromkeys([*self.paths, *named]))
        if len(both) > _MOST_SETS:
            self._view.notice.say(f"{_MOST_SETS} data sets at most; put music into one folder.")
        self._take(both[:_MOST_SETS])

    def read_as(self, path: str, kind: str) -> None:
        """Take this data set's genres from the names of its ``"folders"``, or its ``"tags"``."""
        self.kinds[path] = kind
        self._work.read_as(path, kind)
        self._take(self.paths)

    def read_in(self, encoding: str) -> None:
        """Read the texts of old tags in this encoding."""
        self._show_encoding(encoding)
        if self.paths:
            self._take(self.paths)
        else:
            self.changed.emit()

    def _show_encoding(self, encoding: str) -> None:
        self.encoding = encoding
        self._settings.set(TRAIN_ENCODING, encoding)
        self._work.read_in(encoding)
        choose_encoding(self._view.form.encoding, encoding)

    def remove(self, path: str) -> None:
        """Learn from this data set no longer."""
        self._work.read_as(path, "")
        self._take(tuple(other for other in self.paths if other != path))

    def _take(self, paths: tuple[str, ...]) -> None:
        self.paths = paths
        self.kinds = {path: kind for path, kind in self.kinds.items() if path in paths}
        self._settings.set(TRAIN_DATA, list(paths))
        self._settings.set(TRAIN_KINDS, dict(self.kinds))
        self.fma.follow(paths)
        self.survey = None
        self.trouble = ""
        self._work.cancel()
        # If the reading is given up, the page is looked at again.
        self._view.data_page.show_idle()
        if paths:
            self._work.survey(paths)
        self.refresh_corrections()
        self.changed.emit()
        self.front_wanted.emit()

    # -- what they hold ----------------------------------------------------------------

    def show(self) -> None:
        """Show their page, or what is done instead."""
        view = self._view
        if self.survey is not None and self.survey.genres:
            view.show_page(view.data_page)
        elif self._work.is_running:
            view.show_busy("Looking at the songs", "Reading names and tags")
        elif self.fma.is_running:
            self.fma.show()
        else:
            view.show_page(view.empty_page)

    def _on_surveyed(self, survey: Survey) -> None:
        self.survey, self._report = survey, None
        self._last_read = _LastRead(self.paths, dict(self.kinds), self.encoding, survey)
        self._view.data_page.show_survey(survey)
        self.changed.emit()
        if self.is_front:
            self.show()

    def check(self) -> None:
        """Listen to every file."""
        if self.survey is not None:
            self._view.data_page.show_checking(0, 0)
            self._work.check(self.survey.usable)

    def stop_check(self) -> None:
        """Listen no further."""
        if self.survey is not None:
            self._work.cancel()
        self._view.data_page.show_idle()

    def _on_checked(self, report: CheckReport) -> None:
        self._report = report
        page = self._view.data_page
        page.show_idle()
        page.show_report(report.survey, report.findings, report.set_aside)
        n = len(report.set_aside)
        self.message.emit(f"Every file was heard; {n or 'none'} set aside.")

    def _on_progress(self, done: int, total: int) -> None:
        if self.survey is not None:
            self._view.data_page.show_checking(done, total)
        elif self.is_front:
            detail = f"{done:,} of {total:,} files"
            self._view.show_busy("Looking at the songs", detail, done / max(1, total))

    def _on_trouble(self, sentence: str) -> None:
        self._view.data_page.show_idle()
        if self.survey is not None:
            self._view.notice.say(sentence)
            return
        self.trouble = f"{sentence.removesuffix('.')}."
        self.changed.emit()
        if self.is_front:
            self.show()

    def save_report(self) -> None:
        """Write the doctor's report to a file."""
        if self._report is None:
            return
        path = self._view.ask_save_path(f"{self._report.survey.name}.md")
        if path:
            text = self._report.exports.get(Path(path).suffix.lower(), self._report.exports[".md"])
            self._run_files.write(
                path, text, lambda: self.message.emit(f"Saved {Path(path).name}.")
            )

    def cancel(self) -> None:
        """Give up what is being read or got."""
        if not self._work.is_running:
            self.fma.cancel()
            return
        self._work.cancel()
        if self.survey is None:
            # What has not been read cannot be trained on.
            last = self._last_read
            for path, _ in self.kinds.items() ^ last.kinds.items():
                self._work.read_as(path, last.kinds.get(path, ""))
            self.paths, self.kinds, self.survey = last.paths, dict(last.kinds), last.survey
            self._show_encoding(last.encoding)
            self._settings.set(TRAIN_DATA, list(self.paths))
            self._settings.set(TRAIN_KINDS, dict(self.kinds))
            self.changed.emit()

    def _awaits_nothing(self) -> bool:
        return self.is_front and self.survey is None and not self._work.is_running

    def close(self) -> None:
        """Give up and wait for the end."""
        self.fma.close()
        self._work.close()
        self._background.close()


def _named(path: str) -> str:
    """Return its name on the command line."""
    return RESERVED_NAME if path == str(corrections_folder()) else path


def _is_there(path: str) -> bool:
    return path == RESERVED_NAME or Path(path).exists()
