"""A training while it runs, and its result."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QProgressBar

from fstmuse_core.runs.events import Cancelled, Failed, Preparing, Warned
from fstmuse_core.runs.metrics import Metrics
from fstmuse_gui.shared.models import ModelInfo
from fstmuse_gui.theme import current_colours
from fstmuse_gui.train.form.form import RunRow
from fstmuse_gui.train.results.presenter import PastRun
from fstmuse_gui.train.run.thinned import Thinned
from fstmuse_gui.widgets.page_parts import BigNumber
from tests.gui_train.conftest import TrainBench
from tests.gui_train.fakes import make_done, make_epoch, make_progress, make_started
from tests.narrowing import current


def test_one_training_at_a_time(bench: TrainBench) -> None:
    bench.train()
    assert bench.view.form.train_button.text() == " Train next"
    bench.presenter.train()
    assert len(bench.begun) == 1


def test_preparation_is_shown(bench: TrainBench) -> None:
    bench.train(Preparing("features", 3, 10))
    assert bench.view.page is bench.view.busy_page
    assert "3 of 10" in busy_words(bench)


@pytest.mark.parametrize("total", [0, 1])
def test_one_step_is_not_counted(bench: TrainBench, total: int) -> None:
    bench.train(Preparing("reading", 0, total))
    assert "Looking at the songs" in busy_words(bench)
    assert not [words for words in busy_words(bench) if " of " in words]
    (bar,) = bench.view.busy_page.findChildren(QProgressBar)
    assert bar.maximum() == 0, "it moves"


def busy_words(bench: TrainBench) -> list[str]:
    assert bench.view.page is bench.view.busy_page
    return [label.text() for label in bench.view.busy_page.findChildren(QLabel)]


def test_curves_are_the_same_when_the_training_is_shown_again(running: TrainBench) -> None:
    for epoch in (2, 3, 4):
        running.tell(make_progress(epoch, 30), make_progress(epoch, 90), make_epoch(epoch))
    curves = running.view.run_page.classifier.curves
    curves.draw_now()
    live = curves.loss.live
    before = list(live.x), list(live.y)
    assert len(before[0]) == 8

    running.presenter.live.hide()
    running.tell(make_progress(5, 30))
    running.presenter.show_live()
    curves.draw_now()
    assert live.x == [*before[0], 4.3]
    assert live.y[:-1] == before[1]


def test_a_long_series_keeps_its_beginning() -> None:
    points: Thinned[int] = Thinned(100)
    for number in range(100_000):
        points.add(number)
    kept = list(points)
    assert 50 <= len(kept) <= 100
    assert kept[0] == 0
    assert len({b - a for a, b in pairwise(kept)}) == 1
    assert kept[-1] > 98_000


def test_live_curves_of_a_long_training_keep_their_beginning(running: TrainBench) -> None:
    curves = running.view.run_page.classifier.curves
    for step in range(60_000):
        curves.loss.add_live(step / 1000, 1.0)
    curves.draw_now()
    x = curves.loss.live.x
    assert 1000 <= len(x) <= 2000
    assert max(b - a for a, b in pairwise(x[1:])) < 0.1


def test_curves_and_matrix_follow(running: TrainBench) -> None:
    page = running.view.run_page
    assert running.view.page is page
    assert page.where.startswith("Epoch 2 of 30")
    course = page.classifier
    assert course.curves.loss.validation.x == [1]
    course.curves.draw_now()
    assert len(course.curves.loss.live.x) == 2
    assert "training" in course.curves.accuracy.accessibleDescription()
    assert course.confusion.accessibleDescription().endswith("right")


def test_the_plots_follow_the_theme(running: TrainBench) -> None:
    plot = running.view.run_page.classifier.curves.loss.plot
    for theme in ("dark", "light", "dark"):
        running.window.choose_theme(theme)
        QCoreApplication.processEvents()
        corner = plot.grab().toImage().pixelColor(2, plot.height() - 2)
        assert corner == QColor(current_colours().window)


def test_a_loss_that_is_no_number_leaves_the_curves_whole(running: TrainBench) -> None:
    running.tell(make_epoch(2, loss=float("nan"), val_loss=float("inf")), make_epoch(3))
    loss = running.view.run_page.classifier.curves.loss
    assert loss.training.x == [1, 3]
    assert loss.validation.x == [1, 3]


def test_stop_answers_at_once_and_shows_the_result(running: TrainBench) -> None:
    running.view.run_page.stop_button.click()
    assert running.training.heard == ["stop"]
    assert running.view.run_page.where.startswith("Stopping")
    running.tell(make_progress(2, 80))
    assert running.view.run_page.where.startswith("Stopping")
    running.tell(make_done(resumable=True))
    assert running.view.page is running.view.results_page
    assert running.view.results_page.resume_button.isVisible()


def test_stop_from_elsewhere_turns_to_the_training(
    running: TrainBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.view.form.about_button.click()
    running.tab._stop.trigger()
    assert running.training.heard == ["stop"]
    assert running.view.page is running.view.run_page
    assert running.view.run_page.where.startswith("Stopping")
    monkeypatch.setattr(running.view, "ask_cancel", lambda: True)
    running.view.run_page.cancel_button.click()
    assert running.training.heard == ["stop", "cancel"]


def test_stop_promises_no_model_before_one_is_learned(bench: TrainBench) -> None:
    bench.train(Preparing("features", 10, 8000))
    bench.tab._stop.trigger()
    assert bench.training.heard == ["stop"]
    assert "Stopping. Nothing has been learned yet" in busy_words(bench)


def test_stop_of_a_resumed_training_that_prepares_keeps_what_it_came_with(
    running: TrainBench,
) -> None:
    running.tell(Failed("the disk is full", "r1", True))
    running.view.trouble_page.retry_button.click()
    running.tell(Preparing("reading", 0, 1))
    running.tab._stop.trigger()
    assert "Stopping. What it had learned before is kept" in busy_words(running)


def test_what_is_being_discarded_is_not_stopped(
    running: TrainBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.view, "ask_cancel", lambda: True)
    running.view.run_page.cancel_button.click()
    running.tab._stop.trigger()
    assert running.training.heard == ["cancel"]
    assert running.view.run_page.where.startswith("Discarding")


def test_cancel_asks_and_discards(running: TrainBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running.view, "ask_cancel", lambda: False)
    running.view.run_page.cancel_button.click()
    assert running.training.heard == []
    monkeypatch.setattr(running.view, "ask_cancel", lambda: True)
    running.view.run_page.cancel_button.click()
    assert running.training.heard == ["cancel"]
    running.tell(Cancelled())
    assert running.view.page is running.view.data_page
    assert "discarded" in running.view.notice.text
    assert running.presenter.can_train


def test_nothing_learned_is_nothing_to_ask_about(bench: TrainBench) -> None:
    bench.train(Preparing("reading", 0, 1))
    bench.view.busy_page.cancel_button.click()
    assert bench.training.heard == ["cancel"]


def test_a_failure_says_why_and_resumes(running: TrainBench) -> None:
    running.tell(Failed("learning rate: 10 is too much; try 0.001", "r1", True))
    page = running.view.trouble_page
    assert running.view.page is page
    assert page.sentence == "Learning rate: 10 is too much; try 0.001."
    page.retry_button.click()
    assert running.training.what == ["--resume", "r1"]


def test_a_failure_with_nothing_to_resume_leads_back(running: TrainBench) -> None:
    running.tell(Failed("the disk is full"))
    assert not running.view.trouble_page.retry_button.isVisible()
    running.view.trouble_page.remove_button.click()
    assert running.view.page is running.view.data_page


def test_warnings_are_sentences(running: TrainBench) -> None:
    running.tell(Warned("Folk has 2 artists"))
    assert running.view.notice.text == "Folk has 2 artists."
    running.presenter.live.hide()
    running.tell(Warned("Rock has 2 artists"))
    assert running.view.notice.text == f"{running.presenter.live.title}: Rock has 2 artists."


def test_the_data_set_can_be_looked_at_meanwhile(running: TrainBench) -> None:
    running.view.form.about_button.click()
    assert current(running.view.page) is running.view.data_page
    running.tell(make_epoch(2))
    assert current(running.view.page) is running.view.data_page
    running.presenter.show_run(make_started().run)
    assert current(running.view.page) is running.view.run_page
    assert running.view.run_page.classifier.curves.loss.validation.x == [1, 2]


def test_who_looks_elsewhere_while_it_prepares_finds_back(bench: TrainBench) -> None:
    bench.train()
    row = RunRow("my-library-1", "my-library", "Training now", "running")
    bench.runs.append(PastRun(row, Path("/runs/my-library-1"), False))
    with bench.qtbot.waitSignal(bench.tab.past.listed):
        bench.tell(Preparing("features", 10, 8000))
    bench.view.form.about_button.click()
    assert current(bench.view.page) is bench.view.data_page
    bench.view.form.runs.list.setCurrentRow(0)
    assert current(bench.view.page) is bench.view.busy_page
    bench.view.busy_page.cancel_button.click()
    assert bench.training.heard == ["cancel"]


# -- the result ------------------------------------------------------------------------


def test_the_result_is_said_in_words(running: TrainBench) -> None:
    running.tell(make_done())
    page = running.view.results_page
    assert "The genre it finds likeliest is right for 62\u00a0% of these" in page.words
    assert "Folk and Punk rest on fewer than 5 artists" in page.words
    assert "Jazz, 11 of 18, 18 songs, 7 artists" in page.classifier.recall.spoken()
    assert not page.resume_button.isVisible()
    page.curves_button.click()
    assert current(running.view.page) is running.view.run_page
    running.view.run_page.result_button.click()
    assert current(running.view.page) is page


def test_a_new_model_can_be_used_at_once(running: TrainBench) -> None:
    chooser = running.classify.view.sidebar.model_chooser
    before = chooser.currentData()
    running.models.append(ModelInfo("my-library", "My library", ("Rock", "Folk")))
    running.tell(make_done())
    assert chooser.findData("my-library") >= 0
    assert chooser.currentData() == before
    running.view.results_page.use_button.click()
    assert running.window.tab is running.classify
    assert chooser.currentData() == "my-library"
    running.classify.presenter.open_paths(["/m/a.mp3"])
    assert running.classify.presenter._models.model is not None
    assert running.classify.presenter._models.model.title == "My library"


def test_a_stopped_training_resumes_from_its_result(running: TrainBench) -> None:
    running.tell(make_done(resumable=True))
    running.view.results_page.resume_button.click()
    assert running.training.what == ["--resume", "r1"]


def test_the_card_is_opened(running: TrainBench, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(running.view, "open_file", opened.append)
    running.tell(make_done())
    running.view.results_page.card_button.click()
    assert opened == ["/models/CARD.md"]


def test_the_next_name_is_another(running: TrainBench, monkeypatch: pytest.MonkeyPatch) -> None:
    running.presenter.form.taken_names = lambda: {"my-library"}
    running.tell(make_done())
    assert running.view.form.name.text() == "my-library-2"


def test_a_name_for_the_next_model_that_was_entered_meanwhile_stays(running: TrainBench) -> None:
    running.form.name.setText("evening-rock")
    running.presenter.form.taken_names = lambda: {"my-library"}
    running.tell(make_done())
    assert running.form.name.text() == "evening-rock"
    running.learn_from("/music/other")
    assert running.form.name.text() == "evening-rock"
    assert running.presenter.can_train


def test_few_test_songs_are_counted_without_a_curve(running: TrainBench) -> None:
    done = make_done()
    assert isinstance(done.metrics, Metrics)
    few = replace(
        done.metrics,
        accuracy=4 / 6,
        recall={"Rock": 1.0, "Folk": 1 / 3},
        songs={"Rock": 3, "Folk": 3},
        artists={"Rock": 2, "Folk": 3},
        confusion=((3, 0), (2, 1)),
        reliability=((0.5, 0.67, 6),),
    )
    running.tell(replace(done, metrics=few))
    result = running.view.results_page.classifier
    figures = [figure for figure in result.findChildren(BigNumber) if not figure.isHidden()]
    assert [figure.number for figure in figures] == ["4 of 6"]
    assert figures[0].name.replace("\u00a0", " ") == "Right in the test, 95 %: 30 to 90 %"
    assert result.reliability.isHidden()

    running.view.results_page.show_result(done, "about")
    assert not result.reliability.isHidden()
    assert [figure.number for figure in figures] == ["62\u00a0%"]
