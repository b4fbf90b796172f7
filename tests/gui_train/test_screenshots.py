"""Every state of the Train tab, in light and dark, as pictures to look at.

They go to the folder named by FSTMUSE_SCREENSHOTS, which must lie outside the repository, or
to a temporary one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication

from fstmuse_core.datasets.survey import SetCount
from fstmuse_core.runs.events import Failed, Preparing, Warned
from fstmuse_gui.train.form.form import RunRow
from fstmuse_gui.train.results.presenter import PastRun
from fstmuse_gui.train.run.curves import OtherRun
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.gui_train.fakes import (
    make_done,
    make_epoch,
    make_progress,
    make_report,
    make_started,
    make_survey,
)
from tests.gui_train.gan_fakes import (
    make_gan_done,
    make_gan_epoch,
    make_gan_progress,
    make_gan_started,
    make_samples,
)

_RUNS = [
    PastRun(RunRow("r1", "my-library", "Training now", "running"), Path("/runs/r1"), False),
    PastRun(RunRow("r2", "my-demo-tapes", "Done, 30 of 30 epochs", "done"), Path("/r2"), False),
    PastRun(RunRow("r3", "jazz-or-folk", "Unfinished, 4 of 20 epochs", "unfinished"), Path(), True),
    PastRun(RunRow("r4", "first-try", "Stopped, 7 of 30 epochs", "stopped"), Path(), True),
]


def _empty(bench: TrainBench) -> None:
    pass


def _hot(bench: TrainBench) -> None:
    bench.tab.set_drop_highlight(True)


def _reading(bench: TrainBench) -> None:
    bench.music.add("/music/my library")
    bench.music._work.cancel()
    bench.view.show_busy("Looking at the songs", "1,204 of 3,310 files", 0.36)


def _no_data(bench: TrainBench) -> None:
    bench.music.add("/music/my library", "/music/nothing")
    bench.music._work.cancel()
    bad = SetCount("/music/nothing", trouble="there is no such folder; check the name")
    survey = make_survey()
    bench.music._on_surveyed(replace(survey, sets=(*survey.sets, bad)))


def _data(bench: TrainBench) -> None:
    bench.runs[:] = _RUNS[1:]
    bench.survey()
    bench.presenter._on_listed(bench.runs)


def _getting(bench: TrainBench) -> None:
    _data(bench)
    bench.form.fma.show_work("fma_small.zip: 3.42 of 7.18 GiB", can_cancel=True)


def _got(bench: TrainBench) -> None:
    _data(bench)
    bench.form.fma.show_offer("/music/FMA")


def _checking(bench: TrainBench) -> None:
    _data(bench)
    bench.view.data_page.show_checking(412, 1104)


def _checked(bench: TrainBench) -> None:
    _data(bench)
    bench.music._on_checked(make_report())


def _wrong(bench: TrainBench) -> None:
    _data(bench)
    for chip in list(bench.view.form.chips.chips.values())[1:]:
        chip.setChecked(False)
    bench.view.form.name.setText("my model!")
    bench.presenter.form.check()


def _more(bench: TrainBench) -> None:
    _data(bench)
    bench.view.form.recipe.fold_button.setChecked(True)


def _several(bench: TrainBench) -> None:
    bench.runs[:] = _RUNS[1:]
    bench.learn_from("/music/my library", "/music/band recordings 2019 to 2024", "corrections")
    bench.presenter._on_listed(bench.runs)


def _fine_tune(bench: TrainBench) -> None:
    _data(bench)
    bench.qtbot.waitUntil(lambda: bench.form.base.count() == 4)
    bench.form.base.choose("fst-muse")
    bench.form.logs.show_logs(True, "/home/me/.local/share/fstmuse/tensorboard")
    bench.form.recipe.fold_button.setChecked(True)
    QCoreApplication.processEvents()


def _command(bench: TrainBench) -> None:
    _data(bench)
    bench.form.command.fold_button.setChecked(True)
    bench.qtbot.wait(50)


def _behind(bench: TrainBench) -> None:
    _running(bench)
    bench.window._tab_widget.setCurrentIndex(0)


def _behind_done(bench: TrainBench) -> None:
    _behind(bench)
    bench.tell(make_done())


def _loading(bench: TrainBench) -> None:
    bench.train()


def _preparing(bench: TrainBench) -> None:
    bench.train(Preparing("features", 312, 1104))


def _running(bench: TrainBench) -> None:
    bench.train(make_started())
    for number in range(1, 18):
        bench.tell(make_epoch(number))
    bench.tell(make_progress(18))
    bench.view.run_page.classifier.curves.draw_now()
    bench.presenter._on_listed(_RUNS)


def _first(bench: TrainBench) -> None:
    bench.train(make_started(), make_progress(1))


def _warned(bench: TrainBench) -> None:
    _running(bench)
    bench.tell(Warned("Punk has 2 artists: none is left to test it."))


def _stopping(bench: TrainBench) -> None:
    _running(bench)
    bench.presenter.live.stop()


def _done(bench: TrainBench) -> None:
    _running(bench)
    bench.tell(make_done())


def _curves(bench: TrainBench) -> None:
    _done(bench)
    bench.view.results_page.curves_button.click()


def _failed(bench: TrainBench) -> None:
    _running(bench)
    sentence = (
        "learning rate: the loss stopped being a number in epoch 3; the last good model is "
        "kept, try a learning rate of 0.001 or less"
    )
    bench.tell(Failed(sentence, "r1", True))


def _unfinished(bench: TrainBench) -> None:
    bench.runs[:] = _RUNS[1:]
    bench.tab.past._on_listed(bench.tab.past._asked, bench.runs)
    bench.presenter.show_run("r3")
    bench.view.form.runs.select("r3")


def _gan(bench: TrainBench) -> None:
    _data(bench)
    bench.form.model.setCurrentIndex(bench.form.model.findData("toy-gan"))
    bench.form.model.activated.emit(bench.form.model.currentIndex())


def _gan_form(bench: TrainBench) -> None:
    _gan(bench)
    bench.form.recipe.fold_button.setChecked(True)
    QCoreApplication.processEvents()


def _gan_first(bench: TrainBench) -> None:
    _gan(bench)
    bench.presenter.train()
    bench.tell(make_gan_started(), make_gan_progress(1))


def _gan_running(bench: TrainBench) -> None:
    _gan_first(bench)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, 12):
            bench.tell(*make_samples(Path(folder), number), make_gan_epoch(number))
        bench.tell(make_gan_progress(12))
        course = bench.view.run_page.gan
        course.curves.draw_now()
        course.samples.cards[1].play_button.click()
    bench.player.position_changed.emit(4.0)


def _gan_done(bench: TrainBench) -> None:
    _gan_running(bench)
    bench.tell(make_gan_done())


def _compared(bench: TrainBench) -> None:
    """Beside the curves those of two other trainings, all of them smooth."""
    _running(bench)
    page = bench.view.run_page
    page.offer_others({"r2": "my-demo-tapes", "r4": "a first try with everything"})
    others = [
        OtherRun(title, tuple(replace(make_epoch(n + shift), epoch=n) for n in range(1, n_epochs)))
        for title, shift, n_epochs in (
            ("my-demo-tapes", 3, 14),
            ("a first try with everything", 0, 25),
        )
    ]
    page.show_others(others)
    page.smoothing.setValue(60)


def _waiting(bench: TrainBench) -> None:
    """Two wait for the one that runs; the first of them is shown."""
    _running(bench)
    for _ in range(2):
        bench.presenter.train()
    bench.presenter._on_listed(_RUNS)
    runs = bench.view.form.runs
    runs.list.setCurrentRow(1)


STATES: dict[str, Callable[[TrainBench], None]] = {
    "empty": _empty,
    "hot": _hot,
    "reading": _reading,
    "no-data": _no_data,
    "data": _data,
    "getting": _getting,
    "got": _got,
    "checking": _checking,
    "checked": _checked,
    "wrong": _wrong,
    "more": _more,
    "several": _several,
    "fine-tune": _fine_tune,
    "command": _command,
    "behind": _behind,
    "behind-done": _behind_done,
    "loading": _loading,
    "preparing": _preparing,
    "first": _first,
    "running": _running,
    "compared": _compared,
    "warned": _warned,
    "stopping": _stopping,
    "done": _done,
    "curves": _curves,
    "failed": _failed,
    "unfinished": _unfinished,
    "waiting": _waiting,
    "gan-form": _gan_form,
    "gan-first": _gan_first,
    "gan-running": _gan_running,
    "gan-done": _gan_done,
}


@pytest.mark.parametrize("theme_name", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_state_can_be_seen(
    state: str, theme_name: str, make_bench: MakeTrainBench, pictures: Path
) -> None:
    bench = make_bench()
    bench.window.choose_theme(theme_name)
    STATES[state](bench)
    QCoreApplication.processEvents()
    assert bench.window.grab().toImage().save(str(pictures / f"{state}-{theme_name}.png"))
