"""The Library tab and its dialogs show foreign text as it is."""

from __future__ import annotations

from pathlib import Path

from fstmuse_core.library.database import Library
from fstmuse_core.workers.tasks.tags import PlanLine
from fstmuse_gui.library.export_presenter import CompareDialog
from fstmuse_gui.library.tag_dialogs import TagDialog
from fstmuse_gui.shared.models import ModelInfo
from tests.gui.fakes import MODELS
from tests.gui.markup import HOSTILE, check_plain
from tests.gui_library.conftest import LibraryBench, MakeLibraryBench, fill

TITLE = HOSTILE.replace("/", "\N{DIVISION SLASH}")


def test_tags_folders_and_models(
    make_bench: MakeLibraryBench, library: Library, tmp_path: Path
) -> None:
    fill(library, tmp_path / "<b>R&amp;B<img>", [(TITLE, "Rock", 0.9), (HOSTILE, "Jazz", 0.4)])
    with library.writing() as db:
        db.execute("UPDATE files SET artist = ?, album = ?, tag_genre = ?", (HOSTILE,) * 3)
    models = [ModelInfo(model.name, HOSTILE, model.genres) for model in MODELS]
    bench = make_bench(lambda: models)
    check_plain(bench.window)
    for title in (TITLE, HOSTILE):
        bench.go_to(title)
        check_plain(bench.window)
    row = bench.presenter.reviewing.row
    assert row is not None
    failed = row._replace(verdict="", error=HOSTILE, review_genre=HOSTILE)
    bench.view.review.show_file(failed, HOSTILE)
    bench.view.review.show_answer(failed, None)
    bench.view.review.correction.show_correction(HOSTILE)
    bench.presenter.say(HOSTILE)
    check_plain(bench.window)


def test_the_tag_preview(bench: LibraryBench) -> None:
    dialog = TagDialog(bench.window)
    line = PlanLine(f"/music/{HOSTILE}", (HOSTILE,), ("Rock",), HOSTILE)
    dialog.table.plan.add([line])
    check_plain(dialog)
    dialog.close()
    dialog.deleteLater()


def test_comparing_models(bench: LibraryBench) -> None:
    dialog = CompareDialog(bench.window, HOSTILE, [ModelInfo("other", HOSTILE, ("Rock",))])
    check_plain(dialog)
    dialog.close()
    dialog.deleteLater()
