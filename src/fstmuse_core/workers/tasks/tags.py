"""Tags that are planned, written and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.process_limits import heartbeat
from fstmuse_core.workers.protocol import (
    BatchBegun,
    FileProblem,
    LibraryRequest,
    ListBatches,
    ReadTexts,
    SettleTags,
    UndoTags,
    WriteTags,
    Written,
)

if TYPE_CHECKING:
    from fstmuse_core.tags.outcome import Outcome
    from fstmuse_core.tags.plan import Policy
    from fstmuse_core.workers.tasks.library import LibraryServer


@dataclass(frozen=True)
class PlanTags(LibraryRequest):
    """Plan what would be written; ``Partial`` holds lists of :class:`PlanLine`."""

    sha256: str
    file_ids: Sequence[int]
    policy: Policy
    by_album: bool = False  # one genre for the songs of an album that agree


@dataclass(frozen=True)
class PlanLine:
    """Change planned of a file; ``is_written`` also if only ``also``, or a stale tag, changes.

    ``score`` is the probability of the first genre; ``None`` where the user gave it or nobody.
    """

    path: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    why: str
    is_written: bool = False
    also: str = ""
    artist: str = ""
    score: float | None = None

    @property
    def stays(self) -> bool:
        """True if nothing is written into the file."""
        return self.old == self.new and not self.is_written


def plan(server: LibraryServer, request: PlanTags) -> None:
    """Plan what would be written; adds a :class:`PlanLine` for each file."""
    from fstmuse_core.library.tagging import by_album, file_genres, find_albums
    from fstmuse_core.tags.plan import plan_changes

    model = server.model(request.sha256)
    rows = server.library.rows(model.sha256, file_ids=request.file_ids)
    policy = request.policy
    of_albums = "album-gain" in policy.extras
    files = file_genres(server.library, model, rows, unsure=policy.unsure, of_albums=of_albums)
    if request.by_album:
        everything = server.library.rows(model.sha256)
        files = by_album(files, find_albums(server.library, model, everything))
    server.plan = plan_changes(
        files,
        policy,
        progress=server.progress,
        cancelled=server.is_cancelled,
        each=server.looks,
    )
    artists = {row.path: row.artist for row in rows}
    for change, file in zip(server.plan, files, strict=False):
        path, why = str(change.path), change.skipped or change.remark
        new = change.old if change.skipped else change.new
        likeliest = max(file.scores, key=lambda genre: file.scores[genre], default="")
        score = None if file.said or not likeliest else file.scores[likeliest]
        is_written, also = not change.skipped, change.extras_words()
        artist = artists.get(path, "")
        server.add(PlanLine(path, change.old, new, why, is_written, also, artist, score))


def write(server: LibraryServer, request: WriteTags) -> Written:
    """Write what was planned last."""
    from fstmuse_core.tags.batch import apply
    from fstmuse_core.tags.isolated import isolated_versions

    if server.plan is None:
        raise FstMuseError("The tags", "the preview is gone", "make it again")
    wanted = [
        change
        for change in server.plan
        if not change.skipped and str(change.path) not in request.without
    ]
    seen = _Seen(server, len(wanted))
    with isolated_versions(spawn=True, on_wait=heartbeat) as make:
        batch = apply(
            wanted,
            keep_time=request.keep_time,
            make=make,
            on_begun=lambda identity: server.partial(BatchBegun(identity)),
            on_outcome=seen.take,
            cancelled=server.is_cancelled,
        )
    server.plan = None
    return seen.result(batch.id, batch.trouble)


def undo(server: LibraryServer, request: UndoTags) -> Written:
    """Give the files of a batch back as they were."""
    from fstmuse_core.tags.batch import undo as take_back

    seen = _Seen(server, request.total)
    result = take_back(request.batch, on_outcome=seen.take, cancelled=server.is_cancelled)
    return seen.result(request.batch, result.trouble)


def settle(server: LibraryServer, request: SettleTags) -> Written:
    """Clear up after a process that was killed, and find out how many files it had changed."""
    from fstmuse_core.library.tagging import note_tags
    from fstmuse_core.tags.batch import read_back, recover
    from fstmuse_core.tags.outcome import Fate

    recover()
    outcomes = read_back(request.batch) if request.batch else []
    fate = Fate.WRITTEN if request.total is None else Fate.UNDONE
    changed = [outcome for outcome in outcomes if outcome.fate is fate]
    for outcome in changed:
        note_tags(server.library, outcome)
    undone_before = 0 if request.total is None else len(outcomes) - request.total
    return Written(
        request.batch,
        len(changed) - undone_before,
        request.problems,
        request.trouble,
        request.was_cancelled,
    )


def read_texts(server: LibraryServer, request: ReadTexts) -> None:
    """Read the texts of old tags anew, in another encoding."""
    from fstmuse_core.library.tagging import read_again

    read_again(server.library, request.encoding)


def list_written(server: LibraryServer, _: ListBatches) -> None:
    """List the batches written before, the newest first; clears up after a kill."""
    from fstmuse_core.tags.batch import list_batches, recover

    recover()
    for summary in list_batches():
        server.add(summary)


class _Seen:
    """Counts outcomes, and lets the library know of each file that has other tags now."""

    def __init__(self, server: LibraryServer, total: int) -> None:
        self._server, self._total = server, total
        self._n_seen = self._n_done = 0
        self._problems: list[str] = []

    def take(self, outcome: Outcome) -> None:
        """Take note of one file."""
        from fstmuse_core.library.tagging import note_tags
        from fstmuse_core.tags.outcome import Fate

        self._n_seen += 1
        if outcome.fate is Fate.FAILED:
            self._problems.append(one_line(f"{outcome.path}: {outcome.why}"))
            self._server.partial(FileProblem(self._problems[-1]))
        elif outcome.fate is not Fate.SKIPPED:
            self._n_done += 1
            note_tags(self._server.library, outcome)
        self._server.progress(self._n_seen, self._total)

    def result(self, batch: str, trouble: str) -> Written:
        """All in all."""
        was_cancelled = self._server.is_cancelled()
        return Written(batch, self._n_done, tuple(self._problems), trouble, was_cancelled)
