"""The interface that all classifiers share, whatever their networks take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Classification


class Session(Protocol):
    """One clip while it is being classified."""

    @property
    def n_samples(self) -> int:
        """Samples pushed so far."""

    def push(self, samples: FloatArray) -> None:
        """Take mono float32 samples at the bundle's rate, any number of them."""

    def so_far(self) -> Classification:
        """Answer to the sound so far; pushing may go on."""

    def finish(self, warnings: tuple[str, ...] = ()) -> Classification:
        """The final answer; ``warnings`` about the source are added to its own."""


class Answering(Protocol):
    """A bundle's networks, ready to answer."""

    def session(
        self, *, with_activation: bool, on_mel: Callable[[FloatArray], None] | None
    ) -> Session:
        """Open a session; ``on_mel`` is given each run of mel frames as it is computed."""
