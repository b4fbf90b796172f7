"""Errors that a person can read: what, why, what to do."""

from __future__ import annotations

import re
from pathlib import Path


class FstMuseError(Exception):
    """Base of every error whose text is meant for the user.

    Parameters
    ----------
    subject : str or Path
        The file, model or setting concerned; of a path only the name is shown.
    reason : str
        Fault, with the value.
    remedy : str
        Advice on what to do about it; may be empty.

    Examples
    --------
    >>> print(FstMuseError("clip.mp3", "it is 1.2 s long", "at least 3 s are needed"))
    clip.mp3: it is 1.2 s long; at least 3 s are needed
    """

    def __init__(self, subject: str | Path, reason: str, remedy: str = "") -> None:
        self.subject = subject
        self.reason = reason
        self.remedy = remedy
        super().__init__(subject, reason, remedy)

    def __str__(self) -> str:
        name = (
            self.subject.name or str(self.subject)
            if isinstance(self.subject, Path)
            else self.subject
        )
        text = f"{one_line(name)}: {self.reason}"
        return f"{text}; {self.remedy}" if self.remedy else text


class AudioError(FstMuseError):
    """A file that cannot be decoded, or not be written.

    Examples
    --------
    >>> try:
    ...     load_audio("nothing.wav")
    ... except AudioError as error:
    ...     print(error.subject)
    nothing.wav
    """


class BundleError(FstMuseError):
    """A model that cannot be used.

    Examples
    --------
    >>> try:
    ...     GenreClassifier.load("toy-gan")
    ... except BundleError as error:
    ...     print("no classifier")
    no classifier
    """


class InversionError(FstMuseError):
    """A mel spectrogram that no sound can have.

    Examples
    --------
    >>> try:
    ...     invert_mel(np.full((10, 128), -1.0, dtype=np.float32))
    ... except InversionError as error:
    ...     print("refused")
    refused
    """


class GenerateError(FstMuseError):
    """A clip that cannot be made as it was asked for.

    Examples
    --------
    >>> try:
    ...     ClipGenerator.load().generate("Rock", seconds=-1.0)
    ... except GenerateError as error:
    ...     print("refused")
    refused
    """


# Control characters, lone surrogates, line separators, and what turns the direction of text:
# a terminal obeys some of them, and others let a name look like another.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def is_plain(text: str) -> bool:
    """True unless ``text`` holds a character that no name needs and a terminal might obey."""
    return _UNSAFE.search(text) is None


def visible(text: str) -> str:
    """``text`` with every such character but the line break shown as an escape."""
    return _UNSAFE.sub(lambda m: m[0] if m[0] == "\n" else repr(m[0])[1:-1], text)


def one_line(text: str) -> str:
    """``text`` with line breaks and other control characters made visible."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
