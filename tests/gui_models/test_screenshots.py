"""Every state of the Models tab, in light and dark, as pictures to look at.

They go to the folder named by FSTMUSE_SCREENSHOTS, which must lie outside the repository, or
to a temporary one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QSize

from tests.gui_models.conftest import MakeModelsBench, ModelsBench, add_generator, add_model


def _shipped(bench: ModelsBench) -> None:
    pass


def _own(bench: ModelsBench) -> None:
    bench.choose("my-jazz")


def _card(bench: ModelsBench) -> None:
    bar = bench.view.details._area.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)


def _small(bench: ModelsBench) -> None:
    bench.window.resize(QSize(880, 640))


def _editing(bench: ModelsBench) -> None:
    _own(bench)
    bench.presenter.rename()


def _deleted(bench: ModelsBench) -> None:
    _own(bench)
    bench.settle(bench.presenter.delete)


def _importing(bench: ModelsBench) -> None:
    bench.view.sidebar.show_work(
        "somebody-elses-model.fstmuse", "Building the network from its weights"
    )


def _refused(bench: ModelsBench) -> None:
    bench.presenter._on_trouble(
        "vgg.keras: it is a Keras model, and loading such a file can run code that is hidden in "
        "it; import a .fstmuse file that FstMuse has exported, or train a model here"
    )


def _damaged(bench: ModelsBench) -> None:
    bench.choose("broken")


def _hot(bench: ModelsBench) -> None:
    bench.tab.set_drop_highlight(True)


def _generator(bench: ModelsBench) -> None:
    bench.choose("my-band")


STATES: dict[str, Callable[[ModelsBench], None]] = {
    "shipped": _shipped,
    "own": _own,
    "card": _card,
    "small": _small,
    "editing": _editing,
    "deleted": _deleted,
    "importing": _importing,
    "refused": _refused,
    "damaged": _damaged,
    "hot": _hot,
    "generator": _generator,
}


def _save(bench: ModelsBench, pictures: Path, state: str, theme_name: str) -> None:
    QCoreApplication.processEvents()
    assert bench.window.grab().toImage().save(str(pictures / f"models-{state}-{theme_name}.png"))


@pytest.mark.parametrize("theme_name", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_state_can_be_seen(
    state: str, theme_name: str, make_bench: MakeModelsBench, own_models: Path, pictures: Path
) -> None:
    add_model(own_models, "my-jazz", "My jazz and folk")
    add_model(own_models, "from-a-friend", training={"imported": {"file": "f.fstmuse"}})
    add_generator(own_models, "my-band")
    (add_model(own_models, "broken") / "weights.npz").unlink()
    bench = make_bench()
    bench.window.choose_theme(theme_name)
    STATES[state](bench)
    _save(bench, pictures, state, theme_name)


@pytest.mark.parametrize("theme_name", ["light", "dark"])
def test_no_model_at_all_can_be_seen(
    theme_name: str,
    make_bench: MakeModelsBench,
    own_models: Path,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fstmuse_core.bundle.bundle.shipped_models_folder", lambda: own_models)
    bench = make_bench()
    bench.window.choose_theme(theme_name)
    _save(bench, pictures, "none", theme_name)
