"""Files of the program's own folders that somebody else has laid or damaged.

A pipe would be waited for, for good; a header that lies asks for terabytes; JSON as Python
alone writes it holds numbers that nothing can be done with.
"""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.lib import format as npy

from fstmuse_core.audio.features import N_STATISTICS
from fstmuse_core.audio.reading import SAMPLE_RATE
from fstmuse_core.bundle import bundle, changes, find_by_hash
from fstmuse_core.bundle.manifest import MANIFEST_NAME
from fstmuse_core.bundle.pattern_head import PatternHead
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.cli.common.resuming import answers
from fstmuse_core.cli.tag.planning import read_results
from fstmuse_core.datasets.cache import FeatureCache
from fstmuse_core.datasets.corrections.journal import JOURNAL_FILE
from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.datasets.manifest import read_manifest
from fstmuse_core.library.database import open_library
from fstmuse_core.library.scan import scan_library
from fstmuse_core.runs import store
from fstmuse_core.runs.events import parse_event, read_events
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.tags.batch import list_batches
from fstmuse_gui.shared.models import installed_generators, installed_models
from fstmuse_gui.train.form.choices import bases
from tests.conftest import make_music

_BAD_JSON = {
    "nested": b"[" * 200_000,
    "infinity": b'{"kind": Infinity, "genres": [], "title": NaN}',
    "digits": b'{"kind": ' + b"9" * 10_000 + b"}",
    "twice": b'{"kind": "classifier", "kind": "generator"}',
    "list": b"[]",
    "text": b'"classifier"',
    "bytes": b"\xff\xfe\x00",
    "empty": b"",
}


@pytest.fixture(autouse=True)
def own_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's folders lie in a folder of the test's own."""
    data = tmp_path / "data"
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: str(data))
    return data


needs_pipes = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among files")


def _pipe(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def _model() -> Path:
    folder = bundle.user_models_folder() / "mine"
    shutil.copytree(bundle.shipped_models_folder() / "toy-model", folder)
    return folder


def _listings() -> list[set[str]]:
    """Names in every list of models that reads their descriptions itself."""
    return [
        {model.name for model in installed_models()},
        {model.name for model in installed_generators()},
        {base.name for base in bases()},
        {name for name, _ in find_by_hash.names_by_hash().values()},
        {find_by_hash.whereabouts("", "no run").name},
    ]


@pytest.mark.parametrize("data", _BAD_JSON.values(), ids=_BAD_JSON)
def test_a_bad_description_costs_only_its_model(
    data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    folder = _model()
    (folder / MANIFEST_NAME).write_bytes(data)
    deleted = changes.trash_folder() / "20260101T000000000000-old"
    shutil.copytree(folder, deleted)

    with caplog.at_level(logging.WARNING):
        listings = _listings()

    assert not any("mine" in names for names in listings)
    assert "toy-model" in listings[0]
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert [found.name for found in changes.list_deleted()] == ["old"]


@needs_pipes
def test_a_description_that_became_a_pipe_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = _model()
    monkeypatch.setattr(Path, "is_file", lambda self: self.exists())
    _pipe(folder / MANIFEST_NAME)

    assert not any("mine" in names for names in _listings())


@needs_pipes
@pytest.mark.parametrize(
    "read",
    [
        lambda path: read_results(path),
        lambda path: read_manifest(path, []),
    ],
    ids=["results", "manifest"],
)
def test_a_pipe_is_one_line(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(FstMuseError, match=r"a pipe|cannot be read|is no") as caught:
        read(_pipe(tmp_path / "file.csv"))
    assert "\n" not in str(caught.value)


@needs_pipes
def test_pipes_among_records_are_passed_over(tmp_path: Path) -> None:
    _pipe(tmp_path / "journal" / "20260101-000000.jsonl")
    _pipe(store.runs_folder() / "run" / store.RUN_FILE)
    _pipe(store.runs_folder() / "run" / "events.jsonl")

    list_batches(tmp_path / "journal")
    assert store.list_runs() == []
    assert read_events(store.runs_folder() / "run") == []


@pytest.mark.parametrize("line", [*_BAD_JSON.values(), b'{"step": "said", "record": 1e400}'])
def test_a_damaged_line_of_the_corrections_costs_itself(tmp_path: Path, line: bytes) -> None:
    song = tmp_path / "song.wav"
    soundfile.write(song, make_music(4.0), SAMPLE_RATE)
    answer = GenreClassifier.load("toy-model").classify_file(song)
    CorrectionStore().correct_file(song, "Jazz", answer)
    (journal,) = bundle.user_models_folder().parent.rglob(JOURNAL_FILE)
    with journal.open("ab") as stream:
        stream.write(line.replace(b"\n", b" ") + b"\n")

    assert [record.genre for record in CorrectionStore().records()] == ["Jazz"]


@pytest.mark.parametrize("line", _BAD_JSON.values(), ids=_BAD_JSON)
def test_a_damaged_result_is_one_line(tmp_path: Path, line: bytes) -> None:
    file = tmp_path / "results.jsonl"
    file.write_bytes(line + b"\n")

    with pytest.raises(FstMuseError) as caught:
        read_results(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", ["Infinity", "1e308", "-1e308", str(10**18), "9" * 40, "[]"])
def test_events_hold_no_number_that_qt_refuses(number: str) -> None:
    known = {
        "progress": ("epoch", "step", "steps", "loss", "accuracy", "learning_rate"),
        "preparing": ("done", "total"),
    }
    for event, keys in known.items():
        for key in keys[:3]:
            values = {"event": event, "stage": "x", "clips_per_second": 1, "seconds_left": 1}
            text = json.dumps({**values, **dict.fromkeys(keys, 1), key: "HERE"})
            found = parse_event(text.replace('"HERE"', number))
            assert found is None, (event, key)
    assert parse_event("[" * 100_000) is None


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "[NaN]", "", "{}", '["x"]', "[1e400]", "\0", "[1]"]
)
def test_a_damaged_answer_in_the_library_costs_itself(tmp_path: Path, text: str) -> None:
    song = tmp_path / "music" / "song.wav"
    song.parent.mkdir()
    soundfile.write(song, make_music(4.0), SAMPLE_RATE)
    model = bundle.find_bundle("toy-model")
    with open_library(tmp_path / "library.db") as library:
        library.add_folder(song.parent)
        scan_library(library)
        list(answers(library, model, [str(song)]))
        (row,) = library.rows(model.sha256)
        assert library.classification(row.file_id, model.sha256) is not None
        with library.writing() as connection:
            connection.execute("UPDATE results SET scores = ?", (text,))
        assert library.classification(row.file_id, model.sha256) is None
        assert library.scores(model.sha256) == []
        with library.writing() as connection:
            connection.execute("UPDATE models SET genres = ?", (text,))
        assert all(found.name != "toy-model" for found in library.models()) or text == '["x"]'


# Arrays whose headers lie ----------------------------------------------------------------------


def _lying(shape: tuple[int, ...], descr: str = "<f4", body: bytes = b"\0" * 64) -> bytes:
    stream = io.BytesIO()
    npy.write_array_header_1_0(stream, {"descr": descr, "fortran_order": False, "shape": shape})
    return stream.getvalue() + body


def _head(**changed: bytes) -> bytes:
    ones, one = np.ones(N_STATISTICS, np.float32), np.ones(1, np.float32)
    whole = PatternHead(ones, ones, np.ones((N_STATISTICS, 1), np.float32), one).to_bytes()
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, changed.get(name.removesuffix(".npy"), old.read(name)))
    return stream.getvalue()


@pytest.mark.parametrize(
    "bias",
    [
        _lying((10**12,)),
        _lying((2**62,)),
        _lying((-5,)),
        _lying((1,), "|O"),
        _lying((1,), "<U16"),
        b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65_535,
        b"\x93NUMPY\x03\x00" + b"\xff" * 4,
        b"",
        b"\x80\x04N.",
    ],
    ids="terabytes overflow negative object text nested version empty pickle".split(),
)
def test_a_pattern_head_whose_header_lies_is_refused(bias: bytes) -> None:
    assert PatternHead.from_bytes(_head()).bias.shape == (1,)
    with pytest.raises(ValueError, match=r"bias|array|reshape|negative|header|magic|size"):
        PatternHead.from_bytes(_head(bias=bias))


@pytest.mark.parametrize(
    "header",
    [
        _lying((10**12, 128), "<f2"),
        _lying((300, 64), "<f2"),
        _lying((300, 128), "|O"),
        _lying((1, 128), "<f2"),
        _lying((300 * 128,), "<f2"),
        b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65_535,
    ],
    ids=["terabytes", "bands", "object", "short", "flat", "nested"],
)
def test_features_whose_header_lies_are_one_line(tmp_path: Path, header: bytes) -> None:
    song = tmp_path / "song.wav"
    soundfile.write(song, make_music(4.0), SAMPLE_RATE)
    with FeatureCache(tmp_path / "cache") as cache:
        cache.fill([song], processes=1)
        features = cache.open([song])
        (shard,) = (tmp_path / "cache").glob("*.npy")
        data = shard.read_bytes()
        shard.write_bytes(header + data[len(header) :])
        with pytest.raises(FstMuseError, match="gone or damaged") as caught:
            np.asarray(features[0])
    assert "\n" not in str(caught.value)
