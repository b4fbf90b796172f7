"""Pictures, cards and logs of a training."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFont

from fstmuse_core.training import plots
from fstmuse_core.training.events import epoch_listener
from fstmuse_core.training.plots import (
    Canvas,
    confusion_png,
    curves_png,
    reliability_png,
    text_width,
)

RED, BLACK = (255, 0, 0), (0, 0, 0)
MISSING = "\U00013000"  # a hieroglyph


def pixels(png: bytes) -> npt.NDArray[np.uint8]:
    """Colours of a PNG file, shape ``(height, width, 3)``; its check sums are checked."""
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        return np.asarray(image)


def drawn(text: str) -> bytes:
    """Picture of a line in black."""
    sheet = Canvas(120, 20)
    sheet.text(4, 10, text, BLACK)
    return sheet.png()


def test_shapes_lie_where_they_are_drawn() -> None:
    sheet = Canvas(40, 20)
    sheet.box(10, 5, 4, 3, RED)
    image = pixels(sheet.png())
    assert image.shape == (20, 40, 3)
    assert (image[5:8, 10:14] == RED).all()
    assert (image == 255).all(axis=2).sum() == 40 * 20 - 12


def test_text_fits_its_width_and_runs_off_the_edge_without_harm() -> None:
    sheet = Canvas(80, 20)
    sheet.text(2, 10, "H~é", RED)
    columns = np.flatnonzero((pixels(sheet.png()) != 255).any(axis=(0, 2)))
    assert columns.min() >= 2
    assert columns.max() < 2 + text_width("H~é")
    sheet.text(75, 18, "edge", RED)
    sheet.line([(-5.0, -5.0), (90.0, 30.0)], RED)
    assert pixels(sheet.png()).shape == (20, 80, 3)


@pytest.mark.parametrize("name", ["Forró", "Müzik", "Zydéco", "Šlágr", "Шансон", "Ρεμπέτικο"])
def test_every_letter_of_a_genre_is_written(name: str) -> None:
    pictures = {drawn(letter) for letter in name}
    assert len(pictures) == len(set(name))
    assert drawn("?") not in pictures
    assert drawn(MISSING) not in pictures


@pytest.mark.parametrize("name", ["演歌", "트로트", "ลูกทุ่ง", "भजन", MISSING])
def test_a_script_that_no_typeface_has_is_boxes_and_no_question_marks(name: str) -> None:
    assert (pixels(drawn(name)) != 255).any()
    assert drawn(name) != drawn("?" * len(name))
    assert text_width(name) > 0


def test_letters_that_our_typeface_lacks_are_taken_from_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plots._typeface_of.cache_clear()
    (own, *_) = plots._typefaces()
    small = ImageFont.load_default(22)  # ASCII alone
    monkeypatch.setattr(plots, "_typefaces", lambda: (small, own))
    assert [(part, font is own) for part, font in plots._runs("Forró!")] == [
        ("Forr", False),
        ("ó", True),
        ("!", False),
    ]
    plots._typeface_of.cache_clear()


def test_control_characters_in_a_name_are_made_visible() -> None:
    assert drawn("a\nb\udcff") == drawn(r"a\nb\udcff")


def test_figures_are_pictures_even_of_little() -> None:
    epoch = {"epoch": 1, "loss": 1.0, "val_loss": 2.0, "accuracy": 0.5, "val_accuracy": 0.25}
    for png in (
        curves_png([epoch]),
        confusion_png(["Forró", "Old-Time / Historic"], [[0, 0], [3, 1]]),
        reliability_png([[0.95, 1.0, 4]]),
    ):
        assert (pixels(png) != 255).any()


def test_tensorboard_gets_every_curve(tmp_path: Path) -> None:
    import tensorflow as tf

    values = {"loss": 1.5, "accuracy": 0.5, "val_loss": 2.5, "val_accuracy": 0.25}
    with epoch_listener(str(tmp_path / "logs"), "run-1") as listener:
        for epoch in (1, 2):
            listener({**values, "learning_rate": 1e-3, "epoch": epoch})
    (file,) = (tmp_path / "logs" / "run-1").iterdir()
    found = {
        (value.tag, event.step): float(tf.make_ndarray(value.tensor))
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    }
    assert len(found) == 10
    assert found["val_loss", 2] == 2.5


def test_no_logs_unless_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with epoch_listener("", "run-1") as listener:
        curves = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
        listener({**dict.fromkeys(curves, 0.5), "epoch": 1})
    assert not list(tmp_path.iterdir())
