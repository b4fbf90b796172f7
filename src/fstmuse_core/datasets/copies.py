"""Files that are byte for byte the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from fstmuse_core.datasets.collection import SetAside
from fstmuse_core.datasets.files import file_sha256
from fstmuse_core.datasets.track import Track


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
