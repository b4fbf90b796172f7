"""Copies of a recording: found by sound in other formats and levels, and which to keep."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fstmuse_core.datasets import duplicates
from fstmuse_core.datasets.duplicates import same_recordings
from fstmuse_core.library.copies import (
    NO_BETTER,
    Copies,
    FileFacts,
    candidate_groups,
    judged,
    missing_prints,
    read_prints,
)
from fstmuse_core.library.rows import LibraryRow, State
from fstmuse_core.library.scan import scan_library
from tests.library_out.conftest import MODEL, Shelf, answer, make_row

Run = Callable[..., tuple[int, str, str]]
RATE = 22_050


def music(seed: int, seconds: float = 24.0) -> np.ndarray:
    """A tune of chords over noise, another for each seed."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    pitches = 110 * 2 ** (rng.integers(0, 36, size=(int(seconds * 3) + 1, 3)) / 12)
    phase = 2 * np.pi * np.cumsum(pitches[(t * 3).astype(int)], axis=0) / RATE
    sound = sum(np.sin(k * phase).sum(axis=1) / k for k in (1, 2, 3, 5, 7))
    drum = np.exp(-20 * (t % (0.3 + 0.1 * rng.random()))) * rng.normal(size=t.size)
    return np.asarray(0.08 * (sound + drum), dtype=np.float32)


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song as flac, mp3, quieter and cut, and two other songs, one of them twice."""
    folder = tmp_path_factory.mktemp("songs")
    song = music(0)
    soundfile.write(folder / "song.flac", song, RATE)
    soundfile.write(folder / "song.mp3", song, RATE)
    soundfile.write(folder / "quiet.flac", 0.2 * song, RATE)
    soundfile.write(folder / "part.wav", song[9 * RATE : 18 * RATE], RATE)
    soundfile.write(folder / "other.flac", music(1), RATE)
    soundfile.write(folder / "third.mp3", music(2), RATE)
    shutil.copyfile(folder / "third.mp3", folder / "twin of third.mp3")
    return folder


@pytest.fixture
def copied(library_store: Shelf, songs: Path) -> Shelf:
    """A library of these."""
    folder = library_store.folder
    shutil.copytree(songs, folder, dirs_exist_ok=True)
    library_store.library.add_folder(folder)
    scan_library(library_store.library)
    names = [path.name for path in folder.iterdir()]
    library_store.hear(MODEL, {name: answer("Rock", 0.9) for name in names})
    with library_store.library.writing() as db:
        db.execute("UPDATE files SET content = 'third.mp3' WHERE content = 'twin of third.mp3'")
        for name in names:
            with soundfile.SoundFile(folder / name) as file:
                seconds = file.frames / file.samplerate
            db.execute("UPDATE results SET seconds = ? WHERE content = ?", (seconds, name))
    return library_store


def test_copies_are_found_by_their_sound(copied: Shelf, fstmuse: Run) -> None:
    code, out, err = fstmuse("copies", "--format", "json")

    found = json.loads(out)
    groups = [[Path(one["path"]).name for one in group] for group in found["groups"]]
    assert (code, err) == (0, "3 copies of 2 recordings\n")
    assert sorted(map(len, groups)) == [2, 3]
    song = next(group for group in found["groups"] if len(group) == 3)
    names = [Path(one["path"]).name for one in song]
    assert names[0].endswith(".flac")
    assert sorted(names) == ["quiet.flac", "song.flac", "song.mp3"]
    assert [one["keep"] for one in song] == [True, False, False]
    assert song[0]["why"] == "lossless"
    lossy = next(one for one in song if one["path"].endswith(".mp3"))
    assert lossy["why"] == "mp3 loses what flac keeps"
    assert lossy["alike"] > 0.75
    twins = next(group for group in found["groups"] if len(group) == 2)
    assert twins[1]["why"] == "the same sound, byte for byte"
    assert twins[1]["alike"] == 1.0
    assert [Path(part["shorter"]).name for part in found["parts"]] == ["part.wav"]


def test_they_are_listed_for_people_and_for_tables(
    copied: Shelf, fstmuse: Run, tmp_path: Path
) -> None:
    _, out, _ = fstmuse("copies")
    lines = out.splitlines()
    assert sum(line.startswith("keep  ") for line in lines) == 2
    assert sum(line.startswith("copy  ") for line in lines) == 3
    assert sum(line.startswith("part  ") for line in lines) == 1
    assert any("flac, 22.05 kHz, mono, " in line and ", 0:24: lossless" in line for line in lines)
    file = tmp_path / "copies.csv"
    fstmuse("copies", "-o", file)
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert [row["keep"] for row in rows].count("True") == 2
    assert len(rows) == 5


def test_fingerprints_are_made_once(copied: Shelf, fstmuse: Run) -> None:
    rows = copied.library.rows(MODEL.sha256)
    assert len(missing_prints(copied.library, rows)) == 6
    out = fstmuse("copies")[1]
    assert missing_prints(copied.library, rows) == []
    # One that is made anew would find the copy again.
    with copied.library.writing() as db:
        db.execute("UPDATE prints SET words = x'' WHERE content = 'song.mp3'")
    code, again, err = fstmuse("copies")
    assert (code, err) == (0, "2 copies of 2 recordings\n")
    assert "song.mp3" in out
    assert "song.mp3" not in again


def lose_track(shelf: Shelf, name: str) -> None:
    """Let the library take the file as it is now for the one that was scanned."""
    path = str(shelf.folder / name)
    shelf.library.retagged(path, title="", artist="", album="", tag_genre="")


def test_a_file_that_cannot_be_read_is_told(copied: Shelf, fstmuse: Run) -> None:
    (copied.folder / "other.flac").write_bytes(b"fLaC nothing more")
    lose_track(copied, "other.flac")
    code, out, err = fstmuse("copies")
    assert code == 1
    assert "other.flac: " in err
    assert "3 copies of 2 recordings" in err
    assert "other.flac" not in out


@pytest.mark.parametrize("name", ["song.flac", "third.mp3"])
def test_a_file_whose_header_cannot_be_read_is_neither_kept_nor_a_copy(
    copied: Shelf, fstmuse: Run, name: str
) -> None:
    assert fstmuse("copies")[0] == 0
    (copied.folder / name).write_bytes(b"nothing more")
    lose_track(copied, name)
    code, out, err = fstmuse("copies")
    assert code == 1
    assert err.startswith(f"fstmuse: {copied.folder / name}: ")
    assert f"{copied.folder / name}\n" not in out


# -- files that are not what was scanned ---------------------------------------------------

AGAIN = "scan again: fstmuse library scan\n"


def test_the_last_copy_of_a_deleted_file_is_not_called_a_copy(copied: Shelf, fstmuse: Run) -> None:
    assert fstmuse("copies")[0] == 0
    for name in ("song.flac", "quiet.flac"):
        (copied.folder / name).unlink()
    code, out, err = fstmuse("copies")
    assert code == 1
    assert f"keep  {copied.folder / 'song.mp3'}\n" not in out
    assert f"copy  {copied.folder / 'song.mp3'}\n" not in out
    for name in ("song.flac", "quiet.flac"):
        gone = copied.folder / name
        assert f"fstmuse: {gone}: left out, it is no longer there; {AGAIN}" in err
        assert name not in out
    assert "1 copy of 1 recording\n" in err


def test_another_song_in_the_place_of_one_is_no_copy(copied: Shelf, fstmuse: Run) -> None:
    assert fstmuse("copies")[0] == 0
    replaced = copied.folder / "third.mp3"
    soundfile.write(replaced, music(5), RATE)
    code, out, err = fstmuse("copies")
    assert code == 1
    assert f"fstmuse: {replaced}: left out, it has changed since it was scanned; {AGAIN}" in err
    assert "third.mp3" not in out


def test_no_fingerprint_is_made_of_another_sound(copied: Shelf, fstmuse: Run) -> None:
    """Under the hash of the old sound it would outlive the next scan."""
    soundfile.write(copied.folder / "other.flac", music(0), RATE)
    code, out, _ = fstmuse("copies")
    assert code == 1
    assert "other.flac" not in out
    assert "other.flac" not in read_prints(copied.library)


def test_a_drive_that_is_away_is_told_in_a_few_lines(library_store: Shelf, fstmuse: Run) -> None:
    names = [f"{n}.mp3" for n in range(25)]
    library_store.put(*names)
    library_store.hear(MODEL, {name: answer("Rock", 0.9) for name in names})
    library_store.folder.rename(library_store.folder.with_name("away"))
    code, out, err = fstmuse("copies")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 12
    assert f"15 more files left out, changed or gone; {AGAIN}" in err


def test_libraries_without_copies(library_store: Shelf, fstmuse: Run) -> None:
    code, _, err = fstmuse("copies")
    assert code == 1
    assert err == "fstmuse: Your library: it is empty; add a folder: fstmuse library scan\n"
    library_store.put("a.mp3", "b.mp3")
    code, out, err = fstmuse("copies")
    assert (code, out) == (0, "")
    assert err == (
        "fstmuse: 2 files left out, not heard yet; let a model listen: fstmuse library classify\n"
        "no two files of the library hold the same recording\n"
    )


# -- what is kept --------------------------------------------------------------------------


def facts(name: str, seconds: float = 200.0, rate: int = 44_100, bits: float = 0.0) -> FileFacts:
    is_lossless = name in ("flac", "wav")
    return FileFacts(name, is_lossless, rate, 2, seconds, bits or (9e5 if is_lossless else 128e3))


def decide(*files: tuple[LibraryRow, FileFacts], apart: tuple[tuple[str, str], ...] = ()) -> Copies:
    """What is said of files that all sound alike, but those that are told apart."""
    rows = [row._replace(file_id=n) for n, (row, _) in enumerate(files)]
    names = [row.content or "" for row in rows]
    alike = {(a, b): 0.9 for a in names for b in names if a != b}
    for a, b in apart:
        del alike[a, b], alike[b, a]
    return judged(rows, {n: one for n, (_, one) in enumerate(files)}, alike)


@pytest.mark.parametrize(
    ("best", "other", "why", "less"),
    [
        (facts("flac"), facts("mp3", bits=320e3), "lossless", "mp3 loses what flac keeps"),
        (facts("mp3", bits=320e3), facts("mp3"), "highest bit rate", "128 kbit/s, not 320"),
        (facts("flac", rate=96_000), facts("wav"), "most samples", "fewer samples or channels"),
        (facts("mp3", 201.0), facts("mp3", 199.0), "no worse than any", NO_BETTER),
    ],
)
def test_the_better_file_is_kept(best: FileFacts, other: FileFacts, why: str, less: str) -> None:
    found = decide((make_row("/b"), other), (make_row("/a"), best))
    ((kept, copy),) = found.groups
    assert (kept.row.path, copy.row.path) == ("/a", "/b")
    assert kept.why.startswith(why)
    assert copy.why == less


def test_of_equal_files_the_one_with_a_title_is_kept() -> None:
    plain, titled = make_row("/a"), make_row("/b", title="T", artist="A", content="/a")
    ((kept, copy),) = decide((plain, facts("mp3")), (titled, facts("mp3"))).groups
    assert (kept.row.path, kept.why) == ("/b", "it has a title")
    assert copy.why == "the same sound, byte for byte, without title"


def test_a_part_is_no_copy_and_hides_none() -> None:
    """The excerpt is lossless, and yet the whole songs are held against each other."""
    found = decide(
        (make_row("/excerpt"), facts("flac", 30.0)),
        (make_row("/good"), facts("mp3", bits=320e3)),
        (make_row("/bad"), facts("mp3")),
    )
    ((kept, copy),) = found.groups
    assert (kept.row.path, copy.row.path) == ("/good", "/bad")
    ((longer, shorter),) = found.parts
    assert (longer.row.path, shorter.row.path) == ("/good", "/excerpt")


def test_a_mix_makes_no_copies_of_the_songs_in_it() -> None:
    found = decide(
        (make_row("/mix"), facts("flac", 3000.0)),
        (make_row("/one"), facts("mp3")),
        (make_row("/two"), facts("mp3")),
        apart=(("/one", "/two"),),
    )
    assert found.groups == ()
    assert {shorter.row.path for _, shorter in found.parts} == {"/one", "/two"}


def test_what_is_gone_is_nobodys_copy() -> None:
    rows = [make_row("/a", content="s"), make_row("/b", content="s", state=State.GONE)]
    assert candidate_groups(rows, {}) == ([], {})


# -- many files ----------------------------------------------------------------------------


def test_in_a_large_library_a_share_of_the_words_is_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    prints = {str(n): rng.integers(0, 2**32, 1500, dtype=np.uint32) for n in range(60)}
    # A copy has half of its words in common, and a few bits of the others.
    copy = prints["7"][100:].copy()
    changed = rng.random(copy.size) < 0.5
    copy[changed] ^= np.uint32(1) << rng.integers(0, 32, changed.sum(), dtype=np.uint32)
    prints["copy"] = copy
    whole = same_recordings(prints)
    monkeypatch.setattr(duplicates, "_MOST_WORDS", 5000)
    assert [(p.first, p.second) for p in whole] == [("7", "copy")]
    assert same_recordings(prints) == whole


def test_two_mixes_of_a_song_are_no_copies() -> None:
    rng = np.random.default_rng(0)
    first = rng.integers(0, 2**32, 1500, dtype=np.uint32)
    rows = [make_row("/a"), make_row("/b")]
    for share, n_groups in ((0.05, 1), (0.5, 0)):
        other = first.copy()
        changed = rng.random(first.size) < share
        other[changed] = rng.integers(0, 2**32, changed.sum(), dtype=np.uint32)
        assert len(candidate_groups(rows, {"/a": first, "/b": other})[0]) == n_groups
