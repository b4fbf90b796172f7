"""Decides which earlier trainings are listed, and how one of them is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from fstmuse_core.runs import store
from fstmuse_core.runs.events import Done, Failed, Started, ending, read_events
from fstmuse_core.runs.labels import read_label
from fstmuse_gui.shared.background import ThreadRunner
from fstmuse_gui.train.form.form import RunRow
from fstmuse_gui.train.form.recipe import MODEL_KINDS
from fstmuse_gui.train.run.live import about_result, draw_curves
from fstmuse_gui.train.view import TrainView


@dataclass(frozen=True)
class PastRun:
    """A run of the list and where it lies."""

    row: RunRow
    folder: Path
    resumable: bool


def past_runs() -> list[PastRun]:
    """List the runs of models that this tab trains, the newest first."""
    found = [_past(summary) for summary in store.list_runs() if summary.model in MODEL_KINDS]
    return sorted(found, key=lambda run: _begun_at(run.folder), reverse=True)


def _begun_at(folder: Path) -> float:
    try:
        return (folder / store.RUN_FILE).stat().st_mtime
    except OSError:
        return 0.0


def _past(summary: store.RunSummary) -> PastRun:
    words = {
        "running": "Training now",
        "done": f"Done, {summary.progress}",
        "stopped": f"Stopped, {summary.progress}",
        "unfinished": f"Unfinished, {summary.progress}",
    }[summary.state.value]
    label = read_label(Path(summary.folder))
    title = label.title or summary.out or summary.run
    row = RunRow(summary.run, title, words, summary.state.value, label.note)
    return PastRun(row, Path(summary.folder), summary.resumable)


_UNFINISHED = (
    "It was interrupted after {}. Nothing that it had learned by then is lost: Resume goes on "
    "as if nothing had happened."
)
_UNFINISHED_QUICK = (
    "It was interrupted. Resume begins it again, without the songs that it has heard already."
)


def _unfinished(words: str) -> str:
    how_far = words.partition(", ")[2]
    return _UNFINISHED.format(how_far) if how_far.endswith("epochs") else _UNFINISHED_QUICK


class PastRunsPresenter(QObject):
    """Lists runs and shows them.

    Signals
    -------
    listed(list)
        Of :class:`~fstmuse_gui.train.results.presenter.PastRun`, the newest first.
    trouble(str)
        Why something could not be read or written.
    """

    listed = Signal(list)
    trouble = Signal(str)

    def __init__(
        self,
        view: TrainView,
        parent: QObject | None = None,
        *,
        lister: Callable[[], list[PastRun]] = past_runs,
    ) -> None:
        super().__init__(parent)
        self._view = view
        self._lister = lister
        self._background = ThreadRunner(self)
        self._runs: dict[str, PastRun] = {}
        self._asked = 0
        self.done: Done | None = None

    def refresh(self) -> None:
        """List the runs again."""
        self._asked += 1
        number = self._asked
        self._background.run(
            self._lister, lambda found: self._on_listed(number, found), self.trouble.emit
        )

    def _on_listed(self, number: int, found: list[PastRun]) -> None:
        if number != self._asked:
            return  # a later list is under way
        self._runs = {run.row.run: run for run in found}
        self.listed.emit(found)

    def find(self, name: str) -> PastRun | None:
        """The run of this name."""
        return self._runs.get(name)

    def write(self, path: str, text: str, on_done: Callable[[], None]) -> None:
        """Write a text file beside the window."""

        def body() -> None:
            from fstmuse_core.runs.store import write_bytes

            write_bytes(Path(path), text.encode())

        self._background.run(body, lambda _none: on_done(), self.trouble.emit)

    def show(self, run: PastRun) -> None:
        """Show a run as far as it came."""
        self._view.notice.leave_item()
        story = read_events(run.folder)
        started = next((e for e in story if isinstance(e, Started)), None)
        end = ending(story)
        if started is not None:
            draw_curves(self._view.run_page, run.row.title, started, story)
        self.done = end if isinstance(end, Done) else None
        if self.done is not None:
            page = self._view.results_page
            page.show_result(self.done, about_result(self.done, started), run.row)
            page.curves_button.setVisible(started is not None)
            self._view.show_page(page)
            if isinstance(story[-1], Failed):
                self._view.notice.say_of_item(f"Resume did not go on: {story[-1].sentence}.")
            return
        why = f" It ended because: {end.sentence}." if isinstance(end, Failed) else ""
        self._view.show_trouble(
            f"{run.row.title} is not finished",
            _unfinished(run.row.words) + why if run.resumable else f"It cannot go on.{why}",
            go_on="Resume" if run.resumable else "",
            back="Back to the data set",
            is_failure=False,
        )

    def show_curves(self) -> None:
        """Show how the training went whose result is shown."""
        self._view.show_page(self._view.run_page)

    def close(self) -> None:
        """Wait for what is being read."""
        self._background.close()
