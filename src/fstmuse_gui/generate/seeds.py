"""The seed in the form: what is shown is what the next clip is made with."""

from __future__ import annotations

from collections.abc import Callable

from fstmuse_gui.generate.form import GenerateForm


class SeedChoice:
    """Shows a fresh seed once the one shown has made its clip, unless it is locked.

    Parameters
    ----------
    form : GenerateForm
    draw : callable
        Draws a seed.
    """

    def __init__(self, form: GenerateForm, draw: Callable[[], int]) -> None:
        self._form = form
        self._draw = draw
        self._used: int | None = None
        self.roll()

    def roll(self) -> None:
        """Show another seed."""
        self._form.seed.setValue(self._draw())

    def use(self) -> int:
        """Return the seed shown for a clip that is made now."""
        self._used = self._form.seed.value()
        return self._used

    def renew(self) -> None:
        """Show another seed if the one shown was used, and may change."""
        if self._form.seed.value() == self._used and not self._form.lock.isChecked():
            self.roll()

    def give_back(self, seed: int) -> None:
        """Nothing was made with ``seed`` after all."""
        if seed == self._used:
            self._used = None
