"""Nothing of the Generate tab moves under the pointer while a take is made."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize

from tests.gui.stillness import settle, still
from tests.gui_generate.conftest import (
    GENERATORS,
    GRID_MODEL,
    TOLD_MODEL,
    GenerateBench,
    MakeGenerateBench,
)

SIZES = [QSize(1024, 640), QSize(1280, 800)]


def walk(bench: GenerateBench) -> None:
    """Let a take be made to its end, each step without a move."""
    for step in (bench.begin, bench.draw, bench.sound, bench.finish):
        with still(bench.window):
            step()


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("models", [GENERATORS, [GRID_MODEL, TOLD_MODEL]], ids=["plain", "beat"])
def test_takes(make_bench: MakeGenerateBench, models: list, size: QSize) -> None:  # type: ignore[type-arg]
    bench = make_bench(models)
    bench.window.resize(size)
    for text in ("A short notice.", "A notice that takes more than a line. " * 8, ""):
        with still(bench.window):
            bench.view.notice.say(text)
    bench.form.generate_button.click()
    walk(bench)
    with still(bench.window):
        bench.player.failed.emit("No output was found; plug in headphones, then press Play again.")
    bench.form.generate_button.click()
    settle()
    with still(bench.window):
        bench.fail("toy-gan: what it made is silence; try another seed or genre")
