"""Sections of the take that is shown: gone to, looped, dragged out, made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject

from fstmuse_core.generate.groove import BeatWish, Groove
from fstmuse_core.workers.protocol import MakeClip
from fstmuse_gui.generate.ruler import Section, SectionRuler
from fstmuse_gui.generate.takes import Playback, Take, TakeSaver


class SectionsPresenter(QObject):
    """Does what was chosen on the ruler below the picture.

    Parameters
    ----------
    ruler : SectionRuler
    playback : Playback
    saving : TakeSaver
    shown : callable
        Gives the take that is shown.
    make : callable
        Has a take made.
    draw_seed : callable
        Draws a seed.
    """

    def __init__(
        self,
        ruler: SectionRuler,
        playback: Playback,
        saving: TakeSaver,
        shown: Callable[[], Take | None],
        make: Callable[[MakeClip], None],
        draw_seed: Callable[[], int],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._ruler = ruler
        self._playback = playback
        self._shown = shown
        self._make = make
        self._draw_seed = draw_seed
        self._saving = saving
        ruler.file_of = self._file_of
        ruler.seek_requested.connect(self._go_to)
        ruler.loop_requested.connect(self._loop)
        ruler.renew_requested.connect(self.renew)

    def follow(self) -> None:
        """Show what is looped of the take that is loaded."""
        self._ruler.show_loop(self._playback.loop)

    def _file_of(self, section: Section) -> Path | None:
        take = self._shown()
        return None if take is None else self._saving.write_section(take, section)

    def _go_to(self, seconds: float) -> None:
        self._end_loop()
        self._playback.seek(seconds)
        self._playback.play()

    def _loop(self, section: Section | None) -> None:
        if section is None:
            self._end_loop()
        else:
            self._playback.set_loop((section.start_s, section.end_s), plays=True)
        self.follow()

    def _end_loop(self) -> None:
        """Play all of the take again: a loop over and over, another to its end."""
        self._playback.loop_all()
        self.follow()

    def renew(self, letter: str) -> None:
        """Make the take once more with other music in the sections of this letter."""
        take = self._shown()
        if take is not None and take.groove is not None:
            seconds = take.seconds
            wish = _wish_of(take.groove, seconds, {letter: self._draw_seed()})
            self._make(replace(take.request, beat=wish))


def _wish_of(groove: Groove, seconds: float, renewed: dict[str, int]) -> BeatWish:
    """Wish for the same beat but for some sections."""
    has_whole_bars = abs(groove.seconds - seconds) < 1e-6
    return BeatWish(
        bpm=groove.bpm,
        bars=groove.bars if has_whole_bars else None,
        form=groove.form,
        variation=groove.variation,
        loop=groove.loop,
        renewed={**groove.renewed, **renewed},
    )
