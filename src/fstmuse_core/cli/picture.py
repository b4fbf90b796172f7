"""A spectrogram as a PNG file with a palette: each pixel is a level, the palette its colour."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

from fstmuse_core.jobs.messages import SpectrogramImage

# Ten colours along "magma" (Smith and van der Walt, in the public domain): perceptually
# uniform from black to pale yellow, also for the colour-blind and in grey.
_MAGMA = bytes.fromhex("000004 180f3e 451077 721f81 9f2f7f cd4071 f1605d fd9567 fec98d fcfdbf")
ROWS_PER_BAND = 3


def as_png(image: SpectrogramImage, range_db: float, description: str) -> bytes:
    """The image as a PNG file, low frequencies at the bottom.

    Parameters
    ----------
    image : SpectrogramImage
        With one column or more.
    range_db : float
        Decibels from the darkest colour to the brightest, which stands for the loudest point.
    description : str
        Kept in the file, in ASCII.
    """
    levels = np.repeat(image.levels.T[::-1], ROWS_PER_BAND, axis=0)
    height, width = levels.shape
    # Each row begins with the number of its filter: 2 keeps differences to the row above, of
    # which the repeated rows have none.
    rows = np.full((height, width + 1), 2, dtype=np.uint8)
    rows[0, 1:] = levels[0]
    rows[1:, 1:] = levels[1:] - levels[:-1]
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", palette(int(image.levels.max()), range_db).tobytes()),
            _chunk(b"tEXt", b"Description\0" + description.encode("ascii", "replace")),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)),
            _chunk(b"IEND", b""),
        ]
    )


def palette(top_level: int, range_db: float) -> npt.NDArray[np.uint8]:
    """Colours of the levels 0 to 255, which are half decibels; shape ``(256, 3)``."""
    colours = np.frombuffer(_MAGMA, dtype=np.uint8).reshape(-1, 3).astype(np.float64)
    share = np.clip(1.0 + (np.arange(256) - top_level) / (2.0 * range_db), 0.0, 1.0)
    at = share * (len(colours) - 1)
    mixed = [np.interp(at, np.arange(len(colours)), channel) for channel in colours.T]
    return np.rint(np.stack(mixed, axis=1)).astype(np.uint8)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)
