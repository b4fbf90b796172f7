"""All that can be touched on the Library tab can be reached in a small window."""

from __future__ import annotations

from fstmuse_gui.library.export_presenter import CompareDialog
from fstmuse_gui.library.tag_dialogs import TagDialog, WrittenTagsDialog
from fstmuse_gui.shared.models import ModelInfo
from tests.gui.reach import check_breadth, check_sizes
from tests.gui_library.conftest import LibraryBench


def test_files_in_a_small_window(bench: LibraryBench) -> None:
    bench.go_to("Bravo")
    bench.presenter.say("One folder could not be read: it is on a disk that is not there")
    check_sizes(bench.window)
    check_breadth(bench.window)
    assert bench.view.review.isVisible()


def test_dialogs_in_a_small_window(bench: LibraryBench) -> None:
    for dialog in (
        TagDialog(bench.window),
        WrittenTagsDialog(bench.window),
        CompareDialog(bench.window, "FstMuse", [ModelInfo("other", "Another", ("Rock",))]),
    ):
        dialog.show()
        check_sizes(dialog)
        check_breadth(dialog)
        dialog.close()
        dialog.deleteLater()
