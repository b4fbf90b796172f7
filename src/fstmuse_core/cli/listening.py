"""``fstmuse spectrogram --listen``: what a model hears, as a sound file."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from fstmuse_core.cli.console import about, say
from fstmuse_core.cli.exit_codes import SOME_FAILED
from fstmuse_core.cli.isolated import isolated
from fstmuse_core.cli.progress import ProgressBar
from fstmuse_core.errors import FstMuseError
from fstmuse_core.process_limits import SYNTHESIS, heartbeat


def make_heard(file: str, target: Path, why: str | None, model: str) -> int:
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
    from fstmuse_core.audio import write_audio
    from fstmuse_core.classify import GenreClassifier
    from fstmuse_core.listen import hear_file

    heard = hear_file(
        file,
        why=why,
        classifier=None if why is None else GenreClassifier.load(model),
        progress=lambda fraction: heartbeat(fraction=fraction),
    )
    write_audio(target, heard.samples, heard.sample_rate)
    return heard.warnings
