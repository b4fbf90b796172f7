"""``fstmuse spectrogram``: a file's mel spectrogram as a picture, an array, or a sound again."""

from __future__ import annotations

import io
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
import numpy as np
import numpy.typing as npt

from fstmuse_core.audio.images import SpectrogramImage
from fstmuse_core.cli.classify import DEFAULT_MODEL
from fstmuse_core.cli.common.console import SOME_FAILED, ProgressBar, about, say
from fstmuse_core.cli.common.output import check_sound_file, check_writable, writing
from fstmuse_core.cli.common.param_types import ModelName, SomePath, Whole
from fstmuse_core.system.atomic_write import open_atomic
from fstmuse_core.system.errors import AudioError, FstMuseError
from fstmuse_core.system.isolated import isolated
from fstmuse_core.system.process_limits import SYNTHESIS, heartbeat

# Ten colours along "magma" (Smith and van der Walt, in the public domain): perceptually
# uniform from black to pale yellow, also for the colour-blind and in grey.
_MAGMA = bytes.fromhex("000004 180f3e 451077 721f81 9f2f7f cd4071 f1605d fd9567 fec98d fcfdbf")
ROWS_PER_BAND = 3


def as_png(image: SpectrogramImage, range_db: float, description: str) -> bytes:
    """Encode the image as a PNG file, low frequencies at the bottom.

    Parameters
    ----------
    image : SpectrogramImage
        With one column or more.
    range_db : float
        Decibels from the darkest colour to the brightest, which stands for the loudest point.
    description : str
        Kept in the file, as its text chunk ``Description``.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    picture = Image.fromarray(np.repeat(image.levels.T[::-1], ROWS_PER_BAND, axis=0))
    picture.putpalette(palette(int(image.levels.max()), range_db).tobytes())
    text = PngInfo()
    text.add_text("Description", description)
    stream = io.BytesIO()
    picture.save(stream, format="PNG", pnginfo=text)
    return stream.getvalue()


def palette(top_level: int, range_db: float) -> npt.NDArray[np.uint8]:
    """Colours of the levels 0 to 255, which are half decibels; shape ``(256, 3)``."""
    colours = np.frombuffer(_MAGMA, dtype=np.uint8).reshape(-1, 3).astype(np.float64)
    share = np.clip(1.0 + (np.arange(256) - top_level) / (2.0 * range_db), 0.0, 1.0)
    at = share * (len(colours) - 1)
    mixed = [np.interp(at, np.arange(len(colours)), channel) for channel in colours.T]
    return np.rint(np.stack(mixed, axis=1)).astype(np.uint8)


def resynthesize(file: str, target: Path, why: str | None, model: str) -> int:
    """Write what a model hears of ``file``, or what of it spoke for the genre ``why``."""
    name = os.path.basename(file)
    make = partial(_made, target=target, why=why, model=model)
    try:
        with ProgressBar(1) as bar:
            warnings = isolated(
                make, file, lambda fraction: bar.update(fraction, name), limits=SYNTHESIS
            )
    except FstMuseError as error:
        subject = next((path for path in (file, target) if Path(path) == Path(error.subject)), None)
        if subject is None:
            raise
        say(f"fstmuse: {about(subject, error)}")
        return SOME_FAILED
    for warning in warnings:
        say(about(file, FstMuseError(file, warning)))
    return 0


def _made(file: str, *, target: Path, why: str | None, model: str) -> tuple[str, ...]:
    """Write the sound to ``target``; what is to be said of the file."""
    from fstmuse_core.audio.reading import write_audio
    from fstmuse_core.classify.classifier import GenreClassifier
    from fstmuse_core.inversion.resynthesis import resynthesize_file

    made = resynthesize_file(
        file,
        why=why,
        classifier=None if why is None else GenreClassifier.load(model),
        progress=lambda fraction: heartbeat(fraction=fraction),
    )
    write_audio(target, made.samples, made.sample_rate)
    return made.warnings


if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fstmuse_core.audio.reading import AudioStream
    from fstmuse_core.audio.spectrogram import FloatArray

    _Write = Callable[[BinaryIO, Iterator[FloatArray], int], int]


@click.command(short_help="Save a file's mel spectrogram.")
@click.argument("file", type=SomePath())
@click.option(
    "--output",
    "-o",
    type=SomePath(path_type=Path),
    metavar="OUT.png|OUT.npy",
    help="Where to write; the suffix says what.",
)
@click.option(
    "--range",
    "range_db",
    type=Whole(10, 120),
    default=80,
    show_default=True,
    metavar="DB",
    help="Decibels from the loudest point, the brightest colour, to the darkest.",
)
@click.option(
    "--listen",
    type=SomePath(path_type=Path),
    metavar="OUT.wav|flac|ogg",
    help="Make the spectrogram sound again: one hears what a model hears.",
)
@click.option(
    "--why",
    metavar="GENRE",
    help="With --listen, only what spoke for the genre.",
)
@click.option(
    "--model",
    type=ModelName(),
    default=DEFAULT_MODEL,
    show_default=True,
    metavar="NAME",
    help="With --why, the model that is asked.",
)
def command(
    file: str,
    output: Path | None,
    range_db: int,
    listen: Path | None,
    why: str | None,
    model: str,
) -> int:
    """Save the mel spectrogram of FILE, a sound file or a video, or hear it, or both.

    Frames of 2048 samples at 22,050 Hz, one every 512 samples (43.07 a second), in 128 HTK
    mel bands from 0 to 8000 Hz.

    \b
    OUT.png  decibels in colour: a column for each frame from left to right (over
             six minutes for several, of which the loudest shows), three rows for
             each band, low frequencies at the bottom
    OUT.npy  float32 magnitudes of shape (frames, 128), for numpy.load

    What --listen writes is made from the spectrogram alone: one hears what is lost in it,
    such as all that lies above 8000 Hz.
    """
    if output is None and listen is None:
        raise click.UsageError("name where to write: --output, --listen or both")
    if why is not None and listen is None:
        raise click.UsageError("--why says what is to be heard; name a file with --listen")
    write = None if output is None else _writer(output)
    check_writable(output, file)
    if listen is not None:
        check_sound_file(listen, file)

    code = 0
    if write is not None and output is not None:
        code = _draw(file, output, write, range_db)
    if listen is not None and not code:
        code = resynthesize(file, listen, why, model)
    return code


def _writer(output: Path) -> _Write:
    writers: dict[str, _Write] = {".png": _write_png, ".npy": _write_npy}
    if output.suffix.lower() not in writers:
        raise click.BadParameter(f"{output} ends neither in .png nor in .npy")
    return writers[output.suffix.lower()]


def _draw(file: str, output: Path, write: _Write, range_db: int) -> int:
    name = os.path.basename(file)
    try:
        with ProgressBar(1) as bar, writing(output), open_atomic(output) as target:

            def draw(path: str) -> tuple[str, ...]:
                # A copy of this process writes to the same open file.
                return _drawn(path, target, write, range_db)

            warnings = isolated(draw, file, lambda fraction: bar.update(fraction, name))
    except AudioError as error:
        say(f"fstmuse: {about(file, error)}")
        return SOME_FAILED
    for warning in warnings:
        say(about(file, FstMuseError(file, warning)))
    return 0


def _drawn(file: str, target: BinaryIO, write: _Write, range_db: int) -> tuple[str, ...]:
    """Write the spectrogram to ``target``; what is to be said of the file."""
    from fstmuse_core.audio.reading import AudioStream

    with AudioStream(file) as stream:
        if not write(target, _frames(stream), range_db):
            raise AudioError(file, "it holds no sound", "get the file again")
        target.flush()
    return tuple(stream.warnings)


def _frames(stream: AudioStream) -> Iterator[FloatArray]:
    from fstmuse_core.audio.spectrogram import MelStream

    mel = MelStream()
    expected = (stream.expected_s or 0.0) * stream.sample_rate
    for block in stream:
        yield mel.push(block)
        if expected:
            heartbeat(fraction=min(1.0, mel.n_samples / expected))
    yield mel.flush()


def _write_png(target: BinaryIO, frames: Iterator[FloatArray], range_db: int) -> int:
    from fstmuse_core.audio.images import ImageBuilder
    from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG

    builder = ImageBuilder(DEFAULT_CONFIG)
    for part in frames:
        builder.add(part)
    image = builder.build()
    if len(image.levels):
        description = (
            f"FstMuse mel spectrogram: {image.seconds_per_column:.5f} s a column, "
            f"{DEFAULT_CONFIG.n_mels} mel bands from {DEFAULT_CONFIG.fmin:.0f} to "
            f"{DEFAULT_CONFIG.fmax:.0f} Hz upwards; decibels = palette index / 2 - 127.5"
        )
        target.write(as_png(image, range_db, description))
    return len(image.levels)


def _write_npy(target: BinaryIO, frames: Iterator[FloatArray], range_db: int) -> int:
    """Write frames as they come: the header has room for their number, known only at the end."""
    from numpy.lib import format as npy

    from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG

    def write_header(count: int) -> None:
        shape = (count, DEFAULT_CONFIG.n_mels)
        target.seek(0)
        npy.write_array_header_1_0(target, {"descr": "<f4", "fortran_order": False, "shape": shape})

    count = 0
    write_header(count)
    for part in frames:
        target.write(part.astype("<f4", copy=False).tobytes())
        count += len(part)
    target.flush()
    write_header(count)
    return count
