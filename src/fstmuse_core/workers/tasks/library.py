"""The child process that does longer work on the library: scans, tags, tables, comparisons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.process_limits import Limits, heartbeat
from fstmuse_core.system.wording import percent
from fstmuse_core.workers.protocol import (
    ChangedFile,
    CompareModels,
    ExportRows,
    FindCopies,
    LibraryRequest,
    ListBatches,
    ReadTexts,
    ScanFolders,
    SettleTags,
    UndoTags,
    WriteTags,
)
from fstmuse_core.workers.server import JobServer
from fstmuse_core.workers.tasks import tags

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.rows import KnownModel, LibraryRow
    from fstmuse_core.library.scan import ScanReport
    from fstmuse_core.library.song_map import SongMap
    from fstmuse_core.tags.plan import Change, Each


_PART = 100
# Of one file, or of a job that does not go from file to file.
LIMITS = Limits(cpu_s=600.0, idle_s=120.0, work="the work", remedy="try again")


def serve(connection: Connection, library_file: str) -> None:
    """Answer requests, one after the other, until the pipe ends."""
    LibraryServer(connection, Path(library_file)).serve()


class LibraryServer(JobServer):
    """Does one job after the other; the library is opened with the first.

    Attributes
    ----------
    plan : list or None
        Changes of tags that were planned last and are not written yet.
    """

    limits = LIMITS

    def __init__(self, connection: Connection, file: Path) -> None:
        super().__init__(connection)
        self.plan: list[Change] | None = None
        self._file = file
        self._library: Library | None = None
        self._looks: Each | None = None
        self._resources = ExitStack()
        self._part: list[Any] = []

    @property
    def library(self) -> Library:
        """The library."""
        if self._library is None:
            from fstmuse_core.library.database import open_library

            self._library = open_library(self._file)
        return self._library

    @property
    def looks(self) -> Each:
        """Looks at files by another process, which the next preview finds running."""
        if self._looks is None:
            from fstmuse_core.tags.isolated import isolated_looks

            looks = isolated_looks(spawn=True, on_wait=heartbeat)
            self._looks = self._resources.enter_context(looks)
        return self._looks

    def add(self, item: Any) -> None:
        """Tell of one thing more, in parts of many."""
        self._part.append(item)
        if len(self._part) >= _PART:
            self._flush()

    def _flush(self) -> None:
        if self._part:
            self.partial(self._part)
            self._part = []

    def model(self, sha256: str) -> KnownModel:
        """The model that has classified files of the library."""
        for model in self.library.models():
            if model.sha256 == sha256:
                return model
        from fstmuse_core.bundle.find_by_hash import names_by_hash

        _, title = names_by_hash().get(sha256, ("", "This model"))
        raise FstMuseError(
            one_line(title),
            "it has not heard anything here yet",
            "choose it as the model that listens, and let it listen first",
        )

    def do(self, request: LibraryRequest) -> Any:
        """Do what is asked for."""
        self._part = []
        result = _JOBS[type(request)](self, request)
        self._flush()
        return result


def export(server: LibraryServer, request: ExportRows) -> int:
    """Write a table, a playlist or one for each genre, or a page; how many it tells of."""
    from fstmuse_core.library.export import export_library
    from fstmuse_core.library.playlists import write_playlist, write_playlists
    from fstmuse_core.library.report import write_report

    path = Path(request.path)
    rows = _in_order(server.library, request.sha256, request.file_ids)
    if request.kind == "playlists":
        return len(write_playlists(rows, path))
    if request.kind == "playlist":
        return write_playlist(rows, path, path.stem).n_files
    model = server.model(request.sha256)
    if request.kind == "table":
        return export_library(server.library, model, path, rows=rows)
    write_report(path, rows, model)
    return len(rows)


def _in_order(library: Library, sha256: str, ids: Sequence[int]) -> list[LibraryRow]:
    by_id = {row.file_id: row for row in library.rows(sha256, file_ids=ids)}
    return [by_id[file_id] for file_id in ids if file_id in by_id]


def compare(server: LibraryServer, request: CompareModels) -> str:
    """Two models side by side, a :class:`ChangedFile` for each that changes; what comes out."""
    from fstmuse_core.library.disagreement import compare_library
    from fstmuse_core.library.truth import known_before, review_labels

    a, b = server.model(request.before), server.model(request.after)
    rows = server.library.rows(a.sha256)
    labels = review_labels(rows)
    found = compare_library((a, rows), (b, server.library.rows(b.sha256)), labels)
    for change in found.changes:
        server.add(
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


def find_copies(server: LibraryServer, request: FindCopies) -> list[tuple[int, float, str]]:
    """Files of the same recording, the one to keep first, with why."""
    from fstmuse_core.library.copies import known_copies, read_prints

    rows = server.library.rows(request.sha256)
    found: list[tuple[int, float, str]] = []
    for copies in known_copies(rows, read_prints(server.library)):
        heartbeat()
        for group in copies.groups:
            kept, others = group[0], group[1:]
            found.append((kept.row.file_id, 1.0, f"Keep: {kept.why}"))
            found += [
                (copy.row.file_id, copy.alike, f"{percent(copy.alike)}, {copy.why}")
                for copy in others
            ]
    return found


# Folders beat, and so does each file that is found or whose tags are read; in between, what is
# found is compared in one go.
SCAN_LIMITS = Limits(
    cpu_s=3600.0,
    idle_s=120.0,
    silent_s=3600.0,
    work="looking through the folders",
    remedy="look whether their disk answers, and try again",
)


def scan_folders(server: LibraryServer, request: ScanFolders) -> ScanReport:
    """Look through the folders, and bring the library up to date unless it is cancelled."""
    from fstmuse_core.library.queue import know_again
    from fstmuse_core.library.scan import scan_library
    from fstmuse_core.library.tagging import read_new_tags

    def is_cancelled() -> bool:
        heartbeat()
        return server.is_cancelled()

    report = scan_library(
        server.library,
        folder_ids=request.folder_ids,
        progress=lambda n_found: server.progress(n_found, 0),
        cancelled=is_cancelled,
    )
    if not report.cancelled:
        know_again(server.library, is_cancelled)
        read_new_tags(
            server.library,
            progress=lambda done, total: server.progress(done, total),
            cancelled=is_cancelled,
        )
    return report


@dataclass(frozen=True)
class FindAlbums(LibraryRequest):
    """Find albums whose songs disagree; ``Done`` holds id, share and words of each song."""

    sha256: str


def find_albums(server: LibraryServer, request: FindAlbums) -> list[tuple[int, float, str]]:
    """Songs of albums that are of several genres, album by album, with what all say together."""
    from fstmuse_core.library import tagging

    model = server.model(request.sha256)
    found: list[tuple[int, float, str]] = []
    for album in tagging.find_albums(server.library, model, server.library.rows(model.sha256)):
        heartbeat()
        if album.others:
            share = album.scores[album.likeliest]
            found += [(row.file_id, share, album.words) for row in album.rows]
    return found


@dataclass(frozen=True)
class DrawMap(LibraryRequest):
    """Bring the map up to date, or draw it ``anew``.

    ``Done`` holds a :class:`~fstmuse_core.library.song_map.SongMap`.
    """

    anew: bool = False


def draw_map(server: LibraryServer, request: DrawMap) -> SongMap:
    """Places of the songs on the map; those that are new find theirs."""
    from fstmuse_core.library import song_map

    return song_map.draw_map(server.library, anew=request.anew)


_JOBS: dict[type[LibraryRequest], Callable[..., Any]] = {
    ScanFolders: scan_folders,
    tags.PlanTags: tags.plan,
    WriteTags: tags.write,
    UndoTags: tags.undo,
    SettleTags: tags.settle,
    ReadTexts: tags.read_texts,
    ListBatches: tags.list_written,
    ExportRows: export,
    CompareModels: compare,
    FindCopies: find_copies,
    DrawMap: draw_map,
    FindAlbums: find_albums,
}
