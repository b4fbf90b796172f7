"""Names of files: odd ones, and several of one file, which stay together."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fstmuse_core.tags.batch import apply, undo
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.outcome import Fate
from tests.tags.conftest import everything, plan, symlink

Take = Callable[..., Path]


def test_links(take: Take, journal: Path) -> None:
    path = take("song.flac")
    hard, soft, outside = (path.with_name(f"{n}.flac") for n in ("hard", "soft", "outside"))
    os.link(path, hard)
    os.link(path, outside)
    symlink(soft, path)
    before = everything(path.parent)
    batch = apply(plan([soft, hard, path]), folder=journal)
    assert [outcome.fate for outcome in batch.outcomes].count(Fate.WRITTEN) == 1
    assert soft.is_symlink()
    assert path.samefile(hard)
    assert open_tags(path).genres == ("Rock",)
    assert outside.read_bytes() == before[outside]
    undo(batch.id, folder=journal)
    assert path.samefile(hard)
    # Also the name that nobody gave is one of the same file again.
    assert path.samefile(outside)
    assert everything(path.parent) == before
    assert not list(journal.glob("*.old"))


def test_names_stay_together_also_where_the_music_was_copied_meanwhile(
    take: Take, journal: Path
) -> None:
    path = take("song.flac")
    before, hard = path.read_bytes(), path.with_name("hard.flac")
    os.link(path, hard)
    batch = apply(plan([path, hard]), folder=journal)
    moved = path.with_name("moved.flac")
    shutil.copy2(path, moved)  # another disk: other inodes, which the journal does not know
    hard.unlink()
    moved.replace(path)
    os.link(path, hard)
    undo(batch.id, folder=journal)
    assert path.read_bytes() == hard.read_bytes() == before
    assert path.samefile(hard)


def test_names_in_no_encoding_and_very_long_ones(take: Take, journal: Path) -> None:
    try:
        odd = take("song.flac").rename(journal.parent / "music" / os.fsdecode(b"caf\xe9.flac"))
        long = take("song.wav").rename(odd.parent / ("x" * 251 + ".wav"))
    except OSError:
        pytest.skip("this disk takes no such names")
    before = everything(odd.parent)
    batch = apply(plan([odd, long]), folder=journal)
    assert [outcome.fate for outcome in batch.outcomes] == [Fate.WRITTEN] * 2
    assert [o.fate for o in undo(batch.id, folder=journal).outcomes] == [Fate.UNDONE] * 2
    assert everything(odd.parent) == before
