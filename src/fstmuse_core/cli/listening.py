"""``fstmuse spectrogram --listen``: what a model hears, as a sound file."""

from __future__ import annotations

import os
from pathlib import Path

from fstmuse_core.cli.console import about, say
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.progress import ProgressBar
from fstmuse_core.errors import AudioError, FstMuseError


def make_heard(file: str, target: Path, why: str | None, model: str) -> int:
    """Write what a model hears of ``file``, or what of it spoke for the genre ``why``."""
    from fstmuse_core.audio import write_audio
    from fstmuse_core.classify import GenreClassifier
    from fstmuse_core.listen import hear_file

    classifier = None if why is None else GenreClassifier.load(model)
    name = os.path.basename(file)
    try:
        with ProgressBar(1) as bar:
            heard = hear_file(
                file,
                why=why,
                classifier=classifier,
                progress=lambda fraction: bar.update(fraction, name),
            )
    except FstMuseError as error:
        if error.subject != Path(file):
            raise
        say(f"fstmuse: {about(file, error)}")
        return SOME_FAILED
    for warning in heard.warnings:
        say(about(file, FstMuseError(file, warning)))
    try:
        write_audio(target, heard.samples, heard.sample_rate)
    except AudioError as error:
        say(f"fstmuse: {about(target, error)}")
        return SOME_FAILED
    return 0
