"""The doctor: every ailment found, no file a reason to fall over."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.datasets import examine as examine_module
from fstmuse_core.datasets.check import Report, _notes, as_markdown, as_text, check_collection
from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.datasets.examine import Examination, examine
from fstmuse_core.datasets.track import Collection, Track

from .conftest import RATE, tone, write_clip


def test_a_good_clip(tmp_path: Path) -> None:
    found = examine(write_clip(tmp_path / "a.wav"))

    assert found.fault == ""
    assert found.warnings == ()
    assert found.seconds == pytest.approx(4.0)
    assert found.peak == pytest.approx(float(np.abs(tone()).max()), abs=1e-3)
    assert len(found.sound) == 32


def test_the_same_sound_in_another_format_is_a_duplicate(tmp_path: Path) -> None:
    samples = np.rint(20_000 * tone()).astype(np.int16)
    wav = examine(write_clip(tmp_path / "a.wav", samples))
    flac = examine(write_clip(tmp_path / "b.flac", samples))
    other = examine(write_clip(tmp_path / "c.wav", pitch=221.0))

    assert wav.sound == flac.sound != other.sound


@pytest.mark.parametrize(
    ("samples", "fault", "reason"),
    [
        (np.zeros(4 * RATE), "silent", "it is silent"),
        (tone(1.25), "short", "it is 1.2 s long; at least 3 s are needed"),
    ],
)
def test_silent_and_short(tmp_path: Path, samples: np.ndarray, fault: str, reason: str) -> None:
    found = examine(write_clip(tmp_path / "a.wav", samples))

    assert (found.fault, found.reason) == (fault, reason)
    assert found.sound == ""


def test_clipping_is_borne_and_said(tmp_path: Path) -> None:
    found = examine(write_clip(tmp_path / "a.wav", np.clip(20 * tone(), -1, 1)))

    assert found.fault == ""
    assert found.warnings[0].endswith("% of its samples are clipped")


@pytest.mark.parametrize("content", [b"", b"not a sound" * 100])
def test_unreadable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp3").write_bytes(content)

    assert examine(tmp_path / "a.mp3").fault == "unreadable"


def test_a_cut_file_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "a.flac", tone(10.0))
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    found = examine(whole)

    assert found.fault == ""
    assert "damaged or cut" in found.warnings[0]


def test_files_that_vanish_or_change_while_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing, vanishing = write_clip(tmp_path / "a.wav"), write_clip(tmp_path / "b.wav")
    listen = examine_module._listen

    def meddle(path: Path) -> Examination:
        if path == vanishing:
            path.unlink()
        found = listen(path)
        with path.open("ab") as stream:
            stream.write(b"more")
        return found

    monkeypatch.setattr(examine_module, "_listen", meddle)

    assert examine(changing).reason == "it changed while it was read"
    assert examine(vanishing).reason == "it vanished while it was read"
    assert examine(tmp_path / "c.wav").reason == "the file is missing"


@pytest.fixture
def ailing(tmp_path: Path) -> Collection:
    """Two genres of four artists, with a file of every ailment."""
    root = tmp_path / "music"
    for genre, base in (("rock", 100), ("jazz", 400)):
        for artist in range(4):
            for n in range(2):
                pitch = base + 20 * artist + 7 * n
                write_clip(root / genre / f"{genre} {artist}" / f"{n}.wav", pitch=pitch)
    write_clip(root / "jazz" / "jazz 9" / "copy of rock 0.wav", pitch=100)
    write_clip(root / "rock" / "silent.wav", np.zeros(4 * RATE))
    write_clip(root / "rock" / "loud.wav", np.clip(30 * tone(pitch=77), -1, 1))
    write_clip(root / "jazz" / "short.wav", tone(1.0))
    (root / "jazz" / "text.mp3").write_bytes(b"no sound at all" * 50)
    collection = load_tracks(root)
    gone = write_clip(root / "rock" / "gone.wav", pitch=999)
    track = replace(collection.tracks[0], path=gone)
    gone.unlink()
    return replace(collection, tracks=(*collection.tracks, track))


@pytest.fixture
def report(ailing: Collection) -> Report:
    return check_collection(ailing, processes=2)


def test_the_report_finds_everything(report: Report) -> None:
    assert {count.genre: (count.clips, count.artists) for count in report.genres} == {
        "Jazz": (9, 5),
        "Rock": (9, 4),
    }
    assert {aside.path.name: aside.reason.split(";")[0] for aside in report.set_aside}.keys() == {
        "silent.wav",
        "short.wav",
        "text.mp3",
        "gone.wav",
    }
    assert report.faults == {"silent": 1, "short": 1, "missing": 1}
    assert [warning.path.name for warning in report.warnings] == ["loud.wav"]
    (duplicate,) = report.duplicates
    assert duplicate.genres == ("Jazz", "Rock")
    assert len(duplicate.paths) == 2
    assert report.leaks.random_artists > 0
    assert report.leaks.official_artists is None
    assert report.problem == ""
    assert len(report.tracks) == len(report.sounds) == 18
    notes = " ".join(report.notes)
    assert "Rock is by 4 artists" not in notes  # the artist of loud.wav is not known
    assert "copies under different genres of 1 sound" in notes
    assert "of 1 of 18 clips the artist is not known" in notes


def test_the_report_as_text_json_and_markdown(report: Report) -> None:
    text, markdown = as_text(report), as_markdown(report)
    values = json.loads(json.dumps(report.to_dict()))

    for shown in (text, markdown):
        assert "(genre folders): 18 usable clips, 2 genres" in shown
        assert "silent.wav: it is silent" in shown
        assert "(as Jazz and as Rock)" in shown
    assert "Split at random" in text
    assert "| Rock | 9 | 4 | 1 |" in markdown
    assert values["genres"][0]["clips"] == 9
    assert "tracks" not in values
    assert {Path(aside["path"]).as_posix() for aside in values["set_aside"]} >= {
        "rock/silent.wav",
        "jazz/short.wav",
    }


def test_long_lists_are_cut_in_text_only(report: Report) -> None:
    long = replace(report, set_aside=report.set_aside * 10)

    assert "and 20 more" in as_text(long)
    assert as_markdown(long).count("rock/silent.wav: it is silent") == 10


def test_official_leaks_and_imbalance(tmp_path: Path) -> None:
    def track(name: str, genre: str, artist: str, part: str, pitch: float) -> Track:
        path = write_clip(tmp_path / name, pitch=pitch)
        return Track(path, genre, artist, name, 4.0, official_part=part)

    tracks = [track(f"r{n}.wav", "Rock", f"R{n}", "train", 100 + n) for n in range(5)]
    tracks += [track("r5.wav", "Rock", "R0", "test", 200)]
    tracks += [
        track("f0.wav", "Folk", "F0", "train", 300),
        track("f1.wav", "Folk", "F1", "test", 300),
    ]

    report = check_collection(Collection(tmp_path, "manifest", tuple(tracks)))

    assert (report.leaks.official_artists, report.leaks.official_sounds) == (1, 1)
    assert any("Rock has 3 times as many clips as Folk" in note for note in report.notes)
    assert "On both sides of the official split: 1 artist and 1 duplicated sound." in as_text(
        report
    )


def test_one_genre_only_is_a_report_with_a_problem(tmp_path: Path) -> None:
    for n in range(2):
        write_clip(tmp_path / "rock" / f"{n}.wav", pitch=100 + n)

    report = check_collection(load_tracks(tmp_path))

    assert "all its clips (2) are Rock" in report.problem
    assert "Nothing can be trained on it" in as_text(report)


@pytest.mark.parametrize(
    ("artists", "clips", "problem"),
    [
        (4, 1, "8 clips are too few"),
        (1, 6, "there are too few artists to put some aside for"),
    ],
)
def test_what_a_training_would_refuse_is_a_problem(
    tmp_path: Path, artists: int, clips: int, problem: str
) -> None:
    tracks = [
        Track(tmp_path / f"{g}{a}{n}.wav", genre, f"{genre} {a}", "", 4.0)
        for g, genre in enumerate(("Rock", "Jazz"))
        for a in range(artists)
        for n in range(clips)
    ]
    for n, track in enumerate(tracks):
        write_clip(track.path, pitch=200.0 + n)

    report = check_collection(Collection(tmp_path, "tags", tuple(tracks)), processes=1)

    assert problem in report.problem


def test_cancel_gives_what_was_found_so_far(ailing: Collection) -> None:
    seen: list[tuple[int, int]] = []

    report = check_collection(
        ailing,
        processes=1,
        progress=lambda done, total: seen.append((done, total)),
        cancelled=lambda: len(seen) >= 3,
    )

    assert seen[0] == (1, 21)
    assert report.checked == len(seen) < report.total == 21
    assert not report.is_complete
    assert f"Stopped after {len(seen)} of 21 files" in as_text(report)


def test_a_class_that_says_nothing_is_noted(tmp_path: Path) -> None:
    tracks = [Track(tmp_path / f"{i}.wav", g, str(i), "", 4.0) for i, g in enumerate(_CLASSES)]
    notes = _notes(tracks, ())
    assert [note.split(" says")[0] for note in notes if "no genre is known" in note] == [
        "'Sonstige'",
        "'Unknown'",
    ]


_CLASSES = ("Rock", "Unknown", "Zouk", "Sonstige")
