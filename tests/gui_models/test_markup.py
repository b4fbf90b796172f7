"""The Models tab shows foreign text as it is."""

from __future__ import annotations

from pathlib import Path

from tests.gui.markup import HOSTILE, check_plain
from tests.gui_models.conftest import MakeModelsBench, add_model


def test_what_a_stranger_s_model_says(make_bench: MakeModelsBench, own_models: Path) -> None:
    folder = add_model(own_models, "theirs", "<img src=/x><b>R&amp;B", version="<img src=/x>")
    (folder / "CARD.md").write_text(f"# Card\n\n{HOSTILE}\n\n![x](/nowhere/fifo)\n", "utf-8")
    add_model(own_models, "damaged", "<b>Bold", genres="none")
    bench = make_bench()
    for name in bench.names:
        bench.choose(name)
        check_plain(bench.window, said=False)
    bench.view.notice.say(HOSTILE)
    bench.view.sidebar.undo_bar.say(HOSTILE)
    check_plain(bench.window)
