"""Files that would fill the memory or the disk are refused before they do."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.bundle.archive import ArchiveError, read_archive
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.zip_files import unpack
from fstmuse_core.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from tests.models.conftest import Parcel

_MIB = 2**20


def refusal(path: Path) -> str:
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError) as caught:
            read_archive(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 32 * _MIB
    return str(caught.value)


def test_a_bomb_in_the_weights_is_refused(parcel: Parcel) -> None:
    parcel.set_weights({"a": np.zeros((50, _MIB), np.float32)})
    path = parcel.pack()

    assert path.stat().st_size < _MIB
    assert "would grow far more" in refusal(path)


@pytest.mark.parametrize("name", ["CARD.md", "TRACKS.csv", "model.tflite"])
def test_a_bomb_beside_them_is_refused(parcel: Parcel, name: str) -> None:
    parcel.files[name] = bytes(2 * _MIB - 1)

    assert "would grow far more" in refusal(parcel.pack())


def test_overlapping_entries_are_refused(parcel: Parcel, tmp_path: Path) -> None:
    path = tmp_path / "overlap.fstmuse"
    data = np.random.default_rng(0).bytes(100_000)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights.npz", data)
        first = archive.infolist()[0]
        for name in ("judge.npz", "patterns.npz"):
            twin = zipfile.ZipInfo(name)
            for field in ("CRC", "compress_size", "file_size", "header_offset"):
                setattr(twin, field, getattr(first, field))
            archive.filelist.append(twin)

    refusal(path)


def test_the_download_s_bombs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "fma.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fma_small/000/000002.mp3", bytes(200 * _MIB))

    with pytest.raises(FstMuseError, match="would grow far too much"):
        unpack(path, tmp_path / "fma_small")
    assert [child.name for child in tmp_path.iterdir()] == ["fma.zip"]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a checkpoint after its first epoch."""
    arrays = {"0000": np.arange(100, dtype=np.float32)}
    save_checkpoint(tmp_path, Checkpoint(1, arrays, arrays, arrays, 1, 0.5, {"state": 2**127}, []))
    assert load_checkpoint(tmp_path) is not None
    return tmp_path


@pytest.mark.parametrize("name", ["network.npz", "optimizer.npz", "best.npz", "state.json"])
def test_a_cut_or_changed_checkpoint_is_one_line(run: Path, name: str) -> None:
    file = run / "checkpoint" / "epoch-00001" / name
    whole = file.read_bytes()
    rng = np.random.default_rng(0)
    spoilt = [whole[: len(whole) * n // 10] for n in range(10)]
    spoilt += [b"[" * 100_000, b"{}", b"[]", b"PK\x03\x04", b"\x80\x04K\x01."]
    for _ in range(60):
        flipped = bytearray(whole)
        flipped[rng.integers(len(flipped))] ^= 1 << int(rng.integers(8))
        spoilt.append(bytes(flipped))
    refused = []
    for data in spoilt:
        file.write_bytes(data)
        try:
            load_checkpoint(run)
        except FstMuseError as error:
            refused.append(str(error))
    assert len(refused) >= 13
    assert all("its checkpoint is damaged" in text and text.isprintable() for text in refused)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("epoch", "1", "Expected `int`, got `str` - at `$.epoch`"),
        ("best_epoch", 1.5, "Expected `int`, got `float` - at `$.best_epoch`"),
        ("best_loss", True, "Expected `float`, got `bool` - at `$.best_loss`"),
        ("sampler", [1], "Expected `object`, got `array` - at `$.sampler`"),
        ("history", "abc", "Expected `array`, got `str` - at `$.history`"),
        ("history", [1], "Expected `object`, got `int` - at `$.history[0]`"),
    ],
)
def test_a_value_of_another_type_in_a_checkpoint_is_named(
    run: Path, key: str, value: object, told: str
) -> None:
    file = run / "checkpoint" / "epoch-00001" / "state.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))
    with pytest.raises(FstMuseError) as refused:
        load_checkpoint(run)
    assert f"its checkpoint is damaged ({told})" in str(refused.value)


def test_a_checkpoint_without_its_seconds_is_of_an_earlier_version(run: Path) -> None:
    file = run / "checkpoint" / "epoch-00001" / "state.json"
    state = json.loads(file.read_text())
    del state["seconds"]
    file.write_text(json.dumps(state))
    kept = load_checkpoint(run)
    assert kept is not None
    assert kept.seconds == 0.0
    assert kept.sampler == {"state": 2**127}
