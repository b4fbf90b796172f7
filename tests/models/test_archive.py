"""A file that is to become a model is read with no trust at all."""

from __future__ import annotations

import json
import pickle
import stat
import struct
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.bundle.archive import ForeignModelError, export_model, read_archive
from fstmuse_core.bundle.bundle import load_bundle, shipped_models_folder
from fstmuse_core.bundle.changes import rename_model
from fstmuse_core.bundle.manifest import manifest_digest
from fstmuse_core.system.errors import BundleError
from tests.models.conftest import Bomb, Parcel, refusal


def entry(name: str, data: bytes = b"x", mode: int = 0) -> Callable[[zipfile.ZipFile], None]:
    def write(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of duplicates
            archive.writestr(info, data)

    return write


# -- not a model of ours ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "contents", "what"),
    [
        ("net.keras", b"PK\x03\x04 config.json model.weights.h5", "a Keras model"),
        ("net.fstmuse", b"PK\x03\x04 config.json model.weights.h5", "a Keras model"),
        ("net.h5", b"anything", "HDF5"),
        ("net.fstmuse", b"\x89HDF\r\n\x1a\n1234", "HDF5"),
        ("net.pt", b"PK\x03\x04 archive/data.pkl", "a PyTorch model"),
        ("net.fstmuse", b"PK\x03\x04 archive/data.pkl", "a PyTorch model"),
        ("net.PTH", b"anything", "a PyTorch model"),
        ("net.pkl", b"anything", "a Python pickle"),
    ],
)
def test_files_that_can_hold_code_are_refused_and_why(
    tmp_path: Path, name: str, contents: bytes, what: str
) -> None:
    path = tmp_path / name
    path.write_bytes(contents)
    text = refusal(path, ForeignModelError)
    assert what in text
    assert "loading such a file can run code" in text
    assert "import a .fstmuse file" in text


@pytest.mark.parametrize(
    ("name", "contents"),
    [("net.onnx", b"12345678"), ("net.fstmuse", b"1234TFL3"), ("w.npz", b"PK\x03\x04")],
)
def test_networks_of_others_are_refused(tmp_path: Path, name: str, contents: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(contents)
    assert "cannot be checked" in refusal(path, ForeignModelError)


def test_a_pickle_in_disguise_is_not_loaded(tmp_path: Path) -> None:
    mark = tmp_path / "was run"
    path = tmp_path / "good.fstmuse"
    path.write_bytes(pickle.dumps(Bomb(mark)))
    assert "a Python pickle" in refusal(path, ForeignModelError)
    assert not mark.exists()


def test_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "song.fstmuse"
    path.write_bytes(b"RIFF1234WAVE")
    assert "it is not a FstMuse model" in refusal(path, ForeignModelError)


def test_empty_missing_and_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.fstmuse").touch()
    assert "it is empty" in refusal(tmp_path / "empty.fstmuse")
    assert "it cannot be read" in refusal(tmp_path / "none.fstmuse")
    (tmp_path / "folder.fstmuse").mkdir()
    assert "it is a folder" in refusal(tmp_path / "folder.fstmuse")


# -- a zip file that has been made to do harm ------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["../evil.py", "/etc/evil", "..\\evil", "sub/model.json", "MODEL.JSON", "evil.py", "a/", "é"],
)
def test_entries_that_do_not_belong_are_refused(parcel: Parcel, name: str) -> None:
    before = sorted(parcel.folder.rglob("*"))
    path = parcel.pack(write=entry(name))
    assert "does not belong in a model" in refusal(path)
    assert sorted(parcel.folder.rglob("*")) == sorted([*before, path])


def test_a_name_with_a_nul_in_it_is_refused(parcel: Parcel) -> None:
    path = parcel.pack(write=entry("TRACKS_csv\0.py"))
    raw = path.read_bytes().replace(b"TRACKS_csv_.py", b"TRACKS.csv\0.py")
    path.write_bytes(raw.replace(b"TRACKS_csv", b"TRACKS.csv"))
    refusal(path)


def test_an_entry_twice_is_refused(parcel: Parcel) -> None:
    assert "twice" in refusal(parcel.pack(write=entry("CARD.md")))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFDIR, stat.S_IFIFO])
def test_links_and_devices_are_refused(parcel: Parcel, kind: int) -> None:
    del parcel.files["TRACKS.csv"]
    path = parcel.pack(write=entry("TRACKS.csv", b"/etc/passwd", kind | 0o777))
    assert "a link or a device" in refusal(path)


def test_an_encrypted_file_is_refused(parcel: Parcel) -> None:
    path = parcel.pack()
    raw = bytearray(path.read_bytes())
    where = raw.find(b"PK\x01\x02")
    raw[where + 8] |= 1
    path.write_bytes(raw)
    assert "encrypted" in refusal(path)


def test_other_ways_of_packing_are_refused(parcel: Parcel) -> None:
    data = parcel.files.pop("TRACKS.csv")

    def write(archive: zipfile.ZipFile) -> None:
        archive.writestr("TRACKS.csv", data, compress_type=zipfile.ZIP_BZIP2)

    assert "packed in a way" in refusal(parcel.pack(write=write))


def test_a_bomb_is_refused_before_it_goes_off(parcel: Parcel) -> None:
    parcel.files["CARD.md"] = b"\0" * (3 * 2**20)
    assert "larger than any model" in refusal(parcel.pack())


def test_a_bomb_that_lies_about_its_size_gets_no_further_than_it_said(parcel: Parcel) -> None:
    parcel.files["CARD.md"] = b"\0" * (3 * 2**20)
    path = parcel.pack()
    raw = path.read_bytes()
    path.write_bytes(raw.replace(struct.pack("<L", 3 * 2**20), struct.pack("<L", 1000)))
    assert "damaged" in refusal(path)


def test_a_directory_without_end_is_refused_unread(parcel: Parcel) -> None:
    def write(archive: zipfile.ZipFile) -> None:
        for number in range(1000):
            archive.writestr(f"{number}", b"")

    assert "far more files" in refusal(parcel.pack(write=write))


def test_more_files_than_a_model_has_are_refused(parcel: Parcel) -> None:
    def write(archive: zipfile.ZipFile) -> None:
        for number in range(10):
            archive.writestr(f"{number}", b"")

    assert "files; 9 at most" in refusal(parcel.pack(write=write))


def test_a_directory_for_giants_is_refused(parcel: Parcel) -> None:
    path = parcel.pack()
    raw = path.read_bytes()
    where = raw.rfind(b"PK\x05\x06")
    locator = b"PK\x06\x07" + bytes(16)
    path.write_bytes(raw[:where] + locator + raw[where:])
    assert "larger than any model" in refusal(path)


@pytest.mark.parametrize("share", [0.0005, 0.3, 0.9, 0.999])
def test_a_cut_file_is_refused(exported: Path, tmp_path: Path, share: float) -> None:
    raw = exported.read_bytes()
    path = tmp_path / "cut.fstmuse"
    path.write_bytes(raw[: int(share * len(raw))])
    assert "damaged or has been cut" in refusal(path)


def test_a_flipped_bit_anywhere_in_the_contents_is_noticed(exported: Path, tmp_path: Path) -> None:
    raw = exported.read_bytes()
    path = tmp_path / "flipped.fstmuse"
    for where in np.linspace(60, raw.find(b"PK\x01\x02") - 10, 23).astype(int):
        damaged = bytearray(raw)
        damaged[where] ^= 0x10
        path.write_bytes(damaged)
        refusal(path)


# -- what is sound -------------------------------------------------------------------------


def test_what_is_exported_can_be_read(exported: Path) -> None:
    shipped = load_bundle(shipped_models_folder() / "toy-model")
    archive = read_archive(exported)
    assert exported.name == "toy-model.fstmuse"
    assert archive.manifest.genres == shipped.manifest.genres
    assert archive.others["CARD.md"] == (shipped.path / "CARD.md").read_bytes()
    with np.load(shipped.path / "weights.npz", allow_pickle=False) as weights:
        assert set(archive.weights) == set(weights.files)
        for name in weights.files:
            np.testing.assert_array_equal(archive.weights[name], weights[name])


def test_the_name_a_model_was_made_under_neither_leaves_nor_comes_in(
    mine: Path, parcel: Parcel, tmp_path: Path
) -> None:
    rename_model("mine", "other")
    with zipfile.ZipFile(export_model("other", tmp_path)) as archive:
        assert "made_as" not in json.loads(archive.read("model.json"))
    parcel.manifest["made_as"] = {"name": "toy-model", "title": "ToyModel"}
    assert "made_as" not in read_archive(parcel.pack()).manifest.to_dict()


def test_the_network_itself_is_not_exported(exported: Path) -> None:
    with zipfile.ZipFile(exported) as archive:
        assert sorted(archive.namelist()) == [
            "CARD.md",
            "TRACKS.csv",
            "model.json",
            "patterns.npz",
            "tagger_head.npz",
            "weights.npz",
        ]


def test_a_folder_packed_by_hand_can_be_read_but_its_network_is_not_looked_at(
    parcel: Parcel,
) -> None:
    parcel.files["model.tflite"] = b"not a network at all"
    assert read_archive(parcel.pack()).manifest.name == "toy-model"


def test_the_same_model_gives_the_same_file(exported: Path, tmp_path: Path) -> None:
    assert export_model("ToyModel", tmp_path).read_bytes() == exported.read_bytes()


def test_a_damaged_model_is_not_exported(mine: Path, tmp_path: Path) -> None:
    (mine / "weights.npz").write_bytes(b"")
    with pytest.raises(BundleError, match="changed or cut"):
        export_model("mine", tmp_path)
    assert not (tmp_path / "mine.fstmuse").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of Windows")
def test_an_export_that_fails_keeps_the_file_that_was_there(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be written"):
        export_model("toy-model", tmp_path / "no" / "such" / "place.fstmuse")


def test_the_description_is_the_bundles_own(exported: Path) -> None:
    with zipfile.ZipFile(exported) as archive:
        values = json.loads(archive.read("model.json"))
    own = json.loads((shipped_models_folder() / "toy-model" / "model.json").read_bytes())
    del own["files"]["model.tflite"]
    own.pop("digest", None)
    assert values.pop("digest") == manifest_digest(own)
    assert values == own
