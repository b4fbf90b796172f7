"""``fstmuse library import``: results of other machines and of scripts."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.classify.classifier import GenreClassifier
from fstmuse_core.cli import main
from fstmuse_core.library.database import open_library
from fstmuse_core.library.rows import LibraryRow

from .conftest import Run

MakeFile = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A library that no other test has filled."""
    data = str(tmp_path / "data")
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *_a, **_k: data)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another machine: three songs in the folder "music", and results.jsonl of them."""
    machine = tmp_path_factory.mktemp("elsewhere")
    (machine / "music").mkdir()
    for number in range(3):
        write_song(machine / "music" / f"{number}.wav", number)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(machine)
        assert main(["classify", "music", "-o", "results.jsonl", "--timeline"]) == 0
    return machine


@pytest.fixture
def folder(elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same songs in the folder "music" here, below the current one."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(elsewhere / "music", tmp_path / "music"))


def write_song(path: Path, seed: int) -> None:
    samples = np.random.default_rng(seed).standard_normal(5 * 22050).cumsum()
    soundfile.write(path, 0.5 * samples / np.abs(samples).max(), 22050)


@pytest.fixture
def results(elsewhere: Path, folder: Path) -> Path:
    """What the other machine heard in them."""
    return Path(shutil.copy(elsewhere / "results.jsonl", folder.parent))


def records(results: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in results.read_text().splitlines()]


def rewrite(results: Path, changed: list[dict[str, Any]]) -> None:
    results.write_text("".join(json.dumps(record) + "\n" for record in changed))


def rows(shipped: Bundle) -> list[LibraryRow]:
    with open_library() as library:
        return library.rows(shipped.sha256)


def test_the_library_has_what_another_machine_heard(
    fstmuse: Run, folder: Path, results: Path, shipped: Bundle
) -> None:
    fstmuse("library", "scan", folder)

    outcome = fstmuse("library", "import", results)

    assert (outcome.code, outcome.out, outcome.err) == (0, "3 results taken\n", "")
    classifier = GenreClassifier(shipped)
    for row, record in zip(rows(shipped), records(results), strict=True):
        assert row.path == os.path.abspath(record["path"])
        with open_library() as library:
            kept = library.classification(row.file_id, shipped.sha256)
        assert kept is not None
        here = classifier.classify_file(row.path)
        assert kept.verdict == here.verdict
        assert kept.warnings == here.warnings
        assert kept.duration_s == pytest.approx(here.duration_s, abs=1e-3)
        np.testing.assert_allclose(kept.probabilities, here.probabilities, atol=1e-5)
        np.testing.assert_allclose(
            kept.timeline.probabilities, here.timeline.probabilities, atol=1e-5
        )
        np.testing.assert_array_equal(kept.timeline.silent, here.timeline.silent)
        assert {k: v for k, v in kept.to_dict(timeline=True).items() if k != "probabilities"} == {
            k: v for k, v in record.items() if k not in ("path", "file", "probabilities")
        }


def test_nothing_is_doubled(fstmuse: Run, folder: Path, results: Path, shipped: Bundle) -> None:
    fstmuse("library", "scan", folder)
    results.write_text(results.read_text() * 2)

    assert fstmuse("library", "import", results).out == "3 results taken, 3 known already\n"
    assert fstmuse("library", "import", results, results).out == (
        "0 results taken, 12 known already\n"
    )

    assert len(rows(shipped)) == 3
    with open_library() as library:
        assert [model.n_results for model in library.models()] == [3]


def test_what_was_heard_here_counts(fstmuse: Run, folder: Path, results: Path) -> None:
    fstmuse("library", "scan", folder)
    fstmuse("library", "classify")
    before = fstmuse("library", "list", "--format", "json").out

    assert fstmuse("library", "import", results).out == "0 results taken, 3 known already\n"
    assert fstmuse("library", "list", "--format", "json").out == before


def test_files_of_no_folder_are_kept_for_when_they_come(
    fstmuse: Run, folder: Path, results: Path, shipped: Bundle
) -> None:
    assert fstmuse("library", "import", results).code == 0
    assert not rows(shipped)

    fstmuse("library", "scan", folder)

    assert [row.state for row in rows(shipped)] == ["done"] * 3


def test_files_that_are_not_here_or_are_others_are_named(
    fstmuse: Run, folder: Path, results: Path, shipped: Bundle
) -> None:
    (folder / "0.wav").unlink()
    write_song(folder / "1.wav", 7)
    fstmuse("library", "scan", folder)

    outcome = fstmuse("library", "import", results)

    assert outcome.code == 1
    assert outcome.complaints == [
        f"fstmuse: {folder / '0.wav'}: it is not here",
        f"fstmuse: {folder / '1.wav'}: its sound is another than the one that was heard; "
        "classify it again",
    ]
    assert outcome.out.splitlines() == [
        "1 result taken",
        "left out: 1 of files that are not here",
        "left out: 1 of files whose sound changed",
    ]
    assert [(row.path, row.state) for row in rows(shipped)] == [
        (str(folder / "1.wav"), "waiting"),
        (str(folder / "2.wav"), "done"),
    ]


def test_a_file_is_known_by_its_sound_wherever_it_lies(
    fstmuse: Run, folder: Path, results: Path, shipped: Bundle
) -> None:
    moved = folder.rename(folder.with_name("elsewhere"))
    fstmuse("library", "scan", moved)
    fstmuse("library", "classify", "--model", "toy-model")

    assert fstmuse("library", "import", results).code == 0

    assert [row.state for row in rows(shipped)] == ["done"] * 3


def test_tags_are_no_other_sound(
    fstmuse: Run, make_file: MakeFile, results: Path, shipped: Bundle
) -> None:
    from mutagen.flac import FLAC

    song = make_file("song.flac")
    fstmuse("classify", song, "-o", results)
    tags = FLAC(song)
    tags["title"] = "A title of some length"
    tags.save()

    assert fstmuse("library", "import", results).out == "1 result taken\n"
    fstmuse("library", "scan", song.parent)
    (row,) = [row for row in rows(shipped) if row.path == str(song)]
    assert (row.state, row.title) == ("done", "A title of some length")


def test_results_of_before_the_sound_was_named(fstmuse: Run, folder: Path, results: Path) -> None:
    old = [{k: v for k, v in r.items() if k not in ("sound", "settings")} for r in records(results)]
    rewrite(results, old)
    os.utime(folder / "1.wav", ns=(1, 1))

    outcome = fstmuse("library", "import", results)

    assert outcome.code == 1
    assert outcome.out.splitlines() == [
        "2 results taken",
        "left out: 1 of files whose sound changed",
    ]


def test_a_script_writes_results(fstmuse: Run, folder: Path, shipped: Bundle) -> None:
    classifier = GenreClassifier(shipped)
    with open("mine.jsonl", "w") as stream:
        for path in sorted(folder.iterdir()):
            answer = classifier.classify_file(path, with_sound=True)
            stream.write(json.dumps({"path": str(path), **answer.to_dict()}) + "\n")

    assert fstmuse("library", "import", "mine.jsonl").out == "3 results taken\n"


def test_failed_files_stay_to_be_classified(fstmuse: Run, folder: Path, results: Path) -> None:
    (folder / "9.mp3").write_bytes(b"ID3 nothing of worth" * 50)
    fstmuse("classify", "music", "-o", results)

    outcome = fstmuse("library", "import", results)

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "3 results taken",
        "left out: 1 failed where they were made",
    ]


def without(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda record: {key: value for key, value in record.items() if key not in names}


def having(**values: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda record: {**record, **values}


def topmost(record: dict[str, Any]) -> dict[str, Any]:
    ((genre, share), *_) = record["probabilities"].items()
    return {**record, "probabilities": {genre: share}}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without("path"), "it is no result of fstmuse classify"),
        (without("model_sha256"), "it is no result of fstmuse classify"),
        (having(path=7), "it is no result of fstmuse classify"),
        (having(model_sha256="f" * 64), "(ffffffff) answered, and it is not installed"),
        (having(settings="whole file, 0"), "another version of FstMuse answered"),
        (without("sound", "file"), "does not say of which sound"),
        (without("verdict"), "is damaged ('verdict')"),
        (having(genre="Skiffle"), "the model knows no genre 'Skiffle'"),
        (having(not_sure_because="tired"), "is damaged"),
        (having(warnings=None), "is damaged"),
        (having(traits=["calm"]), "is damaged"),
        (having(file="big"), "is damaged"),
        (having(segments=[{"start_s": 0.0}]), "is damaged"),
        (having(duration_s=[1]), "is damaged"),
        (topmost, "not every genre of the model has its probability, as with --top"),
    ],
)
def test_what_cannot_be_used_is_named_and_the_rest_is_taken(
    fstmuse: Run,
    results: Path,
    change: Callable[[dict[str, Any]], dict[str, Any]],
    why: str,
) -> None:
    first, second, _ = records(results)
    rewrite(results, [first, change(second)])

    outcome = fstmuse("library", "import", results)

    assert outcome.code == 1
    (line,) = outcome.complaints
    assert line.startswith(f"fstmuse: {results}, line 2: ")
    assert why in line
    assert outcome.out.splitlines() == ["1 result taken", "left out: 1 that cannot be used"]


def test_probabilities_that_are_none(fstmuse: Run, results: Path) -> None:
    first, *_ = records(results)
    name = next(iter(first["probabilities"]))
    for value in (-0.5, 7.0, "much", None):
        rewrite(results, [{**first, "probabilities": {**first["probabilities"], name: value}}])
        outcome = fstmuse("library", "import", results)
        assert (outcome.code, outcome.out.splitlines()[0]) == (1, "0 results taken")
    results.write_bytes(b'\xff\xfe[]\n{"path": NaN\n\n[]\nnull\n')
    assert fstmuse("library", "import", results).out.splitlines() == [
        "0 results taken",
        "left out: 5 that cannot be used",
    ]


def test_files_that_are_no_results(fstmuse: Run, folder: Path) -> None:
    for name, why in (("absent.jsonl", "No such file"), ("music", "it is a folder")):
        outcome = fstmuse("library", "import", name)
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.startswith(f"fstmuse: {name}: it cannot be read ({why}")


def test_a_file_without_any_result_is_told_in_one_line(
    fstmuse: Run, folder: Path, results: Path
) -> None:
    outcome = fstmuse("library", "import", folder / "0.wav", results)

    assert outcome.code == 1
    assert outcome.complaints == [
        f"fstmuse: {folder / '0.wav'}: none of its lines is a result of fstmuse classify; "
        "name a file that fstmuse classify -o wrote"
    ]
    assert outcome.out.splitlines()[0] == "3 results taken"


def test_of_many_unusable_lines_the_first_are_named(fstmuse: Run, results: Path) -> None:
    results.write_text(results.read_text() + "no result\n" * 1300)

    outcome = fstmuse("library", "import", results)

    assert outcome.code == 1
    assert outcome.complaints == [
        *(
            f"fstmuse: {results}, line {n}: it is no result of fstmuse classify"
            for n in range(4, 9)
        ),
        f"fstmuse: {results}: 1295 more lines that cannot be used",
    ]
    assert outcome.out.splitlines() == ["3 results taken", "left out: 1,300 that cannot be used"]


def test_a_missing_file_costs_itself(fstmuse: Run, folder: Path, results: Path) -> None:
    outcome = fstmuse("library", "import", "absent.jsonl", results)

    assert (outcome.code, outcome.out) == (1, "3 results taken\n")
    (line,) = outcome.complaints
    assert line.startswith("fstmuse: absent.jsonl: it cannot be read (No such file")


def test_many_lines_are_looked_into_by_many_processes(
    fstmuse: Run, folder: Path, results: Path
) -> None:
    lines = records(results)
    many = []
    for number in range(14):
        copy = folder / f"copy {number}.wav"
        shutil.copy(folder / f"{number % 3}.wav", copy)
        many.append({**lines[number % 3], "path": str(copy)})
    rewrite(results, many)

    assert fstmuse("library", "import", results).out == "3 results taken, 11 known already\n"
