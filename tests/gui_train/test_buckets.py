"""Class buckets in the window: named, filled, answered beside, and made a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QObject, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from fstmuse_core.datasets.buckets import Bucket, BucketAnswers, SongAnswer, read_buckets
from fstmuse_core.runs import spec
from fstmuse_core.workers.protocol import AnswerBuckets, Done, Failed, Progress
from fstmuse_gui.train.bucket_page import BucketsPage
from fstmuse_gui.workers.learning import BucketWorker
from tests.gui.fakes import FakeWorker
from tests.gui_train.conftest import MakeTrainBench, TrainBench


class Buckets:
    """The page of a window, and the process behind it."""

    def __init__(self, make_bench: MakeTrainBench) -> None:
        self.workers: list[FakeWorker] = []
        self.bench: TrainBench = make_bench(buckets=self._worker)
        self.open()

    def _worker(self, parent: QObject) -> BucketWorker:
        def make(on_event: Any) -> FakeWorker:
            self.workers.append(FakeWorker(on_event))
            return self.workers[-1]

        return BucketWorker(parent, make_worker=make)

    def open(self) -> None:
        self.bench.tab._build().open_buckets()

    @property
    def page(self) -> BucketsPage:
        return self.bench.view.buckets_page

    @property
    def asked(self) -> AnswerBuckets:
        request = self.workers[0].submitted[-1][1]
        assert isinstance(request, AnswerBuckets)
        return request

    def name(self, *names: str) -> None:
        for name in names:
            self.page.name.setText(name)
            self.page.add_button.click()

    def answer(self, answers: BucketAnswers) -> None:
        self.tell(Done(self.workers[0].last, answers))

    def tell(self, event: object) -> None:
        self.workers[0].tell(event)
        QCoreApplication.processEvents()


@pytest.fixture
def buckets(make_bench: MakeTrainBench) -> Buckets:
    return Buckets(make_bench)


@pytest.fixture
def songs(tmp_path: Path) -> list[str]:
    """Names are enough: nothing in the window opens them."""
    folder = tmp_path / "songs"
    folder.mkdir()
    paths = [folder / f"song {number}.wav" for number in range(4)]
    for path in paths:
        path.write_bytes(b"")
    (folder / "cover.jpg").write_bytes(b"")
    return [str(path) for path in paths]


def drop(target: Any, paths: list[str]) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    target.dropEvent(event)


def answered(songs: list[str]) -> BucketAnswers:
    said = {
        songs[0]: SongAnswer((0.9, 0.1), True),
        songs[1]: SongAnswer((0.3, 0.7), True),
        songs[2]: SongAnswer(fault="it sounds like speech, not music"),
        songs[3]: SongAnswer((0.2, 0.8), True),
    }
    return BucketAnswers(("Zouk", "Kizomba"), said, 1, 2)


def test_it_answers_beside_the_songs_while_they_are_added(
    buckets: Buckets, songs: list[str]
) -> None:
    buckets.name("Zouk", "Kizomba")
    assert buckets.page.boxes["Zouk"].lines == ["Drop songs here"]
    drop(buckets.page.boxes["Zouk"], songs[:2])
    drop(buckets.page.boxes["Kizomba"], songs[2:3])
    buckets.answer(BucketAnswers())  # to the first question; the newest is asked now
    assert buckets.asked.buckets[1] == Bucket("Kizomba", (songs[2],))
    assert "song 0.wav" in buckets.page.boxes["Zouk"].lines[0]
    buckets.tell(Progress(buckets.workers[0].last, 1, 3))
    assert buckets.page.status == "Listening: 33\N{NO-BREAK SPACE}%"
    buckets.answer(answered(songs))
    lines = buckets.page.boxes["Zouk"].lines
    assert lines[0].endswith("Zouk 90\N{NO-BREAK SPACE}%")
    assert lines[1].endswith("Kizomba 70\N{NO-BREAK SPACE}%")
    assert buckets.page.boxes["Kizomba"].lines[0].endswith("it sounds like speech, not music")
    assert buckets.page.status.endswith("left out: 1 of 2 songs.")


def test_a_song_can_be_asked_about(buckets: Buckets, songs: list[str]) -> None:
    buckets.name("Zouk", "Kizomba")
    drop(buckets.page.question, songs[3:])
    assert buckets.asked.questions == (songs[3],)
    buckets.answer(answered(songs))
    assert buckets.page.question.song == "song 3.wav"
    spoken = [
        words.replace("\N{NO-BREAK SPACE}", " ") for words in buckets.page.question.bars.spoken()
    ]
    assert spoken == ["Kizomba, 80 %, ", "Zouk, 20 %, "]


def test_a_folder_brings_its_songs(buckets: Buckets, songs: list[str]) -> None:
    buckets.name("Zouk")
    drop(buckets.page.boxes["Zouk"], [str(Path(songs[0]).parent)])
    assert buckets.asked.buckets == (Bucket("Zouk", tuple(songs)),)


def test_they_are_there_at_the_next_start(
    buckets: Buckets, songs: list[str], tmp_path: Path
) -> None:
    buckets.name("Zouk")
    drop(buckets.page.boxes["Zouk"], songs[:1])
    kept = read_buckets(tmp_path / "data" / "class-buckets")
    assert kept == (Bucket("Zouk", (songs[0],)),)


def test_classes_and_songs_can_be_taken_out(buckets: Buckets, songs: list[str]) -> None:
    buckets.name("Zouk", "Kizomba")
    drop(buckets.page.boxes["Zouk"], songs[:2])
    box = buckets.page.boxes["Zouk"]
    box.songs.itemActivated.emit(box.songs.item(0))
    assert len(box.lines) == 1
    buckets.page.boxes["Kizomba"].remove_button.click()
    assert list(buckets.page.boxes) == ["Zouk"]
    assert Path(songs[0]).exists()


def test_bad_names_and_songs_are_said(buckets: Buckets, songs: list[str]) -> None:
    notice = buckets.bench.view.notice
    buckets.name("Zouk", "zouk")
    assert notice.text == "There is a class zouk already."
    buckets.name("Kizomba")
    drop(buckets.page.boxes["Zouk"], songs[:1])
    drop(buckets.page.boxes["Kizomba"], songs[:1])
    assert notice.text == "song 0.wav is in Zouk already: a song has one class."
    drop(buckets.page.question, [str(Path(songs[0]).parent.parent / "data")])
    buckets.tell(Failed(buckets.workers[0].last, "tagger: it is missing; install FstMuse again"))
    assert "it is missing" in notice.text


def test_train_leads_to_a_quick_training_on_them(
    buckets: Buckets, songs: list[str], tmp_path: Path, qtbot: QtBot
) -> None:
    buckets.name("Zouk", "Kizomba")
    assert not buckets.page.train_button.isEnabled()
    drop(buckets.page.boxes["Zouk"], songs[:1])
    drop(buckets.page.boxes["Kizomba"], songs[1:2])
    with qtbot.waitSignal(buckets.bench.music._work.surveyed):
        buckets.page.train_button.click()
    options = buckets.bench.presenter.form.options
    assert options.design == spec.QUICK
    assert options.data == (str(tmp_path / "data" / "class-buckets"),)
    assert "Kizomba" in (tmp_path / "data" / "class-buckets" / "manifest.csv").read_text()


def test_a_picture_of_buckets(buckets: Buckets, songs: list[str], pictures: Path) -> None:
    buckets.bench.window.resize(1280, 800)
    buckets.name("Zouk", "Kizomba", "Semba")
    drop(buckets.page.boxes["Zouk"], songs[:2])
    drop(buckets.page.boxes["Kizomba"], songs[2:3])
    drop(buckets.page.question, songs[3:])
    buckets.answer(BucketAnswers())
    buckets.answer(answered(songs))
    QCoreApplication.processEvents()
    assert buckets.bench.window.grab().save(str(pictures / "buckets.png"))
