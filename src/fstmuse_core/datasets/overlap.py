"""Overlap of some music with a model's training, as far as its record tells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.datasets.duplicates import Print, from_text, same_recordings
from fstmuse_core.datasets.groups import lead_key
from fstmuse_core.datasets.track import Track
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.tables import Cells, read_table

TRACKS_FILE = "TRACKS.csv"
# Parts of that list beside those of a split: music of the model that the training started from,
# and a row that says that this is not known.
BASE, UNKNOWN = "base", "unknown"
# Columns of the list, each with its heading.
COLUMNS = ("part", "genre", "artist", "title", "file", "collection", "licence", "print")


@dataclass(frozen=True)
class Overlap:
    """Part of some tracks that is in a model's training.

    ``songs`` were learned from or picked its epoch; ``artists`` counts further songs by
    artists that were. Both are ``None`` if the model's record does not list its music.
    ``unnamed`` counts songs of which nothing tells: they name no artist, and the record, or the
    caller, has no fingerprint to know them by.
    """

    songs: int | None
    artists: int | None
    tracks: int
    unnamed: int = 0

    @property
    def sentence(self) -> str:
        """Caution about the figures; empty if there is none."""
        if self.songs is None or self.artists is None:
            return "its record does not list what it was trained on, so it may know this music"
        if self.songs:
            more = f", and on artists of {self.artists} more" if self.artists else ""
            said = f"it was trained on {self.songs} of these {self.tracks} songs{more}"
        elif self.artists:
            said = f"it was trained on artists of {self.artists} of these {self.tracks} songs"
        else:
            return _unnamed(self.unnamed, self.tracks)
        also = f", and {self.unnamed} more name no artist to know them by" if self.unnamed else ""
        return f"{said}{also}: the figures flatter it"


@dataclass(frozen=True)
class Known:
    """Of each of some tracks, whether a model learned from it, or from others of its artist.

    Of those that are ``unnamed`` nothing tells, see :class:`Overlap`.
    """

    song: tuple[bool, ...]
    artist: tuple[bool, ...]
    unnamed: tuple[bool, ...]

    def indices(self) -> list[int]:
        """Tracks of which it knows either."""
        pairs = zip(self.song, self.artist, strict=True)
        return [index for index, pair in enumerate(pairs) if any(pair)]


def overlap(
    bundle: Bundle, tracks: Sequence[Track], prints: Mapping[Path, Print] | None = None
) -> Overlap:
    """Compare tracks with the list of music in a bundle, see :func:`known_to`."""
    known = known_to(bundle, tracks, prints)
    if known is None:
        return Overlap(None, None, len(tracks))
    further = sum(a and not s for s, a in zip(known.song, known.artist, strict=True))
    return Overlap(sum(known.song), further, len(tracks), sum(known.unnamed))


def known_to(
    bundle: Bundle,
    tracks: Sequence[Track],
    prints: Mapping[Path, Print] | None = None,
    parts: Collection[str] | None = None,
) -> Known | None:
    """Tracks that a model learned from, or let pick its epoch; ``None`` if unrecorded.

    With ``parts`` only what its list says is in one of them.

    Songs are the same if artist and title are; where one of them is not known, the names of the
    files must be the same, too. Guests make no other artist. Where the fingerprints of the files
    are given, recordings that sound the same are the same under any name.
    """
    rows = _learned_from(bundle)
    if rows is None:
        return None
    if parts is not None:
        rows = [row for row in listed_music(bundle) or [] if row["part"] in parts]
    songs = {_song(row["artist"], row["title"], row["file"]) for row in rows}
    artists = {lead_key(row["artist"]) for row in rows} - {""}
    here = {t.path: prints[t.path] for t in tracks if t.path in prints} if prints else {}
    there = {Path(str(n)): from_text(row["print"]) for n, row in enumerate(rows) if row["print"]}
    alike = {pair.first for pair in same_recordings(here, there)} if here and there else set()
    known = [t.path in alike or _song(t.artist, t.title, t.path.name) in songs for t in tracks]
    comparable = here if len(there) == len(rows) else {}
    return Known(
        tuple(known),
        tuple(lead_key(t.artist) in artists for t in tracks),
        tuple(
            not is_known and not lead_key(t.artist) and t.path not in comparable
            for t, is_known in zip(tracks, known, strict=True)
        ),
    )


def training_note(bundle: Bundle, artist: str, title: str, file: str) -> str:
    """Say that a model learned from a song, or from others of its artist; empty if not known to.

    Parameters
    ----------
    artist, title, file : str
        By the song's tags, and the name of its file.
    """
    known = known_to(bundle, [Track(Path(file), "", artist, title, 1.0)])
    name = bundle.manifest.title
    if known is None or not (known.song[0] or known.artist[0]):
        return ""
    if known.song[0]:
        return f"{name} was trained on this song: its answer says little about how good it is."
    return (
        f"{name} was trained on other songs by {artist}, so it may do better here than elsewhere."
    )


def tracks_of_base(bundle: Bundle, parts: Collection[str] | None = None) -> list[dict[str, str]]:
    """Rows for the list of music of a model that starts from another: what the other learned from.

    If that is not known, a row that says so, which makes it unknown of the new model as well.
    With ``parts`` only what its list says is in one of them.
    """
    rows = _learned_from(bundle)
    if rows is None:
        return [{"part": UNKNOWN, "collection": bundle.name}]
    return [{**row, "part": BASE} for row in rows if parts is None or row["part"] in parts]


def _learned_from(bundle: Bundle) -> list[Cells] | None:
    """Rows of the list in a bundle, without those only tested on.

    A list without parts, as of the models that come with the program, is training music
    throughout.
    """
    rows = listed_music(bundle)
    if rows is None or any(row["part"] == UNKNOWN for row in rows):
        return None
    return [row for row in rows if row["part"] != "test"]


def listed_music(bundle: Bundle) -> list[Cells] | None:
    """The list of music in a bundle; ``None`` if there is none that can be read."""
    try:
        table = read_table(bundle.path / TRACKS_FILE, {name: (name,) for name in COLUMNS})
        _, there = next(table)
        rows = [cells for row, cells in table if not row.fault]
    except FstMuseError:
        return None
    return rows if {"artist", "title"} <= there.keys() else None


def generator_overlap(bundle: Bundle, tracks: Sequence[Track]) -> str:
    """Say what a generator and its judge know of some music, as a sentence; may be empty.

    To be held against the music that it learned from is as it should be; but the judge says
    little about music that it was taught itself.
    """
    rows = listed_music(bundle)
    if rows is None:
        return "its record does not list what it and its judge were trained on"
    parts = {_song(r["artist"], r["title"], r["file"]): r["part"] for r in rows}
    known = [parts.get(_song(t.artist, t.title, t.path.name)) for t in tracks]
    taught = sum(part is not None and part != "train" for part in known)
    if not taught:
        pairs = zip(tracks, known, strict=True)
        unnamed = sum(part is None and not lead_key(t.artist) for t, part in pairs)
        return _unnamed(unnamed, len(tracks))
    return (
        f"of these {len(tracks)} songs it learned from {known.count('train')}, and its judge from "
        f"{taught}: the real music's figures are flattered"
    )


def _unnamed(count: int, total: int) -> str:
    if not count:
        return ""
    which = f"{count} of these {total} songs name" if count < total else "these songs name"
    return f"{which} no artist, so nothing tells whether it was trained on them"


def _song(artist: str | None, title: str | None, file: str | None) -> tuple[str, ...]:
    by, called = lead_key(artist or ""), " ".join((title or "").casefold().split())
    return (by, called) if by and called else (by, called, file or "")
