"""The list of models and the page beside it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QTextDocument
from pytestqt.qtbot import QtBot

from fstmuse_core.bundle.bundle import find_bundle
from fstmuse_core.bundle.manifest import manifest_bytes
from fstmuse_core.bundle.model_list import Origin
from fstmuse_gui.models.card_view import CardView
from fstmuse_gui.models.words import accessible_text
from tests.gui_models.conftest import (
    SHIPPED,
    MakeModelsBench,
    ModelsBench,
    add_generator,
    add_model,
)


def test_the_list_says_title_and_origin(make_bench: MakeModelsBench, own_models: Path) -> None:
    add_model(own_models, "mine", "My songs")
    add_model(
        own_models, "theirs", training={"imported": {"file": "x.fstmuse", "at": "2026-11-22"}}
    )
    bench = make_bench()
    rows = [
        bench.view.sidebar.list.item(row).data(Qt.ItemDataRole.AccessibleTextRole)
        for row in range(7)
    ]
    assert rows[0].startswith("FstMuse, Came with FstMuse, 7 genres")
    assert rows[2].startswith("Tagger, Hears for classifiers, Came with FstMuse, 100 tags")
    assert rows[5].startswith("My songs, Your own, 3 genres")
    assert rows[6].startswith("theirs, Imported, 3 genres")
    assert "knows Folk, Hip-Hop, Rock" in rows[5]
    bench.choose("theirs")
    assert "Origin: Imported from x.fstmuse on 2026-11-22" in bench.view.details.spoken_facts


def test_the_details_show_figures_facts_and_card(bench: ModelsBench) -> None:
    bench.choose("fst-muse")
    details = bench.view.details
    bundle = find_bundle("fst-muse")
    metrics = bundle.manifest.metrics
    assert details._accuracy.number == f"{round(100 * metrics['accuracy'])}\u00a0%"
    assert details._f1.number == f"{metrics['macro_f1']:.2f}"
    assert len(details.recall.spoken()) == 7
    rock = next(row for row in metrics["genres"] if row["genre"] == "Rock")
    assert any(
        line.startswith("Rock, ")
        and line.endswith(f"{rock['songs']} songs, {rock['artists']} artists")
        for line in details.recall.spoken()
    )
    assert details.confusion.model().rowCount() == 7
    facts = details.spoken_facts
    assert f"SHA-256: {bundle.sha256}" in facts
    assert f"Made by: {bundle.manifest.training['command']}" in facts
    assert "What not to trust" in details.card.toPlainText()
    assert "**" not in details.card.toPlainText()


def test_what_was_not_measured_is_not_shown(make_bench: MakeModelsBench, own_models: Path) -> None:
    add_model(own_models, "mine", metrics={})
    bench = make_bench()
    bench.choose("mine")
    assert not bench.view.details._figures.isVisible()


def test_a_generator_is_used_to_make_music(make_bench: MakeModelsBench, own_models: Path) -> None:
    add_generator(own_models, "gan")
    bench = make_bench()
    bench.choose("gan")
    assert "Makes music" in bench.view.details._head.lines[1]
    assert bench.view.details._accuracy.name == "Heard as asked for"
    assert bench.view.details._accuracy.number == "50\u00a0%"
    assert not bench.view.details._f1.isVisible()
    assert bench.view.details.recall.spoken()[0].startswith("Folk, 25\u00a0%")
    assert not bench.view.details._doubt.isVisible()
    assert not bench.view.details.tune_button.isVisible()
    assert not bench.tab._tune.isEnabled()
    assert bench.view.details.delete_button.isVisible()
    assert bench.view.details.use_button.text() == " Use in Generate"
    assert bench.tab._use.text() == "Use the model in &Generate"
    with bench.qtbot.waitSignal(bench.news.generator_wanted) as used:
        bench.view.details.use_button.click()
    assert used.args == ["gan"]


def test_a_card_runs_nothing_and_fetches_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    card = CardView()
    qtbot.addWidget(card)
    picture = tmp_path / "secret.png"
    picture.write_bytes(b"x")
    card.show_card(
        f"# heading\n\nhello ![p](file://{picture}) <img src='{picture}'> "
        "<script>x</script> [link](https://example.org)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    text = card.toPlainText()
    assert "heading" not in text
    assert "hello" in text
    assert "<script>" in text
    url = QUrl.fromLocalFile(str(picture))
    kind = QTextDocument.ResourceType.ImageResource
    assert card.loadResource(kind.value, url) is None
    assert not card.openLinks()


def test_a_card_without_end_is_cut(qtbot: QtBot) -> None:
    card = CardView()
    qtbot.addWidget(card)
    card.show_card("# heading\n" + "| a " * 9 + "|\n" + "|---" * 9 + "|\n" + "| 1 " * 400_000)
    text = card.toPlainText()
    assert len(text) < 30_000
    assert "too long to be shown here" in text


def test_a_model_that_others_have_made_appears(bench: ModelsBench) -> None:
    bench.choose("mine")
    add_model(bench.models, "new")
    bench.settle(bench.news.changed.emit, "mine")
    assert bench.names == [*SHIPPED, "mine", "new"]
    assert bench.view.sidebar.list.current == "mine"


def test_walking_the_list_shows_each(bench: ModelsBench) -> None:
    rows = bench.view.sidebar.list
    rows.setFocus()
    with bench.qtbot.waitSignal(
        bench.store.detailed, check_params_cb=lambda d: d.entry.name == "toy-gan"
    ):
        for _ in range(SHIPPED.index("toy-gan")):
            bench.qtbot.keyClick(rows, Qt.Key.Key_Down)
    assert bench.view.details._head.lines[0] == "ToyGan"


def test_a_damaged_model_says_what_is_wrong_and_can_be_deleted(
    make_bench: MakeModelsBench, own_models: Path
) -> None:
    (add_model(own_models, "mine") / "weights.npz").write_bytes(b"")
    bench = make_bench()
    bench.choose("mine")
    details = bench.view.details
    assert "weights.npz has been changed or cut" in details._trouble.text()
    for button in (details.use_button, details.tune_button, details.export_button):
        assert not button.isVisible()
    assert not bench.tab._use.isEnabled()
    bench.settle(bench.presenter.delete)
    assert bench.names == SHIPPED


def test_figures_of_an_imported_model_are_called_a_claim(
    make_bench: MakeModelsBench, own_models: Path
) -> None:
    add_model(own_models, "theirs", training={"imported": {"file": "x.fstmuse", "at": "2026"}})
    bench = make_bench()
    bench.choose("theirs")
    details = bench.view.details
    assert details._claim.text().startswith("Figures and card are what its maker says")
    assert "did not protect" in details._claim.text()
    assert details._claim.text().endswith(
        "To measure it: fstmuse evaluate --model theirs --data MUSIC"
    )
    bench.choose("fst-muse")
    assert details._claim.isHidden()


@pytest.mark.parametrize("kind", ["classifier", "generator"])
def test_every_figure_of_an_imported_model_is_labelled(
    make_bench: MakeModelsBench, own_models: Path, kind: str
) -> None:
    add = add_model if kind == "classifier" else add_generator
    file = add(own_models, "theirs") / "model.json"
    values = json.loads(file.read_bytes())
    values["training"] = {"imported": {"file": "x.fstmuse", "at": "2026"}}
    file.write_bytes(manifest_bytes(values))
    bench = make_bench()
    details = bench.view.details

    def labels() -> list[str]:
        figures = (details._accuracy, details._f1)
        shown = [figure._number.accessibleName() for figure in figures if figure.isVisible()]
        parts = (details._recall_heading, details._matrix_heading)
        shown += [part.text() for part in parts if part.isVisible()]
        return [*shown, details.recall.accessibleName()]

    bench.choose("theirs")
    assert len(labels()) == (5 if kind == "classifier" else 3)
    assert all(label.endswith(", as its maker says") for label in labels()), labels()
    bench.choose("fst-muse")
    assert not any("maker" in label for label in labels()), labels()


def test_a_row_of_the_list_says_whose_the_figures_are(bench: ModelsBench) -> None:
    bench.choose("mine")
    entry = bench.view.sidebar.list.entries[-1]
    for origin in Origin:
        is_claim = origin in (Origin.IMPORTED, Origin.ELSEWHERE)
        told = accessible_text(dataclasses.replace(entry, origin=origin))
        assert told.endswith("figures by its maker") is is_claim
