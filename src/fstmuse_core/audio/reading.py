"""Any sound file to float32 samples, block by block, and back to a file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.decoders import DamagedError, Source, open_source
from fstmuse_core.audio.downmix import Downmix
from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.audio.wav_tempo import Tempo, with_tempo
from fstmuse_core.system.atomic_write import open_atomic
from fstmuse_core.system.errors import AudioError
from fstmuse_core.system.process_limits import heartbeat

SAMPLE_RATE = 22_050

_BLOCK_S = 1.5
# Nothing that is meant as sound lies beyond this; a sum of such values is still finite.
_LARGEST = 1e6
# A header may round its length; a file that ends this much earlier has been cut.
_MISSING_S = 0.5


@dataclass(frozen=True)
class AudioInfo:
    """Length and format of a sound file, as its header says.

    ``duration_s`` is in seconds, ``None`` where the header does not tell. ``sample_rate`` is
    in hertz. ``format`` is the decoder's name for the container.
    """

    path: Path
    duration_s: float | None
    sample_rate: int
    channels: int
    format: str


class AudioStream:
    """An open file that yields its sound in blocks; use it in a ``with`` statement.

    Parameters
    ----------
    path : path
        The file.
    sample_rate : int or None
        Rate of the blocks in hertz; ``None`` keeps the file's own.
    start_s, duration_s : float
        The part to read; only it is decoded. ``None`` reads to the end.
    mono : bool
        Mix the channels to one, as their mean: blocks have shape ``(n,)`` instead of
        ``(n, channels)``.
    block_s : float
        About how much sound is decoded at once, in seconds.
    on_channels : callable, optional
        Given each block as it is in the file, shape ``(n, channels)``, and its rate.

    Attributes
    ----------
    info : AudioInfo
    warnings : list of str
        Filled while reading: samples that were not numbers, damage, a cut.

    Raises
    ------
    AudioError
        When opened, if the file cannot be read at all; while reading, if it breaks off
        before the first block.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        sample_rate: int | None = SAMPLE_RATE,
        start_s: float = 0.0,
        duration_s: float | None = None,
        mono: bool = True,
        block_s: float = _BLOCK_S,
        on_channels: Callable[[FloatArray, int], None] | None = None,
    ) -> None:
        if start_s < 0 or (duration_s is not None and duration_s < 0):
            raise ValueError(f"start_s {start_s} and duration_s {duration_s} must not be negative")
        self._path = Path(path)
        self._source: Source = open_source(self._path)
        self._rate = sample_rate or self._source.sample_rate
        self._start_s = start_s
        self._duration_s = duration_s
        self._mono = mono
        self._block_s = block_s
        self._on_channels = on_channels
        self._not_numbers = 0
        self.warnings: list[str] = []
        self.info = AudioInfo(
            self._path,
            self._source.duration_s,
            self._source.sample_rate,
            self._source.channels,
            self._source.format,
        )

    @property
    def sample_rate(self) -> int:
        """Rate of the blocks in hertz."""
        return self._rate

    @property
    def expected_s(self) -> float | None:
        """Seconds that will be yielded, by the header; ``None`` where it does not tell."""
        if self.info.duration_s is None:
            return self._duration_s
        rest = max(0.0, self.info.duration_s - self._start_s)
        return rest if self._duration_s is None else min(rest, self._duration_s)

    def __enter__(self) -> AudioStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def __iter__(self) -> Iterator[FloatArray]:
        own_rate = self._source.sample_rate
        resampler = None
        if self._rate != own_rate:
            import soxr

            channels = 1 if self._mono else self._source.channels
            resampler = soxr.ResampleStream(own_rate, self._rate, channels, dtype="float32")
        for block in self._decoded():
            if resampler is None:
                yield block
                continue
            resampled = resampler.resample_chunk(block)
            if len(resampled):
                yield resampled
        if resampler is not None:
            shape = (0,) if self._mono else (0, self._source.channels)
            rest = resampler.resample_chunk(np.zeros(shape, dtype=np.float32), last=True)
            if len(rest):
                yield rest
        if self._not_numbers:
            self.warnings.append(
                f"{self._not_numbers} samples were NaN or infinity and were taken as silence"
            )

    def _decoded(self) -> Iterator[FloatArray]:
        """Cleaned blocks at the file's own rate, no more than ``duration_s`` of them."""
        mix = Downmix(self._source.channels, self._source.sample_rate) if self._mono else None
        for block in self._read():
            clean = self._clean(block)
            if self._on_channels:
                self._on_channels(clean, self._source.sample_rate)
            part = mix.push(clean) if mix else clean
            if len(part):
                yield np.ascontiguousarray(part)
        if mix and len(rest := mix.flush()):
            yield rest

    def _read(self) -> Iterator[FloatArray]:
        rate = self._source.sample_rate
        limit = None if self._duration_s is None else round(self._duration_s * rate)
        count = 0
        try:
            for block in self._source.blocks(self._start_s, self._block_s):
                kept = block if limit is None else block[: limit - count]
                count += len(kept)
                if len(kept):
                    heartbeat(len(kept) / rate)
                    yield kept
                if limit is not None and count >= limit:
                    break
        except DamagedError as error:
            if not count:
                raise AudioError(
                    self._path, "it is damaged and no sound could be read", "get the file again"
                ) from error
            self._note_missing(count / rate, is_damaged=True)
        else:
            self._note_missing(count / rate, is_damaged=False)

    def _note_missing(self, decoded_s: float, *, is_damaged: bool) -> None:
        self.warnings += self._source.notes
        expected = self.expected_s
        is_known = expected is not None and not self._source.is_estimate
        if is_known and decoded_s < (expected or 0.0) - _MISSING_S:
            self.warnings.append(
                f"the file is damaged or cut: its header says {expected:.1f} s, "
                f"{decoded_s:.1f} s could be read"
            )
        elif is_damaged and not self._source.notes:
            self.warnings.append(
                f"the file is damaged: only its first {decoded_s:.1f} s could be read"
            )

    def _clean(self, block: FloatArray) -> FloatArray:
        # The extremes of a block with NaN are NaN.
        if block.min() >= -_LARGEST and block.max() <= _LARGEST:
            return block
        bad = ~np.isfinite(block)
        self._not_numbers += int(bad.sum())
        return np.clip(np.where(bad, np.float32(0), block), -_LARGEST, _LARGEST).astype(np.float32)


def probe(path: str | os.PathLike[str]) -> AudioInfo:
    """Read the file's header; nothing is decoded.

    Raises
    ------
    AudioError
        If the file cannot be read.
    """
    with AudioStream(path) as stream:
        return stream.info


def stream_audio(
    path: str | os.PathLike[str],
    *,
    sample_rate: int | None = SAMPLE_RATE,
    start_s: float = 0.0,
    duration_s: float | None = None,
    mono: bool = True,
    block_s: float = _BLOCK_S,
) -> Iterator[FloatArray]:
    """Blocks of a file's sound; see :class:`AudioStream` for parameters and errors."""
    with AudioStream(
        path,
        sample_rate=sample_rate,
        start_s=start_s,
        duration_s=duration_s,
        mono=mono,
        block_s=block_s,
    ) as stream:
        yield from stream


def load_audio(
    path: str | os.PathLike[str],
    *,
    sample_rate: int = SAMPLE_RATE,
    start_s: float = 0.0,
    duration_s: float | None = None,
) -> FloatArray:
    """A file's sound as one array.

    Parameters
    ----------
    path : str or path-like
        A sound file or video of any format that is understood.
    sample_rate : int
        In hertz; what has another rate is resampled.
    start_s : float, optional
        Seconds to leave out at the start.
    duration_s : float, optional
        Seconds to read; by default all that follow.

    Returns
    -------
    ndarray of float32, shape ``(n,)``
        Mono, usually within [-1, 1].

    Raises
    ------
    AudioError
        If the file cannot be read.

    Examples
    --------
    >>> load_audio("song.wav", start_s=2.0, duration_s=3.0).shape
    (66150,)
    """
    blocks = list(
        stream_audio(path, sample_rate=sample_rate, start_s=start_s, duration_s=duration_s)
    )
    return np.concatenate(blocks) if blocks else np.empty(0, dtype=np.float32)


_WRITE_FORMATS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
}
WRITTEN_SUFFIXES = tuple(_WRITE_FORMATS)


def write_audio(
    path: str | os.PathLike[str],
    samples: npt.ArrayLike,
    sample_rate: int,
    *,
    texts: Mapping[str, str] | None = None,
    tempo: Tempo | None = None,
) -> None:
    """Write WAV, FLAC or Ogg Vorbis by the file's suffix; an existing file is replaced whole.

    Parameters
    ----------
    samples : array of float, shape ``(n,)`` or ``(n, channels)``
        Within [-1, 1]; what is beyond is clipped.
    texts : mapping of str to str, optional
        Kept in the file: "title", "artist", "comment" and what else libsndfile has room for.
    tempo : Tempo, optional
        Kept in a WAV file.

    Raises
    ------
    AudioError
        If the suffix is another or the folder cannot be written.
    """
    import soundfile

    target = Path(path)
    if target.suffix.lower() not in _WRITE_FORMATS:
        known = ", ".join(_WRITE_FORMATS)
        raise AudioError(target, f"sound is not written as {target.suffix!r}", f"use {known}")
    container, subtype = _WRITE_FORMATS[target.suffix.lower()]
    array = np.asarray(samples, dtype=np.float32)
    channels = 1 if array.ndim == 1 else array.shape[1]
    # In memory first: libsndfile writes through callbacks, in which a full disk's error would
    # be printed, not raised.
    encoded = io.BytesIO()
    try:
        with soundfile.SoundFile(
            encoded, "w", sample_rate, channels, subtype=subtype, format=container
        ) as file:
            for kind, text in (texts or {}).items():
                setattr(file, kind, text)
            # In blocks: libsndfile's Vorbis encoder overflows its stack on long arrays.
            for start in range(0, len(array), 65_536):
                file.write(np.clip(array[start : start + 65_536], -1.0, 1.0))
        data: bytes | memoryview = encoded.getbuffer()
        if tempo is not None and container == "WAV":
            data = with_tempo(encoded.getvalue(), tempo, len(array), sample_rate)
        with open_atomic(target) as stream:
            stream.write(data)
    except (OSError, soundfile.LibsndfileError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise AudioError(
            target, f"it cannot be written ({why})", "choose another folder"
        ) from error
