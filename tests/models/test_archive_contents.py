"""Files, weights and description within an archive are read with no trust at all."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models.conftest import Bomb, Parcel, refusal

# -- files that are not what the description says ---------------------------------------


@pytest.mark.parametrize("name", ["weights.npz", "CARD.md", "TRACKS.csv"])
def test_another_file_than_was_exported_is_refused(parcel: Parcel, name: str) -> None:
    parcel.files[name] += b"\n"
    assert f"{name} in it is not the one" in refusal(parcel.pack(rehash=False))


def test_missing_files_are_refused(parcel: Parcel) -> None:
    card = parcel.files.pop("CARD.md")
    assert "CARD.md is not in it" in refusal(parcel.pack(rehash=False))
    parcel.files["CARD.md"] = card
    del parcel.files["weights.npz"]
    assert "there is no weights.npz in it" in refusal(parcel.pack())


def test_no_description_at_all_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.fstmuse"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("CARD.md", b"# hello")
    assert "there is no model.json in it" in refusal(path)


def test_a_card_that_is_no_text_is_refused(parcel: Parcel) -> None:
    parcel.files["CARD.md"] = b"\xff\xfe\x00"
    assert "CARD.md in it is not a text" in refusal(parcel.pack())


# -- weights that are not plain numbers --------------------------------------------------


def npz(**arrays: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in arrays.items():
            archive.writestr(f"{name}.npy", data)
    return stream.getvalue()


def npy(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def test_pickled_arrays_are_not_loaded(parcel: Parcel) -> None:
    mark = parcel.folder / "was run"
    array = np.array([Bomb(mark)], dtype=object)
    parcel.files["weights.npz"] = npz(a=npy(array, allow_pickle=True))
    assert "not an array of 32-bit numbers" in refusal(parcel.pack())
    assert not mark.exists()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (npy(np.zeros(3, dtype=np.float64)), "not an array of 32-bit numbers"),
        (npy(np.zeros(3, dtype=[("a", "<f4")])), "not an array of 32-bit numbers"),
        (npy(np.array([1.0, np.nan], dtype=np.float32)), "NaN or infinity"),
        (npy(np.array([np.inf], dtype=np.float32)), "NaN or infinity"),
        (npy(np.zeros(3, dtype=np.float32))[:-2], "cut or has another size"),
        (npy(np.zeros(3, dtype=np.float32)) + b"more", "cut or has another size"),
        (
            npy(np.zeros(10, dtype=np.float32)).replace(b"(10,), ", b"(1<<9,)"),
            "no plain array",
        ),
        (
            npy(np.zeros(10, dtype=np.float32)).replace(b"(10,)", b"(99,)"),
            "cut or has another size",
        ),
        (b"\x93NUMPY", "no plain array"),
        (b"import os", "no plain array"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535, "no plain array"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_arrays_that_are_not_plain_are_refused(parcel: Parcel, data: bytes, why: str) -> None:
    parcel.files["weights.npz"] = npz(a=data)
    assert why in refusal(parcel.pack())


def test_a_shape_larger_than_the_memory_is_refused_before_it_is_asked_for(parcel: Parcel) -> None:
    stream = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (2**40, 2**20)}
    np.lib.format.write_array_header_1_0(stream, header)
    parcel.files["weights.npz"] = npz(a=stream.getvalue())
    assert "another size than it says" in refusal(parcel.pack())


def test_weights_that_are_no_npz_or_hold_other_things_are_refused(parcel: Parcel) -> None:
    parcel.files["weights.npz"] = pickle.dumps([1])
    assert "damaged" in refusal(parcel.pack())
    parcel.files["weights.npz"] = npz()
    assert "it holds no weights" in refusal(parcel.pack())
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("data.pkl.py", b"")
    parcel.files["weights.npz"] = stream.getvalue()
    assert "does not belong" in refusal(parcel.pack())


# -- a description that asks for something else ------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda m: m["architecture"].update(network="os"), "'os', is none of ours"),
        (lambda m: m["architecture"].update(network=["os"]), "is none of ours"),
        (lambda m: m["architecture"].pop("network"), "is none of ours"),
        (lambda m: m.update(kind="oracle"), "oracle"),
        (lambda m: m.update(format="pickle"), "does not describe a FstMuse model"),
        (lambda m: m.update(format_version=99), "format version 99"),
        (lambda m: m["spectrogram"].update(sample_rate=16_000), "other spectrograms"),
        (lambda m: m["calibration"].update(temperature=1e9), "temperature"),
        (lambda m: m["calibration"].update(temperature=float("nan")), "NaN is not a JSON number"),
        (lambda m: m["thresholds"].update(confidence=2), "thresholds"),
        (lambda m: m["thresholds"].update(novelty=float("nan")), "NaN is not a JSON number"),
        (lambda m: m["scaling"].update(std=[0.0] * 128), "std"),
        (lambda m: m["scaling"].update(offset=10**400), "too large a number"),
        (lambda m: m.update(segment_frames=10**9, segment_hop_frames=1), "segments have"),
        (lambda m: m.update(genres=[f"g{n}" for n in range(99)]), "99 genres"),
        (lambda m: m.update(genres=["Rock", "Jazz\n\x1b[31m"]), "is no name"),
        (lambda m: m.update(genres=["Rock", ""]), "is no name"),
        (lambda m: m.update(title="x" * 200), "no name for"),
        (lambda m: m.update(title="<img src='/etc/passwd'>"), "no name for"),
    ],
)
def test_descriptions_that_make_no_sense_are_refused(
    parcel: Parcel, change: Callable[[dict[str, Any]], object], why: str
) -> None:
    change(parcel.manifest)
    assert why in refusal(parcel.pack())


def test_a_description_nested_without_end_is_refused(parcel: Parcel) -> None:
    path = parcel.folder / "deep.fstmuse"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.json", b"[" * 100_000)
        archive.writestr("weights.npz", parcel.files["weights.npz"])
    assert "nested too deeply" in refusal(path)
