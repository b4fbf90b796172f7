"""Classification of files in whatever process it is done in; the model is loaded there."""

from __future__ import annotations

import multiprocessing
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fstmuse_core.system.errors import BundleError
from fstmuse_core.system.process_limits import heartbeat

if TYPE_CHECKING:
    from collections.abc import Callable

    from fstmuse_core.audio.measures import SongMeter
    from fstmuse_core.audio.spectrogram import FloatArray
    from fstmuse_core.bundle.bundle import Bundle
    from fstmuse_core.classify.classifier import GenreClassifier
    from fstmuse_core.classify.result import Classification

# Whoever looks at the window or works at the computer goes first.
_NICENESS = 10
_BELOW_NORMAL = 0x4000
# From malloc.h; above so many bytes memory is given back to the system.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_TRIM_BYTES = 16 * 2**20


class ClassifierRunner:
    """A path in, a classification out; its model is loaded in the process where it is needed.

    Parameters
    ----------
    model : str
        The folder of the bundle.
    sha256 : str
        Hash of the bundle; another that has taken its place is refused.
    with_sound : bool, optional
        Tell the hash of each file's sound too.
    with_measures : bool, optional
        Measure tempo, key, loudness and energy too.
    """

    def __init__(
        self, model: str, sha256: str, *, with_sound: bool = False, with_measures: bool = False
    ) -> None:
        self._model = model
        self._sha256 = sha256
        self._with_sound = with_sound
        self._with_measures = with_measures
        self._classifier: GenreClassifier | None = None

    def classify(
        self,
        path: str,
        *,
        on_mel: Callable[[FloatArray], None] | None = None,
        meter: SongMeter | None = None,
    ) -> Classification:
        """Classify a file; raises ``AudioError`` or ``BundleError``.

        ``on_mel`` is given each run of mel frames, shape ``(n, n_mels)``, as it is computed, and
        ``meter`` measures the song.
        """
        from fstmuse_core.audio.measures import SongMeter, feed
        from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG

        if self._classifier is None:
            self._classifier = self._loaded()
        if self._with_measures:
            meter = meter or SongMeter()
        is_shared = self._classifier.bundle.manifest.spectrogram == DEFAULT_CONFIG
        answer = self._classifier.classify_file(
            path,
            with_sound=self._with_sound,
            on_mel=on_mel,
            progress=lambda fraction: heartbeat(fraction=fraction),
            meter=meter if is_shared else None,
        )
        if meter and not is_shared:
            feed(meter, path)
        if meter and self._with_measures:
            return replace(answer, measures=meter.finish())
        return answer

    def trouble(self) -> str:
        """Reason the model cannot be used on this machine, or nothing; it is not kept."""
        try:
            self._found()
        except BundleError as error:
            return f"{error}. The same model must be there: fstmuse models export and import"
        return ""

    def _loaded(self) -> GenreClassifier:
        from fstmuse_core.classify.classifier import GenreClassifier

        if multiprocessing.parent_process() is not None:
            _lower_priority()
            _keep_freed_memory()
        return GenreClassifier(self._found())

    def _found(self) -> Bundle:
        """The model, wherever it lies on this machine."""
        from fstmuse_core.bundle.bundle import load_bundle

        folder = Path(self._model)
        try:
            bundle = load_bundle(folder)
            if bundle.sha256 == self._sha256:
                return bundle
            raise BundleError(
                folder, "another model has taken its place", "start again to use that"
            )
        except BundleError:
            from fstmuse_core.bundle.find_by_hash import folder_of

            # On another machine it may have another name, or lie elsewhere.
            elsewhere = folder_of(self._sha256)
            if elsewhere is None or elsewhere == folder:
                raise
            return load_bundle(elsewhere)


def _lower_priority() -> None:
    """Let other programs' and the window's work go before that of this process."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    elif sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), _BELOW_NORMAL)


def _keep_freed_memory() -> None:
    """Let this process use again what it has freed, instead of giving it back (glibc only).

    Each clip takes and frees the same few megabytes; to be given them anew, page by page,
    costs an eighth of all the work on it.
    """
    if sys.platform != "linux":
        return
    import ctypes

    with suppress(AttributeError, OSError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        for parameter in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
            mallopt(parameter, _TRIM_BYTES)
