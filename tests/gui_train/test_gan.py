"""A generator in training: its form, its curves, its pieces to look at and to hear, its result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QPointF, Qt
from PySide6.QtTest import QTest

from fstmuse_core.cli.train import command
from fstmuse_core.runs.events import (
    Cancelled,
    Done,
    Epoch,
    Failed,
    Preparing,
    Progress,
    Sample,
    Started,
    TrainEvent,
    event_line,
    parse_event,
    read_events,
)
from fstmuse_core.runs.metrics import GanMetrics
from fstmuse_core.training.gan.judges import FIGURES
from fstmuse_gui.train.form.choices import bases
from fstmuse_gui.train.form.form import RunRow
from fstmuse_gui.train.form.recipe import default_recipe
from fstmuse_gui.train.results.presenter import PastRun
from fstmuse_gui.train.run.samples import SamplesPanel
from tests.gui_train.conftest import TrainBench
from tests.gui_train.gan_fakes import (
    GENRES,
    NAMES,
    make_gan_done,
    make_gan_epoch,
    make_gan_metrics,
    make_gan_progress,
    make_gan_started,
    make_samples,
)
from tests.gui_train.test_form import choose
from tests.narrowing import current


@pytest.fixture
def gan(bench: TrainBench) -> TrainBench:
    """ToyGan has been chosen for music that is there."""
    bench.survey()
    choose(bench.form.model, "toy-gan")
    return bench


@pytest.fixture
def trained(gan: TrainBench, tmp_path: Path) -> TrainBench:
    """It trains in its third epoch."""
    gan.presenter.train()
    gan.tell(make_gan_started())
    for number in (1, 2):
        gan.tell(make_gan_progress(number), *make_samples(tmp_path, number))
        gan.tell(make_gan_epoch(number))
    gan.tell(make_gan_progress(3))
    return gan


def panel(bench: TrainBench) -> SamplesPanel:
    return bench.view.run_page.gan.samples


# -- the form --------------------------------------------------------------------------


def test_the_form_asks_only_what_a_generator_has(gan: TrainBench) -> None:
    gan.form.recipe.fold_button.setChecked(True)
    controls = gan.form.recipe.controls
    shown = {name for name, control in controls.items() if control.isVisible()}
    assert shown == {"epochs", "batch_size", "learning_rate", "seed", "balance"}
    assert "seen and heard" in controls["epochs"].toolTip()
    assert "the generator" in controls["learning_rate"].accessibleDescription()
    assert gan.form.base.isEnabled()
    choose(gan.form.model, "fst-muse")
    assert controls["dropout"].isVisible()
    assert gan.form.base.isEnabled()


def test_the_reports_generator_has_rates_of_its_own(gan: TrainBench) -> None:
    choose(gan.form.design, "original")
    rate = gan.form.recipe.controls["learning_rate"]
    assert not rate.isEnabled()
    assert "0.00001" in rate.toolTip()
    assert gan.presenter.form.options.recipe == default_recipe("toy-gan", "original")


def test_its_command_is_one_that_the_program_takes(gan: TrainBench) -> None:
    gan.presenter.train()
    words = gan.training.what
    assert isinstance(words, list)
    assert words[:2] == ["--model", "toy-gan"]
    assert not {"--dropout", "--l2", "--augment", "--fine-tune"} & set(words)
    with command.make_context("train", list(words)) as context:
        assert context.params["epochs"] == 13


def test_a_generator_is_offered_to_start_from_if_it_knows_beats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(tmp_path))
    old = tmp_path / "models" / "old-gan" / "model.json"
    old.parent.mkdir(parents=True)
    network = {"network": "fstmuse_core.networks.toy_gan"}
    old.write_text(json.dumps({"title": "Old", "genres": ["Rock"], "architecture": network}))
    assert {base.name for base in bases() if base.model == "toy-gan"} == {"toy-gan"}


def test_its_rate_stays_what_it_is_when_it_starts_from_another() -> None:
    tuned = default_recipe("toy-gan", "ours", fine_tunes=True)
    assert tuned == default_recipe("toy-gan", "ours")


# -- while it trains -------------------------------------------------------------------


def test_its_listeners_are_said_to_be_trained_first(gan: TrainBench) -> None:
    gan.presenter.train()
    gan.tell(Preparing("judge", 40, 400))
    assert "who will judge it" in gan.view.busy_page._title.text()


def test_curves_of_both_networks_and_what_is_measured(trained: TrainBench) -> None:
    page = trained.view.run_page
    assert trained.view.page is page
    assert page.gan.isVisible()
    assert not page.classifier.isVisible()
    curves = page.gan.curves
    assert curves.loss.training.x == curves.loss.validation.x == [1, 2]
    assert "generator" in curves.loss.accessibleDescription()
    assert curves.frechet.validation.y[0] == make_gan_epoch(1).val_loss
    assert curves.consistency.accessibleName() == "Taken for the genre asked for"
    curves.draw_now()
    assert len(curves.rate.live.x) == 3
    assert "3.4 steps a second" in page.where
    assert "about 1 h 10 min left" in page.where


def test_speed_is_said_without_steps_too(trained: TrainBench) -> None:
    trained.tell(make_gan_progress(3, steps_per_second=float("nan")))
    assert "27 crops a second" in trained.view.run_page.where


def test_the_newest_epoch_is_shown_once_it_is_whole(trained: TrainBench, tmp_path: Path) -> None:
    samples = panel(trained)
    assert [card.genre for card in samples.cards] == list(GENRES)
    assert samples.epoch == 2
    first, *others = make_samples(tmp_path, 3)
    trained.tell(first)
    assert samples.epoch == 2
    trained.tell(*others)
    assert samples.epoch == 3
    assert samples.cards[0].sample == first
    shown = [samples.chooser.itemText(row) for row in range(samples.chooser.count())]
    assert shown == ["Epoch 3", "Epoch 2", "Epoch 1, best"]


def test_an_earlier_epoch_stays_until_the_newest_is_wanted(
    trained: TrainBench, tmp_path: Path
) -> None:
    samples = panel(trained)
    choose(samples.chooser, 1)  # type: ignore[arg-type]
    trained.tell(*make_samples(tmp_path, 3))
    assert samples.epoch == 1
    assert samples.cards[2].sample is not None
    assert samples.cards[2].sample.epoch == 1
    choose(samples.chooser, 3)  # type: ignore[arg-type]
    trained.tell(*make_samples(tmp_path, 4))
    assert samples.epoch == 4


def test_a_picture_takes_the_colours_in_force(trained: TrainBench) -> None:
    picture = panel(trained).cards[0].picture
    seen = []
    for name in ("magma", "viridis"):
        panel(trained).set_colour_map(name)
        seen.append(picture.grab().toImage().pixelColor(40, picture.height() - 6))
    assert seen[0] != seen[1]


def test_a_picture_that_is_gone_leaves_nothing_to_play(trained: TrainBench) -> None:
    trained.tell(*(Sample(3, genre, "/gone.png", "/gone.wav") for genre in GENRES))
    assert panel(trained).epoch == 3
    assert not panel(trained).cards[0].play_button.isEnabled()


# -- to be heard -----------------------------------------------------------------------


def test_a_piece_is_played_and_paused(trained: TrainBench, tmp_path: Path) -> None:
    started: list[str] = []
    trained.window._context.sounds.started.connect(started.append)
    card = panel(trained).cards[1]
    assert not trained.players
    card.play_button.click()
    assert trained.player.loaded == str(tmp_path / "epoch-00002-Electronic.wav")
    assert trained.player.duration_s == pytest.approx(10.0, abs=0.01)
    assert trained.player.state == "playing"
    assert card.play_button.accessibleName() == "Pause Electronic"
    assert started == ["Train"]
    trained.player.position_changed.emit(5.0)
    assert card.picture._cursor == pytest.approx(0.5, abs=0.01)
    card.play_button.click()
    assert trained.player.state == "paused"
    assert card.play_button.accessibleName() == "Play Electronic"


def test_another_piece_takes_over(trained: TrainBench, tmp_path: Path) -> None:
    first, second, _ = panel(trained).cards
    first.play_button.click()
    trained.tell(*make_samples(tmp_path, 3))
    assert panel(trained).epoch == 2  # one is being listened to
    second.play_button.click()
    assert panel(trained).epoch == 2
    assert first.play_button.accessibleName() == "Play Classical"
    assert second.play_button.accessibleName() == "Pause Electronic"
    assert first.picture._cursor is None
    second.play_button.click()
    assert panel(trained).epoch == 3


def test_a_click_in_the_picture_plays_from_there(trained: TrainBench) -> None:
    picture = panel(trained).cards[0].picture
    where = QPointF(picture.width() / 4, 20).toPoint()
    QTest.mouseClick(picture, Qt.MouseButton.LeftButton, pos=where)
    assert trained.player.state == "playing"
    assert trained.player.position == pytest.approx(2.5, abs=0.1)


def test_it_is_silent_where_it_is_not_seen(trained: TrainBench) -> None:
    panel(trained).cards[0].play_button.click()
    trained.window._context.sounds.started.emit("Classify")
    assert trained.player.state == "paused"
    panel(trained).cards[0].play_button.click()
    trained.window._tab_widget.setCurrentIndex(0)
    assert trained.player.state == "paused"
    trained.tab.close()
    assert trained.player.is_closed


# -- its end ---------------------------------------------------------------------------


def test_stop_and_resume(trained: TrainBench) -> None:
    trained.view.run_page.stop_button.click()
    assert trained.training.heard == ["stop"]
    trained.tell(make_gan_done(resumable=True))
    trained.view.results_page.resume_button.click()
    assert trained.training.what == ["--resume", "g1"]


def test_cancel_and_failure(trained: TrainBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trained.view, "ask_cancel", lambda: True)
    trained.view.run_page.cancel_button.click()
    trained.tell(Cancelled())
    assert trained.view.page is trained.view.data_page
    trained.presenter.train()
    trained.tell(make_gan_started(), Failed("the disk is full", "g1", True))
    trained.view.trouble_page.retry_button.click()
    assert trained.training.what == ["--resume", "g1"]


def test_the_result_stands_beside_real_music_and_noise(trained: TrainBench) -> None:
    trained.tell(make_gan_done())
    page = trained.view.results_page
    assert current(trained.view.page) is page
    assert "takes 73 for the genre asked for; of real music 74, of noise 33" in page.words
    assert "Fréchet distance to real music is 9.2" in page.words
    rock = page.gan.genres.spoken()[2].replace("\N{NO-BREAK SPACE}", " ")
    assert rock == "Rock, 48 %, real music 50 %"
    assert page.gan.table.cell("frechet", "noise") == "66.40"
    assert page.gan.table.cell("repetition", "noise") == "0.00"
    assert "as near as 0.41" in page.gan.table._below.text()
    page.curves_button.click()
    assert current(trained.view.page) is trained.view.run_page
    assert panel(trained).epoch == 2


def test_what_is_hardly_better_than_noise_is_called_so(trained: TrainBench) -> None:
    trained.tell(make_gan_done())
    assert "Expect the colour of a genre" in trained.view.results_page.words
    metrics = make_gan_metrics()
    figures = {**metrics.figures, "made": {**metrics.figures["made"], "frechet": 60.0}}
    trained.view.results_page.gan.show_metrics(replace(metrics, figures=figures))
    assert "nearer to noise than to music" in trained.view.results_page.words


def test_use_in_generate_asks_for_the_model(trained: TrainBench) -> None:
    wanted: list[str] = []
    trained.window._context.models.generator_wanted.connect(wanted.append)
    trained.tell(make_gan_done())
    assert trained.view.results_page.use_button.text() == " Use in Generate"
    trained.view.results_page.use_button.click()
    assert wanted == ["my-library"]


def test_the_reports_design_ends_without_figures_or_model(gan: TrainBench, tmp_path: Path) -> None:
    choose(gan.form.design, "original")
    gan.presenter.train()
    gan.tell(make_gan_started(design="original"), make_gan_progress(1))
    gan.tell(*make_samples(tmp_path, 1, ("",), frames=1292))
    curves = gan.view.run_page.gan.curves
    assert not curves.frechet.isVisible()
    assert curves.consistency.accessibleName() == "Taken for real by the discriminator"
    assert panel(gan).epoch == 1
    assert panel(gan).cards[0].duration_s == pytest.approx(30.0, abs=0.01)
    gan.tell(make_gan_epoch(1, generator_loss=float("nan")))
    assert curves.loss.accessibleDescription().startswith("discriminator")
    assert "generator" not in curves.loss.accessibleDescription()
    gan.tell(replace(make_gan_done(), bundle="", metrics=GanMetrics(0.2)))
    page = gan.view.results_page
    assert "to compare with" in page.words
    assert not page.gan.table.isVisible()
    assert not page.use_button.isVisible()


def test_an_earlier_training_can_be_looked_at_and_heard(bench: TrainBench, tmp_path: Path) -> None:
    write_story(tmp_path)
    row = RunRow(tmp_path.name, "evening", "Done, 2 of 2 epochs", "done")
    bench.runs.append(PastRun(row, tmp_path, False))
    bench.presenter._past.refresh()
    bench.qtbot.waitUntil(lambda: bench.form.runs.list.count() == 1)
    bench.presenter.show_run(tmp_path.name)
    assert bench.view.page is bench.view.results_page
    bench.view.results_page.curves_button.click()
    QCoreApplication.processEvents()
    assert panel(bench).epoch == 2
    assert bench.view.run_page.gan.curves.frechet.validation.x == [1, 2]


# -- what is read ----------------------------------------------------------------------


def write_story(folder: Path) -> None:
    """A run of two epochs, as ``fstmuse train`` writes it."""
    (folder / "samples").mkdir()
    story: list[TrainEvent] = [make_gan_started(folder)]
    for number in (1, 2):
        story += make_samples(folder / "samples", number)
        more = {"figures": {}, "genre_loss": 0.3}
        story += [replace(make_gan_epoch(number), more=more), make_gan_progress(number)]
    story.append(make_gan_done())
    (folder / "events.jsonl").write_text("".join(map(event_line, story)), "utf-8")


def test_events_are_read_as_they_are_written(tmp_path: Path) -> None:
    write_story(tmp_path)
    story = read_events(tmp_path)
    assert story[0] == make_gan_started(tmp_path)
    assert [type(event) for event in story[1:5]] == [Sample, Sample, Sample, Epoch]
    assert not any(isinstance(event, Progress) for event in story)
    done = story[-1]
    assert isinstance(done, Done)
    assert done.metrics == make_gan_metrics()


def test_what_was_made_after_the_last_checkpoint_is_left_out(tmp_path: Path) -> None:
    write_story(tmp_path)
    with (tmp_path / "events.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(event_line(make_gan_started(tmp_path, resumed=1)))
    story = read_events(tmp_path)
    assert isinstance(story[0], Started)
    assert {event.epoch for event in story[1:] if isinstance(event, Sample | Epoch)} == {1}


@pytest.mark.parametrize("metrics", [None, {}, {"accuracy": 0.2, "figures": 3}])
def test_a_result_that_makes_no_sense_is_no_event(metrics: object) -> None:
    assert parse_event(json.dumps({"event": "done", "name": "x", "metrics": metrics})) is None


def test_the_table_has_every_figure_that_is_measured() -> None:
    from fstmuse_core.bundle.figures import GENERATOR_FIGURES

    # What is not measured of windows is measured of bars and of sound.
    of_windows = [name for name in GENERATOR_FIGURES if name not in ("bars", "sound")]
    assert tuple(of_windows) == FIGURES == NAMES
