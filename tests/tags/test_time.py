"""The time of change, which backups look at; and frames that are damaged."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from fstmuse_core.tags.batch import apply, undo
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.outcome import Fate
from tests.tags.conftest import everything, plan

Take = Callable[..., Path]
OLD_TIME = 1_000_000_000_123_456_789


def test_damaged_frames_are_not_dropped(take: Take, journal: Path) -> None:
    path = take("bare.mp3")
    frames = b"TIT2\0\0\0\x05\0\0\0Song" + b"APIC\0\0\0\x02\0\0\0x" + bytes(20)
    path.write_bytes(b"ID3\x04\0\0\0\0\0" + bytes([len(frames)]) + frames + path.read_bytes())
    before = everything(path.parent)
    batch = apply(plan([path]), folder=journal)
    assert batch.outcomes[0].fate is Fate.WRITTEN
    assert frames.rstrip(b"\0") in path.read_bytes()
    undo(batch.id, folder=journal)
    assert everything(path.parent) == before


def test_the_time_of_change_is_set_unless_it_is_to_stay(take: Take, journal: Path) -> None:
    path = take("song.flac")
    fresh = path.stat().st_mtime_ns
    batch = apply(plan([path]), folder=journal)
    # Backups take times within two seconds as equal.
    assert path.stat().st_mtime_ns - fresh >= 2 * 10**9
    undo(batch.id, folder=journal)
    assert path.stat().st_mtime_ns == fresh
    batch = apply(plan([path]), keep_time=True, folder=journal)
    assert open_tags(path).genres == ("Rock",)
    assert path.stat().st_mtime_ns == fresh
    os.utime(path, ns=(OLD_TIME, OLD_TIME))
    undo(batch.id, folder=journal)
    assert path.stat().st_mtime_ns == fresh
