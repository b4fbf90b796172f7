"""The encoding of old tags, chosen in the Train tab."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import numpy as np
import pytest
import soundfile
from mutagen.id3 import ID3, TCON, TPE1
from pytestqt.qtbot import QtBot

from fstmuse_core.cli.train import command
from fstmuse_core.datasets.survey import Ask, Survey, Tell
from fstmuse_core.runs.spec import TAG_ENCODING
from fstmuse_core.tags.text_encoding import CHOICES
from fstmuse_gui.train.data.reader import DataSetReader
from fstmuse_gui.widgets.controls import ENCODINGS
from tests.gui_train.conftest import MakeTrainBench, TrainBench
from tests.gui_train.fakes import read_at_once
from tests.gui_train.test_form import choose

GENRES = {"Lidové písně", "Včely"}


def as_latin_1(text: str) -> str:
    return text.encode("cp1250").decode("latin-1")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Songs whose genres and artists are in cp1250, which cannot be found out."""
    folder = tmp_path / "old"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for number, genre in enumerate(sorted(GENRES) * 2):
        path = folder / f"{number}.mp3"
        soundfile.write(path, 0.1 * rng.standard_normal(88_200), 22_050)
        tags = ID3()
        tags.add(TPE1(encoding=0, text=as_latin_1(f"Včely {number}")))
        tags.add(TCON(encoding=0, text=as_latin_1(genre)))
        tags.save(path)
    return folder


def read_in(bench: TrainBench, encoding: str, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bench.music._work.surveyed):
        choose(bench.form.encoding, encoding)


def test_all_that_the_command_offers_is_offered() -> None:
    assert set(ENCODINGS) == set(CHOICES)
    assert next(iter(ENCODINGS)) == TAG_ENCODING.default


def test_the_encoding_reaches_survey_check_and_command(
    make_bench: MakeTrainBench, old: Path, qtbot: QtBot
) -> None:
    bench = make_bench(data=DataSetReader)
    bench.learn_from(str(old))
    assert set(bench.form.chips.taken) == {as_latin_1(genre) for genre in GENRES}
    assert TAG_ENCODING.option not in bench.presenter.form.options.arguments()

    read_in(bench, "cp1250", qtbot)

    assert set(bench.form.chips.taken) == GENRES
    words = bench.presenter.form.options.arguments()
    assert command.make_context("train", words).params["tag_encoding"] == "cp1250"
    assert "--tag-encoding cp1250" in bench.form.command._text.toPlainText()
    with qtbot.waitSignal(bench.music._work.checked) as blocker:
        bench.music.check()
    (report,) = blocker.args
    assert {count.genre for count in report.survey.genres} == GENRES
    read_in(bench, "auto", qtbot)
    assert TAG_ENCODING.option not in bench.presenter.form.options.arguments()


def test_it_is_remembered(make_bench: MakeTrainBench, old: Path, qtbot: QtBot) -> None:
    first = make_bench(data=DataSetReader)
    first.learn_from(str(old))
    read_in(first, "cp1250", qtbot)
    first.window.close()

    again = make_bench(data=DataSetReader)

    qtbot.waitUntil(lambda: again.music.survey is not None)
    assert again.form.encoding.currentData() == "cp1250"
    assert set(again.form.chips.taken) == GENRES


def test_it_can_be_chosen_before_there_is_music(make_bench: MakeTrainBench, old: Path) -> None:
    bench = make_bench(data=DataSetReader)
    choose(bench.form.encoding, "cp1250")
    bench.learn_from(str(old))
    assert set(bench.form.chips.taken) == GENRES


def test_who_gives_the_reading_up_has_the_encoding_that_is_shown(
    make_bench: MakeTrainBench, qtbot: QtBot
) -> None:
    is_slow = Event()

    def read(paths: tuple[str, ...], tell: Tell, cancelled: Ask) -> Survey:
        while is_slow.is_set() and not cancelled():
            pass
        return read_at_once(paths, tell, cancelled)

    bench = make_bench(data=lambda parent: DataSetReader(parent, reader=read))
    bench.survey()
    is_slow.set()
    choose(bench.form.encoding, "cp1251")
    assert bench.presenter.form.options.tag_encoding == "cp1251"

    bench.music.cancel()

    assert bench.form.encoding.currentData() == "auto"
    assert bench.presenter.form.options.tag_encoding == "auto"
    assert bench.music.survey is not None
