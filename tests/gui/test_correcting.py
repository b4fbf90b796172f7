"""The user's word on a verdict: said, kept, seen again, taken back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from PySide6.QtCore import QCoreApplication, Qt
from pytestqt.qtbot import QtBot

from fstmuse_core.audio.spectrogram import FloatArray
from fstmuse_core.classify.result import Classification, Doubt
from fstmuse_core.datasets.corrections.store import Change, CorrectionStore
from fstmuse_core.system.errors import FstMuseError
from fstmuse_gui.sound.buffers import Take
from fstmuse_gui.widgets.verdict import CorrectionBar
from tests.conftest import make_music
from tests.gui.conftest import Bench, MakeBench
from tests.gui.fakes import make_classification, make_result

UNSURE = {"Pop": 0.3, "Jazz": 0.2, "Rock": 0.3, "Folk": 0.1, "Hip-Hop": 0.05} | {
    "Electronic": 0.03,
    "Punk": 0.02,
}


@pytest.fixture
def store(tmp_path: Path) -> CorrectionStore:
    """Corrections of the window, as another program reads them."""
    return CorrectionStore(tmp_path / "corrections")


@pytest.fixture
def song(tmp_path: Path, music: FloatArray) -> Path:
    path = tmp_path / "song.flac"
    soundfile.write(path, music, 22_050)
    return path


@pytest.fixture
def rock(bench: Bench, song: Path, music: FloatArray, qtbot: QtBot) -> Bench:
    """Window with a song that was classified as Rock."""
    bench.presenter.open_paths([str(song)])
    bench.answer(make_result(music))
    settle(bench, qtbot)
    return bench


def settle(bench: Bench, qtbot: QtBot) -> None:
    """Wait until nothing is looked up or written any more."""
    correcting = bench.presenter.correcting
    qtbot.waitUntil(lambda: not (correcting._is_looking_up or correcting._at_work))


def bar(bench: Bench) -> CorrectionBar:
    return bench.view.clip_page.correction


def said(bench: Bench) -> str:
    return bar(bench).chip.text() if bar(bench).is_corrected else ""


# -- bad input ---------------------------------------------------------------------------


def test_nothing_can_be_said_of_silence(bench: Bench, song: Path, music: FloatArray) -> None:
    bench.presenter.open_paths([str(song)])
    silence = make_classification(doubt=Doubt.SILENCE, sentence="Not sure: it is silent.")
    silence.probabilities[:] = 0.0
    bench.answer(make_result(music, silence))
    assert not bar(bench).isVisible()
    assert not bench.tab._correct.isEnabled()


def test_a_file_that_is_gone_is_said_in_a_line(
    rock: Bench, song: Path, store: CorrectionStore, qtbot: QtBot
) -> None:
    song.unlink()
    rock.presenter.correcting.correct("Jazz")
    settle(rock, qtbot)
    assert rock.view.notice.text == "song.flac: the file is missing"
    assert said(rock) == ""
    assert bar(rock).correct_button.isEnabled()
    assert store.count() == 0


def test_a_full_disk_is_said_in_a_line(
    rock: Bench, store: CorrectionStore, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def full(*_args: object) -> None:
        raise FstMuseError("Your corrections", "they cannot be written (the disk is full)", "do")

    monkeypatch.setattr(rock.presenter.correcting._store, "correct_file", full)
    rock.presenter.correcting.confirm()
    settle(rock, qtbot)
    assert rock.view.notice.isVisible()
    assert (
        rock.view.notice.text == "Your corrections: they cannot be written (the disk is full); do"
    )
    assert bar(rock).confirm_button.isVisible()
    assert store.count() == 0


def test_damage_is_said_once(
    bench: Bench, song: Path, music: FloatArray, store: CorrectionStore, qtbot: QtBot
) -> None:
    store.folder.mkdir()
    (store.folder / "corrections.jsonl").write_bytes(b'{"fstmuse_corrections": 1}\ndamage\n')
    told: list[str] = []
    bench.presenter.correcting.trouble.connect(told.append)
    bench.presenter.open_paths([str(song)])
    bench.answer(make_result(music))
    settle(bench, qtbot)
    bench.presenter.retry(bench.presenter.shown.key if bench.presenter.shown else None)
    bench.answer(make_result(music))
    settle(bench, qtbot)
    assert told == ["Your corrections: 1 damaged line in corrections.jsonl could not be read"]


# -- saying it ---------------------------------------------------------------------------


def test_a_wrong_verdict_is_corrected_by_keyboard(
    rock: Bench, song: Path, store: CorrectionStore, qtbot: QtBot
) -> None:
    qtbot.keyClick(rock.window, Qt.Key.Key_C)
    picker = bar(rock).picker
    assert picker.isVisible()
    qtbot.keyClicks(picker.field, "rap")
    with qtbot.waitSignal(rock.presenter.message) as message:
        qtbot.keyClick(picker.field, Qt.Key.Key_Return)
    assert message.args == ["song.flac: Kept as Hip-Hop."]
    assert not picker.isVisible()
    assert said(rock) == "You said: Hip-Hop"
    assert bar(rock).accessibleDescription() == "You said: Hip-Hop"
    (record,) = store.records()
    assert (record.path, record.genre, record.heard) == (song, "Hip-Hop", "Rock")
    assert record.probability == pytest.approx(0.84)


def test_a_right_verdict_is_confirmed(rock: Bench, store: CorrectionStore, qtbot: QtBot) -> None:
    with qtbot.waitSignal(rock.presenter.message):
        qtbot.keyClick(rock.window, Qt.Key.Key_Y)
    assert said(rock) == "You said: Rock"
    assert store.records()[0].is_confirmation


def test_what_a_doubtful_verdict_leans_to_can_be_confirmed(
    bench: Bench, song: Path, music: FloatArray, store: CorrectionStore, qtbot: QtBot
) -> None:
    bench.presenter.open_paths([str(song)])
    unsure = make_classification(UNSURE, doubt=Doubt.UNDECIDED, sentence="Not sure: who knows.")
    bench.answer(make_result(music, unsure))
    settle(bench, qtbot)
    likeliest = unsure.ranked()[0][0]
    assert bar(bench).confirm_button.text() == f" It is {likeliest}"
    assert bench.tab._confirm.isEnabled()
    with qtbot.waitSignal(bench.presenter.message):
        qtbot.keyClick(bench.window, Qt.Key.Key_Y)
    (record,) = store.records()
    assert (record.genre, record.was_sure) == (likeliest, False)
    bench.presenter.correcting.undo()
    settle(bench, qtbot)
    assert store.count() == 0


def test_a_doubtful_verdict_can_be_corrected(
    bench: Bench, song: Path, music: FloatArray, store: CorrectionStore, qtbot: QtBot
) -> None:
    bench.presenter.open_paths([str(song)])
    unsure = make_classification(UNSURE, doubt=Doubt.UNDECIDED, sentence="Not sure: who knows.")
    bench.answer(make_result(music, unsure))
    settle(bench, qtbot)
    assert bar(bench).correct_button.isVisible()
    bench.presenter.correcting.correct("Jazz")
    settle(bench, qtbot)
    assert said(bench) == "You said: Jazz"
    assert not store.records()[0].was_sure


def test_what_was_said_can_be_changed_and_undone(
    rock: Bench, store: CorrectionStore, qtbot: QtBot
) -> None:
    for genre in ("Jazz", "Blues"):
        rock.presenter.correcting.correct(genre)
        settle(rock, qtbot)
    assert said(rock) == "You said: Blues"
    bar(rock).undo_button.click()
    settle(rock, qtbot)
    assert said(rock) == "You said: Jazz"
    qtbot.keyClick(rock.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(rock, qtbot)
    assert said(rock) == ""
    assert bar(rock).correct_button.isVisible()
    assert not rock.tab._undo.isEnabled()
    assert store.count() == 0


def test_the_chip_asks_again(rock: Bench, qtbot: QtBot) -> None:
    rock.presenter.correcting.correct("Blues")
    settle(rock, qtbot)
    bar(rock).chip.click()
    assert bar(rock).picker.isVisible()
    assert bar(rock).picker.list.currentItem().text() == "Blues"
    assert bar(rock).chip.isChecked()
    bar(rock).picker.hide()


def test_the_window_goes_on_while_it_is_written(
    rock: Bench, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    go_on = threading.Event()
    store = rock.presenter.correcting._store
    keep = store.correct_file

    def slow(path: Path, genre: str, result: Classification) -> Change:
        go_on.wait(120)
        return keep(path, genre, result)

    monkeypatch.setattr(store, "correct_file", slow)
    rock.presenter.correcting.correct("Jazz")
    assert not bar(rock).correct_button.isEnabled()
    rock.presenter.correcting.correct("Blues")
    rock.presenter.correcting.ask()
    assert not bar(rock).picker.isVisible(), "one thing at a time"
    go_on.set()
    settle(rock, qtbot)
    assert said(rock) == "You said: Jazz"


def test_closing_waits_until_it_is_written(
    rock: Bench, store: CorrectionStore, qtbot: QtBot
) -> None:
    rock.presenter.correcting.correct("Jazz")
    rock.window.close()
    assert [record.genre for record in store.records()] == ["Jazz"]


# -- seen again --------------------------------------------------------------------------


def test_a_corrected_clip_is_known_in_another_window(
    rock: Bench, make_bench: MakeBench, song: Path, music: FloatArray, qtbot: QtBot
) -> None:
    rock.presenter.correcting.correct("Jazz")
    settle(rock, qtbot)
    other = make_bench()
    other.presenter.open_paths([str(song)])
    other.answer(make_result(music))
    settle(other, qtbot)
    assert said(other) == "You said: Jazz"
    assert bar(other).sum == "1 correction so far."


def test_each_clip_of_a_list_has_its_own(
    bench: Bench, tmp_path: Path, store: CorrectionStore, qtbot: QtBot
) -> None:
    paths = []
    for seed in range(3):
        paths.append(tmp_path / f"{seed}.wav")
        soundfile.write(paths[-1], make_music(4.0, seed=seed), 22_050)
    bench.presenter.open_paths([str(path) for path in paths])
    for seed in range(3):
        bench.answer(make_result(make_music(4.0, seed=seed)))
    rows = bench.view.sidebar.list.rows
    for place, genre in enumerate(("Jazz", "Blues", "Jazz")):
        bench.view.sidebar.list.select(rows[place].key)
        bench.presenter.correcting.correct(genre)  # not waiting for the one before
    settle(bench, qtbot)
    assert [record.genre for record in store.records()].count("Jazz") == 2
    assert bar(bench).sum == "3 corrections so far."
    bench.view.sidebar.list.select(rows[1].key)
    settle(bench, qtbot)
    assert said(bench) == "You said: Blues"
    spoken = [row.spoken() for row in bench.view.sidebar.list.rows]
    assert spoken == ["0.wav, You said Jazz", "1.wav, You said Blues", "2.wav, You said Jazz"]
    bar(bench).undo_button.click()
    settle(bench, qtbot)
    assert bench.view.sidebar.list.rows[1].spoken() == "1.wav, Rock 84\xa0%"


def test_a_list_shows_what_was_said_before(
    rock: Bench, make_bench: MakeBench, song: Path, music: FloatArray, qtbot: QtBot
) -> None:
    rock.presenter.correcting.correct("Jazz")
    settle(rock, qtbot)
    other = make_bench()
    other.presenter.open_paths(["/m/a.mp3", str(song)])
    other.answer(make_result(music))
    other.answer(make_result(music))
    settle(other, qtbot)
    assert other.view.sidebar.list.rows[1].status() == "You said Jazz", "though it is not shown"


def test_the_picker_stays_while_the_list_goes_on(
    bench: Bench, song: Path, music: FloatArray, qtbot: QtBot
) -> None:
    bench.presenter.open_paths([str(song), "/m/b.mp3"])
    bench.answer(make_result(music))
    settle(bench, qtbot)
    bench.presenter.correcting.ask()
    bench.answer(make_result(music))
    assert bar(bench).picker.isVisible()
    bench.view.sidebar.list.select(bench.view.sidebar.list.rows[1].key)
    assert not bar(bench).picker.isVisible(), "it was about the other clip"
    settle(bench, qtbot)


def test_another_model_does_not_forget_it(rock: Bench, music: FloatArray, qtbot: QtBot) -> None:
    rock.presenter.correcting.correct("Jazz")
    settle(rock, qtbot)
    rock.presenter.choose_model("toy-model")
    toy = make_classification({"Folk": 0.2, "Hip-Hop": 0.7, "Rock": 0.1})
    rock.answer(make_result(music, toy))
    settle(rock, qtbot)
    assert said(rock) == "You said: Jazz"


# -- takes -------------------------------------------------------------------------------


def test_a_take_is_kept_and_known_again(
    bench: Bench, music: FloatArray, store: CorrectionStore, qtbot: QtBot
) -> None:
    bench.recording.started.emit()
    assert not bar(bench).isVisible(), "nothing to say while it is recorded"
    bench.recording.finished.emit(Take(music, 22_050))
    bench.answer(make_result(music))
    settle(bench, qtbot)
    bench.presenter.correcting.correct("Jazz")
    settle(bench, qtbot)
    (record,) = store.records()
    assert record.is_kept
    assert record.title.startswith("Recording ")
    shown = bench.presenter.shown
    bench.presenter._show(shown.key if shown else None)
    settle(bench, qtbot)
    assert said(bench) == "You said: Jazz"
    bar(bench).undo_button.click()
    settle(bench, qtbot)
    assert not record.path.exists()


def test_a_take_that_was_saved_is_referred_to(
    bench: Bench,
    music: FloatArray,
    tmp_path: Path,
    store: CorrectionStore,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench.recording.started.emit()
    bench.recording.finished.emit(Take(music, 22_050))
    bench.answer(make_result(music))
    shown = bench.presenter.shown
    assert shown is not None
    monkeypatch.setattr(bench.view, "ask_save_path", lambda *_a: str(tmp_path / "take.wav"))
    with qtbot.waitSignal(bench.presenter.message):
        bench.presenter.saving.save_take(shown)
    bench.presenter.correcting.correct("Jazz")
    settle(bench, qtbot)
    (record,) = store.records()
    assert (record.path, record.is_kept) == (tmp_path / "take.wav", False)


# -- on to a training --------------------------------------------------------------------


def test_corrections_lead_to_a_training(rock: Bench, store: CorrectionStore, qtbot: QtBot) -> None:
    assert not bar(rock).train_button.isVisible()
    rock.presenter.correcting.correct("Jazz")
    settle(rock, qtbot)
    with qtbot.waitSignal(rock.window._context.data.train_on_wanted) as wanted:
        bar(rock).train_button.click()
    assert wanted.args == [str(store.folder)]


def test_every_control_says_what_it_does(rock: Bench, qtbot: QtBot) -> None:
    rock.presenter.correcting.correct("Jazz")
    settle(rock, qtbot)
    assert bar(rock).undo_button.accessibleName() == "Take back Jazz"
    assert bar(rock).accessibleName() == "Your correction"
    controls: list[Callable[[], str]] = [
        button.toolTip
        for button in (
            bar(rock).chip,
            bar(rock).undo_button,
            bar(rock).train_button,
        )
    ]
    assert all(say() for say in controls)
    QCoreApplication.processEvents()
