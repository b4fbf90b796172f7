"""The linear head of a bundle on pattern statistics; it is added to what the network says."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from fstmuse_core.audio.features import N_STATISTICS, WINDOW_FRAMES, pattern_statistics
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.system.errors import BundleError

_MOST_BYTES = 64 * 2**20
# Statistics so far from the training music's carry no more weight than this many deviations.
_FARTHEST = np.float32(6.0)


@dataclass(frozen=True, eq=False)
class PatternHead:
    """Scores a window of music.

    Attributes
    ----------
    mean, deviation : ndarray of float32, shape ``(N_STATISTICS,)``
        Of the statistics of the training music.
    matrix : ndarray of float32, shape ``(N_STATISTICS, K + 1)``
        One column per genre and, last, "none of these".
    bias : ndarray of float32, shape ``(K + 1,)``
        Bias of each output, from how often it was taught.
    """

    mean: FloatArray
    deviation: FloatArray
    matrix: FloatArray
    bias: FloatArray

    def __post_init__(self) -> None:
        vector, outputs = (N_STATISTICS,), self.bias.shape
        shapes = (self.mean.shape, self.deviation.shape, self.matrix.shape)
        if shapes != (vector, vector, vector + outputs) or len(outputs) != 1:
            raise ValueError(f"arrays of shapes {shapes} do not fit together")
        if not all(np.isfinite(getattr(self, f.name)).all() for f in fields(self)):
            raise ValueError("it holds NaN or infinity")
        if not (self.deviation > 0).all():
            raise ValueError("deviations must be above zero")

    def score(self, statistics: FloatArray) -> FloatArray:
        """Logits without the bias: the evidence, shape ``(n, K + 1)``, of ``(n, N_STATISTICS)``.

        The bias says how often a genre was taught. The network's logits say so already.
        """
        scaled = np.clip((statistics - self.mean) / self.deviation, -_FARTHEST, _FARTHEST)
        return np.asarray(np.einsum("ns,sk->nk", scaled, self.matrix), dtype=np.float32)

    def evidence(self, mel: FloatArray) -> FloatArray:
        """Evidence of one window of mel magnitudes, shape ``(frames, 128)``: ``(K + 1,)``.

        A window that is short counts for as much less.
        """
        share = np.float32(min(1.0, len(mel) / WINDOW_FRAMES))
        return np.asarray(share * self.score(pattern_statistics(mel)[None])[0])

    def to_bytes(self) -> bytes:
        """As plain arrays in an ``.npz`` file."""
        stream = io.BytesIO()
        np.savez(stream, **{f.name: getattr(self, f.name) for f in fields(self)})
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> PatternHead:
        """Inverse of :meth:`to_bytes`; raises ``ValueError`` or ``KeyError`` if malformed."""
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return cls(*(read_array(archive, f"{f.name}.npy") for f in fields(cls)))


def read_array(archive: zipfile.ZipFile, name: str) -> FloatArray:
    """An array of a head's ``.npz``; no more room is taken than its own numbers need.

    Raises ``ValueError``, ``KeyError`` or ``zipfile.BadZipFile`` if it is malformed.
    """
    entry = archive.getinfo(name)
    if entry.file_size > _MOST_BYTES:
        raise ValueError(f"{name} in it is too large")
    try:
        stream = io.BytesIO(archive.read(entry))
        if npy.read_magic(stream) != (1, 0):
            raise ValueError(f"{name} in it is no plain array")
        shape, is_fortran, dtype = npy.read_array_header_1_0(stream)
    except (SyntaxError, TypeError, RuntimeError, zlib.error) as error:
        raise ValueError(f"{name} in it is no plain array") from error
    if dtype.kind not in "fiu":
        raise ValueError(f"{name} in it does not hold numbers")
    numbers = np.frombuffer(stream.read(), dtype)
    return np.asarray(numbers.reshape(shape, order="F" if is_fortran else "C"), np.float32)


def pattern_head(bundle: Bundle) -> PatternHead | None:
    """The head of a bundle, or ``None`` if it has none; raises ``BundleError`` if it is unsound."""
    if bundle.patterns is None:
        return None
    try:
        head = PatternHead.from_bytes(bundle.patterns)
        if len(head.bias) != len(bundle.manifest.genres) + 1:
            raise ValueError(f"it has {len(head.bias)} outputs")
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise BundleError(
            bundle.path, f"its pattern head is malformed ({error})", "retrain it"
        ) from error
    return head


class PatternSession:
    """Evidence of patterns, gathered while a clip is read, in bounded memory.

    Windows follow one another without overlap; the last one ends with the clip.

    Parameters
    ----------
    head : PatternHead
    """

    def __init__(self, head: PatternHead) -> None:
        self._head = head
        self._n_frames = 0
        self._frames: FloatArray | None = None  # the last ones pushed, a window at most
        self._whole: list[FloatArray] = []  # evidence of each whole window

    def push(self, frames: FloatArray) -> None:
        """Add more mel frames, shape ``(n, 128)``, any number of them."""
        while len(frames):
            # No further than the end of the window that is being filled.
            n = min(len(frames), WINDOW_FRAMES - self._n_frames % WINDOW_FRAMES)
            part, frames = frames[:n], frames[n:]
            kept = part if self._frames is None else np.concatenate([self._frames, part])
            self._frames = kept[-WINDOW_FRAMES:]
            self._n_frames += n
            if self._n_frames % WINDOW_FRAMES == 0:
                self._whole.append(self._head.evidence(self._frames))

    def evidence(self, starts: Sequence[int]) -> FloatArray:
        """Evidence for segments that begin at these frames, shape ``(n, K + 1)``.

        Each gets that of the window it begins in.
        """
        rows = list(self._whole)
        if self._n_frames % WINDOW_FRAMES and self._frames is not None:
            rows.append(self._head.evidence(self._frames))
        if not rows:
            return np.zeros((len(starts), len(self._head.bias)), dtype=np.float32)
        where = np.minimum(np.asarray(starts) // WINDOW_FRAMES, len(rows) - 1)
        return np.asarray(np.stack(rows)[where])


def with_evidence(
    logits: FloatArray, novelty: FloatArray, evidence: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Logits ``(n, K)`` and novelty ``(n,)`` of a network with the evidence ``(n, K + 1)`` added.

    The novelty is, as the network's, the logit of "none of these" over the log-sum-exp of the
    genres'.
    """
    known = evidence[:, :-1]
    return logits + known, novelty + evidence[:, -1] - _logsumexp(known)


def _logsumexp(values: FloatArray) -> npt.NDArray[np.float32]:
    top = values.max(axis=1)
    return np.asarray(top + np.log(np.exp(values - top[:, None]).sum(axis=1)), dtype=np.float32)
