"""``fstmuse classify``: formats, order, options, exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.system.isolated import each_isolated

from .conftest import Run

FIELDS = {
    "path",
    "model",
    "model_sha256",
    "duration_s",
    "verdict",
    "genre",
    "probabilities",
    "warnings",
}


def test_json_is_an_array_with_every_field(fstmuse: Run, music_file: Path, shipped: Bundle) -> None:
    outcome = fstmuse("classify", music_file, "--format", "json")

    assert outcome.code == 0
    assert outcome.err == ""
    (result,) = outcome.json()
    assert result.keys() >= FIELDS
    assert "segments" not in result
    assert result["path"] == str(music_file)
    assert result["model"] == "fst-muse"
    assert result["model_sha256"] == shipped.sha256
    assert result["duration_s"] == pytest.approx(10.0, abs=0.01)
    assert set(result["probabilities"]) == set(shipped.manifest.genres)
    assert sum(result["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)


def test_the_numbers_are_those_of_the_core(fstmuse: Run, music_file: Path, shipped: Bundle) -> None:
    expected = GenreClassifier(shipped).classify_file(music_file)

    (result,) = fstmuse("classify", music_file, "--format", "json", "--timeline").json()

    assert result == {"path": str(music_file), **expected.to_dict(timeline=True)}


def test_timeline_covers_the_clip(fstmuse: Run, music_file: Path) -> None:
    (result,) = fstmuse("classify", music_file, "--format", "json", "--timeline").json()

    segments = result["segments"]
    assert segments[0]["start_s"] == 0.0
    assert segments[-1]["end_s"] == pytest.approx(10.0, abs=0.8)
    assert all(a["start_s"] < b["start_s"] < a["end_s"] for a, b in pairwise(segments))


def test_top_keeps_the_likeliest(fstmuse: Run, music_file: Path) -> None:
    (whole,) = fstmuse("classify", music_file, "--format", "json").json()
    (cut,) = fstmuse("classify", music_file, "--format", "json", "--top", "2", "--timeline").json()

    assert list(cut["probabilities"].items()) == list(whole["probabilities"].items())[:2]
    assert all(len(segment["probabilities"]) == 2 for segment in cut["segments"])


def test_another_model_by_name_and_by_folder(
    fstmuse: Run, music_file: Path, shipped: Bundle
) -> None:
    for model in ("ToyModel", shipped.path.parent / "toy-model"):
        (result,) = fstmuse("classify", music_file, "--format", "json", "--model", model).json()
        assert result["model"] == "toy-model"
        assert set(result["probabilities"]) == {"Folk", "Hip-Hop", "Rock"}


@pytest.fixture
def album(make_file: Callable[..., Path], tmp_path: Path) -> Path:
    """A folder with three sound files, one of them further down, and a text."""
    folder = tmp_path / "album"
    (folder / "more").mkdir(parents=True)
    for name in ("b.wav", "a.flac"):
        make_file(f"album/{name}")
    make_file("album/more/c.ogg")
    (folder / "notes.txt").write_text("not a song")
    return folder


def test_results_come_in_the_order_given(fstmuse: Run, album: Path, music_file: Path) -> None:
    outcome = fstmuse("classify", music_file, album, album / "a.flac", "--format", "jsonl")

    paths = [json.loads(line)["path"] for line in outcome.out.splitlines()]
    names = ["song.wav", "a.flac", "b.wav", "c.ogg", "a.flac"]
    assert [Path(path).name for path in paths] == names


def test_a_failed_file_leaves_the_others_and_gives_1(
    fstmuse: Run, music_file: Path, tmp_path: Path
) -> None:
    outcome = fstmuse("classify", tmp_path / "gone.mp3", music_file, "--format", "json")

    assert outcome.code == 1
    failed, done = outcome.json()
    assert failed["path"] == str(tmp_path / "gone.mp3")
    assert "no such file" in failed["error"]
    assert "probabilities" not in failed
    assert done["probabilities"]
    assert outcome.complaints == [f"fstmuse: {failed['error']}"]


def test_csv_has_a_row_for_each_file(
    fstmuse: Run, music_file: Path, tmp_path: Path, shipped: Bundle
) -> None:
    outcome = fstmuse("classify", music_file, tmp_path / "gone.mp3", "--format", "csv")

    done, failed = csv.DictReader(io.StringIO(outcome.out))
    assert sum(float(done[genre]) for genre in shipped.manifest.genres) == pytest.approx(
        1, abs=1e-3
    )
    assert done["error"] == ""
    assert failed["path"] == str(tmp_path / "gone.mp3")
    assert "no such file" in failed["error"]
    assert failed["Rock"] == ""


def test_csv_with_timeline_has_a_row_for_each_segment(fstmuse: Run, music_file: Path) -> None:
    (result,) = fstmuse("classify", music_file, "--format", "json", "--timeline").json()
    rows = list(
        csv.DictReader(
            io.StringIO(fstmuse("classify", music_file, "--format", "csv", "--timeline").out)
        )
    )

    assert [float(row["start_s"]) for row in rows] == [s["start_s"] for s in result["segments"]]
    assert [float(row["Rock"]) for row in rows] == [
        s["probabilities"]["Rock"] for s in result["segments"]
    ]


def test_csv_keeps_a_clip_too_short_for_a_segment(
    fstmuse: Run, make_file: Callable[..., Path]
) -> None:
    short = make_file("short.wav", samples=np.zeros(4410, np.float32))

    (row,) = csv.DictReader(
        io.StringIO(fstmuse("classify", short, "--format", "csv", "--timeline").out)
    )

    assert row["start_s"] == ""
    assert row["verdict"].startswith("Not sure")


def test_table_shows_length_three_genres_and_the_verdict(fstmuse: Run, music_file: Path) -> None:
    (result,) = fstmuse("classify", music_file, "--format", "json").json()
    outcome = fstmuse("classify", music_file)

    (line,) = outcome.out.splitlines()
    assert "song.wav" in line
    assert "0:10" in line
    assert line.endswith(result["verdict"])
    assert line.count(" %  ") == 3


def test_table_aligns_names_of_any_width(
    fstmuse: Run, make_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from fstmuse_core.cli.common.results import width

    monkeypatch.chdir(tmp_path)
    for name in ("a.wav", "日本の歌.wav", "two\nlines.wav"):
        make_file(name)

    lines = fstmuse("classify", "a.wav", "日本の歌.wav", "two\nlines.wav").out.splitlines()

    assert len(lines) == 3
    assert len({width(line[: line.index("0:10")]) for line in lines}) == 1


def test_output_replaces_the_file_whole(fstmuse: Run, music_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "results.json"
    target.write_text("old")

    outcome = fstmuse("classify", music_file, "--format", "json", "--output", target)

    assert outcome.out == ""
    assert json.loads(target.read_text())[0]["path"] == str(music_file)
    assert [entry.name for entry in tmp_path.iterdir()] == ["results.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions and links")
def test_output_keeps_permissions_and_links(fstmuse: Run, music_file: Path, tmp_path: Path) -> None:
    target, link = tmp_path / "results.csv", tmp_path / "link.csv"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)

    fstmuse("classify", music_file, "--format", "csv", "--output", link)

    assert link.is_symlink()
    assert target.read_text().startswith("path,")
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("layout", ["table", "json", "csv"])
def test_an_interrupted_run_leaves_the_old_output(
    fstmuse: Run,
    music_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    layout: str,
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(GenreClassifier, "classify_file", interrupted)
    target = tmp_path / "results"
    target.write_text("old")

    outcome = fstmuse("classify", music_file, "--format", layout, "-o", target)

    assert outcome.code == 130
    assert target.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["results"]


def test_interrupted_jsonl_keeps_what_was_done(
    fstmuse: Run, music_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def second_is_interrupted(work: Any, items: list[Any], *arguments: Any) -> Iterator[object]:
        yield from each_isolated(work, items[:1], *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr("fstmuse_core.cli.classify.each_isolated", second_is_interrupted)
    target = tmp_path / "results.jsonl"

    outcome = fstmuse("classify", music_file, "second.wav", "--format", "jsonl", "-o", target)

    assert outcome.code == 130
    (line,) = target.read_text().splitlines()
    assert json.loads(line)["path"] == str(music_file)


@pytest.mark.usefixtures("in_this_process")
def test_a_fault_of_our_own_is_one_line_and_the_rest_goes_on(
    fstmuse: Run, music_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classify_file = GenreClassifier.classify_file

    def stumbles(self: GenreClassifier, path: str, **options: object) -> object:
        if path == "odd.wav":
            raise ZeroDivisionError("one\ntwo")
        return classify_file(self, path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(GenreClassifier, "classify_file", stumbles)

    outcome = fstmuse("classify", "odd.wav", music_file, "--format", "json")

    assert outcome.code == 1
    failed, done = outcome.json()
    assert "ZeroDivisionError: one\\ntwo" in failed["error"]
    assert done["probabilities"]
    assert len(outcome.complaints) == 1


@pytest.mark.parametrize("target", ["nowhere/results.json", "."])
def test_an_impossible_output_is_wrong_use_before_any_work(
    fstmuse: Run, music_file: Path, tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delattr(GenreClassifier, "load")

    assert fstmuse("classify", music_file, "--output", target).code == 2


def test_an_unknown_model_is_wrong_use_and_names_those_there_are(
    fstmuse: Run, music_file: Path
) -> None:
    outcome = fstmuse("classify", music_file, "--model", "polka")

    assert outcome.code == 2
    assert outcome.out == ""
    assert len(outcome.complaints) == 1
    assert "toy-model" in outcome.err


def test_a_damaged_model_is_refused(
    fstmuse: Run, music_file: Path, tmp_path: Path, shipped: Bundle
) -> None:
    copy = shutil.copytree(shipped.path, tmp_path / "mine")
    network = copy / "weights.npz"
    network.write_bytes(network.read_bytes()[:-1])

    outcome = fstmuse("classify", music_file, "--model", copy)

    assert outcome.code == 2
    assert "weights.npz in it is not the one" in outcome.err


def test_warnings_are_spoken_beside_a_table(
    fstmuse: Run, make_file: Callable[..., Path], music: np.ndarray
) -> None:
    samples = music.copy()
    samples[100] = np.nan
    path = make_file("nan.wav", samples=samples, subtype="FLOAT")

    outcome = fstmuse("classify", path)

    assert outcome.code == 0
    assert [line for line in outcome.complaints if str(path) in line and "NaN or infinity" in line]


def test_traits_are_a_line_in_a_table_and_a_column_in_csv(fstmuse: Run, music_file: Path) -> None:
    (found,) = fstmuse("classify", music_file, "--format", "json").json()
    words = ", ".join(word for group in found["traits"].values() for word in group)
    assert words

    table = fstmuse("classify", music_file, "--traits").out.splitlines()
    assert table[-1].strip() == words
    assert len(table) == len(fstmuse("classify", music_file).out.splitlines()) + 1
    (row,) = csv.DictReader(
        fstmuse("classify", music_file, "--traits", "--format", "csv").out.splitlines()
    )
    assert row["traits"] == words
