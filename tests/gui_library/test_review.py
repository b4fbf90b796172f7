"""The review pane shows the file that is chosen, and what holds of it now."""

from __future__ import annotations

from fstmuse_core.library.rows import State
from tests.gui_library.conftest import LibraryBench


def test_nothing_of_the_file_before_stands_beside_a_title(bench: LibraryBench) -> None:
    bench.go_to("Bravo")
    pane = bench.view.review
    assert pane.verdict.headline == "Rock"
    # Its answer is read in another thread: at once there is what the row says.
    bench.view.table.go_to_line(bench.titles.index("echo"))
    assert pane.title == "echo"
    assert pane.verdict.headline == "Not sure"
    assert pane.timeline._result is None
    assert all("0" in spoken for spoken in pane.bars.spoken())
    bench.go_to("Delta")
    assert pane.verdict.headline == "Rock"
    assert pane.timeline._result is not None


def test_news_of_the_file_that_is_shown_are_shown(bench: LibraryBench) -> None:
    bench.go_to("Charlie")
    reviewing, pane = bench.presenter.reviewing, bench.view.review
    row = reviewing.row
    assert row is not None
    waiting = pane.verdict.sentence
    reviewing.follow_news([row._replace(state=State.FAILED, error="it holds no sound")])
    assert pane.verdict.sentence == "it holds no sound" != waiting


def test_another_answer_for_the_same_file_takes_the_place_of_the_first(
    bench: LibraryBench,
) -> None:
    bench.go_to("Bravo")
    reviewing = bench.presenter.reviewing
    row = reviewing.row
    assert row is not None
    news = row._replace(content="another", genre="Jazz", verdict="Jazz, 70 % sure.")
    with bench.qtbot.waitSignal(bench.wiring.library_store.answered):
        reviewing.follow_news([news])
        assert bench.view.review.verdict.headline == "Jazz"
