"""Two optimizers, of generator and discriminator, where one is expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class TwoOptimizers:
    """Two optimizers where one is expected.

    Parameters
    ----------
    generator, discriminator : keras.optimizers.Optimizer
    learned : callable
        Gives the variables that each of them changes.
    """

    def __init__(
        self,
        generator: Any,
        discriminator: Any,
        learned: Callable[[], tuple[list[Any], list[Any]]],
    ) -> None:
        self._both = (generator, discriminator)
        self._learned = learned

    def build(self, variables: object) -> None:
        """Make their moments, so that kept ones can be assigned."""
        for optimizer, learned in zip(self._both, self._learned(), strict=True):
            optimizer.build(learned)

    @property
    def variables(self) -> list[Any]:
        """Of both."""
        return [v for optimizer in self._both for v in optimizer.variables]

    @property
    def learning_rate(self) -> Any:
        """Of the generator's."""
        return self._both[0].learning_rate
