"""Messages between the window and its worker processes.

Requests travel with their job's number. Each job is answered by ``Started``, any number of
``Progress`` and ``Partial``, and then by exactly one of ``Done``, ``Failed`` and ``Cancelled``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Classification
from fstmuse_core.generate.groove import BeatWish
from fstmuse_core.system.worker_process import Ready

if TYPE_CHECKING:
    from fstmuse_core.datasets.buckets import Buckets

__all__ = ["Ready"]


@dataclass(frozen=True, eq=False)
class ClipResult:
    """Result of classifying one file, for the window.

    ``title`` is what the file's tags call it, "artist - title"; empty if they name no title.
    ``note`` says that the model was trained on the song or its artist, if it is known to be.
    """

    classification: Classification
    image: SpectrogramImage
    title: str = ""
    note: str = ""


class Job:
    """A request that is answered.

    Attributes
    ----------
    is_live : bool
        True if sound follows as it is recorded, beside other jobs.
    is_repeatable : bool
        True if it is done once more when its process dies by itself.
    settles : bool
        True if the next process settles what one that dies leaves half done.
    """

    is_live: ClassVar[bool] = False
    is_repeatable: ClassVar[bool] = True
    settles: ClassVar[bool] = False

    def settlement(self, parts: Sequence[Any], why: str | None) -> Job:
        """Return what the next process does in its place.

        Parameters
        ----------
        parts : sequence
            Payloads of ``Partial`` that had come.
        why : str or None
            Reason it was killed, empty if it was cancelled; ``None`` if it died by itself.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class ClassifyFile(Job):
    """Decode and classify a file; answered by ``Done`` with a ``ClipResult``.

    ``part`` is where it begins and ends in seconds, if not all of the file is meant.
    """

    path: str
    model: str
    part: tuple[float, float] | None = None


@dataclass(frozen=True)
class SavePart(Job):
    """Write a part of a file as ``target``, at its own rate; ``part`` as in ``ClassifyFile``."""

    path: str
    part: tuple[float, float]
    target: str


@dataclass(frozen=True)
class ClassifyLive(Job):
    """Open a live session. ``Partial`` holds a ``Classification`` of the sound so far."""

    is_live = True

    model: str


@dataclass(frozen=True, eq=False)
class LiveSamples:
    """More samples for a live session: mono float32 at the model's rate."""

    samples: FloatArray


@dataclass(frozen=True)
class LiveEnd:
    """The take is over; the session's ``Done`` holds a ``ClipResult``."""


@dataclass(frozen=True)
class MakeClip(Job):
    """Make a new clip; for the worker that makes sound.

    ``Partial`` brings its ``Recipe``, ``SpectrogramImage`` and ``GeneratedClip``; ``Done`` a tuple
    with the ``Classification`` of it by each of the models ``judges`` that can be used.
    ``blend`` is a second genre and its share, ``beat`` what is asked of tempo, bars and form.
    ``like`` is the path of a song that it is to be like, of which a ``LikedSong`` comes first; no
    ``genre`` is then the song's, and no tempo too if it has one.
    """

    model: str
    genre: str
    seconds: float
    seed: int
    blend: tuple[str, float] | None = None
    judges: tuple[str, ...] = ()
    beat: BeatWish | None = None
    stereo: bool = False
    like: str = ""


@dataclass(frozen=True)
class ResynthesizeFile(Job):
    """Make a file's mel spectrogram sound; for the worker that makes sound.

    ``why`` is a genre of the classifier ``model``: only what spoke for it then remains.
    Answered by ``Done`` with a ``Resynthesis``.
    """

    path: str
    why: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class LearnCorrections(Job):
    """Make or renew the user's own model; for the one that learns. ``Done`` holds a ``Learned``."""


@dataclass(frozen=True)
class AnswerBuckets(Job):
    """Learn class buckets, and answer for their songs and ``questions``; for the one that learns.

    ``Done`` holds a :class:`~fstmuse_core.datasets.buckets.BucketAnswers`.
    """

    buckets: Buckets
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cancel:
    """The job is no longer wanted."""


class LibraryRequest(Job):
    """Work on a library, which is begun again by the user only."""

    is_repeatable = False


@dataclass(frozen=True)
class ScanFolders(LibraryRequest):
    """Look through the folders; ``Progress`` counts files, ``Done`` holds a ``ScanReport``."""

    folder_ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class WriteTags(LibraryRequest):
    """Write what was planned last; ``Done`` holds a :class:`Written`, also if it was cancelled.

    ``Partial`` holds a :class:`BatchBegun`, then a :class:`FileProblem` for each that fails.
    ``without`` are paths of files that are left as they are.
    """

    keep_time: bool
    without: frozenset[str] = frozenset()
    settles = True

    def settlement(self, parts: Sequence[Any], why: str | None) -> SettleTags:
        """Clear up after the batch that was begun."""
        batch = next((part.batch for part in parts if isinstance(part, BatchBegun)), "")
        return _settled(batch, None, parts, why)


@dataclass(frozen=True)
class UndoTags(LibraryRequest):
    """Give the ``total`` files of a batch back as they were; answered like ``WriteTags``."""

    batch: str
    total: int
    settles = True

    def settlement(self, parts: Sequence[Any], why: str | None) -> SettleTags:
        """Clear up after it."""
        return _settled(self.batch, self.total, parts, why)


@dataclass(frozen=True)
class SettleTags(LibraryRequest):
    """Clear up after a process that was killed over a batch; ``Done`` holds a :class:`Written`.

    ``total`` is how many files were to be taken back; ``None`` if they were to be written.
    """

    batch: str
    total: int | None
    problems: tuple[str, ...]
    trouble: str
    was_cancelled: bool


def _settled(batch: str, total: int | None, parts: Sequence[Any], why: str | None) -> SettleTags:
    problems = tuple(part.line for part in parts if isinstance(part, FileProblem))
    died = "the process that did it has ended; the rest was left as it is"
    return SettleTags(batch, total, problems, died if why is None else why, why == "")


@dataclass(frozen=True)
class BatchBegun:
    """Files are being written, as a batch of this identity."""

    batch: str


@dataclass(frozen=True)
class FileProblem:
    """A file has failed, as this line says."""

    line: str


@dataclass(frozen=True, slots=True)
class Written:
    """Result of a batch; ``problems`` has a line for each file that failed."""

    batch: str
    n_done: int
    problems: tuple[str, ...]
    trouble: str
    was_cancelled: bool


@dataclass(frozen=True)
class ReadTexts(LibraryRequest):
    """Read the texts of old tags anew, in another encoding."""

    encoding: str


@dataclass(frozen=True)
class ListBatches(LibraryRequest):
    """List the batches written before; ``Partial`` holds lists of ``BatchSummary``."""


ExportKind = Literal["table", "playlist", "playlists", "report"]


@dataclass(frozen=True)
class ExportRows(LibraryRequest):
    """Write of these files what ``kind`` names to ``path``; ``Done`` holds how many there are."""

    kind: ExportKind
    sha256: str
    file_ids: Sequence[int]
    path: str


@dataclass(frozen=True)
class CompareModels(LibraryRequest):
    """Compare two models; ``Partial`` holds lists of :class:`ChangedFile`, ``Done`` sentences."""

    before: str
    after: str


@dataclass(frozen=True)
class FindCopies(LibraryRequest):
    """Find copies of recordings; ``Done`` holds id, alikeness and words of each, in groups."""

    sha256: str


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file of which two models say different things: genres, or ``None``, and how sure."""

    file_id: int
    path: str
    before: tuple[str | None, float]
    after: tuple[str | None, float]


# Events, worker to window ----------------------------------------------------------------


@dataclass(frozen=True)
class Started:
    """Work on the job has begun."""

    job: int


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total``: a fraction of 1, or of so many items; of 0 if nobody knows yet."""

    job: int
    done: float
    total: float = 1.0

    @property
    def counts_items(self) -> bool:
        """True if each step is an item of its own, with limits of its own."""
        return self.total != 1.0

    @property
    def fraction(self) -> float:
        """Fraction done, from 0 to 1."""
        return self.done / self.total if self.total else 0.0


@dataclass(frozen=True)
class Partial:
    """An interim result; its type depends on the request."""

    job: int
    payload: Any


@dataclass(frozen=True)
class Done:
    """The job's result; its type depends on the request."""

    job: int
    payload: Any


@dataclass(frozen=True)
class Failed:
    """The job cannot be done; ``sentence`` is for the user.

    ``is_lost`` if its process has ended, and not the job itself failed.
    """

    job: int
    sentence: str
    is_lost: bool = False


@dataclass(frozen=True)
class Cancelled:
    """The job was given up on request."""

    job: int


@dataclass(frozen=True)
class WorkerLost:
    """The process died; another is started and does its unfinished jobs once more."""

    sentence: str


Request = Job | LiveSamples | LiveEnd | Cancel
Event = Ready | Started | Progress | Partial | Done | Failed | Cancelled | WorkerLost
