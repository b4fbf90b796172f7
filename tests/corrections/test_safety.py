"""Kills, full disks, damage, newer versions, and several processes at once."""

from __future__ import annotations

import errno
import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fstmuse_core.datasets.corrections import journal as journal_module
from fstmuse_core.datasets.corrections import store as store_module
from fstmuse_core.datasets.corrections.journal import JOURNAL_FILE
from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.datasets.examine import examine
from fstmuse_core.system import atomic_write
from fstmuse_core.system.atomic_write import open_atomic
from fstmuse_core.system.errors import FstMuseError

from .conftest import RATE, MakeSong, answer, tone

_SCRIPT = "tests.corrections.write_corrections"
_ROOT = Path(__file__).parents[2]


def start(
    store: CorrectionStore, times: int, genre: str, songs: list[Path]
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", _SCRIPT, str(store.folder), str(times), genre, *map(str, songs)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )


def assert_whole(store: CorrectionStore) -> None:
    """Everything can be read, and what it refers to is there."""
    fresh = CorrectionStore(store.folder)
    assert fresh.notices() == ()
    for record in fresh.records():
        assert record.path.is_file(), record
        assert examine(record.path).sound == record.sound


@pytest.mark.slow
def test_a_kill_leaves_the_old_or_the_new(store: CorrectionStore, make_song: MakeSong) -> None:
    songs = [make_song(f"{n}.flac", pitch=200 + n) for n in range(3)]
    chance = random.Random(4)
    for _ in range(5):
        with start(store, 1000, "Folk", songs) as process:
            assert process.stdout is not None
            said = 0
            stop_at = chance.randrange(1, 5)
            for line in process.stdout:
                said = int(line) + 1
                if said == stop_at:
                    # At some moment of the next step.
                    threading.Event().wait(chance.random() * 0.05)
                    process.kill()
                    break
            process.wait()
        assert_whole(store)
        n = min(said, 3) + min(said, 5)
        assert store.count() >= n, "what was said to be kept is kept"
    store.correct_take(tone(999), RATE, "After", "Rock", answer())
    assert_whole(store)
    kept = {record.path for record in store.records() if record.is_kept}
    assert set((store.folder / "takes").iterdir()) == kept, "nothing is left of the kills"


def test_two_processes_lose_nothing(store: CorrectionStore, make_song: MakeSong) -> None:
    ours = [make_song(f"a{n}.flac", pitch=200 + n) for n in range(4)]
    theirs = [make_song(f"b{n}.flac", pitch=300 + n) for n in range(4)]
    processes = [start(store, 4, "Folk", ours), start(store, 4, "Rock", theirs)]
    for process in processes:
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert_whole(store)
    genres = {record.path.name: record.genre for record in store.records() if not record.is_kept}
    assert genres == {song.name: "Folk" for song in ours} | {song.name: "Rock" for song in theirs}


def test_threads_keep_apart(store: CorrectionStore, make_song: MakeSong) -> None:
    songs = [make_song(f"{n}.flac", pitch=200 + n) for n in range(6)]
    threads = [
        threading.Thread(target=store.correct_file, args=(song, "Folk", answer())) for song in songs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.count() == 6
    assert_whole(store)


def test_a_lock_that_stays_is_said(
    store: CorrectionStore, make_song: MakeSong, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.folder.mkdir()
    monkeypatch.setattr(store_module, "_PATIENCE_S", 0.0)
    with (
        atomic_write.locked(store.folder / "corrections.lock", 0.0),
        pytest.raises(FstMuseError, match="Your corrections: another FstMuse is writing to them"),
    ):
        store.correct_file(make_song(), "Folk", answer())


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "they cannot be written (the disk is full); make room"),
        (errno.EROFS, "they cannot be written (Read-only file system); see to "),
    ],
)
def test_a_disk_that_takes_nothing_is_said_in_a_line(
    store: CorrectionStore,
    make_song: MakeSong,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    words: str,
) -> None:
    store.correct_file(make_song("a.flac", pitch=220), "Folk", answer())
    old = (store.folder / JOURNAL_FILE).read_bytes()

    def refuse(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    corrections: tuple[Callable[[], object], ...] = (
        lambda: store.correct_file(make_song("b.flac", pitch=330), "Rock", answer()),
        lambda: store.correct_take(tone(440), RATE, "Recording", "Rock", answer()),
    )
    for correct in corrections:
        with pytest.raises(FstMuseError) as caught:
            correct()
        assert words in str(caught.value)
        assert "\n" not in str(caught.value)
        assert (store.folder / JOURNAL_FILE).read_bytes() == old
    monkeypatch.undo()
    assert store.count() == 1
    store.correct_file(make_song("b.flac", pitch=330), "Rock", answer())
    assert_whole(store)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path, make_song: MakeSong) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = CorrectionStore(tmp_path / "file" / "corrections")
    with pytest.raises(FstMuseError, match=r"Your corrections: they cannot be (written|read)"):
        store.correct_file(make_song(), "Folk", answer())


def test_a_line_that_was_cut_short_was_never_said(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    store.correct_file(make_song("a.flac", pitch=220), "Folk", answer())
    file = store.folder / JOURNAL_FILE
    whole = file.read_bytes()
    store.correct_file(make_song("b.flac", pitch=330), "Rock", answer())
    longer = file.read_bytes()
    for cut in range(len(whole), len(longer), 97):
        file.write_bytes(longer[:cut])
        fresh = CorrectionStore(store.folder)
        assert [record.genre for record in fresh.records()] == ["Folk"]
        assert fresh.notices() == ()
    store.correct_file(make_song("c.flac", pitch=440), "Hip-Hop", answer())
    assert [record.genre for record in store.records()] == ["Folk", "Hip-Hop"]
    assert_whole(store)


@pytest.mark.parametrize(
    "damage",
    [
        b"\x00\x00\xff no JSON",
        b"[1, 2]",
        b"null",
        b'{"step": "danced"}',
        b'{"step": "said", "record": {"sound": "x"}}',
        b'{"step": "said", "record": null}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_line_costs_only_itself(
    store: CorrectionStore, make_song: MakeSong, damage: bytes
) -> None:
    store.correct_file(make_song("a.flac", pitch=220), "Folk", answer())
    store.correct_file(make_song("b.flac", pitch=330), "Rock", answer())
    file = store.folder / JOURNAL_FILE
    lines = file.read_bytes().splitlines()
    file.write_bytes(b"\n".join([lines[0], damage, *lines[2:]]) + b"\n")
    damaged = file.read_bytes()

    fresh = CorrectionStore(store.folder)
    assert [record.genre for record in fresh.records()] == ["Rock"]
    (notice,) = fresh.notices()
    assert notice == "Your corrections: 1 damaged line in corrections.jsonl could not be read"

    change = fresh.correct_file(make_song("c.flac", pitch=440), "Hip-Hop", answer())
    assert change.count == 2
    (notice,) = change.notices
    assert "kept as corrections-damaged-1.jsonl and a new one was begun" in notice
    assert (store.folder / "corrections-damaged-1.jsonl").read_bytes() == damaged
    assert_whole(store)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("genre", "Po\x1blka"), ("path", "song.flac"), ("sound", "../../x")),
        *(("seconds", -1.0), ("seconds", "9.0"), ("probability", 7.0), ("probability", True)),
        *(("size", True), ("size", 1.0), ("was_sure", 1), ("is_kept", "no"), ("path", 5)),
        *(("artist", None), ("more", "than there is")),
    ],
)
def test_values_that_make_no_sense_are_damage(
    store: CorrectionStore, make_song: MakeSong, name: str, value: object
) -> None:
    store.correct_file(make_song(), "Folk", answer())
    file = store.folder / JOURNAL_FILE
    lines = file.read_text("ascii").splitlines()
    step = json.loads(lines[1])
    step["record"][name] = value
    file.write_text("\n".join([lines[0], json.dumps(step)]) + "\n", "ascii")
    assert store.records() == []
    assert len(store.notices()) == 1


def test_the_file_of_a_newer_version_is_kept_aside(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    store.folder.mkdir()
    newer = b'{"fstmuse_corrections": 2}\n{"all": "different"}\n'
    (store.folder / JOURNAL_FILE).write_bytes(newer)

    with pytest.raises(FstMuseError, match="a newer FstMuse wrote them; update FstMuse"):
        store.records()
    assert store.count() == 0
    assert store.find(make_song()) is None

    change = store.correct_file(make_song(), "Folk", answer())
    assert "a newer FstMuse wrote them" in change.notices[0]
    assert (store.folder / "corrections-newer-1.jsonl").read_bytes() == newer
    assert [record.genre for record in store.records()] == ["Folk"]


def test_an_empty_file_is_no_trouble(store: CorrectionStore, make_song: MakeSong) -> None:
    store.folder.mkdir()
    (store.folder / JOURNAL_FILE).write_bytes(b"")
    assert store.records() == []
    assert store.correct_file(make_song(), "Folk", answer()).notices == ()


def test_a_kill_while_a_bad_file_is_replaced_loses_nothing(
    store: CorrectionStore, make_song: MakeSong, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.correct_file(make_song("a.flac", pitch=220), "Folk", answer())
    file = store.folder / JOURNAL_FILE
    file.write_bytes(file.read_bytes() + b"damage\n")
    done: list[Path] = []

    def die_at_second(path: Path) -> object:
        if done:
            raise KeyboardInterrupt
        done.append(path)
        return open_atomic(path)

    monkeypatch.setattr(journal_module, "open_atomic", die_at_second)
    with pytest.raises(KeyboardInterrupt):
        store.correct_file(make_song("b.flac", pitch=330), "Rock", answer())
    monkeypatch.undo()
    assert [record.genre for record in store.records()] == ["Folk"]


def test_a_file_that_was_put_in_anothers_place_is_read_anew(
    store: CorrectionStore, make_song: MakeSong, tmp_path: Path
) -> None:
    other = CorrectionStore(tmp_path / "other")
    for n in range(3):
        other.correct_file(make_song(f"o{n}.flac", pitch=500 + n), "Rock", answer())
    store.correct_file(make_song("a.flac", pitch=220), "Folk", answer())
    assert store.count() == 1
    (other.folder / JOURNAL_FILE).replace(store.folder / JOURNAL_FILE)
    assert [record.genre for record in store.records()] == ["Rock"] * 3
    (store.folder / JOURNAL_FILE).unlink()
    assert store.records() == []


def test_only_what_is_new_is_read(store: CorrectionStore, make_song: MakeSong) -> None:
    other = CorrectionStore(store.folder)
    songs = [make_song(f"{n}.flac", pitch=200 + n) for n in range(3)]
    other.correct_file(songs[0], "Folk", answer())
    (first,) = store.records()
    for song in songs[1:]:
        other.correct_file(song, "Rock", answer())
    assert store.records()[0] is first
    assert [record.path for record in store.records()] == songs


_IN_LITTLE_ROOM = """
import resource, sys
from pathlib import Path
from fstmuse_core.datasets.corrections.store import CorrectionStore
from fstmuse_core.system.errors import FstMuseError
from tests.corrections.conftest import answer
store = CorrectionStore(Path(sys.argv[1]))
room = int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
try:
    store.correct_file(Path(sys.argv[2]), "Rock", answer())
except FstMuseError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sizes cannot be limited there")
def test_a_disk_that_fills_within_a_line_leaves_no_half_of_it(
    store: CorrectionStore, make_song: MakeSong
) -> None:
    store.correct_file(make_song("a.flac", pitch=220), "Folk", answer())
    file = store.folder / JOURNAL_FILE
    old = file.read_bytes()
    song = make_song("b.flac", pitch=330)
    done = subprocess.run(
        [sys.executable, "-c", _IN_LITTLE_ROOM, store.folder, song, str(len(old) + 100)],
        capture_output=True,
        text=True,
        cwd=_ROOT,
        # Python takes bytecode that was cut off for whole, and could not be started again.
        env={**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    assert done.stdout.startswith("Your corrections: they cannot be written (the disk is full)")
    assert file.read_bytes() == old
