"""Pictures, cards and logs of a training."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fstmuse_core.training.figures import (
    Canvas,
    confusion_png,
    curves_png,
    reliability_png,
    text_width,
)
from fstmuse_core.training.tensorboard import epoch_listener

RED = (255, 0, 0)


def pixels(png: bytes) -> npt.NDArray[np.uint8]:
    """Decode what :meth:`Canvas.png` writes, checking every chunk."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data, size = 8, b"", (0, 0)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", png[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(kind + body)
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
            assert body[8:] == bytes([8, 2, 0, 0, 0])
        data += body if kind == b"IDAT" else b""
        at += 12 + length
    rows = np.frombuffer(zlib.decompress(data), dtype=np.uint8).reshape(size[1], -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(size[1], size[0], 3)


def test_shapes_lie_where_they_are_drawn() -> None:
    canvas = Canvas(40, 20)
    canvas.box(10, 5, 4, 3, RED)
    image = pixels(canvas.png())
    assert image.shape == (20, 40, 3)
    assert (image[5:8, 10:14] == RED).all()
    assert (image == 255).all(axis=2).sum() == 40 * 20 - 12


def test_text_fits_its_width_and_runs_off_the_edge_without_harm() -> None:
    canvas = Canvas(60, 12)
    canvas.text(2, 2, "H~é", RED)
    columns = np.flatnonzero((pixels(canvas.png()) != 255).any(axis=(0, 2)))
    assert columns.min() == 2
    assert columns.max() < 2 + text_width("H~é")
    canvas.text(55, 8, "edge", RED)
    canvas.line([(-5.0, -5.0), (70.0, 30.0)], RED)
    assert pixels(canvas.png()).shape == (12, 60, 3)


def test_figures_are_pictures_even_of_little() -> None:
    epoch = {"epoch": 1, "loss": 1.0, "val_loss": 2.0, "accuracy": 0.5, "val_accuracy": 0.25}
    for png in (
        curves_png([epoch]),
        confusion_png(["Folk", "Old-Time / Historic"], [[0, 0], [3, 1]]),
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
