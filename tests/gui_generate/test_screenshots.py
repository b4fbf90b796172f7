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
from tests.gui_generate.conftest import (
    GENERATORS,
    GRID_MODEL,
    TOLD_MODEL,
    GenerateBench,
    MakeGenerateBench,
)


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


def _beat(bench: GenerateBench) -> None:
    bench.form.beat.fold_button.setChecked(True)


def _asked(bench: GenerateBench) -> None:
    _beat(bench)
    bench.form.beat.bpm.setValue(124)
    bench.form.beat.bars.setValue(16)
    bench.form.beat.form.setCurrentText("A A B A")
    bench.form.beat.loop.setChecked(True)


def _groove(bench: GenerateBench) -> None:
    _asked(bench)
    bench.form.beat.fold_button.setChecked(False)
    bench.make("Electronic", seed=7)
    bench.presenter.sections.renew("B")
    bench.finish()
    bench.player.seek(12.0)


def _looped(bench: GenerateBench) -> None:
    bench.make("Rock", seed=7)
    bench.page.ruler.loop_requested.emit(bench.page.ruler.sections[1])


def _liked(bench: GenerateBench) -> None:
    bench.presenter.choose_model("told-gan")
    bench.bpm_heard = None
    bench.window.open_paths(["/music/An artist - A song with a name that is rather long.mp3"])
    bench.form.generate_button.click()
    bench.finish()


def _not_told(bench: GenerateBench) -> None:
    bench.window.open_paths(["/music/An artist - A song.mp3"])


_LIKES = {"liked": _liked, "not-told": _not_told, "small-liked": _liked}
_GROOVES = {"beat": _beat, "asked": _asked, "groove": _groove, "looped": _looped}
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
@pytest.mark.parametrize(
    "state", [*_STATES, *_GROOVES, *_LIKES, "no-model", "no-beat", "small", "small-groove"]
)
def test_every_state(
    make_bench: MakeGenerateBench, pictures: Path, state: str, theme_name: str
) -> None:
    has_grid = state in _GROOVES or state == "small-groove"
    models = [] if state == "no-model" else [GRID_MODEL] if has_grid else GENERATORS
    bench = make_bench([GRID_MODEL, TOLD_MODEL] if state in _LIKES else models)
    bench.window.choose_theme(theme_name)
    if state.startswith("small"):
        bench.window.resize(bench.window.minimumSize())
    others = {"small": _several, "small-groove": _groove, "no-beat": _beat}
    {**_STATES, **_GROOVES, **_LIKES, **others}.get(state, _empty)(bench)
    for _ in range(3):
        QCoreApplication.processEvents()
    QApplication.sendPostedEvents()
    picture = bench.window.grab()
    assert picture.size() == bench.window.size()
    assert picture.save(str(pictures / f"generate-{state}-{theme_name}.png"))
