"""``fstmuse train`` from its options to its last event."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TextIO

from fstmuse_core.runs.events import EVENTS_FILE, Cancelled, Done, Failed
from fstmuse_core.runs.spec import GAN, ORIGINAL, QUICK
from fstmuse_core.runs.store import (
    RUN_FILE,
    TrainingLock,
    find_run,
    forget_request,
    newest_checkpoint,
    read_end,
    read_json,
    remove_run,
    runs_folder,
    write_json,
)
from fstmuse_core.system.child_process import require_tensorflow
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.process_limits import is_out_of_memory
from fstmuse_core.training.control import CancelledError, Control
from fstmuse_core.training.events import Events
from fstmuse_core.training.group import Member
from fstmuse_core.training.preparation import Preparation, record_of
from fstmuse_core.training.run import Run, check_out, find_base, forget_base, keep_base, kept_base
from fstmuse_core.training.settings import TrainSettings, settings_from

if TYPE_CHECKING:
    from fstmuse_core.classify.classifier import GenreClassifier
    from fstmuse_core.training.data_split import Parts

DONE, FAILED, WRONG_USE, CANCELLED = 0, 1, 2, 130


def train(
    options: Mapping[str, Any],
    *,
    resume: str | None = None,
    machine: TextIO | None = None,
    say: Callable[[str], None],
    control: Control | None = None,
    member: Member | None = None,
) -> int:
    """Train a model and say how it goes.

    Parameters
    ----------
    options : mapping
        As :func:`fstmuse_core.training.settings.settings_from` takes them; not heeded with
        ``resume``.
    resume : str, optional
        Name of a run to go on with.
    machine : text stream, optional
        Takes the events as lines of JSON.
    say : callable
        Takes sentences for people.
    control : Control, optional
        Stop and Cancel.
    member : Member, optional
        Number of this process, of those that train together. But for the first they write nothing
        and say only what went wrong.

    Returns
    -------
    int
        Exit code: 0 done (stopped early too), 1 failed, 2 wrong use, 130 cancelled.
    """
    follows = member is not None and not member.leads
    events = Events(machine, _only_faults(say) if follows else say)
    session = _Session(events, control or Control(), member)
    code = FAILED
    try:
        session.run(options, resume)
        code = DONE
    except CancelledError:
        events.emit(Cancelled(is_kept=not session.give_up(), run=session.name))
        code = CANCELLED
    except FstMuseError as error:
        session.fail(str(error))
        code = FAILED if session.is_valid else WRONG_USE
    except Exception as error:
        session.fail(f"training: {_told(error, session.design)}")
    finally:
        events.close()
    return code


def _only_faults(say: Callable[[str], None]) -> Callable[[str], None]:
    def tell(sentence: str) -> None:
        if sentence.startswith("fstmuse:"):
            say(sentence)

    return tell


def learn(
    music: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    name: str,
    *,
    genres: Sequence[str] = (),
    seed: int = 0,
    tell: Callable[[str], None] = lambda sentence: None,
) -> GenreClassifier:
    """Train a model on music of your own in seconds, without TensorFlow.

    It is what ``fstmuse train --quick`` does: a head on the tagger that comes along, judged by
    cross-validation over artists. Each song is listened to once; a song of 30 seconds takes about
    a tenth of one.

    Parameters
    ----------
    music : path or sequence of paths
        Folders named after genres, of tagged music or with a ``manifest.csv``; see the guide.
    name : str
        Name of the model, by which it is found and loaded from then on.
    genres : sequence of str, optional
        Genres that it is to name; all of the music by default.
    seed : int, optional
        Divides the artists into folds; from 0 to 4,294,967,295.
    tell : callable, optional
        Given sentences on what is done, on what was left out, and on how good the model is.

    Returns
    -------
    GenreClassifier

    Raises
    ------
    FstMuseError
        If the music cannot be read, is fewer than ten songs or of one genre only, if a model of
        that name is there already, or while another training runs. Nothing is left behind then.

    Examples
    --------
    >>> import os, soundfile
    >>> song, rate = load_audio("song.wav"), 22_050
    >>> for genre, speed in (("Slow", 0.5), ("Fast", 2.0)):
    ...     os.makedirs(f"Music/{genre}")
    ...     for take in range(5):
    ...         at = np.arange(4 * rate) * speed * (1.0 + 0.05 * take)
    ...         part = np.interp(at, np.arange(song.size), song)
    ...         soundfile.write(f"Music/{genre}/{take}.wav", part, rate)
    >>> classifier = learn("Music", "tempi")
    >>> classifier.classify_file("song.wav").genres
    ('Fast', 'Slow')
    """
    from fstmuse_core.bundle.bundle import load_bundle
    from fstmuse_core.classify.classifier import GenreClassifier

    folders = [music] if isinstance(music, str | os.PathLike) else list(music)
    options = {
        "design": QUICK,
        "data": [os.path.abspath(folder) for folder in folders],
        "out": name,
        "genres": list(genres),
        "seed": seed,
    }
    session = _Session(Events(None, tell), Control(), None)
    try:
        done = session.run(options, None)
    except BaseException:
        session.discard()
        raise
    finally:
        session.close()
    assert done is not None  # only a process that follows another has none
    return GenreClassifier(load_bundle(done.bundle))


def _told(error: Exception, design: str) -> str:
    """Say what broke a training off that is no fault of its settings or its music."""
    if is_out_of_memory(error):
        less = "learn from less music" if design == QUICK else "lower --batch-size"
        return f"the memory is full; close other programs or {less}"
    if isinstance(error, OSError):
        where = f" ({Path(error.filename).name})" if error.filename else ""
        return f"{one_line(error.strerror or str(error))}{where}"
    what = one_line(f"{type(error).__name__}: {error}")[:300]
    return f"it broke off ({what}); please report this"


class _Session:
    """One call of the command."""

    def __init__(self, events: Events, control: Control, member: Member | None) -> None:
        self._events = events
        self._member = member
        self._leads = member is None or member.leads
        self._control = control
        self._begun = time.monotonic()
        self._folder: Path | None = None
        self._is_resumed = False
        self.name = self.design = ""
        self.is_valid = False

    def run(self, options: Mapping[str, Any], resume: str | None) -> Done | None:
        """Train up to the ``done`` event, which is returned; raise what ends it otherwise."""
        record: Mapping[str, Any] = {}
        if resume is not None:
            folder = find_run(resume)
            record, settings = _resumable(folder)
        else:
            settings = settings_from(options)
            folder = _new_folder(settings)
            settings = settings if settings.out else settings.named(folder.name)
        if self._member is not None:
            self._member.require(settings)
        self.is_valid = True
        self._is_resumed, self.name = resume is not None, folder.name
        self.design = settings.design
        if self.design != QUICK:
            require_tensorflow("training a network")
        with ExitStack() as stack:
            if not self._leads:
                if resume is None:
                    folder = Path(stack.enter_context(TemporaryDirectory(prefix="fstmuse-")))
                self._train(settings, folder, record)
                return None
            stack.enter_context(TrainingLock(folder.name, folder))
            if not self._is_resumed:  # else another name is found at the end
                check_out(settings.out, folder.name)
            is_tuned = bool(settings.fine_tune) and not self._is_resumed
            base = find_base(settings) if is_tuned else None
            self._folder = folder
            stack.callback(forget_request, folder)
            self._show(folder, settings)
            if base is not None:
                keep_base(base, folder)
            done = self._train(settings, folder, record)
            if done is None:
                return None
            if not done.resumable:
                forget_base(folder)
        self._events.emit(done)
        return done

    def _show(self, folder: Path, settings: TrainSettings) -> None:
        """Let other processes see the run, read its events and ask it to end from now on."""
        if not self._is_resumed:
            folder.mkdir(parents=True)
            write_json(folder / RUN_FILE, record_of(settings, None, []))
        self._control.watch_run(folder)
        self._events.keep_in(folder / EVENTS_FILE)
        # How many songs there are is not known yet.
        self._events.preparing("reading", 0, 0)

    def give_up(self) -> bool:
        """Remove what a cancelled run has written, and say whether that was done.

        A run that was resumed, and stopped before it went on, is left as it was.
        """
        if self._is_resumed and not self._control.cancelled:
            return False
        self.discard()
        return True

    def fail(self, sentence: str) -> None:
        """Say so; the run is kept if there is something to resume."""
        resumable = self._folder is not None and newest_checkpoint(self._folder)[0] > 0
        self._events.emit(Failed(sentence, self.name, resumable))
        if not resumable and not self._is_resumed:
            self.discard()

    def close(self) -> None:
        """Keep no more events."""
        self._events.close()

    def discard(self) -> None:
        """Remove what the run has written."""
        if self._folder is not None:
            self._events.close()
            remove_run(self._folder)

    def _train(
        self, settings: TrainSettings, folder: Path, record: Mapping[str, Any]
    ) -> Done | None:
        if settings.design == QUICK:
            from fstmuse_core.training.quick.session import train_quick

            preparation = Preparation(self._events, self._control)
            told = preparation, self._events, self._control
            return train_quick(settings, folder, *told, self._begun, record)
        # Keras takes seconds to load: meanwhile the music is looked through.
        loading = threading.Thread(target=_load_keras, daemon=True)
        loading.start()
        preparation = Preparation(self._events, self._control)
        # A run that was cut off before its music was divided reads it anew.
        is_divided = "parts" in record
        tracks = [] if is_divided else preparation.tracks(settings)
        loading.join()
        self._control.check_start()

        if is_divided:
            parts, mels = preparation.take_up(folder.name, _parts_of(folder, record))
            warnings = (*_warnings_of(record), *preparation.warnings)
        else:
            parts, mels = preparation.divide(settings, tracks, kept_base(settings, folder))
            warnings = tuple(preparation.warnings)
            write_json(folder / RUN_FILE, record_of(settings, parts, list(warnings)))
        run = Run(folder, settings, parts, warnings, self._is_resumed)
        train_design = _design(settings)
        shared = [self._member] if self._member else []
        return train_design(run, mels, self._events, self._control, self._begun, *shared)


def _load_keras() -> None:
    # Its start-up notes are of no use here; its errors still show.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        import fstmuse_core.training.packaging  # noqa: F401
    except Exception:
        # Imported again where it is needed, and there the error is told.
        sys.modules.pop("fstmuse_core.training.packaging", None)


def _design(settings: TrainSettings) -> Callable[..., Done | None]:
    if settings.model == GAN and settings.design == ORIGINAL:
        from fstmuse_core.training.original.gan import train_original_gan

        return train_original_gan
    if settings.model == GAN:
        from fstmuse_core.training.gan.package import train_gan

        return train_gan
    if settings.design == ORIGINAL:
        from fstmuse_core.training.original.classifiers import train_original

        return train_original
    from fstmuse_core.training.packaging import train_ours

    return train_ours


def _new_folder(settings: TrainSettings) -> Path:
    stem = f"{settings.out or settings.model}-{datetime.now():%Y%m%d-%H%M%S}"
    folder = runs_folder() / stem
    number = 2
    while folder.exists():
        folder = runs_folder() / f"{stem}-{number}"
        number += 1
    return folder


def _resumable(folder: Path) -> tuple[Mapping[str, Any], TrainSettings]:
    """The record of a run that can go on, and its settings."""
    try:
        end = read_end(folder)
        if end is not None and not end.resumable:
            raise FstMuseError(
                folder.name, "this training is done", "begin a new one, with --fine-tune perhaps"
            )
        record = read_json(folder / RUN_FILE)
        return record, TrainSettings.from_dict(record["settings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(folder, error) from error


def _parts_of(folder: Path, record: Mapping[str, Any]) -> Parts:
    from fstmuse_core.training.data_split import Parts

    try:
        return Parts.from_dict(record["parts"])
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(folder, error) from error


def _warnings_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, record.get("warnings") or ()))


def _unreadable(folder: Path, error: Exception) -> FstMuseError:
    return FstMuseError(folder.name, f"its record cannot be read ({error})", "begin a new training")
