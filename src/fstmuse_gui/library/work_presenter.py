"""Decides what is being done with the library: scanning, classifying, and the strip's text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from fstmuse_core.library.catalogue import Catalogue, shown_title
from fstmuse_core.library.rows import LibraryRow, State
from fstmuse_core.library.scan import ScanReport
from fstmuse_core.workers.protocol import Cancelled, Done, Failed, Progress
from fstmuse_gui.library.store import LibraryStore
from fstmuse_gui.library.view import LibraryView
from fstmuse_gui.library.words import GAP
from fstmuse_gui.plain import counted, time_left
from fstmuse_gui.workers.library import LibraryWatch, LibraryWorkers

_IDLE_EVERY_MS = 5_000


class WorkPresenter(QObject):
    """Presenter of scanning and classifying.

    Signals
    -------
    message(str), trouble(str)
        For the status bar, and for the notice.
    scanned
        The folders were searched: the rows are others than before.
    at_work(object)
        Share of the work that is done, 0 to 1, and what is said of it; ``None`` at its end.
    finished(str)
        All files are classified; a sentence about them.
    changed
        What can be done may have changed.
    """

    message = Signal(str)
    trouble = Signal(str)
    scanned = Signal()
    at_work = Signal(object)
    finished = Signal(str)
    changed = Signal()

    def __init__(
        self,
        view: LibraryView,
        library_store: LibraryStore,
        workers: LibraryWorkers,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._library_store, self._workers = view, library_store, workers
        self._strip = view.strip
        self.model = ""
        # Songs that were heard and are to be heard once more, so that similar ones are found.
        self.n_lacking = 0
        # Songs that were heard before tempo, key and loudness were measured.
        self.n_unmeasured = 0
        self._wants_work = False
        # True while what is new waits until the machine is idle.
        self._is_patient = False
        self._idle = QTimer(self, interval=_IDLE_EVERY_MS)
        self._idle.timeout.connect(self._start_if_idle)
        self._is_watching = False
        self._folders: tuple[str, ...] = ()
        self.watch = LibraryWatch(self)
        self.watch.changed.connect(self._on_folders_changed)
        self.watch.trouble.connect(lambda words: self.trouble.emit(words[:1].upper() + words[1:]))
        self._working: set[int] = set()
        self._told = ("", "", 0.0)
        self._strip.start_requested.connect(self.start)
        self._strip.pause_requested.connect(self.toggle_pause)
        self._strip.cancel_requested.connect(self.cancel)
        self._strip.retry_requested.connect(self.retry)
        workers.scan_event.connect(self._on_scan)
        workers.work_event.connect(self._on_work)

    # -- what can be done --------------------------------------------------------------

    @property
    def is_busy(self) -> bool:
        """True while a scan or a classification runs or is paused."""
        return self._workers.is_scanning or self._workers.is_working

    @property
    def is_working(self) -> bool:
        """True while files are classified, also if that is paused."""
        return self._workers.is_working

    @property
    def goes_on(self) -> bool:
        """True if the next start shall resume the work."""
        return self._workers.is_working and not self._workers.is_paused

    @property
    def n_waiting(self) -> int:
        """Number of files that wait."""
        return self._counts[State.WAITING]

    @property
    def n_gone(self) -> int:
        """Number of files that are no longer there."""
        return self._counts[State.GONE]

    @property
    def n_open(self) -> int:
        """Number of files that wait, or of which something is to be found out yet."""
        return self.n_waiting + max(self.n_lacking, self.n_unmeasured)

    @property
    def _counts(self) -> dict[State, int]:
        return self._view.table.rows.catalogue.state_counts()

    # -- doing -------------------------------------------------------------------------

    def scan(self) -> None:
        """Search the folders, then classify what is new."""
        path = self._library_store.path
        if path is not None and not self._workers.is_scanning:
            self._wants_work = True
            self._is_patient = False
            self._workers.scan(path)
            self._strip.show_scan(0)
            self.changed.emit()

    def set_watching(self, is_wanted: bool) -> None:
        """Keep the folders up to date from now on, or only when asked to."""
        self._is_watching = is_wanted
        self.watch_folders(self._folders)

    def watch_folders(self, folders: tuple[str, ...]) -> None:
        """Take note of the library's folders."""
        self._folders = folders
        self.watch.watch(folders if self._is_watching else ())

    def _on_folders_changed(self) -> None:
        if not self._workers.is_scanning:
            self.scan()
            self._is_patient = True

    def _start_if_idle(self) -> None:
        from fstmuse_core.library.watch import is_idle

        if is_idle(0.0):
            self._idle.stop()
            self._is_patient = False
            self.start_if_wanted()

    def start(self) -> None:
        """Classify what waits."""
        path = self._library_store.path
        self._wants_work = False
        self._idle.stop()
        if path is not None and self.model and not self._workers.is_working:
            self._working.clear()
            self._told = ("Getting ready to listen", "", 0.0)
            self._workers.work(path, self.model)
            self.show()

    def start_if_wanted(self) -> None:
        """Begin once the rows of a scan are there."""
        is_wanted = self._wants_work and self.n_waiting and not self._workers.is_scanning
        if is_wanted and self._is_patient:
            from fstmuse_core.library.watch import is_idle

            is_idle(0.0)  # the processors are measured from here on
            self._idle.start()
            self.show()
        elif is_wanted:
            self.start()
        else:
            self.show()

    def toggle_pause(self) -> None:
        """Pause, or go on."""
        self._workers.toggle_pause()
        self.show()

    def cancel(self) -> None:
        """Stop what goes on; no result is lost."""
        self._wants_work = False
        if self._workers.is_scanning:
            self._workers.cancel_scan()
        else:
            self._workers.cancel_work()

    def retry(self) -> None:
        """Try once more what failed."""
        rows = self._view.table.rows.catalogue.rows
        tried = (State.FAILED, State.SKIPPED)
        self.requeue([row.file_id for row in rows if row.state in tried])

    def requeue(self, file_ids: Sequence[int]) -> None:
        """Let these be tried again."""

        def on_done(_count: int) -> None:
            self._library_store.read(file_ids)
            self._wants_work = True
            # The rows come after this in the same thread.
            self._library_store.change(lambda _library: None, lambda _none: self.start_if_wanted())

        self._library_store.change(lambda library: library.requeue(file_ids), on_done)

    def move_to_front(self, file_ids: Sequence[int]) -> None:
        """Let these be classified next."""
        waiting = self._waiting_among(file_ids)
        if waiting:
            said = f"{counted(len(waiting), 'file')} will be heard next."
            self._library_store.change(
                lambda library: library.move_to_front(waiting),
                lambda _none: self.message.emit(said),
            )

    def skip(self, file_ids: Sequence[int]) -> None:
        """Take these out of the queue."""
        waiting = self._waiting_among(file_ids)
        if waiting:
            self._library_store.change(
                lambda library: library.skip(waiting), lambda _n: self._library_store.read(waiting)
            )

    def forget_gone(self, file_ids: Sequence[int]) -> None:
        """Ask, then forget those of these files that are gone; if none is, all that are."""
        rows = self._view.table.rows.catalogue.rows
        among = self._among(file_ids, State.GONE)
        gone = among or [row.file_id for row in rows if row.state is State.GONE]
        if not gone:
            return
        first = next(row for row in rows if row.file_id == gone[0])
        name = shown_title(first) if len(gone) == 1 else ""
        if self._view.ask_forget(len(gone), name, is_all=not among):
            self._library_store.change(
                lambda library: library.forget_gone(gone), self._on_forgotten
            )

    def _on_forgotten(self, count: int) -> None:
        self.message.emit(f"{counted(count, 'file')} forgotten.")
        self.scanned.emit()

    def _waiting_among(self, file_ids: Sequence[int]) -> list[int]:
        return self._among(file_ids, State.WAITING)

    def _among(self, file_ids: Sequence[int], state: State) -> list[int]:
        catalogue = self._view.table.rows.catalogue
        rows = [catalogue.rows[catalogue.places[file_id]] for file_id in file_ids]
        return [row.file_id for row in rows if row.state is state]

    # -- what the processes tell -------------------------------------------------------

    def _on_scan(self, event: object) -> None:
        if isinstance(event, Progress):
            self._strip.show_scan(int(event.done), int(event.total))
            return
        if isinstance(event, Failed):
            self._wants_work = False
            self.trouble.emit(event.sentence)
        elif isinstance(event, Done | Cancelled):
            report = event.payload if isinstance(event, Done) else ScanReport(cancelled=True)
            self._wants_work = self._wants_work and not report.cancelled
            if report.problems:
                more = len(report.problems) - 1
                also = f" ({more} more like it)" if more else ""
                self.trouble.emit(f"{report.problems[0]}{also}")
            n_new = report.n_new + report.n_added
            if n_new or not self._is_patient:
                found = counted(report.n_found, "file")
                self.message.emit(f"{found} found, {n_new:,} of them new.")
        self.show()
        self.scanned.emit()

    def _on_work(self, event: object) -> None:
        from fstmuse_core.library.work import WorkDone, WorkFailed, WorkProgress

        if isinstance(event, WorkProgress):
            self._on_progress(event)
            return
        self._mark(set())
        self._told = ("", "", 0.0)
        if isinstance(event, WorkFailed):
            self.trouble.emit(event.error)
        self._library_store.forget_changes()
        self.show()
        self.scanned.emit()
        if isinstance(event, WorkDone) and event.done:
            self.finished.emit(f"{counted(event.done, 'file')} heard")

    def _on_progress(self, event: object) -> None:
        from fstmuse_core.library.work import WorkProgress

        assert isinstance(event, WorkProgress)
        if event.changed:
            self._library_store.read(event.changed)
        self._mark(set(event.working))
        done = event.done + event.failed
        title = f"{done:,} of {counted(event.total, 'file')} heard"
        parts = []
        if event.paused:
            parts.append("paused")
        elif event.per_second:
            parts += [time_left(event.left_s), f"{event.per_second:.1f} a second"]
        if event.failed:
            parts.append(f"{event.failed:,} could not be heard")
        share = done / event.total if event.total else 0.0
        detail = GAP.join(part for part in parts if part)
        self._told = (title, detail[:1].upper() + detail[1:], share)
        self.show()

    def _mark(self, working: set[int]) -> None:
        """Mark the files that are being classified."""
        before, self._working = self._working, working
        catalogue = self._view.table.rows.catalogue
        changed = []
        for file_id in before ^ working:
            place = catalogue.places.get(file_id)
            row = catalogue.rows[place] if place is not None else None
            if row is not None and row.state in (State.WAITING, State.WORKING):
                state = State.WORKING if file_id in working else State.WAITING
                catalogue.replace(row._replace(state=state))
                changed.append(catalogue.places[file_id])
        self._view.table.rows.tell_changed(changed)

    def overlay(self, catalogue: Catalogue) -> None:
        """Mark the files that are being classified in rows that were read anew."""
        known = [file_id for file_id in self._working if file_id in catalogue.places]
        for row in self.overlaid([catalogue.rows[catalogue.places[i]] for i in known]):
            catalogue.replace(row)

    def overlaid(self, rows: Sequence[LibraryRow]) -> list[LibraryRow]:
        """Rows with the files marked that are being classified."""
        if not self._working:
            return list(rows)
        return [
            row._replace(state=State.WORKING)
            if row.file_id in self._working and row.state is State.WAITING
            else row
            for row in rows
        ]

    # -- what is said ------------------------------------------------------------------

    def show(self) -> None:
        """Let the strip say what goes on, or what could be done."""
        if self._workers.is_scanning:
            pass  # what was found so far stands there already
        elif self._workers.is_working:
            title, detail, share = self._told
            is_paused = self._workers.is_paused
            self._strip.show_work(title, detail, share or None, is_paused=is_paused)
            self.at_work.emit((share, title))
            self.changed.emit()
            return
        else:
            self._show_rest()
        self.at_work.emit(None)
        self.changed.emit()

    def _show_rest(self) -> None:
        counts = self._counts
        waiting, failed = counts[State.WAITING], counts[State.FAILED]
        skipped = counts[State.SKIPPED]
        said = []
        if waiting:
            until = " until the machine is idle" if self._idle.isActive() else ""
            said.append(f"{counted(waiting, 'file')} {'waits' if waiting == 1 else 'wait'}{until}")
        if failed:
            said.append(f"{counted(failed, 'file')} could not be heard")
        if skipped:
            said.append(f"{counted(skipped, 'file')} left out")
        if self.n_lacking:
            said.append(f"{counted(self.n_lacking, 'song')} to hear again, to find similar ones")
        if self.n_unmeasured > self.n_lacking:
            said.append(f"{counted(self.n_unmeasured, 'song')} to measure: tempo, key, loudness")
        if not said:
            self._strip.show_nothing()
            return
        can_retry = failed + skipped > 0
        self._strip.show_rest(
            said[0],
            GAP.join(said[1:]),
            can_start=self.n_open > 0,
            can_retry=can_retry,
        )
