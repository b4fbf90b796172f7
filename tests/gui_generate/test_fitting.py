"""All that can be touched on the Generate tab can be reached in a small window."""

from __future__ import annotations

from tests.gui.reach import check_sizes
from tests.gui_generate.conftest import GenerateBench


def test_takes_in_a_small_window(bench: GenerateBench) -> None:
    check_sizes(bench.window)
    bench.make(seed=1)
    bench.form.blend.setCurrentIndex(1)
    bench.make(seed=2)
    check_sizes(bench.window)
    bench.form.generate_button.click()
    check_sizes(bench.window)
    bench.draw()
    check_sizes(bench.window)
    bench.fail("toy-gan: what it made is silence; try another seed or genre")
    check_sizes(bench.window)
