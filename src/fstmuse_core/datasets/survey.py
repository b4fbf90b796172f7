"""Contents of data sets at a glance, and what cannot be used in them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from fstmuse_core.datasets import check as doctor
from fstmuse_core.datasets.corrections.tracks import RESERVED_NAME
from fstmuse_core.datasets.detect import data_path, load_tracks
from fstmuse_core.datasets.folders import genre_folders
from fstmuse_core.datasets.groups import artist_or_id
from fstmuse_core.datasets.track import Collection, Track, merged
from fstmuse_core.runs.spec import TAG_ENCODING
from fstmuse_core.system.errors import FstMuseError

# Told how many of how many are done, and asked whether to give up.
Tell = Callable[[int, int], None]
Ask = Callable[[], bool]

KINDS = {
    "fma": "FMA",
    "folders": "Genre folders",
    "tags": "Genres from tags",
    "manifest": "A list of songs",
    "corrections": "Your corrections",
    "several": "Several data sets",
}
# Artists are parted into three: those that teach, those that choose, and those that test.
MIN_ARTISTS = 3


@dataclass(frozen=True)
class GenreCount:
    """Music of a genre; ``artists`` is 0 if nobody knows them."""

    genre: str
    clips: int
    artists: int


@dataclass(frozen=True)
class SetCount:
    """One of the data sets.

    Attributes
    ----------
    path : str
    kind : str
        Name of its kind, for people.
    clips : int
    trouble : str
        Reason it cannot be used; empty if it can.
    source : str
        ``"folders"`` or ``"tags"`` where the genres could stand in either and stand in this;
        else empty.
    wanted : str
        Kind by which the user wants it read; empty where that is found out.
    encoding : str
        Encoding of old tags by which it was read.
    """

    path: str
    kind: str = ""
    clips: int = 0
    trouble: str = ""
    source: str = ""
    wanted: str = ""
    encoding: str = TAG_ENCODING.default

    @property
    def name(self) -> str:
        """Name that people read."""
        return set_name(self.path)


@dataclass(frozen=True)
class Survey:
    """The data sets at a glance; the genre with the most clips comes first."""

    sets: tuple[SetCount, ...]
    genres: tuple[GenreCount, ...]
    n_clips: int
    n_artists: int
    n_set_aside: int = 0
    why_set_aside: str = ""
    notes: tuple[str, ...] = ()

    @property
    def usable(self) -> tuple[SetCount, ...]:
        """The data sets without trouble."""
        return tuple(one for one in self.sets if not one.trouble)

    @property
    def trouble(self) -> str:
        """Fault of the first data set that cannot be used; empty if all can."""
        return next((one.trouble for one in self.sets if one.trouble), "")

    @property
    def name(self) -> str:
        """The data set's, or how many there are."""
        sets = self.usable
        return sets[0].name if len(sets) == 1 else f"{len(sets)} data sets"

    @property
    def kind(self) -> str:
        """Sorts of data sets, each once, as people read them."""
        return ", ".join(dict.fromkeys(one.kind for one in self.usable))

    @property
    def findings(self) -> list[str]:
        """Sentences about what will make the model or its test worse."""
        found = [
            f"{one.name} cannot be used and has to be removed: {one.trouble}."
            for one in self.sets
            if one.trouble
        ]
        found += [f"{note[:1].upper()}{note[1:]}." for note in self.notes]
        if len(self.genres) < 2:
            found.append("There is one genre only; a model needs two or more to choose from.")
        thin = [count.genre for count in self.genres if 0 < count.artists < MIN_ARTISTS]
        if thin:
            found.append(
                f"{', '.join(thin)}: fewer than {MIN_ARTISTS} artists. Such a genre cannot be "
                "tested on artists that the model has not heard."
            )
        unknown = [count.genre for count in self.genres if count.artists == 0]
        if unknown:
            found.append(
                f"{', '.join(unknown)}: the artists are not known, so songs of one artist may "
                "stand on both sides of the test and flatter it."
            )
        counts = [count.clips for count in self.genres]
        if len(counts) > 1 and counts[0] > 5 * counts[-1]:
            found.append(
                f"{self.genres[0].genre} has {counts[0] / counts[-1]:.0f} times as many clips as "
                f"{self.genres[-1].genre}; the rarer a genre, the less often it will be heard."
            )
        if n := self.n_set_aside:
            files = f"{n:,} files are" if n > 1 else "1 file is"
            found.append(f"{files} set aside: {self.why_set_aside}.")
        return found


@dataclass(frozen=True)
class CheckReport:
    """Findings of a check of the files; ``exports`` are texts by file suffix."""

    survey: Survey
    findings: list[str]
    set_aside: list[str]
    exports: dict[str, str]


def set_name(path: str) -> str:
    """Return the name of the data set at ``path`` that people read."""
    if path == RESERVED_NAME:
        return "Your corrections"
    return Path(path).name or path


class Surveyor:
    """Reads what data sets hold, each once until it is forgotten."""

    def __init__(self) -> None:
        self._known: dict[str, Collection] = {}
        self.kinds: dict[str, str] = {}
        self.encoding = TAG_ENCODING.default

    def read_in(self, encoding: str) -> None:
        """Read the texts of old tags so, in data sets that are known already too."""
        if encoding != self.encoding:
            self._known = {}
        self.encoding = encoding

    def read_as(self, path: str, kind: str) -> None:
        """Read this data set so, as ``"folders"`` or ``"tags"``, and not as is found out."""
        self.forget(path)
        self.kinds[path] = kind

    def forget(self, path: str) -> None:
        """Read this data set again the next time."""
        self._known.pop(path, None)

    def __call__(self, paths: tuple[str, ...], progress: Tell, cancelled: Ask) -> Survey:
        """Read the data sets at ``paths``; those that cannot be used say why."""
        sets, collections = [], []
        encoding, known = self.encoding, self._known
        for path in paths:
            kind = self.kinds.get(path, "")
            read_so = SetCount(path, source=kind, wanted=kind, encoding=encoding)
            try:
                collection = known.get(path) or read_set(read_so, progress, cancelled)
            except FstMuseError as error:
                sets.append(replace(read_so, trouble=str(error).removesuffix(".")))
                continue
            # The corrections are read again each time: they grow, and it takes no time.
            if path != RESERVED_NAME and not cancelled():
                known[path] = collection
            collections.append(collection)
            n, source = len(collection.tracks), _source(path, collection)
            sets.append(replace(read_so, kind=KINDS[collection.kind], clips=n, source=source))
        if not collections:
            return Survey(tuple(sets), (), 0, 0)
        whole = merged(collections)
        reasons = Counter(aside.reason for aside in whole.set_aside)
        return replace(
            count(tuple(sets), whole.tracks),
            n_set_aside=reasons.total(),
            why_set_aside="; ".join(reason for reason, _ in reasons.most_common(2)),
            notes=whole.notes,
        )


def _source(path: str, collection: Collection) -> str:
    if collection.kind == "tags":
        return "tags" if genre_folders(data_path(path)) else ""
    return "folders" if collection.kind == "folders" else ""


def read_set(one: SetCount, progress: Tell, cancelled: Ask) -> Collection:
    """The tracks of a data set, read as is wanted of it.

    Raises
    ------
    FstMuseError
        If it is no data set.
    """
    return load_tracks(
        data_path(one.path),
        kind=one.wanted or None,
        tag_encoding=one.encoding,
        progress=progress,
        cancelled=cancelled,
    )


def count(sets: tuple[SetCount, ...], tracks: Iterable[Track]) -> Survey:
    """The survey of these tracks."""
    clips: Counter[str] = Counter()
    artists: dict[str, set[str]] = defaultdict(set)
    for track in tracks:
        clips[track.genre] += 1
        artists[track.genre] |= {artist_or_id(track)} - {""}
    genres = [GenreCount(genre, n, len(artists[genre])) for genre, n in clips.most_common()]
    everyone = set().union(*artists.values())
    return Survey(sets, tuple(genres), clips.total(), len(everyone))


def check_files(sets: tuple[SetCount, ...], tell: Tell, cancelled: Ask) -> CheckReport:
    """Listen to every file of these data sets, as if they were one.

    Raises
    ------
    FstMuseError
        If one of them is no data set any more.
    """
    found = [read_set(one, lambda _done, _of: None, cancelled) for one in sets]
    report = doctor.check_collection(merged(found), progress=tell, cancelled=cancelled)
    return CheckReport(
        survey=count(sets, report.tracks),
        findings=_findings(report),
        set_aside=[f"{report.shown(aside.path)}: {aside.reason}" for aside in report.set_aside],
        exports={
            ".md": doctor.as_markdown(report),
            ".json": json.dumps(report.to_dict(), indent=1, ensure_ascii=False) + "\n",
        },
    )


def _findings(report: doctor.Report) -> list[str]:
    found = []
    if report.problem:
        found.append(f"Nothing can be trained on it: {report.problem}.")
    if report.duplicates:
        n = len(report.duplicates)
        found.append(
            f"{'One sound is' if n == 1 else f'{n} sounds are'} there more than once; "
            "copies are kept on one side of the test."
        )
    if report.leaks.official_artists:
        found.append(
            f"In the official split {report.leaks.official_artists} artists stand on both sides."
        )
    if report.warnings:
        n = len(report.warnings)
        found.append(f"{n} file{' is' if n == 1 else 's are'} damaged or clipped, and used anyway.")
    return found + [f"{note[:1].upper()}{note[1:].removesuffix('.')}." for note in report.notes]
