"""Batches: only the tags change, every file can be given back, and nothing is left behind."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fstmuse_core.audio.reading import load_audio
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags import batch as batches
from fstmuse_core.tags import replacement
from fstmuse_core.tags.batch import apply, list_batches, recover, undo
from fstmuse_core.tags.formats import open_tags
from fstmuse_core.tags.journal import Journal, one_writer
from fstmuse_core.tags.outcome import Batch, Fate
from fstmuse_core.tags.spans import audio_digest
from tests.tags.conftest import FORMATS, everything, plan
from tests.tags.layouts import flac_parts

Take = Callable[..., Path]
OLD_TIME = 1_000_000_000_123_456_789


def fates(batch: Batch) -> list[Fate]:
    return [outcome.fate for outcome in batch.outcomes]


def why(batch: Batch) -> str:
    (outcome,) = batch.outcomes
    assert "\n" not in outcome.why
    return outcome.why


def test_every_format_is_written_and_given_back_to_the_byte(take: Take, journal: Path) -> None:
    paths = [take(name) for name in FORMATS]
    for path in paths:
        os.utime(path, ns=(OLD_TIME, OLD_TIME))
        path.chmod(0o640)
    before = everything(paths[0].parent)
    modes = {path: path.stat().st_mode for path in paths}
    sounds = [(audio_digest(path), load_audio(path)) for path in paths]
    batch = apply(plan(paths), folder=journal)
    assert fates(batch) == [Fate.WRITTEN] * len(paths)
    assert set(paths[0].parent.iterdir()) == set(before)
    for path, (digest, sound) in zip(paths, sounds, strict=True):
        tags = open_tags(path)
        assert tags.genres == ("Rock",)
        assert tags.provenance.startswith("Rock 0.80; fst-muse 1a2b3c4d; FstMuse")
        assert audio_digest(path) == digest
        assert (load_audio(path) == sound).all()
        assert path.stat().st_mode == modes[path]
        assert path.stat().st_mtime_ns > OLD_TIME
    assert (journal / f"{batch.id}.jsonl").stat().st_size < 20_000
    (summary,) = list_batches(journal)
    assert (summary.n_written, summary.n_undone, summary.was_cut_off) == (len(paths), 0, False)

    assert fates(undo(batch.id, folder=journal)) == [Fate.UNDONE] * len(paths)
    assert everything(paths[0].parent) == before
    assert all(path.stat().st_mtime_ns == OLD_TIME for path in paths)
    assert list_batches(journal)[0].n_undone == len(paths)
    assert undo(batch.id, folder=journal).outcomes == ()


def test_undo_leaves_what_was_changed_since(take: Take, journal: Path) -> None:
    changed, gone, replaced, kept = (take("song.flac", f"{i}.flac") for i in range(4))
    before = kept.read_bytes()
    batch = apply(plan([changed, gone, replaced, kept]), folder=journal)
    open_tags(changed).change(("Own",), "")
    mine = changed.read_bytes()
    gone.unlink()
    replaced.write_bytes(before)
    outcomes = {o.path: o for o in undo(batch.id, folder=journal).outcomes}
    assert outcomes[changed].fate is Fate.FAILED
    assert "changed since" in outcomes[changed].why
    assert changed.read_bytes() == mine
    assert "it is gone" in outcomes[gone].why
    assert outcomes[replaced].fate is outcomes[kept].fate is Fate.UNDONE
    assert kept.read_bytes() == before
    assert fates(undo(batch.id, folder=journal)) == [Fate.FAILED] * 2


def test_two_batches_over_one_file_are_undone_the_last_first(take: Take, journal: Path) -> None:
    path = take("song.m4a")
    before = path.read_bytes()
    first = apply(plan([path]), folder=journal)
    second = apply(plan([path], most=2), folder=journal)
    assert [summary.id for summary in list_batches(journal)] == [second.id, first.id]
    assert "changed since" in why(undo(first.id, folder=journal))
    undo(second.id, folder=journal)
    assert fates(undo(first.id, folder=journal)) == [Fate.UNDONE]
    assert path.read_bytes() == before


def test_files_changed_or_removed_after_the_preview_are_left(take: Take, journal: Path) -> None:
    changed, gone, locked = take("song.flac"), take("song.ogg"), take("song.wav")
    changes = plan([changed, gone, locked])
    open_tags(changed).change(("Own",), "")
    gone.unlink()
    locked.chmod(0o444)
    before = everything(changed.parent)
    batch = apply(changes, folder=journal)
    assert fates(batch) == [Fate.FAILED] * 3
    for outcome, said in zip(batch.outcomes, ("preview", "gone", "read-only"), strict=True):
        assert said in outcome.why
    assert everything(changed.parent) == before
    assert list_batches(journal)[0].n_written == 0


def fail(number: int) -> Callable[..., Any]:
    def failing(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return failing


@pytest.mark.parametrize(
    ("module", "name", "number", "said"),
    [
        (replacement, "_copy", errno.ENOSPC, "the disk is full"),
        (replacement, "_open_new", errno.EROFS, "may not be written to"),
        (replacement, "make_delta", errno.EIO, "check the disk"),
        (os, "fsync", errno.EDQUOT, "the disk is full"),
        (Path, "replace", errno.EACCES, "may not be written to"),
    ],
)
def test_a_write_that_fails_leaves_the_file_and_nothing_else(
    take: Take,
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    name: str,
    number: int,
    said: str,
) -> None:
    path = take("id3v24.mp3")
    changes, before = plan([path]), everything(path.parent)
    with monkeypatch.context() as patch:
        if name == "fsync":
            patch.setattr(Journal, "append", _without_sync(Journal.append))
        patch.setattr(module, name, fail(number))
        batch = apply(changes, folder=journal)
    assert fates(batch) == [Fate.FAILED]
    assert said in why(batch)
    assert everything(path.parent) == before


def _without_sync(append: Callable[..., None]) -> Callable[..., None]:
    return lambda *arguments, sync=False: append(*arguments)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on files' sizes")
def test_a_disk_that_fills_up_while_a_copy_is_written(
    take: Take, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import resource

    # Python takes bytecode that was cut off for whole, and could not be started again.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    large, small = take("song.wav"), take("song.opus")
    changes, before = plan([large, small]), everything(large.parent)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = (large.stat().st_size + small.stat().st_size) // 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, old[1]))
    try:
        batch = apply(changes, folder=journal)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert fates(batch) == [Fate.FAILED, Fate.WRITTEN]
    assert "larger than files may be" in batch.outcomes[0].why
    assert set(large.parent.iterdir()) == set(before)
    undo(batch.id, folder=journal)
    assert everything(large.parent) == before


def test_a_disk_is_not_filled_to_the_brim(
    take: Take, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = take("song.wav")
    changes, before = plan([path]), everything(path.parent)
    free = path.stat().st_size + 500_000
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=9**9, free=free))
    monkeypatch.setattr(replacement, "_copy", fail(errno.EIO))
    assert "the disk is full" in why(apply(changes, folder=journal))
    assert everything(path.parent) == before


def test_nothing_is_written_that_cannot_be_noted_down(
    take: Take, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [take("song.flac"), take("song.ogg")]
    changes, before = plan(paths), everything(paths[0].parent)
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "append", fail(errno.ENOSPC))
        with pytest.raises(FstMuseError, match="cannot be noted down"):
            apply(changes, folder=journal)
    assert everything(paths[0].parent) == before
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "about_to", fail(errno.ENOSPC))
        batch = apply(changes, folder=journal)
    assert "can no longer be noted down" in batch.trouble
    assert batch.outcomes == ()
    assert everything(paths[0].parent) == before
    assert recover(journal) == 1
    assert recover(journal) == 0


@pytest.mark.parametrize(
    ("name", "before", "distance", "said"),
    [
        ("song.flac", b"fLaC", 40_000, "its sound would have changed"),
        ("song.flac", b"Song", 0, "other tags would have changed"),
        # The table that says where the sound lies: all sound and tags are there, but not found.
        ("song.m4a", b"stco", 13, "no longer have played the same"),
    ],
)
def test_a_copy_that_is_not_as_it_should_be_is_thrown_away(
    take: Take,
    journal: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    before: bytes,
    distance: int,
    said: str,
) -> None:
    path = take(name)
    changes, files = plan([path]), everything(path.parent)

    def clumsy(file: Path) -> Any:
        tags = open_tags(file)
        change = tags.change

        def damage(*arguments: Any) -> None:
            change(*arguments)
            data = bytearray(file.read_bytes())
            data[data.index(before) + distance] ^= 0x11
            file.write_bytes(data)

        monkeypatch.setattr(tags, "change", damage)
        return tags

    with monkeypatch.context() as patch:
        patch.setattr(replacement, "open_tags", clumsy)
        batch = apply(changes, folder=journal)
    assert fates(batch) == [Fate.FAILED]
    assert said in why(batch)
    assert everything(path.parent) == files


def test_what_does_not_play_is_left_alone(take: Take, journal: Path) -> None:
    path = take("song.flac")
    data = path.read_bytes()
    _, frames = flac_parts(data)
    path.write_bytes(data.removesuffix(frames) + bytes(9_000))
    before = everything(path.parent)
    assert "no sound could be read" in why(apply(plan([path]), folder=journal))
    assert everything(path.parent) == before


def test_a_disk_that_is_away_is_cleared_up_when_it_is_back(take: Take, journal: Path) -> None:
    path = take("song.flac")
    journal.mkdir()
    killed = Journal.begin(journal, [path])
    killed.close()
    unfinished = replacement.scratch_name(path, killed.id, 0)
    unfinished.write_bytes(b"half")
    away = path.parent.rename(path.parent.with_name("away"))
    assert recover(journal) == 0
    away.rename(path.parent)
    assert recover(journal) == 1
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="here every folder may be written to"
)
def test_a_folder_that_is_read_only(take: Take, journal: Path) -> None:
    path = take("song.flac")
    changes = plan([path])
    path.parent.chmod(0o555)
    try:
        assert "its folder is read-only" in plan([path])[0].skipped
        assert "its folder is read-only" in why(apply(changes, folder=journal))
    finally:
        path.parent.chmod(0o755)


def test_only_one_writes_at_a_time(take: Take, journal: Path, monkeypatch: Any) -> None:
    path = take("song.flac")
    changes, before = plan([path]), everything(path.parent)
    holder = "import sys; from pathlib import Path\n"
    holder += "from fstmuse_core.tags.journal import one_writer\n"
    holder += f"with one_writer(Path({str(journal)!r})):\n  print('held', flush=True)\n"
    holder += "  sys.stdin.read()\n"
    with subprocess.Popen(
        [sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline().strip() == b"held"
        monkeypatch.setattr("fstmuse_core.tags.journal._PATIENCE_S", 0.05)
        with pytest.raises(FstMuseError, match="another FstMuse is writing tags"):
            apply(changes, folder=journal)
        other.stdin.close()
    assert everything(path.parent) == before
    with one_writer(journal):
        pass


def test_it_tells_of_each_file_and_can_be_cancelled(take: Take, journal: Path) -> None:
    paths = [take("song.flac"), take("song.ogg"), take("song.wav")]
    before = everything(paths[0].parent)
    told: list[Path] = []
    batch = apply(
        plan(paths),
        on_outcome=lambda outcome: told.append(outcome.path),
        cancelled=lambda: len(told) == 2,
        folder=journal,
    )
    assert told == paths[:2]
    assert not list_batches(journal)[0].was_cut_off
    undo(batch.id, folder=journal)
    assert everything(paths[0].parent) == before


def test_extended_attributes_stay(take: Take, journal: Path) -> None:
    path = take("song.flac")
    try:
        os.setxattr(path, "user.colour", b"red")
    except (OSError, AttributeError):
        pytest.skip("this disk or system has no extended attributes")
    batch = apply(plan([path]), folder=journal)
    assert os.getxattr(path, "user.colour") == b"red"
    undo(batch.id, folder=journal)
    assert os.getxattr(path, "user.colour") == b"red"


def test_journals_that_are_damaged_or_newer_are_left(take: Take, journal: Path) -> None:
    journal.mkdir()
    newer = journal / "20990101-000000.jsonl"
    newer.write_text('{"version": 2}\n{"what": 1}\n')
    odd = journal / "20980101-000000.jsonl"
    torn = journal / "20200101-000000.jsonl"
    torn.write_bytes(b'{"versi')
    with pytest.raises(FstMuseError, match="use the version that wrote it"):
        undo(newer.stem, folder=journal)
    for line in (
        '{"version": 1, "at": 7}',
        '{"version": 1, "at": "2098", "targets": [3]}',
        '{"file": 0, "path": "a.mp3", "old": "Rock"}',
        '{"done": [0]}',
    ):
        odd.write_text(f'{{"version": 1, "at": "2098", "targets": []}}\n{line}\n')
        with pytest.raises(FstMuseError, match="it is damaged"):
            undo(odd.stem, folder=journal)
    with pytest.raises(FstMuseError, match="see: fstmuse tag list"):
        undo("never", folder=journal)
    assert newer.is_file()
    assert not torn.exists()
    path = take("song.flac")
    batch = apply(plan([path]), folder=journal)
    file = journal / f"{batch.id}.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    delta = next(i for i, line in enumerate(lines) if line.startswith(b"~"))
    lines[delta] = b"~AAAA\n"
    file.write_bytes(b"".join(lines))
    after = everything(path.parent)
    assert "was damaged on the disk" in why(undo(batch.id, folder=journal))
    assert everything(path.parent) == after
    assert batches.list_batches(journal)[0].n_undone == 0
