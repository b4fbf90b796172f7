"""The user's corrections: kept in a folder, read and changed by several processes at once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Classification
from fstmuse_core.datasets.corrections.journal import (
    JOURNAL_FILE,
    TAKES_FOLDER,
    Correction,
    Followed,
    Journal,
    Removed,
    Said,
    Step,
    Undone,
    append,
    flac,
    read_journal,
    write_anew,
)
from fstmuse_core.datasets.examine import Examination, examined, file_state
from fstmuse_core.system.atomic_write import FULL, file_sha256, locked, open_atomic
from fstmuse_core.system.errors import AudioError, FstMuseError
from fstmuse_core.system.wording import counted
from fstmuse_core.tags.reading import Tags, read_tags

TITLE = "Your corrections"
_LOCK_FILE = "corrections.lock"
# Others hold the lock for as long as a recording of 30 s takes to write; a disk may be slow.
_PATIENCE_S = 15.0
# What this program puts into the folder of takes, whole or left by a kill.
_OWN_TAKE = re.compile(r"[0-9a-f]{32}\.flac|\.?incoming-.*|\.[0-9a-f]{32}.*")

Listen = Callable[[Path], Examination]
# What is to be written, and the sound that it concerns.
_Decision = tuple[Sequence[Step], str]


def corrections_folder() -> Path:
    """Folder of the user's corrections; may not exist yet."""
    return Path(platformdirs.user_data_dir("fstmuse", appauthor=False)) / "corrections"


@dataclass(frozen=True)
class Change:
    """Effect of a step.

    Attributes
    ----------
    record : Correction or None
        Correction that now holds of the sound.
    before : Correction or None
        Correction that held until then.
    count : int
        Corrections there are now.
    notices : tuple of str
        Notices for the user, such as that a damaged file is kept aside.
    """

    record: Correction | None
    before: Correction | None
    count: int
    notices: tuple[str, ...] = ()


class CorrectionStore:
    """The data set of the user's own.

    All methods read and write files, and may be called from any thread and any process.

    Parameters
    ----------
    folder : Path, optional
        Its folder; :func:`corrections_folder` if not given.
    listen : callable, optional
        Examines a file; in another process by default, as it may crash its own.
    """

    def __init__(self, folder: Path | None = None, *, listen: Listen = examined) -> None:
        # Absolute and without links on the way, as the paths of kept recordings are.
        self.folder = Path(os.path.abspath(folder or corrections_folder()))
        self._listen = listen
        self._known: tuple[tuple[int, int] | None, Journal] = (None, Journal())

    def records(self) -> list[Correction]:
        """List the corrections, the oldest first.

        Raises
        ------
        FstMuseError
            If the file cannot be read, or a newer FstMuse wrote it.
        """
        journal = self._read()
        if journal.is_newer:
            raise FstMuseError(TITLE, "a newer FstMuse wrote them", "update FstMuse to use them")
        return list(journal.records.values())

    def count(self) -> int:
        """Number of sounds that have been corrected; raises ``FstMuseError``."""
        return len(self._read().records)

    def genres(self) -> tuple[str, ...]:
        """Every genre that was said, each once; raises ``FstMuseError``."""
        return tuple(dict.fromkeys(r.genre for r in self._read().records.values()))

    def notices(self) -> tuple[str, ...]:
        """Notices of damage, for the user; raises ``FstMuseError``."""
        if not (n := self._read().n_damaged):
            return ()
        return (f"{TITLE}: {counted(n, 'damaged line')} in {JOURNAL_FILE} could not be read",)

    def find(self, path: Path) -> Correction | None:
        """Find the correction of a file's sound, also if it was moved or its tags were written.

        Most files cost no more than a look at their size. Raises ``FstMuseError``.
        """
        records = self._read().records
        path = Path(os.path.abspath(path))
        state = file_state(path)
        if state is None:
            return None
        here = [record for record in records.values() if record.path == path]
        for record in here:
            if (record.size, record.mtime_ns) == state:
                return record
        alike = [record for record in records.values() if record.size == state[0]]
        digest = file_sha256(path) if alike else ""
        found = next((record for record in alike if record.sha256 == digest), None)
        if found is None and here:
            found = records.get(self._listen(path).sound)
        return None if found is None else self._followed(found, path, state)

    def of_sound(self, sound: str) -> Correction | None:
        """Correction of a sound; raises ``FstMuseError``."""
        return self._read().records.get(sound)

    def fault_of(self, record: Correction) -> str:
        """Say why the file of a correction does not hold its sound any more; empty if it does."""
        state = file_state(record.path)
        if state is None:
            return "it was moved or removed after it was corrected"
        if state == (record.size, record.mtime_ns):
            return ""
        if state[0] != record.size or file_sha256(record.path) != record.sha256:
            found = self._listen(record.path)
            if found.sound != record.sound:
                return found.reason or "its sound has changed since it was corrected"
        self._followed(record, record.path, state)
        return ""

    def _followed(self, record: Correction, path: Path, state: tuple[int, int]) -> Correction:
        """The correction with what its file has become, which spares the next look at it."""
        if path != record.path and (record.is_kept or record.path.exists()):
            return record  # a copy
        size, mtime_ns = state
        digest = file_sha256(path) or record.sha256
        now = replace(record, path=path, size=size, mtime_ns=mtime_ns, sha256=digest)

        def follow(journal: Journal) -> _Decision:
            if journal.records.get(record.sound) != record:
                raise FstMuseError(TITLE, "something else was said meanwhile")
            return [Followed(now)], record.sound

        with suppress(FstMuseError):  # where nothing can be written, the next look takes longer
            self._change(follow)
        return now

    def _read(self) -> Journal:
        state = file_state(self.folder / JOURNAL_FILE)
        if state is not None and state == self._known[0]:
            return self._known[1]
        try:
            journal = read_journal(self.folder, self._known[1])
        except OSError as error:
            raise FstMuseError(
                TITLE, f"they cannot be read ({error.strerror or error})", f"see {self.folder}"
            ) from error
        self._known = (state, journal)
        return journal

    def correct_file(self, path: Path, genre: str, result: Classification) -> Change:
        """Keep what the user says of a file, in place of what was said of the same sound.

        Parameters
        ----------
        path : Path
            Stays where it is.
        genre : str
            A canonical name.
        result : Classification
            Answer of the model.

        Raises
        ------
        FstMuseError
            If nothing can be learnt from the file, or the corrections cannot be written.
        """
        path = Path(os.path.abspath(path))
        record = self._record_of(path, path, genre, result)

        def keep(journal: Journal) -> _Decision:
            known = journal.records.get(record.sound)
            if known is not None and known.is_kept and known.path == path:
                return [Said(replace(record, is_kept=True, title=known.title))], record.sound
            if known is not None and replace(known, date=record.date) == record:
                return [], record.sound  # it was said before
            return [Said(record)], record.sound

        return self._change(keep)

    def correct_take(
        self, samples: FloatArray, sample_rate: int, title: str, genre: str, result: Classification
    ) -> Change:
        """Keep what the user says of a recording that is no file, and the recording with it.

        Parameters
        ----------
        samples : ndarray of float32, shape ``(n,)``
            Within [-1, 1].
        sample_rate : int
            In hertz.
        title, genre, result
            As for :meth:`correct_file`.

        Raises
        ------
        FstMuseError
            If nothing can be learnt from it, or it cannot be written.
        """

        def keep(_journal: Journal) -> _Decision:
            takes = self.folder / TAKES_FOLDER
            takes.mkdir(exist_ok=True)
            incoming = takes / f"incoming-{os.getpid()}.flac"
            try:
                with open_atomic(incoming) as stream:
                    stream.write(flac(samples, sample_rate))
                record = self._record_of(incoming, title, genre, result, Tags(title=title))
                kept = takes / f"{record.sound}.flac"
                incoming.replace(kept)
            finally:
                incoming.unlink(missing_ok=True)
            return [Said(replace(record, path=kept, is_kept=True))], record.sound

        return self._change(keep)

    def _record_of(
        self,
        path: Path,
        subject: Path | str,
        genre: str,
        result: Classification,
        tags: Tags | None = None,
    ) -> Correction:
        if not result.probabilities.any():
            raise AudioError(subject, "nothing was heard in it that could be learnt from")
        before = file_state(path)
        found = self._listen(path)
        if found.fault or before is None:
            raise AudioError(subject, found.reason or "it vanished while it was read")
        digest = file_sha256(path)
        tags = tags or read_tags(path)
        if file_state(path) != before or not digest:
            raise AudioError(subject, "it changed while it was read", "try again")
        heard, probability = result.ranked()[0]
        return Correction(
            sound=found.sound,
            path=path,
            is_kept=False,
            size=before[0],
            mtime_ns=before[1],
            sha256=digest,
            seconds=round(found.seconds, 3),
            genre=genre,
            heard=heard,
            probability=min(1.0, round(probability, 4)),
            was_sure=result.verdict.is_sure,
            model=result.model,
            model_sha256=result.model_sha256,
            artist=tags.artist,
            title=tags.title or path.stem,
            album=tags.album,
            date=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def remove(self, sound: str) -> Change:
        """Forget what was said of a sound, and delete the recording that was kept of it.

        Raises
        ------
        FstMuseError
            If nothing was said of it, or the corrections cannot be written.
        """

        def forget(journal: Journal) -> _Decision:
            if sound not in journal.records:
                raise FstMuseError(TITLE, "this sound has not been corrected")
            return [Removed(sound)], sound

        return self._change(forget)

    def undo(self, sound: str | None = None) -> Change:
        """Take back the last step, or the last one that concerns ``sound``.

        Raises
        ------
        FstMuseError
            If there is none, or the recording it is about has been deleted since.
        """

        def take_back(journal: Journal) -> _Decision:
            steps = [step for step in journal.history if sound is None or step[0] == sound]
            if not steps:
                raise FstMuseError(TITLE, "there is nothing to take back")
            concerned, before = steps[-1]
            if before is None or not before.is_kept or before.path.is_file():
                return [Undone(concerned)], concerned
            now = journal.records.get(concerned)
            if now is not None and not now.is_kept:
                # It was saved meanwhile: what was said of the recording holds of that file.
                return [Undone(concerned), Followed(before.at_place_of(now))], concerned
            raise FstMuseError(
                TITLE,
                f"{before.title} was deleted together with its correction",
                "record it once more",
            )

        return self._change(take_back)

    def _change(self, decide: Callable[[Journal], _Decision]) -> Change:
        with self._writing():
            journal = read_journal(self.folder, self._known[1])
            self._known = (None, journal)
            steps, sound = decide(journal)
            before = journal.records.get(sound)
            aside = None
            if journal.is_sound:
                append(self.folder, journal, steps)
            else:
                aside = write_anew(self.folder, journal, steps)
            after = journal.copy()
            for step in steps:
                after.take(step)
            self._clear_takes(after)
        notices = () if aside is None else (_kept_aside(journal, aside),)
        return Change(after.records.get(sound), before, len(after.records), notices)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / _LOCK_FILE, _PATIENCE_S):
                yield
        except TimeoutError as error:
            raise FstMuseError(
                TITLE, "another FstMuse is writing to them", "try again in a moment"
            ) from error
        except OSError as error:
            if error.errno in FULL:
                why, remedy = "the disk is full", "make room and try again"
            else:
                why, remedy = error.strerror or str(error), f"see to {self.folder}"
            raise FstMuseError(TITLE, f"they cannot be written ({why})", remedy) from error

    def _clear_takes(self, journal: Journal) -> None:
        """Delete recordings that nothing is said of any more, and what kills have left."""
        folder = self.folder / TAKES_FOLDER
        wanted = {record.path.name for record in journal.records.values() if record.is_kept}
        for file in folder.iterdir() if folder.is_dir() else ():
            if file.name not in wanted and _OWN_TAKE.fullmatch(file.name):
                file.unlink(missing_ok=True)


def _kept_aside(journal: Journal, aside: Path) -> str:
    why = "a newer FstMuse wrote them" if journal.is_newer else "their file was damaged"
    return f"{TITLE}: {why}; it is kept as {aside.name} and a new one was begun"
