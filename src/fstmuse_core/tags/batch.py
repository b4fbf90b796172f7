"""Batches of tags: written file by file without risk, listed, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.file_access import Stamp, obstacle, reason_for, sync_folder
from fstmuse_core.tags.journal import (
    BatchRecord,
    Entry,
    Journal,
    batch_files,
    find_batch,
    journal_folder,
    one_writer,
    read_batch,
    was_begun,
    was_ended,
)
from fstmuse_core.tags.outcome import Batch, BatchSummary, Fate, OnOutcome, Outcome
from fstmuse_core.tags.plan import Cancelled, Change
from fstmuse_core.tags.replacement import (
    FileChangedError,
    MakeVersion,
    file_digest,
    forget_lonely,
    forget_old,
    join_names,
    keep_old,
    make_old_version,
    make_version,
    old_file,
    put_in_place,
    scratch,
    scratch_name,
    time_of_change,
)

_CHANGED_SINCE = "it was changed since, by something else; it was left as it is"


class _JournalError(Exception):
    """The journal cannot be written, so nothing may be changed any more."""


def apply(
    changes: Sequence[Change],
    *,
    keep_time: bool = False,
    make: MakeVersion | None = None,
    on_begun: Callable[[str], None] | None = None,
    on_outcome: OnOutcome | None = None,
    cancelled: Cancelled | None = None,
    folder: Path | None = None,
) -> Batch:
    """Write the tags of a plan.

    Each file is copied beside itself, the copy is changed and checked (same sound, same other
    tags, still plays), how to undo it is noted down, and the copy takes the file's place. A
    kill at any moment leaves every file old or new.

    Parameters
    ----------
    changes : sequence of Change
        From :func:`~fstmuse_core.tags.plan.plan_changes`; those skipped there stay so.
    keep_time : bool
        Leave the time at which a file was changed last; backups that look at size and time may
        then miss the new tags. Undo gives the old time back in any case.
    make : callable, optional
        Called instead of :func:`~.replacement.make_version`, which decodes the file;
        may have another process do it. What it raises is why that file is left as it is.
    on_begun : callable, optional
        Told the batch's ``id`` before the first file is changed.
    on_outcome : callable, optional
        Told of each file as it is done.
    cancelled : callable, optional
        Asked before each file; what is written by then stays, and can be undone.
    folder : Path, optional
        Folder of the journals of batches; the user's own by default.

    Raises
    ------
    FstMuseError
        If another process writes tags, or nothing can be noted down; no file was touched.
    """
    folder = folder or journal_folder()
    wanted = [change for change in changes if not change.skipped and change.stamp]
    skipped = [Outcome(c.path, Fate.SKIPPED, c.skipped, c.old) for c in changes if c.skipped]
    for outcome in skipped:
        _tell(on_outcome, outcome)
    if not wanted:
        return Batch("", tuple(skipped))
    with one_writer(folder):
        _recover(folder)
        try:
            journal = Journal.begin(folder, [change.target for change in wanted])
        except OSError as error:
            raise FstMuseError(
                "Tags",
                f"what is written cannot be noted down ({error.strerror or error})",
                "without that nothing is written; make room on the disk of your own folder",
            ) from error
        if on_begun:
            on_begun(journal.id)
        write = partial(_write, journal, folder, keep_time, make or make_version)
        work = [partial(write, index, c) for index, c in enumerate(wanted)]
        done, trouble = _each(journal, work, on_outcome, cancelled)
    return Batch(journal.id, (*skipped, *done), trouble)


def undo(
    identity: str,
    *,
    on_outcome: OnOutcome | None = None,
    cancelled: Cancelled | None = None,
    folder: Path | None = None,
) -> Batch:
    """Give the files of a batch back as they were, to the byte.

    Files that were changed by anything else since are left as they are and named as failed;
    so are those that are gone. It may be asked for again, then only what is left is done.

    Parameters
    ----------
    identity : str
        The batch's ``id``.
    on_outcome, cancelled, folder
        As of :func:`apply`.

    Raises
    ------
    FstMuseError
        If there is no such batch, or another process writes tags.
    """
    folder = folder or journal_folder()
    with one_writer(folder):
        _recover(folder)
        batch = find_batch(folder, identity)
        entries = [e for e in reversed(batch.entries) if e.is_done and not e.is_undone]
        try:
            journal = Journal.reopen(batch)
            journal.append({"open": True}, sync=True)
        except OSError as error:
            raise FstMuseError(
                "Tags", f"the batch cannot be taken back ({error.strerror or error})", ""
            ) from error
        work = [partial(_undo, journal, folder, batch, entry) for entry in entries]
        done, trouble = _each(journal, work, on_outcome, cancelled)
    return Batch(identity, tuple(done), trouble)


def list_batches(folder: Path | None = None) -> list[BatchSummary]:
    """Every batch, the newest first; journals that cannot be read are left out."""
    found = []
    for file in batch_files(folder or journal_folder()):
        try:
            batch = read_batch(file)
        except (OSError, FstMuseError, KeyError, TypeError):
            continue
        done = [entry for entry in batch.entries if entry.is_done]
        undone = sum(entry.is_undone for entry in done)
        found.append(BatchSummary(batch.id, batch.at, len(done), undone, batch.is_open))
    return sorted(found, key=lambda summary: summary.at)[::-1]


def read_back(identity: str, folder: Path | None = None) -> list[Outcome]:
    """Read what a batch has changed in the end, also if it was killed; see :func:`recover`.

    Raises
    ------
    FstMuseError
        If there is no such batch.
    """
    return [
        Outcome(entry.path, Fate.UNDONE, genres=entry.old, links=entry.links)
        if entry.is_undone
        else Outcome(entry.path, Fate.WRITTEN, genres=entry.new, links=entry.links)
        for entry in find_batch(folder or journal_folder(), identity).entries
        if entry.is_done
    ]


def recover(folder: Path | None = None) -> int:
    """Clear up after batches that were killed: unfinished copies go, the journals are closed.

    Returns
    -------
    int
        Number of such batches; 0 too where another process writes tags just now.
    """
    folder = folder or journal_folder()
    if not batch_files(folder):
        return 0
    try:
        with one_writer(folder):
            return _recover(folder)
    except FstMuseError:
        return 0


def _each(
    journal: Journal,
    work: Sequence[Callable[[], Outcome]],
    on_outcome: OnOutcome | None,
    cancelled: Cancelled | None,
) -> tuple[list[Outcome], str]:
    """Do one file after the other; the outcomes, and why it ended early if it did."""
    done: list[Outcome] = []
    trouble = ""
    try:
        for step in work:
            if cancelled and cancelled():
                break
            done.append(step())
            _tell(on_outcome, done[-1])
        _note(partial(journal.append, {"open": False}, sync=True))
    except _JournalError as error:
        trouble = f"what is written can no longer be noted down ({error}); the rest was left"
    finally:
        journal.close()
    return done, trouble


def _tell(on_outcome: OnOutcome | None, outcome: Outcome) -> None:
    if on_outcome:
        on_outcome(outcome)


def _write(
    journal: Journal, folder: Path, keep_time: bool, make: MakeVersion, index: int, change: Change
) -> Outcome:
    """Write one file's tags."""
    try:
        _write_file(journal, folder, keep_time, make, index, change)
    except _JournalError:
        raise
    except Exception as error:
        return Outcome(change.path, Fate.FAILED, _reason(error), change.old)
    return Outcome(change.path, Fate.WRITTEN, genres=change.new, links=change.links)


def _write_file(
    journal: Journal, folder: Path, keep_time: bool, make: MakeVersion, index: int, change: Change
) -> None:
    target, stamp = change.target, change.stamp
    if stamp is None or not Stamp.of(target).same_contents(stamp):
        raise FileChangedError
    if why := obstacle(target):
        raise FstMuseError(target, why)
    with scratch(target, journal.id, index) as copy:
        genres = None if change.keeps_genres else change.new
        version = make(target, copy, genres, change.note, change.separator, change.extras)
        entry = Entry(
            index,
            target,
            change.old,
            change.new,
            version.old_sha256,
            version.new_sha256,
            change.links,
            was=stamp.identity,
            becomes=Stamp.of(copy).identity,
            mtime_ns=stamp.mtime_ns,
        )
        _note(journal.about_to, entry, version.delta)
        if Stamp.of(target).names > 1 + len(change.links):
            keep_old(folder, journal.id, entry)
        try:
            put_in_place(copy, target, stamp, None if keep_time else time_of_change(stamp.mtime_ns))
        except BaseException:
            forget_old(folder, journal.id, entry)
            raise
        _note(journal.append, {"done": index})
        join_names(entry, copy, stamp.identity)


def _undo(journal: Journal, folder: Path, batch: BatchRecord, entry: Entry) -> Outcome:
    """Give one file back."""
    try:
        _undo_file(journal, folder, batch, entry)
    except _JournalError:
        raise
    except FileChangedError:
        return Outcome(entry.path, Fate.FAILED, _CHANGED_SINCE)
    except Exception as error:
        return Outcome(entry.path, Fate.FAILED, _reason(error))
    return Outcome(entry.path, Fate.UNDONE, genres=entry.old, links=entry.links)


def _undo_file(journal: Journal, folder: Path, batch: BatchRecord, entry: Entry) -> None:
    target = entry.path
    stamp = Stamp.of(target)
    if why := obstacle(target):
        raise FstMuseError(target, why)
    digest = file_digest(target)
    if digest not in (entry.old_sha256, entry.new_sha256):
        raise FileChangedError
    with scratch(target, batch.id, entry.index) as copy:
        kept = old_file(folder, batch.id, entry)
        if kept is not None:  # the very file that other names of it still are
            _put_back(kept, target, stamp)
        elif digest == entry.new_sha256:
            _put_together(batch, entry, copy)
            put_in_place(copy, target, stamp, entry.mtime_ns or None)
        join_names(entry, copy, stamp.identity)
    _note(journal.append, {"undone": entry.index})
    forget_old(folder, batch.id, entry)


def _put_back(kept: Path, target: Path, expected: Stamp) -> None:
    """Let the old file, which was kept, take its place again."""
    if not Stamp.of(target).same_contents(expected):
        raise FileChangedError
    kept.replace(target)
    sync_folder(target.parent)


def _put_together(batch: BatchRecord, entry: Entry, copy: Path) -> None:
    """Make the old file in ``copy``; raises ``FstMuseError`` if what that needs is damaged."""
    try:
        if make_old_version(entry.path, copy, batch.delta(entry)) == entry.old_sha256:
            return
    except ValueError:
        pass
    raise FstMuseError(
        entry.path, "what undoing it needs was damaged on the disk; it was left as it is"
    )


def _note(write: Callable[..., None], *values: object) -> None:
    try:
        write(*values)
    except OSError as error:
        raise _JournalError(error.strerror or str(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, FileChangedError):
        return "it has changed since the preview; look at it again"
    return reason_for(error)


def _recover(folder: Path) -> int:
    """With the lock held: end what a kill has left open; how many batches that were."""
    found = 0
    forget_lonely(folder)
    for file in batch_files(folder):
        try:
            if was_ended(file):
                continue
            if not was_begun(file):
                file.unlink()
                continue
            found += _end(folder, read_batch(file))
        except (OSError, FstMuseError, KeyError, TypeError):
            continue  # it is tried again the next time
    return found


def _end(folder: Path, batch: BatchRecord) -> bool:
    """Remove unfinished copies, note which files were done in the end, and close the journal.

    Where a folder is not there, perhaps for want of its disk, the journal stays open.
    """
    for index, target in enumerate(batch.targets):
        scratch_name(target, batch.id, index).unlink(missing_ok=True)
    if not all(parent.is_dir() for parent in {target.parent for target in batch.targets}):
        return False
    journal = Journal.reopen(batch)
    try:
        for entry in batch.entries:
            if not entry.is_done:
                _end_entry(folder, journal, entry)
            with suppress(OSError, FstMuseError):
                join_names(entry, scratch_name(entry.path, batch.id, entry.index))
        journal.append({"open": False}, sync=True)
    finally:
        journal.close()
    return True


def _end_entry(folder: Path, journal: Journal, entry: Entry) -> None:
    """Note down that a file was done before the kill, or forget what was kept for it."""
    if _digest_or_none(entry.path) == entry.new_sha256:
        journal.append({"done": entry.index})
    else:
        forget_old(folder, journal.id, entry)


def _digest_or_none(path: Path) -> str | None:
    try:
        return file_digest(path)
    except FileNotFoundError:
        return None
