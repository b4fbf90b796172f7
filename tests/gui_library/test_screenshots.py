"""The states of the Library tab, in light and dark, as pictures to look at.

They go to the folder named by FSTMUSE_SCREENSHOTS, which must lie outside the repository, or
to a temporary one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QSize

from fstmuse_core.library.catalogue import Filter
from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import ReviewKind
from fstmuse_core.library.work import WorkProgress
from tests.gui_library.conftest import LibraryBench, MakeLibraryBench, fill

_SONGS = tuple(
    (f"{first} {second}", genre, 0.25 + 0.7 * ((3 * i + j) % 10) / 10)
    for i, (first, genre) in enumerate(
        (("Slow", "Jazz"), ("Loud", "Rock"), ("Green", "Folk"), ("Neon", "Electronic"))
    )
    for j, second in enumerate(("Morning", "Street", "Harbour", "Engine", "Letters"))
) + tuple((f"Unheard {n}", None, 0.0) for n in range(1, 8))


def save(bench: LibraryBench, pictures: Path, state: str, theme_name: str) -> None:
    QCoreApplication.processEvents()
    name = f"library-{state}-{theme_name}.png"
    assert bench.window.grab().toImage().save(str(pictures / name))


@pytest.mark.parametrize("theme_name", ["light", "dark"])
def test_states_can_be_seen(
    theme_name: str,
    make_bench: MakeLibraryBench,
    library: Library,
    pictures: Path,
    tmp_path: Path,
) -> None:
    bench = make_bench()
    bench.window.resize(QSize(1440, 900))
    bench.window.choose_theme(theme_name)
    save(bench, pictures, "empty", theme_name)
    bench.tab.set_drop_highlight(True)
    save(bench, pictures, "hot", theme_name)
    bench.tab.set_drop_highlight(False)
    ids = fill(library, tmp_path / "Music", _SONGS)
    library.review(ids[:2], "Jazz", ReviewKind.ACCEPTED)
    library.review(ids[5:6], "Punk", ReviewKind.CORRECTED)
    bench.load(bench.presenter.reload)
    save(bench, pictures, "waiting", theme_name)
    bench.presenter.sort_least_sure(True)
    bench.go_to(bench.titles[1])
    bench.presenter.work.start()
    working = WorkProgress(20, 0, 27, 4.1, 90.0, (), tuple(ids[20:22]), False)
    bench.tell(bench.jobs.works[0], working)
    save(bench, pictures, "working", theme_name)
    bench.window.resize(QSize(880, 640))
    save(bench, pictures, "small", theme_name)
    bench.presenter._filter_by(Filter(text="no such thing"))
    save(bench, pictures, "nothing", theme_name)
