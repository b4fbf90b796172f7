"""FMA, the Free Music Archive data set: fetched from its authors, and read as they ship it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from fstmuse_core.datasets.track import Collection, SetAside, Track, official_part
from fstmuse_core.system.download import Download, part_of
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.tables import Row as TableRow
from fstmuse_core.system.tables import read_rows, read_table
from fstmuse_core.system.zip_files import unpack
from fstmuse_core.tags.genres import canonical_genre

METADATA_FOLDER = "fma_metadata"
TRACKS_FILE = "tracks.csv"
# Of lines: biographies and comments have paragraphs.
_LONGEST_ROW = 10_000
_GENRE_FIELDS = {"id": ("genreid",), "parent": ("parent",), "title": ("title",)}
GENRES_FILE = "genres.csv"
# Each holds the smaller ones; only "full" has whole songs.
SUBSETS = ("small", "medium", "large", "full")
_CLIP_S = 30.0

_AGAIN = "fetch fma_metadata.zip again: fstmuse data fetch"
_COLUMNS = (
    ("set", "split"),
    ("set", "subset"),
    ("artist", "id"),
    ("artist", "name"),
    ("album", "id"),
    ("album", "title"),
    ("track", "duration"),
    ("track", "genre_top"),
    ("track", "genres_all"),
    ("track", "license"),
    ("track", "title"),
)
_Row = dict[tuple[str, str], str]


def find_metadata(path: Path) -> Path | None:
    """The folder with ``tracks.csv`` that belongs to ``path``, if ``path`` is of FMA.

    ``path`` may be the folder above, the metadata folder itself, or ``fma_small`` and the like
    with the metadata beside it.
    """
    for folder in (path / METADATA_FOLDER, path, path.parent / METADATA_FOLDER):
        beside = folder.parent == path.parent and folder != path
        if (folder / TRACKS_FILE).is_file() and (not beside or path.name in _audio_names()):
            return folder
    return None


def read_fma(path: Path) -> Collection:
    """Tracks of FMA whose sound file is there.

    Punk is a sub-genre of Rock in FMA: a track is Punk if ``genres_all`` holds Punk, and Rock
    if its ``genre_top`` is Rock and it is not Punk. Other tracks bear their ``genre_top``.

    Parameters
    ----------
    path : Path
        The folder with ``fma_metadata`` and ``fma_small``, ``fma_medium``, ``fma_large`` or
        ``fma_full``, or one of these. Where several are there, each track is taken from the
        smallest that has it, except that whole songs are taken only if nothing else is there.

    Returns
    -------
    Collection
        Set aside are tracks without a file, files that ``tracks.csv`` does not list, and
        tracks without one main genre.

    Raises
    ------
    FstMuseError
        If the metadata is missing, cut or of another make, or no sound file is there.
    """
    metadata = find_metadata(path)
    if metadata is None:
        raise FstMuseError(
            path, f"there is no {METADATA_FOLDER}/{TRACKS_FILE}", "name the folder that holds it"
        )
    folders = _audio_folders(path, metadata)
    files = _scan(folders)
    if not files:
        raise FstMuseError(
            metadata.parent,
            "FMA's metadata is there but no sound (fma_small/000/000002.mp3 and so on)",
            "fetch it: fstmuse data fetch fma-small",
        )
    punk = _punk_ids(metadata / GENRES_FILE)
    subsets = _subsets_up_to(folders[-1].name)
    tracks: list[Track] = []
    set_aside: list[SetAside] = []
    for number, row in _rows(metadata / TRACKS_FILE):
        file = files.pop(number, None)
        if file is None:
            if row["set", "subset"] in subsets:
                missing = folders[-1] / _relative(number)
                set_aside.append(SetAside(missing, "the file is missing"))
            continue
        genre = _genre(row, punk)
        if genre is None:
            set_aside.append(SetAside(file, "FMA gives it no main genre"))
        else:
            tracks.append(_track(file, number, genre, row))
    set_aside += [
        SetAside(file, f"{TRACKS_FILE} does not list it") for _, file in sorted(files.items())
    ]
    return Collection(path, "fma", tuple(tracks), tuple(set_aside))


def _audio_names() -> tuple[str, ...]:
    return tuple(f"fma_{subset}" for subset in SUBSETS)


def _audio_folders(path: Path, metadata: Path) -> list[Path]:
    """Folders of sound, the smallest subset first."""
    if path.name in _audio_names():
        return [path]
    roots = (metadata.parent, metadata)
    there = [root / name for name in _audio_names() for root in roots if (root / name).is_dir()]
    clips = [folder for folder in there if folder.name != "fma_full"]
    return clips or there


def _subsets_up_to(folder: str) -> tuple[str, ...]:
    return SUBSETS[: SUBSETS.index(folder.removeprefix("fma_")) + 1]


def _relative(number: int) -> Path:
    name = f"{number:06d}"
    return Path(name[:3], f"{name}.mp3")


def _scan(folders: Sequence[Path]) -> dict[int, Path]:
    """Sound files by the number of their track."""
    files: dict[int, Path] = {}
    for folder in folders:
        try:
            for group in sorted(entry.path for entry in os.scandir(folder) if entry.is_dir()):
                for name in os.listdir(group):
                    stem, suffix = os.path.splitext(name)
                    if suffix.lower() == ".mp3" and stem.isascii() and stem.isdigit():
                        files.setdefault(int(stem), Path(group, name))
        except OSError as error:
            raise FstMuseError(
                folder, f"the folder cannot be read ({error.strerror})", "check the disk"
            ) from error
    return files


@dataclass(frozen=True)
class _Layout:
    """Places of the needed columns."""

    width: int
    position: dict[tuple[str, str], int]


def _rows(file: Path) -> Iterator[tuple[int, _Row]]:
    """Number and needed fields of each track."""
    rows = read_rows(file, delimiter=",", most_lines=_LONGEST_ROW)
    layout = _layout(file, [list(next(rows, TableRow(0)).cells) for _ in range(3)])
    for row in rows:
        cells = row.cells
        if row.fault or len(cells) != layout.width or not cells[0].isdigit():
            what = row.fault or f"{len(cells)} columns instead of {layout.width}, or no number"
            raise FstMuseError(file, f"it is cut or damaged: line {row.line} has {what}", _AGAIN)
        yield int(cells[0]), {k: cells[i] for k, i in layout.position.items()}


def _layout(file: Path, header: list[list[str]]) -> _Layout:
    groups, fields, index = header
    position = {
        (group.strip(), field.strip()): i
        for i, (group, field) in enumerate(zip(groups, fields, strict=False))
    }
    missing = [f"{group}.{field}" for group, field in _COLUMNS if (group, field) not in position]
    if missing or not index or index[0].strip() != "track_id" or len(fields) != len(groups):
        what = f"without {', '.join(missing)}" if missing else "not the three header rows"
        raise FstMuseError(file, f"its columns are not those of FMA ({what})", _AGAIN)
    return _Layout(len(groups), {column: position[column] for column in _COLUMNS})


def _punk_ids(file: Path) -> frozenset[str]:
    """Numbers of the genre Punk and all below it."""
    table = read_table(file, _GENRE_FIELDS)
    _, there = next(table)
    rows = list(table)
    if len(there) < len(_GENRE_FIELDS) or any(row.fault or not all(c.values()) for row, c in rows):
        raise FstMuseError(file, "it is not FMA's table of genres, or it is cut or damaged", _AGAIN)
    parents = {cells["id"]: cells["parent"] for _, cells in rows}
    found = {cells["id"] for _, cells in rows if cells["title"] == "Punk"}
    if not found:
        raise FstMuseError(file, "it does not list the genre Punk", _AGAIN)
    while more := {genre for genre, parent in parents.items() if parent in found} - found:
        found |= more
    return frozenset(found)


def _genre(row: _Row, punk: frozenset[str]) -> str | None:
    ids = row["track", "genres_all"].strip("[]").replace(",", " ").split()
    if not punk.isdisjoint(ids):
        return "Punk"
    top = row["track", "genre_top"]
    return (canonical_genre(top) or top) if top else None


def _track(file: Path, number: int, genre: str, row: _Row) -> Track:
    try:
        seconds = float(row["track", "duration"])
    except ValueError:
        seconds = 0.0
    whole = file.parent.parent.name == "fma_full"
    artist_id, album_id = row["artist", "id"], row["album", "id"]
    return Track(
        path=file,
        genre=genre,
        artist=row["artist", "name"] or (f"artist {artist_id}" if artist_id else ""),
        title=row["track", "title"] or f"track {number}",
        seconds=seconds if whole and seconds > 0 else min(seconds, _CLIP_S) or _CLIP_S,
        licence=row["track", "license"],
        collection="FMA",
        tag_genre=row["track", "genre_top"],
        album=row["album", "title"],
        artist_id=artist_id,
        album_id=album_id if album_id != "-1" else "",
        official_part=official_part(row["set", "split"]),
    )


FMA_URL = "https://os.unil.cloud.switch.ch/fma/"


@dataclass(frozen=True)
class Archive:
    """One zip file of FMA.

    ``folder`` is the one folder in it, ``holds`` a pattern that one of its files bears at least,
    ``gibibytes`` about its size, and ``grows`` how many times larger it is when it is unpacked.
    """

    file: str
    sha1: str
    folder: str
    gibibytes: float
    grows: float = 1.05
    holds: str = "*/*.mp3"

    def is_unpacked(self, folder: Path) -> bool:
        """Return true if it is in the folder; one that has been emptied is not."""
        # A pattern is followed only up to its first file, so this takes no time.
        return next((folder / self.folder).glob(self.holds), None) is not None


_METADATA = Archive(
    "fma_metadata.zip",
    "f0df49ffe5f2a6008d7dc83c6915b31835dfe733",
    "fma_metadata",
    0.334,
    5.0,
    "tracks.csv",
)
_SMALL = Archive("fma_small.zip", "ade154f733639d52e35e32f5593efe5be76c6d70", "fma_small", 7.2)
_MEDIUM = Archive("fma_medium.zip", "c67b69ea232021025fca9231fc1c7c1a063ab50b", "fma_medium", 22.0)

# What each name brings, in the order in which it is fetched.
FMA_SETS: Mapping[str, tuple[Archive, ...]] = {
    "fma-small": (_METADATA, _SMALL),
    "fma-medium": (_METADATA, _MEDIUM),
}

# Step (an archive's name, perhaps after "checking" or "unpacking"), bytes done, bytes in all.
StepProgress = Callable[[str, int, int], None]


def default_fma_folder() -> Path:
    """Default folder for FMA: FMA in the user's music folder."""
    return Path(platformdirs.user_music_dir()) / "FMA"


def missing_archives(name: str, folder: Path) -> tuple[Archive, ...]:
    """Archives of the set that are not unpacked in the folder yet.

    Raises
    ------
    FstMuseError
        If there is no such set.
    """
    if name not in FMA_SETS:
        raise FstMuseError(
            name, "it is no data set that can be fetched", f"{' or '.join(FMA_SETS)}"
        )
    return tuple(archive for archive in FMA_SETS[name] if not archive.is_unpacked(folder))


def is_begun(name: str, folder: Path) -> bool:
    """Return true if something has been downloaded of what is missing of the set."""
    files = [folder / archive.file for archive in missing_archives(name, folder)]
    paths = [path for file in files for path in (file, part_of(file))]
    return any(path.exists() and path.stat().st_size for path in paths)


def fetch_archives(
    archives: tuple[Archive, ...],
    folder: Path,
    *,
    base_url: str = FMA_URL,
    progress: StepProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
    pause_s: float = 1.0,
) -> None:
    """Download, check and unpack; run it again to go on after a cut, a cancel or a kill.

    Parameters
    ----------
    archives : tuple of Archive
        Archives of :func:`missing_archives`.
    folder : Path
        Folder for ``fma_metadata``, ``fma_small`` and so on.
    base_url : str
        Address of the archives, for a mirror.
    progress : callable, optional
        Called with the step's name, bytes done and bytes in all.
    cancelled : callable, optional
        Asked several times a second.
    pause_s : float
        First wait after a failed attempt.

    Raises
    ------
    FstMuseError
        If it cannot be had, is not what its authors published, or there is no room for it.
    Cancel
        If ``cancelled`` said so.
    """
    for archive in archives:
        file = folder / archive.file
        Download(
            url=base_url.rstrip("/") + "/" + archive.file,
            file=file,
            sha1=archive.sha1,
            spare_bytes=lambda size, archive=archive: int(size * archive.grows),  # type: ignore[misc]
            progress=_step(progress, archive.file),
            checking=_step(progress, f"checking {archive.file}"),
            cancelled=cancelled,
            pause_s=pause_s,
        ).run()
        unpack(
            file,
            folder / archive.folder,
            progress=_step(progress, f"unpacking {archive.file}"),
            cancelled=cancelled,
        )
        file.unlink()


def _step(progress: StepProgress | None, name: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, total: progress(name, done, total)
