"""Learning from the library: every confirmation, once, and taken back again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.datasets.corrections.tracks import read_corrections
from fstmuse_core.library.database import Library
from tests.gui_library.conftest import LibraryBench, MakeLibraryBench, fill, write_songs

N_MANY = 24


def settle(bench: LibraryBench, act: Callable[[], object]) -> None:
    with bench.qtbot.waitSignal(bench.wiring.library_store.news):
        act()


def labels(store: CorrectionStore) -> dict[str, str]:
    """Genres that a training on the corrections learns, by file name."""
    return {track.path.name: track.genre for track in read_corrections(store.folder).tracks}


def choose_all(bench: LibraryBench) -> None:
    bench.view.table.setCurrentIndex(bench.view.table.rows.index(0, 0))
    bench.view.table.selectAll()


@pytest.fixture
def answered(bench: LibraryBench, music_file: Path, tmp_path: Path) -> LibraryBench:
    write_songs(music_file, tmp_path / "music", 5)
    return bench


def test_a_doubtful_answer_that_is_confirmed_is_learned(answered: LibraryBench) -> None:
    answered.go_to("echo")
    settle(answered, answered.presenter.reviewing.accept)
    answered.qtbot.waitUntil(lambda: answered.corrections.count() == 1)
    assert labels(answered.corrections) == {"4.wav": "Folk"}
    (record,) = answered.corrections.records()
    assert (record.heard, record.was_sure) == ("Folk", False)
    settle(answered, answered.presenter.reviewing.take_back)
    answered.qtbot.waitUntil(lambda: answered.corrections.count() == 0)


def test_confirmations_of_several_files_are_all_learned(answered: LibraryBench) -> None:
    choose_all(answered)
    settle(answered, answered.presenter.reviewing.accept)
    answered.qtbot.waitUntil(lambda: answered.corrections.count() == 4)
    assert labels(answered.corrections) == {
        "0.wav": "Rock",
        "1.wav": "Jazz",
        "2.wav": "Rock",
        "4.wav": "Folk",
    }
    settle(answered, answered.presenter.reviewing.take_back)
    answered.qtbot.waitUntil(lambda: answered.corrections.count() == 0)


def test_copies_of_a_song_are_one_label(
    answered: LibraryBench, library: Library, ids: list[int], music_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "music" / "2.wav").write_bytes((tmp_path / "music" / "0.wav").read_bytes())
    with library.writing() as db:
        db.execute("UPDATE files SET content = 'music 0' WHERE id = ?", (ids[2],))
    answered.load(answered.presenter.reload)
    choose_all(answered)
    settle(answered, answered.presenter.reviewing.accept)
    answered.qtbot.waitUntil(lambda: answered.corrections.count() == 3)
    settle(answered, answered.presenter.reviewing.take_back)
    answered.qtbot.waitUntil(lambda: answered.corrections.count() == 0)


def test_what_was_said_elsewhere_is_not_taken_back(answered: LibraryBench, tmp_path: Path) -> None:
    """The word on a song in Classify outlives a library's word that was replaced by it."""
    answered.go_to("echo")
    settle(answered, answered.presenter.reviewing.accept)
    answered.qtbot.waitUntil(lambda: answered.corrections.count() == 1)
    library_store = answered.wiring.library_store
    row = answered.presenter.reviewing.row
    assert row is not None
    file_id = next(r.file_id for r in answered.presenter.catalogue.rows if r.title == "echo")
    answer = library_store.library.classification(file_id, library_store.model_sha)
    assert answer is not None
    answered.corrections.correct_file(tmp_path / "music" / "4.wav", "Jazz", answer)
    with answered.qtbot.waitSignal(answered.presenter.reviewing._learning.counted):
        answered.presenter.reviewing.take_back()
    assert labels(answered.corrections) == {"4.wav": "Jazz"}


def test_very_many_are_learned_too_and_what_closing_leaves_goes_on_at_the_next_start(
    library: Library, make_bench: MakeLibraryBench, music_file: Path, tmp_path: Path
) -> None:
    songs = [(f"song {n:02}", "Rock" if n % 2 else "Folk", 0.4) for n in range(N_MANY)]
    fill(library, tmp_path / "music", songs)
    write_songs(music_file, tmp_path / "music", N_MANY)
    bench = make_bench()
    choose_all(bench)
    settle(bench, bench.presenter.reviewing.accept)
    bench.presenter.reviewing._learning.close()
    waiting = bench.corrections.folder / "waiting.json"
    assert bench.corrections.count() >= 20
    assert waiting.exists() == (bench.corrections.count() < N_MANY)

    again = make_bench()
    again.qtbot.waitUntil(lambda: again.corrections.count() == N_MANY)
    again.qtbot.waitUntil(lambda: not waiting.exists())
    assert len(labels(again.corrections)) == N_MANY
