"""Files that are byte for byte the same, and those that hold the same recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from fstmuse_core.datasets.collection import SetAside
from fstmuse_core.datasets.files import file_sha256
from fstmuse_core.datasets.sound_prints import Pair, Print, joined, same_recordings
from fstmuse_core.datasets.track import Track
from fstmuse_core.datasets.wording import listed
from fstmuse_core.errors import one_line


def without_copies(tracks: Sequence[Track]) -> tuple[list[Track], list[SetAside]]:
    """Tracks with each file once, and the copies; the first path in order is the original.

    Only files of the same size are read. One that cannot be read is nobody's copy.
    """
    by_size: dict[int, list[Path]] = defaultdict(list)
    for path in sorted({track.path for track in tracks}):
        try:
            by_size[path.stat().st_size].append(path)
        except OSError:
            continue
    copies: dict[Path, SetAside] = {}
    for paths in by_size.values():
        first: dict[str, Path] = {}
        for path in paths if len(paths) > 1 else ():
            original = first.setdefault(file_sha256(path) or str(path), path)
            if original != path:
                reason = f"it is a copy of {original.name}"
                copies[path] = SetAside(path, reason)
    return [track for track in tracks if track.path not in copies], list(copies.values())


def pairs_sentence(pairs: Sequence[Pair[Path]]) -> str:
    """Which files are the same recording, as a sentence; empty if none are."""
    if not pairs:
        return ""
    named = [f"{one_line(p.first.name)} = {one_line(p.second.name)}" for p in pairs]
    n = len({path for pair in pairs for path in (pair.first, pair.second)})
    return (
        f"{n} files sound the same as another ({listed(named, 5)}): each recording counts as one "
        "and stays on one side of the test"
    )


def without_near_copies(
    tracks: Sequence[Track], prints: Mapping[Path, Print]
) -> tuple[list[Track], list[Pair[Path]]]:
    """Tracks with each recording once, the first of the copies, and the pairs of copies."""
    pairs = same_recordings({t.path: prints[t.path] for t in tracks if t.path in prints})
    leaders = joined({path: str(path) for path in prints}, pairs)
    kept: dict[str, Track] = {}
    for track in tracks:
        kept.setdefault(leaders.get(track.path, str(track.path)), track)
    return list(kept.values()), pairs
