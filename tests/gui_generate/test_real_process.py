"""The Generate tab with the process that it has in earnest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from fstmuse_core.generate.generator import ClipGenerator, read_recipe
from fstmuse_gui.generate.presenter import GENERATOR
from fstmuse_gui.generate.tab import GenerateFactories, GenerateTab
from fstmuse_gui.main_window import MainWindow
from fstmuse_gui.settings import Settings
from fstmuse_gui.shared.models import ModelInfo
from fstmuse_gui.shared.tabs import TabContext
from fstmuse_gui.theme import ThemeController
from fstmuse_gui.widgets.file_list import RowState
from fstmuse_gui.workers.bridge import WorkerBridge
from tests.generate.conftest import GENRES, generator, no_models_of_the_user, tiny, tiny_grid
from tests.generate.grid import GENRES as GRID_GENRES
from tests.generate.grid import GRID
from tests.gui.fakes import FakePlayer, FakeWorker

__all__ = ["generator", "no_models_of_the_user", "tiny", "tiny_grid"]
_PATIENCE_MS = 240_000


@pytest.fixture
def tab(
    qtbot: QtBot,
    settings: Settings,
    theme: ThemeController,
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[GenerateTab]:
    settings.set(GENERATOR, str(tiny))
    context = TabContext(settings, WorkerBridge(FakeWorker))

    def factory(context: TabContext) -> GenerateTab:
        found = [ModelInfo(str(tiny), "TinyGan", GENRES)]
        return GenerateTab(context, GenerateFactories(player=FakePlayer, generators=lambda: found))

    window = MainWindow(context, theme, [factory])
    made = window.tabs[0]
    assert isinstance(made, GenerateTab)
    with qtbot.waitExposed(window):
        window.show()
    yield made
    monkeypatch.setattr(made.view, "ask_unsaved", lambda _names: "discard")
    window.close()
    made.deleteLater()
    context.bridge.deleteLater()
    window.deleteLater()


def states(tab: GenerateTab) -> list[RowState]:
    return [row.state for row in tab.view.form.takes.rows]


def test_a_click_makes_music(tab: GenerateTab, qtbot: QtBot, generator: ClipGenerator) -> None:
    tab.view.form.genre.setCurrentText("Jazz")
    tab.view.form.seconds.setValue(4)
    tab.view.form.generate_button.click()
    qtbot.waitUntil(lambda: states(tab) == [RowState.DONE], timeout=_PATIENCE_MS)

    take = tab.presenter.shown
    assert take is not None
    assert take.clip is not None
    opinions = [opinion.model for opinion in take.opinions or ()]
    assert opinions == ["fst-muse", "fst-muse-wide", "toy-model"]
    same = generator.generate("Jazz", 4.0, take.request.seed)
    assert take.clip.samples.tobytes() == same.samples.tobytes()
    qtbot.waitUntil(lambda: take.file is not None, timeout=_PATIENCE_MS)
    assert read_recipe(str(take.file)) == same.recipe


def test_a_loop_and_another_section_of_it(
    tab: GenerateTab, qtbot: QtBot, tiny_grid: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ModelInfo(str(tiny_grid), "TinyGrid", GRID_GENRES, GRID)
    tab.presenter.offer_models([found], [])
    tab.presenter.choose_model(str(tiny_grid))
    form = tab.view.form
    form.genre.setCurrentText("Electronic")
    form.beat.bpm.setValue(160)
    form.beat.bars.setValue(8)
    form.beat.form.setCurrentText("A B A B")
    form.beat.loop.setChecked(True)
    form.generate_button.click()
    qtbot.waitUntil(lambda: states(tab) == [RowState.DONE], timeout=_PATIENCE_MS)
    tab.presenter.sections.renew("B")
    qtbot.waitUntil(lambda: states(tab) == 2 * [RowState.DONE], timeout=_PATIENCE_MS)
    first, second = (take.clip for take in tab.presenter.takes)
    assert first is not None
    assert second is not None
    assert first.samples.size == second.samples.size == round(32 * 60 / 160 * 22_050)
    # In the middle of A, and in the middle of B.
    for frame, is_same in ((130, True), (390, False)):
        part = slice(frame - 20, frame + 20)
        assert np.allclose(first.log_mel[part], second.log_mel[part], atol=1e-3) == is_same


def test_a_long_clip_is_given_up(tab: GenerateTab, qtbot: QtBot) -> None:
    tab.view.form.seconds.setValue(120)
    tab.view.form.generate_button.click()
    qtbot.waitUntil(lambda: tab.view.page is tab.view.take_page, timeout=_PATIENCE_MS)
    tab.view.form.cancel_button.click()
    qtbot.waitUntil(lambda: states(tab) == [RowState.CANCELLED], timeout=_PATIENCE_MS)
