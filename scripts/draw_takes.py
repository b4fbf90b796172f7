"""Draw three takes of each genre that a generator makes, as one picture for the docs.

python scripts/draw_takes.py [--model toy-gan] OUT.png
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from fstmuse_core.audio.images import to_levels
from fstmuse_core.audio.spectrogram import mel_spectrogram
from fstmuse_core.cli.spectrogram import palette
from fstmuse_core.generate.generator import ClipGenerator, GeneratedClip

TAKES, SECONDS, RANGE_DB = 3, 12.0, 60.0
WIDTH, HEIGHT, TITLE, GAP = 320, 128, 20, 8


def main(arguments: list[str] | None = None) -> int:
    """Make the takes, draw them and write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="toy-gan")
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    generator = ClipGenerator.load(options.model)
    rows = [
        [generator.generate(genre, SECONDS, seed) for seed in range(TAKES)]
        for genre in generator.genres
    ]
    sheet(rows).quantize(64).save(options.out, optimize=True)
    return 0


def sheet(rows: list[list[GeneratedClip]]) -> Image.Image:
    """Return a row of pictures for each row of clips."""
    size = (TAKES * (WIDTH + GAP) + GAP, len(rows) * (HEIGHT + TITLE + GAP) + GAP)
    picture = Image.new("RGB", size, "#121214")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(13)
    for i, clips in enumerate(rows):
        for k, clip in enumerate(clips):
            left, top = GAP + k * (WIDTH + GAP), GAP + i * (HEIGHT + TITLE + GAP)
            draw.text((left, top), _title(clip), fill="#d8d8dc", font=font)
            picture.paste(_spectrogram(clip), (left, top + TITLE))
            for x in _bars(clip):
                draw.line((left + x, top + TITLE, left + x, top + TITLE + 5), fill="#ffffff")
    return picture


def _title(clip: GeneratedClip) -> str:
    form = f", {clip.recipe.groove.form}" if clip.recipe.groove else ""
    return f"{clip.recipe.title}{form}"


def _spectrogram(clip: GeneratedClip) -> Image.Image:
    from fstmuse_core.audio.spectrogram import DEFAULT_CONFIG

    levels = to_levels(mel_spectrogram(clip.samples), DEFAULT_CONFIG)
    colours: npt.NDArray[np.uint8] = palette(int(levels.max()), RANGE_DB)
    return Image.fromarray(colours[levels.T[::-1]]).resize((WIDTH, HEIGHT))


def _bars(clip: GeneratedClip) -> list[int]:
    """Places where a bar begins, in pixels."""
    if clip.recipe.groove is None:
        return []
    bar_s = 240.0 / clip.recipe.groove.bpm
    return [round(bar * bar_s / SECONDS * WIDTH) for bar in range(int(SECONDS / bar_s) + 1)]


if __name__ == "__main__":
    sys.exit(main())
