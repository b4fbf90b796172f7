"""Longer work on the library in a process of its own: tags, tables, reports, comparisons.

No Qt here. A job is a function that is given the library, a :class:`Reporter` and what was
asked for; what it returns is the answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.process_limits import (
    heartbeat,
    is_out_of_memory,
    send_heartbeats,
    too_much_memory,
)

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.rows import KnownModel, LibraryRow
    from fstmuse_core.tags.outcome import Outcome
    from fstmuse_core.tags.plan import Change, Each, Policy

_PART = 100
_REPORT_EVERY_S = 0.1
_CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class PlanLine:
    """Change planned of one file's genres; ``is_written`` also if they stay, and
    another tag in it says something else."""

    path: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    why: str
    is_written: bool = False

    @property
    def stays(self) -> bool:
        """True if nothing is written into the file."""
        return self.old == self.new and not self.is_written


@dataclass(frozen=True, slots=True)
class Written:
    """Result of a batch; ``problems`` has a line for each file that failed."""

    batch: str
    n_done: int
    problems: tuple[str, ...]
    trouble: str
    was_cancelled: bool


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file of which two models say different things: genres, or ``None``, and how sure."""

    file_id: int
    path: str
    before: tuple[str | None, float]
    after: tuple[str | None, float]


@dataclass
class Reporter:
    """The child's end of the pipe; used in a ``with`` statement."""

    connection: Connection
    is_cancelled: bool = False
    plan: list[Change] = field(default_factory=list)
    _looks: Each | None = None
    _resources: ExitStack = field(default_factory=ExitStack)
    _part: list[Any] = field(default_factory=list)
    _reported_at: float = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    @property
    def looks(self) -> Each:
        """Looks at files by another process, which the next preview finds running."""
        if self._looks is None:
            from fstmuse_core.tags.isolated import isolated_looks

            looks = isolated_looks(spawn=True, on_wait=heartbeat)
            self._looks = self._resources.enter_context(looks)
        return self._looks

    def progress(self, done: int, total: int) -> None:
        """Tell how far it is, a few times a second."""
        now = time.monotonic()
        if now - self._reported_at > _REPORT_EVERY_S:
            self._reported_at = now
            self.connection.send(("progress", (done, total)))

    def add(self, item: Any) -> None:
        """Tell of one thing more, in parts of many."""
        self._part.append(item)
        if len(self._part) >= _PART:
            self.flush()

    def flush(self) -> None:
        """Send what has gathered."""
        if self._part:
            self.connection.send(("part", self._part))
            self._part = []

    def cancelled(self) -> bool:
        """Return true if the rest is to be left; also if nobody is there to be told any more."""
        try:
            while not self.is_cancelled and self.connection.poll():
                self.is_cancelled = self.connection.recv() == _CANCEL
        except (EOFError, OSError):
            self.is_cancelled = True
        return self.is_cancelled


def serve(connection: Connection, library_file: str) -> None:
    """Do one job after the other until the pipe is closed."""
    from fstmuse_core.library.database import open_library

    send_heartbeats(lambda beat: connection.send(("beat", beat)))
    try:
        with Reporter(connection) as reporter, open_library(Path(library_file)) as library:
            connection.send(("ready", None))
            while True:
                asked = connection.recv()
                if asked != _CANCEL:
                    name, arguments = asked
                    reporter.is_cancelled = False
                    connection.send(_answer(JOBS[name], library, reporter, arguments))
    except (EOFError, OSError):
        return  # the window has gone
    except FstMuseError as error:
        connection.send(("failed", str(error)))


def _answer(
    job: Callable[..., Any], library: Library, reporter: Reporter, arguments: tuple[Any, ...]
) -> tuple[str, Any]:
    try:
        result = job(library, reporter, *arguments)
        reporter.flush()
        return "done", result
    except FstMuseError as error:
        return "failed", str(error)
    except (EOFError, BrokenPipeError):
        raise
    except Exception as error:
        if is_out_of_memory(error):
            return "failed", too_much_memory()
        return "failed", one_line(f"something unforeseen went wrong ({error})")


# -- tags ------------------------------------------------------------------------------


def plan(
    library: Library, reporter: Reporter, sha: str, file_ids: Sequence[int], policy: Policy
) -> None:
    """Plan what would be written; adds a :class:`PlanLine` for each file."""
    from fstmuse_core.library.tagging import file_genres
    from fstmuse_core.tags.plan import plan_changes

    model, rows = _model(library, sha), library.rows(sha, file_ids=file_ids)
    reporter.plan = plan_changes(
        file_genres(library, model, rows),
        policy,
        progress=reporter.progress,
        cancelled=reporter.cancelled,
        each=reporter.looks,
    )
    for change in reporter.plan:
        why = change.skipped or change.remark
        new = change.old if change.skipped else change.new
        reporter.add(PlanLine(str(change.path), change.old, new, why, not change.skipped))


def write(library: Library, reporter: Reporter, keep_time: bool) -> Written:
    """Write what was planned last."""
    from fstmuse_core.tags.batch import apply
    from fstmuse_core.tags.isolated import isolated_versions

    wanted = [change for change in reporter.plan if not change.skipped]
    seen = _Seen(library, reporter, len(wanted))
    with isolated_versions(spawn=True, on_wait=heartbeat) as make:
        batch = apply(
            wanted,
            keep_time=keep_time,
            make=make,
            on_begun=lambda identity: reporter.connection.send(("batch", identity)),
            on_outcome=seen.take,
            cancelled=reporter.cancelled,
        )
    reporter.plan = []
    return seen.result(batch.id, batch.trouble)


def undo(library: Library, reporter: Reporter, batch: str, total: int) -> Written:
    """Give the files of a batch back as they were."""
    from fstmuse_core.tags.batch import undo as take_back

    seen = _Seen(library, reporter, total)
    result = take_back(batch, on_outcome=seen.take, cancelled=reporter.cancelled)
    return seen.result(batch, result.trouble)


def settle(library: Library, _: Reporter, batch: str, total: int | None) -> int:
    """Clear up after a process that was killed; how many files it had changed by then.

    ``total`` is how many files were to be taken back; ``None`` if they were to be written.
    """
    from fstmuse_core.library.tagging import note_tags
    from fstmuse_core.tags.batch import read_back, recover
    from fstmuse_core.tags.outcome import Fate

    recover()
    outcomes = read_back(batch) if batch else []
    fate = Fate.WRITTEN if total is None else Fate.UNDONE
    changed = [outcome for outcome in outcomes if outcome.fate is fate]
    for outcome in changed:
        note_tags(library, outcome)
    undone_before = 0 if total is None else len(outcomes) - total
    return len(changed) - undone_before


def read_texts(library: Library, _: Reporter, encoding: str) -> None:
    """Read the texts of old tags anew, in another encoding."""
    from fstmuse_core.library.tagging import read_again

    read_again(library, encoding)


def batches(_library: Library, reporter: Reporter) -> None:
    """List the batches written before, the newest first; clears up after a kill."""
    from fstmuse_core.tags.batch import list_batches, recover

    recover()
    for summary in list_batches():
        reporter.add(summary)


class _Seen:
    """Counts outcomes, and lets the library know of each file that has other tags now."""

    def __init__(self, library: Library, reporter: Reporter, total: int) -> None:
        self._library, self._reporter, self._total = library, reporter, total
        self._n_seen = self._n_done = 0
        self._problems: list[str] = []

    def take(self, outcome: Outcome) -> None:
        """Take note of one file."""
        from fstmuse_core.library.tagging import note_tags
        from fstmuse_core.tags.outcome import Fate

        self._n_seen += 1
        if outcome.fate is Fate.FAILED:
            self._problems.append(one_line(f"{outcome.path}: {outcome.why}"))
            self._reporter.connection.send(("problem", self._problems[-1]))
        elif outcome.fate is not Fate.SKIPPED:
            self._n_done += 1
            note_tags(self._library, outcome)
        self._reporter.progress(self._n_seen, self._total)

    def result(self, batch: str, trouble: str) -> Written:
        """All in all."""
        was_cancelled = self._reporter.is_cancelled
        return Written(batch, self._n_done, tuple(self._problems), trouble, was_cancelled)


# -- what is made of the library -------------------------------------------------------


def export(library: Library, _: Reporter, sha: str, ids: Sequence[int], path: str) -> int:
    """A table; how many files it tells of."""
    from fstmuse_core.library.export import export_library

    rows = _in_order(library, sha, ids)
    return export_library(library, _model(library, sha), Path(path), rows=rows)


def playlists(library: Library, _: Reporter, sha: str, ids: Sequence[int], path: str) -> int:
    """A playlist a genre; how many there are."""
    from fstmuse_core.library.playlists import write_playlists

    return len(write_playlists(_in_order(library, sha, ids), Path(path)))


def report(library: Library, _: Reporter, sha: str, ids: Sequence[int], path: str) -> int:
    """A page to look at; how many files it tells of."""
    from fstmuse_core.library.report import write_report

    rows = _in_order(library, sha, ids)
    write_report(Path(path), rows, _model(library, sha))
    return len(rows)


def compare(library: Library, reporter: Reporter, sha_a: str, sha_b: str) -> str:
    """Two models side by side, a :class:`ChangedFile` for each that changes; what comes out."""
    from fstmuse_core.library.comparison import compare_library
    from fstmuse_core.library.truth import known_before, review_labels

    a, b = _model(library, sha_a), _model(library, sha_b)
    rows = library.rows(sha_a)
    labels = review_labels(rows)
    found = compare_library((a, rows), (b, library.rows(sha_b)), labels)
    for change in found.changes:
        reporter.add(
            ChangedFile(
                change.file_id,
                change.path,
                (change.before, change.confidence_before),
                (change.after, change.confidence_after),
            )
        )
    words = found.sentence(a.title, b.title)
    if found.labelled is not None:
        notes = [known_before(model, rows, labels) for model in (a, b)]
        words += "".join(f" {note}" for note in notes if note)
        test = found.labelled
        words += (
            f" On what you have looked at: {a.title} {test.share_a.said()}, {b.title} "
            f"{test.share_b.said()}. {test.sentence(a.title, b.title)}"
        )
    if not found.both:
        words += f" Choose {b.title} as the model that listens, and let it listen first."
    return words


def _in_order(library: Library, sha: str, ids: Sequence[int]) -> list[LibraryRow]:
    by_id = {row.file_id: row for row in library.rows(sha, file_ids=ids)}
    return [by_id[file_id] for file_id in ids if file_id in by_id]


def _model(library: Library, sha: str) -> KnownModel:
    for model in library.models():
        if model.sha256 == sha:
            return model
    raise FstMuseError("This model", "it has not heard anything here yet", "let it listen first")


JOBS: dict[str, Callable[..., Any]] = {
    job.__name__: job
    for job in (
        plan,
        write,
        undo,
        settle,
        read_texts,
        batches,
        export,
        playlists,
        report,
        compare,
    )
}
