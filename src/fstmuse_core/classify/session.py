"""The interface that all classifiers share, whatever their networks take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Classification


class Session(Protocol):
    """One clip while it is being classified; made by :meth:`GenreClassifier.session`.

    Examples
    --------
    >>> session = GenreClassifier.load("toy-model").session()
    >>> session.push(load_audio("song.wav"))
    >>> session.finish().model
    'toy-model'
    """

    @property
    def n_samples(self) -> int:
        """Number of samples pushed so far.

        Examples
        --------
        >>> session = GenreClassifier.load("fst-muse").session()
        >>> session.push(np.zeros(1000, dtype=np.float32))
        >>> session.n_samples
        1000
        """

    def push(self, samples: FloatArray) -> None:
        """Take more of the sound.

        Parameters
        ----------
        samples : ndarray of float32, shape ``(n,)``
            Mono, at the bundle's rate, any number of them; however they are divided, the final
            answer is the same.

        Examples
        --------
        >>> session = GenreClassifier.load("fst-muse").session()
        >>> for block in np.array_split(load_audio("song.wav"), 7):
        ...     session.push(block)
        """

    def so_far(self) -> Classification:
        """Answer to the sound so far; pushing may go on.

        Examples
        --------
        >>> session = GenreClassifier.load("fst-muse").session()
        >>> session.push(load_audio("song.wav", duration_s=4.0))
        >>> session.so_far().duration_s
        4.0
        """

    def finish(self, warnings: tuple[str, ...] = ()) -> Classification:
        """The final answer; nothing is pushed after it.

        Parameters
        ----------
        warnings : tuple of str
            Sentences about the source, which are put before its own.

        Examples
        --------
        >>> session = GenreClassifier.load("fst-muse").session()
        >>> session.push(load_audio("song.wav"))
        >>> session.finish(("It was recorded through a wall.",)).warnings[0]
        'It was recorded through a wall.'
        """


class Answering(Protocol):
    """A bundle's networks, ready to answer."""

    def session(
        self, *, with_activation: bool, on_mel: Callable[[FloatArray], None] | None
    ) -> Session:
        """Open a session; ``on_mel`` is given each run of mel frames as it is computed."""
