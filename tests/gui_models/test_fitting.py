"""All that can be touched on the Models tab can be reached in a small window."""

from __future__ import annotations

from tests.gui.reach import check_breadth, check_sizes
from tests.gui_models.conftest import ModelsBench


def test_models_in_a_small_window(bench: ModelsBench) -> None:
    for name in bench.names:
        bench.choose(name)
        check_sizes(bench.window)
        check_breadth(bench.window)
    bench.view.sidebar.undo_bar.say("Deleted My songs.")
    check_sizes(bench.window)
