"""Whether a model has heard some music before, as far as its record tells."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

from fstmuse_core.bundle import Bundle
from fstmuse_core.datasets.track import Track

TRACKS_FILE = "TRACKS.csv"


@dataclass(frozen=True)
class Overlap:
    """What of some tracks is in a model's training.

    ``songs`` were learned from or picked its epoch; ``artists`` counts further songs by
    artists that were. Both are ``None`` if the model's record does not list its music.
    """

    songs: int | None
    artists: int | None
    tracks: int

    @property
    def sentence(self) -> str:
        """What to know before believing the figures; empty if there is nothing."""
        if self.songs is None or self.artists is None:
            return "its record does not list what it was trained on, so it may know this music"
        if self.songs:
            more = f", and on artists of {self.artists} more" if self.artists else ""
            return (
                f"it was trained on {self.songs} of these {self.tracks} songs{more}: "
                "the figures flatter it"
            )
        if self.artists:
            return (
                f"it was trained on artists of {self.artists} of these {self.tracks} songs: "
                "the figures flatter it"
            )
        return ""


def overlap(bundle: Bundle, tracks: Sequence[Track]) -> Overlap:
    """Compare tracks with the list of music in a bundle.

    Songs are the same if artist and title are; a list without parts, as of the models that
    come with the program, is training music throughout.
    """
    try:
        with (bundle.path / TRACKS_FILE).open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row.get("part") != "test"]
        songs = {(_key(row["artist"]), _key(row["title"])) for row in rows}
    except (OSError, KeyError, TypeError, UnicodeDecodeError, csv.Error):
        return Overlap(None, None, len(tracks))
    artists = {artist for artist, _ in songs if artist}
    same = [(_key(t.artist), _key(t.title)) in songs for t in tracks]
    known = [_key(t.artist) in artists for t in tracks]
    further = sum(k and not s for k, s in zip(known, same, strict=True))
    return Overlap(sum(same), further, len(tracks))


def generator_overlap(bundle: Bundle, tracks: Sequence[Track]) -> str:
    """What a generator and its judge know of some music, as a sentence; may be empty.

    To be held against the music that it learned from is as it should be; but the judge says
    little about music that it was taught itself.
    """
    try:
        with (bundle.path / TRACKS_FILE).open(encoding="utf-8", newline="") as stream:
            parts = {
                (_key(r["artist"]), _key(r["title"])): r["part"] for r in csv.DictReader(stream)
            }
    except (OSError, KeyError, TypeError, UnicodeDecodeError, csv.Error):
        return "its record does not list what it and its judge were trained on"
    known = [parts.get((_key(t.artist), _key(t.title))) for t in tracks]
    taught = sum(part is not None and part != "train" for part in known)
    if not taught:
        return ""
    return (
        f"of these {len(tracks)} songs it learned from {known.count('train')}, and its judge from "
        f"{taught}: the real music's figures are flattered"
    )


def _key(text: str | None) -> str:
    return " ".join((text or "").casefold().split())
