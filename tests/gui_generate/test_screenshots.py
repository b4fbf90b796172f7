"""Every state of the Generate tab, in light and dark, as pictures to look at.

They go to the folder named by FSTMUSE_SCREENSHOTS, which must lie outside the repository, or
to a temporary one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from fstmuse_core.workers.protocol import Cancelled
from tests.gui_generate.conftest import GENERATORS, GenerateBench, MakeGenerateBench


def _empty(bench: GenerateBench) -> None:
    pass


def _blend(bench: GenerateBench) -> None:
    bench.form.genre.setCurrentText("Rock")
    bench.form.blend.setCurrentText("Electronic")


def _waiting(bench: GenerateBench) -> None:
    bench.form.generate_button.click()
    bench.begin()


def _drawn(bench: GenerateBench) -> None:
    bench.form.generate_button.click()
    bench.draw()


def _judging(bench: GenerateBench) -> None:
    bench.form.generate_button.click()
    bench.sound()


def _done(bench: GenerateBench) -> None:
    _blend(bench)
    bench.make("Rock", seed=7)
    bench.player.seek(12.0)


def _several(bench: GenerateBench) -> None:
    _done(bench)
    bench.form.blend.setCurrentIndex(0)
    bench.make("Classical", seed=2_147_483_647)
    bench.form.generate_button.click()
    bench.fail("toy-gan: what it made is silence; try another seed or genre")
    bench.form.generate_button.click()
    bench.tell(Cancelled(bench.begin()))
    bench.make("Electronic", seed=19)


def _failed(bench: GenerateBench) -> None:
    bench.form.generate_button.click()
    bench.fail("toy-gan: what it made is silence; try another seed or genre")


def _notice(bench: GenerateBench) -> None:
    _done(bench)
    bench.player.failed.emit("No output was found; plug in headphones, then press Play again.")


_STATES: dict[str, Callable[[GenerateBench], None]] = {
    "empty": _empty,
    "blend": _blend,
    "waiting": _waiting,
    "drawn": _drawn,
    "judging": _judging,
    "done": _done,
    "several": _several,
    "failed": _failed,
    "notice": _notice,
}


@pytest.mark.parametrize("theme_name", ["light", "dark"])
@pytest.mark.parametrize("state", [*_STATES, "no-model", "small"])
def test_every_state(
    make_bench: MakeGenerateBench, pictures: Path, state: str, theme_name: str
) -> None:
    bench = make_bench([] if state == "no-model" else GENERATORS)
    bench.window.choose_theme(theme_name)
    if state == "small":
        bench.window.resize(bench.window.minimumSize())
    _STATES.get("several" if state == "small" else state, _empty)(bench)
    for _ in range(3):
        QCoreApplication.processEvents()
    QApplication.sendPostedEvents()
    picture = bench.window.grab()
    assert picture.size() == bench.window.size()
    assert picture.save(str(pictures / f"generate-{state}-{theme_name}.png"))
