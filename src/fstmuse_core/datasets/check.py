"""Report on a data set: its genres and artists, bad files, duplicates, leaks; also as text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fstmuse_core.datasets.duplicates import joined, same_recordings
from fstmuse_core.datasets.examine import Examination, examine
from fstmuse_core.datasets.groups import artist_or_id, count_artists, count_unknown, same_sounds
from fstmuse_core.datasets.split import check_enough, split_tracks, too_few_artists
from fstmuse_core.datasets.track import PARTS, Collection, SetAside, Track
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.pool import Broken, run_in_pool
from fstmuse_core.system.wording import counted
from fstmuse_core.tags.genres import is_placeholder

# From here on the larger genre is likely to be guessed for its size.
_IMBALANCE = 3.0
_FEW_ARTISTS = 5


@dataclass(frozen=True)
class GenreCount:
    """One genre of the usable clips; clips whose artist is not known count in ``unknown``."""

    genre: str
    clips: int
    artists: int
    unknown: int
    seconds: float


@dataclass(frozen=True)
class Duplicate:
    """Files of the same recording; ``genres`` has several if they are labelled differently."""

    paths: tuple[Path, ...]
    genres: tuple[str, ...]


@dataclass(frozen=True)
class Leaks:
    """Artists and sounds with clips on more than one side of a split.

    ``random_*`` is for a split of clips at random, which is what a split by artist avoids;
    ``official_*`` for the one of the data set's authors, ``None`` if there is none.
    """

    random_artists: int
    random_sounds: int
    official_artists: int | None = None
    official_sounds: int | None = None


@dataclass(frozen=True)
class Report:
    """The doctor's findings.

    Attributes
    ----------
    root : Path
    kind : str
        Source of the genres; see :class:`fstmuse_core.datasets.track.Collection`.
    checked, total : int
        Files listened to, and files there are; fewer were checked if it was cancelled.
    genres : tuple of GenreCount
        Of usable clips, by name.
    set_aside : tuple of SetAside
        Files that cannot be used, with the reason; those of the loader too.
    faults : dict of str to int
        Number that were set aside once decoded, by :attr:`Examination.fault`.
    warnings : tuple of SetAside
        Files that are used in spite of damage or clipping.
    duplicates : tuple of Duplicate
    leaks : Leaks
    notes : tuple of str
        Sentences on imbalance, thin genres, unknown artists and the split.
    problem : str
        Reason nothing can be trained on it, else empty.
    tracks : tuple of Track
        The usable tracks, with the length that was decoded.
    sounds : dict of Path to str
        Hash of each usable track's sound, one for all copies of a recording, for
        :func:`fstmuse_core.datasets.split.split_tracks`.
    """

    root: Path
    kind: str
    checked: int
    total: int
    genres: tuple[GenreCount, ...]
    set_aside: tuple[SetAside, ...]
    faults: dict[str, int]
    warnings: tuple[SetAside, ...]
    duplicates: tuple[Duplicate, ...]
    leaks: Leaks
    notes: tuple[str, ...]
    problem: str
    tracks: tuple[Track, ...]
    sounds: dict[Path, str]

    @property
    def is_complete(self) -> bool:
        """True if every file was decoded."""
        return self.checked == self.total

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, without the tracks; paths are relative to the root."""
        values = asdict(replace(self, tracks=(), sounds={}))
        del values["tracks"], values["sounds"]
        values["root"] = str(self.root)
        for item in (*values["set_aside"], *values["warnings"]):
            item["path"] = self.shown(item["path"])
        for item in values["duplicates"]:
            item["paths"] = [self.shown(path) for path in item["paths"]]
        return values

    def shown(self, path: Path) -> str:
        """A path as the report gives it: from the root on, if it is below it."""
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)


def check_collection(
    collection: Collection,
    *,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Listen to every file of a data set, in a pool of processes.

    Parameters
    ----------
    collection : Collection
    processes : int, optional
        One for each core by default.
    progress : callable, optional
        Called with files listened to and files in all.
    cancelled : callable, optional
        Asked several times a second; if it says so the report is of the files up to there.

    Raises
    ------
    FstMuseError
        If processes cannot be started. A bad file never raises: it is set aside.
    """
    paths = list(dict.fromkeys(track.path for track in collection.tracks))
    found: dict[Path, Examination] = {}
    for finished in run_in_pool(examine, paths, processes=processes, cancelled=cancelled):
        path, result = paths[finished.index], finished.result
        if isinstance(result, Broken):
            result = Examination(path, fault="unreadable", reason=result.reason)
        found[path] = result
        if progress:
            progress(len(found), len(paths))
    return _report(collection, found, len(paths))


def _report(collection: Collection, found: dict[Path, Examination], total: int) -> Report:
    examined = [found[path] for path in sorted(found)]
    usable = [e for e in examined if not e.fault]
    prints = {e.path: np.frombuffer(e.words, np.uint32) for e in usable}
    sounds = joined({e.path: e.sound for e in usable}, same_recordings(prints))
    tracks = tuple(
        replace(track, seconds=found[track.path].seconds)
        for track in collection.tracks
        if track.path in sounds
    )
    genre_of = {track.path: track.genre for track in tracks}
    duplicates = tuple(
        Duplicate(paths, tuple(sorted({genre_of[path] for path in paths})))
        for paths in same_sounds(tracks, sounds)
    )
    problem, split_notes = _split_findings(tracks, sounds)
    faulty = [SetAside(e.path, e.reason) for e in examined if e.fault]
    return Report(
        root=collection.root,
        kind=collection.kind,
        checked=len(found),
        total=total,
        genres=_genre_counts(tracks),
        set_aside=(*collection.set_aside, *faulty),
        faults=dict(Counter(e.fault for e in examined if e.fault)),
        warnings=tuple(SetAside(e.path, "; ".join(e.warnings)) for e in examined if e.warnings),
        duplicates=duplicates,
        leaks=_leaks(tracks, sounds),
        notes=(*collection.notes, *_notes(tracks, duplicates), *split_notes),
        problem=problem,
        tracks=tracks,
        sounds=sounds,
    )


def _genre_counts(tracks: Sequence[Track]) -> tuple[GenreCount, ...]:
    of_genre: dict[str, list[Track]] = defaultdict(list)
    for track in tracks:
        of_genre[track.genre].append(track)
    return tuple(
        GenreCount(
            genre,
            len(members),
            count_artists(members),
            count_unknown(members),
            sum(t.seconds for t in members),
        )
        for genre, members in sorted(of_genre.items())
    )


def _split_findings(tracks: Sequence[Track], sounds: dict[Path, str]) -> tuple[str, Sequence[str]]:
    try:
        check_enough(tracks)
    except FstMuseError as error:
        return str(error), ()
    split = split_tracks(tracks, sounds=sounds)
    missing = next((part for part in ("validation", "test") if not split.part(part)), "")
    return str(too_few_artists(missing)) if missing else "", split.notes


def _leaks(tracks: Sequence[Track], sounds: dict[Path, str]) -> Leaks:
    by_path = sorted(range(len(tracks)), key=lambda i: str(tracks[i].path))
    order = np.random.default_rng(0).permutation(by_path)
    sides = [""] * len(tracks)
    for place, index in enumerate(order):
        share = place / max(1, len(order))
        sides[index] = "train" if share < 0.7 else "validation" if share < 0.85 else "test"
    random = _straddling(tracks, sides, sounds)
    official = [track.official_part for track in tracks]
    if not {"train", "test"} <= set(official):
        return Leaks(*random)
    return Leaks(*random, *_straddling(tracks, official, sounds))


def _straddling(
    tracks: Sequence[Track], sides: Sequence[str], sounds: dict[Path, str]
) -> tuple[int, int]:
    """Number of artists, and of sounds, that have clips on more than one side."""
    sides_of_artist: dict[str, set[str]] = defaultdict(set)
    sides_of_sound: dict[str, set[str]] = defaultdict(set)
    for track, side in zip(tracks, sides, strict=True):
        if side in PARTS:
            sides_of_sound[sounds[track.path]].add(side)
            if key := artist_or_id(track):
                sides_of_artist[key].add(side)
    return _several(sides_of_artist.values()), _several(sides_of_sound.values())


def _several(sides: Iterable[set[str]]) -> int:
    return sum(len(found) > 1 for found in sides)


def _notes(tracks: Sequence[Track], duplicates: Sequence[Duplicate]) -> list[str]:
    notes = []
    counts = sorted(_genre_counts(tracks), key=lambda count: count.clips)
    if len(counts) > 1 and counts[-1].clips >= _IMBALANCE * counts[0].clips:
        least, most = counts[0], counts[-1]
        notes.append(
            f"{most.genre} has {most.clips / least.clips:.0f} times as many clips as {least.genre} "
            f"({most.clips} and {least.clips}): balance the genres, or find more {least.genre}"
        )
    notes += [
        f"{count.genre} is by {count.artists} artists, so a test on it rests on one or two of them"
        for count in sorted(counts, key=lambda count: count.genre)
        if 1 < count.artists < _FEW_ARTISTS and not count.unknown
    ]
    notes += [
        f"{count.genre!r} says that no genre is known; as a class it would be learned like any "
        f"other: leave its {counted(count.clips, 'clip')} out, or name their genre"
        for count in sorted(counts, key=lambda count: count.genre)
        if is_placeholder(count.genre)
    ]
    disputed = [d for d in duplicates if len(d.genres) > 1]
    if disputed:
        notes.append(
            f"there are copies under different genres of {counted(len(disputed), 'sound')}: at "
            "most one of the genres is right"
        )
    return notes


_KINDS = {
    "fma": "FMA",
    "folders": "genre folders",
    "tags": "genres from tags",
    "manifest": "manifest",
    "corrections": "your corrections",
    "several": "several data sets",
}
_HEAD = ("Genre", "Clips", "Artists", "Artist unknown", "Hours")
# What a terminal shows of long lists; the exports have all.
_MOST_LINES = 20


def as_text(report: Report) -> str:
    """Plain text for a terminal; long lists are cut, and say so."""
    lines = [_title(report), ""]
    rows = [_HEAD, *_rows(report)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)]
        lines.append("  " + "  ".join(cells).rstrip())
    for heading, entries in _lists(report):
        lines += ["", f"{heading} ({len(entries)})"]
        lines += [f"  {entry}" for entry in entries[:_MOST_LINES]]
        if len(entries) > _MOST_LINES:
            lines.append(f"  and {len(entries) - _MOST_LINES} more; --format json lists all")
    lines += ["", *_sentences(report)]
    return "\n".join(lines).rstrip() + "\n"


def as_markdown(report: Report) -> str:
    """Markdown, with complete lists."""
    lines = [f"# {_escaped(_title(report))}", "", _markdown_row(_HEAD)]
    lines.append("|---|" + "---:|" * (len(_HEAD) - 1))
    lines += [_markdown_row(row) for row in _rows(report)]
    for heading, entries in _lists(report):
        lines += ["", f"## {heading} ({len(entries)})", ""]
        lines += [f"- {_escaped(entry)}" for entry in entries]
    lines += ["", "## Worth knowing", "", *(f"- {_escaped(s)}" for s in _sentences(report))]
    return "\n".join(lines) + "\n"


def _title(report: Report) -> str:
    clips = sum(count.clips for count in report.genres)
    hours = sum(count.seconds for count in report.genres) / 3600
    return (
        f"{one_line(str(report.root))} ({_KINDS[report.kind]}): "
        f"{counted(clips, 'usable clip')}, {counted(len(report.genres), 'genre')}, "
        f"{hours:.1f} hours"
    )


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    for c in report.genres:
        yield c.genre, str(c.clips), str(c.artists), str(c.unknown), f"{c.seconds / 3600:.2f}"


def _lists(report: Report) -> Iterator[tuple[str, Sequence[str]]]:
    for heading, found in (
        ("Set aside", report.set_aside),
        ("Used, but not in order", report.warnings),
    ):
        if found:
            yield heading, [f"{one_line(report.shown(f.path))}: {f.reason}" for f in found]
    if report.duplicates:
        yield (
            "The same sound more than once",
            [
                " = ".join(one_line(report.shown(path)) for path in d.paths)
                + (f" (as {' and as '.join(d.genres)})" if len(d.genres) > 1 else "")
                for d in report.duplicates
            ],
        )


def _sentences(report: Report) -> list[str]:
    leaks = report.leaks
    lines = []
    if not report.is_complete:
        lines.append(f"Stopped after {report.checked} of {report.total} files.")
    if report.problem:
        lines.append(f"Nothing can be trained on it: {report.problem}.")
    if leaks.random_artists or leaks.random_sounds:
        lines.append(
            f"Split at random, {counted(leaks.random_artists, 'artist')} and "
            f"{counted(leaks.random_sounds, 'duplicated sound')} would stand on both sides; split "
            "by artist, none does."
        )
    if leaks.official_artists is not None and leaks.official_sounds is not None:
        lines.append(
            f"On both sides of the official split: {counted(leaks.official_artists, 'artist')} "
            f"and {counted(leaks.official_sounds, 'duplicated sound')}."
        )
    lines += [f"{note[:1].upper()}{note[1:]}." for note in report.notes]
    return lines or ["Nothing stands in the way of training on it."]


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_|<>[]" else c for c in text)
